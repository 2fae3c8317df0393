// Browsers that stand for devices, and the rule that no page may report an error.

import type { Browser, BrowserContext, BrowserContextOptions, Page } from '@playwright/test';

export type Kind = 'phone' | 'pc';

const DEVICES: Record<Kind, BrowserContextOptions> = {
  phone: {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  },
  pc: { viewport: { width: 1440, height: 900 } },
};

/** All devices of one test. */
export class Devices {
  private contexts: BrowserContext[] = [];
  private errors: string[] = [];
  private allowed: RegExp[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly baseURL: string,
  ) {}

  /** A device with storage of its own, and its first page. */
  async add(kind: Kind, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: this.baseURL,
      ...DEVICES[kind],
      ...options,
    });
    this.contexts.push(context);
    await this.watch(context, `${kind} ${this.contexts.length}`);
    return context.newPage();
  }

  /** What this test causes on purpose, such as errors of a network that it pulls. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern);
  }

  /** Reported errors that no pattern allows. */
  unexpected(): string[] {
    return this.errors.filter((error) => !this.allowed.some((pattern) => pattern.test(error)));
  }

  async close(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()));
  }

  private async watch(context: BrowserContext, device: string): Promise<void> {
    // As a console error it takes the same way as everything else.
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
        const place = `${sourceFile}:${lineNumber}`;
        console.error(`CSP violation: ${effectiveDirective} blocked ${blockedURI} at ${place}`);
      });
    });
    context.on('console', (message) => {
      if (message.type() !== 'error') return;
      this.errors.push(`${device}: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => {
      const problem = error.error();
      this.errors.push(`${device}: uncaught ${problem.stack ?? problem.message}`);
    });
  }
}

/** Opens a path and waits until the page answers to touches. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}

export async function hydrated(page: Page): Promise<void> {
  await page.locator('html[data-hydrated="true"]').waitFor({ state: 'attached' });
}

/** The page goes to the background, as a locked phone's does, or comes back to the front. Playwright
 * keeps all pages in the foreground, so the events of a browser are dispatched here; in the
 * background its scripts stand still. */
export async function background(page: Page, hidden: boolean): Promise<void> {
  const lifecycle = await page.context().newCDPSession(page);
  const tell = (hidden: boolean) =>
    page.evaluate((hidden) => {
      const state = hidden ? 'hidden' : 'visible';
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  if (hidden) {
    await tell(true);
    await lifecycle.send('Page.setWebLifecycleState', { state: 'frozen' });
  } else {
    await lifecycle.send('Page.setWebLifecycleState', { state: 'active' });
    await tell(false);
  }
  await lifecycle.detach();
}
