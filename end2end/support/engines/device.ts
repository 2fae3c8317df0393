// A phone or a PC in an engine that Playwright cannot drive. An engine brings its few primitives;
// everything that a journey does is written once, on top of them.

import { expect } from '@playwright/test';
import type { Kind } from '../devices';

export const SIZES: Record<Kind, { width: number; height: number }> = {
  phone: { width: 390, height: 844 },
  pc: { width: 1440, height: 900 },
};

/** An element: of all in sight that a selector finds and whose name holds `name`, the first one or
 * the one at `index`. The name is what a screen reader reads: the `aria-label`, the label of a
 * field, or the text. */
export interface Target {
  css: string;
  name?: string;
  index?: number;
}

export interface Point {
  x: number;
  y: number;
}

/** What a journey reads from an element at one moment. */
interface Found {
  text: string;
  attributes: Record<string, string>;
  box: { left: number; top: number; width: number; height: number };
}

/** Anything that `JSON` carries. */
export type Script<Argument, Result> = (argument: Argument) => Result;

/** A running browser. */
export interface Engine {
  /** A device with storage of its own. */
  device(kind: Kind, baseURL: string): Promise<Device>;
  close(): Promise<void>;
}

export abstract class Device {
  constructor(private readonly baseURL: string) {}

  /** Loads an address and waits for its `load` event. */
  protected abstract load(url: string): Promise<void>;
  protected abstract loadAgain(): Promise<void>;
  /** Runs a script in the page. */
  abstract run<Argument, Result>(script: Script<Argument, Result>, argument: Argument): Promise<Result>;
  /** A finger or the mouse goes down at the first point, over all others, and up at the last. */
  protected abstract drag(points: Point[]): Promise<void>;
  /** Types into whatever has the focus; `\n` is Enter. */
  protected abstract keys(text: string): Promise<void>;
  /** Errors in the console, uncaught errors and violations of the content policy so far. */
  abstract problems(): Promise<string[]>;
  abstract close(): Promise<void>;

  /** Opens a path or address and waits until the page answers to touches. */
  async open(path: string): Promise<void> {
    await this.load(new URL(path, this.baseURL).href);
    await this.expectAttribute({ css: 'html' }, 'data-hydrated', 'true');
  }

  async reload(): Promise<void> {
    await this.loadAgain();
    await this.expectAttribute({ css: 'html' }, 'data-hydrated', 'true');
  }

  /** A tap with a finger or a click with the mouse. */
  async click(target: Target): Promise<void> {
    await this.stroke(target, [[0.5, 0.5]]);
  }

  /** A stroke over an element; the points are parts of its width and height. */
  async stroke(target: Target, parts: [number, number][]): Promise<void> {
    const { left, top, width, height } = (await this.visible(target)).box;
    await this.drag(parts.map(([x, y]) => ({ x: left + x * width, y: top + y * height })));
  }

  async type(target: Target, text: string): Promise<void> {
    await this.click(target);
    await this.keys(text);
  }

  async attribute(target: Target, name: string): Promise<string | undefined> {
    return (await this.find(target))?.attributes[name];
  }

  async text(target: Target): Promise<string | undefined> {
    return (await this.find(target))?.text;
  }

  async expectAttribute(target: Target, name: string, value: string | RegExp): Promise<void> {
    const what = `${name} of ${target.css} ${target.name ?? ''}`;
    const read = async () => (await this.attribute(target, name)) ?? '';
    await this.expectToMatch(read, value, what);
  }

  async expectText(target: Target, value: string | RegExp): Promise<void> {
    const read = async () => (await this.text(target)) ?? '';
    await this.expectToMatch(read, value, `text of ${target.css} ${target.name ?? ''}`);
  }

  async visible(target: Target): Promise<Found> {
    const what = `${target.css} ${target.name ?? ''}`;
    let found: Found | undefined;
    const options = { message: `${what} is in sight`, timeout: 30_000 };
    await expect.poll(async () => Boolean((found = await this.find(target))), options).toBe(true);
    if (!found) throw new Error(`${what} is not there`);
    return found;
  }

  private async expectToMatch(
    read: () => Promise<string>,
    value: string | RegExp,
    message: string,
  ): Promise<void> {
    const timeout = { message, timeout: 30_000 };
    const expected = value instanceof RegExp ? expect.stringMatching(value) : value;
    await expect.poll(read, timeout).toEqual(expected);
  }

  private async find(target: Target): Promise<Found | undefined> {
    return (await this.run(findElement, target)) ?? undefined;
  }
}

/** Runs in the page. */
function findElement({ css, name, index = 0 }: Target): Found | null {
  const nameOf = (element: Element) => {
    const [label] = element instanceof HTMLInputElement ? (element.labels ?? []) : [];
    return element.getAttribute('aria-label') ?? label?.textContent ?? element.textContent ?? '';
  };
  const inSight = [...document.querySelectorAll(css)].filter(
    (element) => element === document.documentElement || element.getClientRects().length > 0,
  );
  const element = inSight.filter((element) => name === undefined || nameOf(element).includes(name))[index];
  if (!element) return null;
  element.scrollIntoView({ block: 'nearest' });
  const { left, top, width, height } = element.getBoundingClientRect();
  const attributes = [...element.attributes].map(({ name, value }) => [name, value]);
  return {
    text: (element.textContent ?? '').trim(),
    attributes: Object.fromEntries(attributes) as Record<string, string>,
    box: { left, top, width, height },
  };
}

/** Runs in the page: violations of the content policy take the way of other errors. */
export function reportPolicyViolations(): void {
  document.addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
    const place = `${sourceFile}:${lineNumber}`;
    console.error(`CSP violation: ${effectiveDirective} blocked ${blockedURI} at ${place}`);
  });
}

