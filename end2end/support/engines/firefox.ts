// Firefox, driven over WebDriver BiDi. Without a loudspeaker its audio clock stands still, so it
// gets PulseAudio with a sink that discards all samples.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core';
import type { Kind } from '../devices';
import { Device, type Engine, type Point, reportPolicyViolations, type Script, SIZES } from './device';

/** `cargo xtask test` names the program. */
const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

const START_WITHIN_MS = 60_000;

export class Firefox implements Engine {
  private constructor(
    private readonly browser: Browser,
    private readonly loudspeaker: Loudspeaker,
  ) {}

  static async launch(): Promise<Firefox> {
    const loudspeaker = await Loudspeaker.start();
    try {
      const browser = await puppeteer.launch({
        browser: 'firefox',
        protocol: 'webDriverBiDi',
        executablePath: EXECUTABLE,
        headless: true,
        timeout: START_WITHIN_MS,
        env: { ...process.env, PULSE_SERVER: `unix:${loudspeaker.socket}` },
      });
      return new Firefox(browser, loudspeaker);
    } catch (problem) {
      loudspeaker.stop();
      throw problem;
    }
  }

  async device(kind: Kind, baseURL: string): Promise<Device> {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage({ type: 'window' });
    await page.setViewport(SIZES[kind]);
    await page.evaluateOnNewDocument(reportPolicyViolations);
    return new FirefoxDevice(baseURL, context, page, kind === 'phone');
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.loudspeaker.stop();
  }
}

/** A PulseAudio server with a folder of its own and one sink that discards all samples. */
class Loudspeaker {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'cadence-pulse-'));
  readonly socket = path.join(this.folder, 'socket');
  private readonly server: ChildProcess;
  private problem: Error | undefined;

  private constructor() {
    const modules = ['module-null-sink', `module-native-protocol-unix socket=${this.socket} auth-anonymous=1`];
    this.server = spawn(
      'pulseaudio',
      ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', ...modules.flatMap((name) => ['-L', name])],
      { stdio: 'ignore', env: { ...process.env, HOME: this.folder, XDG_RUNTIME_DIR: this.folder } },
    );
    this.server.once('error', (problem) => (this.problem = problem));
    // A worker that is ended in the middle of a test must not leave a server behind.
    process.once('exit', this.stop);
  }

  static async start(): Promise<Loudspeaker> {
    const loudspeaker = new Loudspeaker();
    const deadline = Date.now() + START_WITHIN_MS;
    while (!existsSync(loudspeaker.socket)) {
      if (loudspeaker.problem) throw loudspeaker.problem;
      if (Date.now() > deadline) throw new Error('pulseaudio does not start');
      await sleep(50);
    }
    return loudspeaker;
  }

  stop = (): void => {
    process.off('exit', this.stop);
    this.server.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

class FirefoxDevice extends Device {
  private readonly reported: string[] = [];

  constructor(
    baseURL: string,
    private readonly context: BrowserContext,
    private readonly page: Page,
    private readonly hasTouch: boolean,
  ) {
    super(baseURL);
    page.on('console', (message) => {
      if (message.type() === 'error') this.reported.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.reported.push(`uncaught ${problem}`);
    });
  }

  protected async load(url: string): Promise<void> {
    await this.page.goto(url);
  }

  protected async loadAgain(): Promise<void> {
    await this.page.reload();
  }

  async run<Argument, Result>(script: Script<Argument, Result>, argument: Argument): Promise<Result> {
    return (await this.page.evaluate(script as (argument: unknown) => unknown, argument)) as Result;
  }

  protected async drag([first, ...others]: Point[]): Promise<void> {
    if (!first) return;
    if (this.hasTouch) {
      const finger = await this.page.touchscreen.touchStart(first.x, first.y);
      for (const { x, y } of others) await finger.move(x, y);
      await finger.end();
    } else {
      const { mouse } = this.page;
      await mouse.move(first.x, first.y);
      await mouse.down();
      for (const { x, y } of others) await mouse.move(x, y);
      await mouse.up();
    }
  }

  protected async keys(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async problems(): Promise<string[]> {
    return this.reported;
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
