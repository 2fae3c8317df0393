// WebKit: the MiniBrowser of WebKitGTK, driven over WebDriver on a virtual screen. Each
// device has a driver of its own, since a driver takes one session.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Builder, Capabilities, Key, type WebDriver } from 'selenium-webdriver';
import type { Kind } from '../devices';
import { freePort } from '../server';
import { Device, type Engine, type Point, reportPolicyViolations, type Script, SIZES } from './device';

/** `cargo xtask test` names the program. */
const DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const START_WITHIN_MS = 30_000;

interface ReportingWindow extends Window {
  cadenceProblems?: string[];
}

export class WebKit implements Engine {
  /** The screen and all drivers; one that has ended already may stay in the list. */
  private readonly processes: ChildProcess[];

  private constructor(
    screen: ChildProcess,
    private readonly display: string,
  ) {
    this.processes = [screen];
    // A worker that is ended in the middle of a test must not leave a process behind.
    process.once('exit', this.endAll);
  }

  static async launch(): Promise<WebKit> {
    const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'];
    const screen = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const started = once(screen.stdio[3] as NodeJS.ReadableStream, 'data');
    const failed = once(screen, 'error').then(([problem]) => Promise.reject(problem as Error));
    const [number] = (await Promise.race([started, failed])) as [Buffer];
    return new WebKit(screen, `:${number.toString().trim()}`);
  }

  async device(kind: Kind, baseURL: string): Promise<Device> {
    const port = await freePort();
    const driver = spawn(DRIVER, [`--port=${port}`], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: this.display, LANG: 'C.UTF-8' },
    });
    this.processes.push(driver);
    try {
      const session = await startSession(driver, `http://127.0.0.1:${port}`);
      await session.manage().window().setRect({ x: 0, y: 0, ...SIZES[kind] });
      return new WebKitDevice(baseURL, driver, session);
    } catch (problem) {
      driver.kill();
      throw problem;
    }
  }

  async close(): Promise<void> {
    process.off('exit', this.endAll);
    this.endAll();
  }

  private endAll = () => {
    for (const running of this.processes) running.kill();
  };
}

/** Starts the browser as soon as its driver listens. */
async function startSession(driver: ChildProcess, url: string): Promise<WebDriver> {
  const ended = once(driver, 'exit').then(() => Promise.reject(new Error(`${DRIVER} ended`)));
  const listens = async () => {
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await fetch(`${url}/status`).catch(() => undefined))?.ok) {
      if (Date.now() > deadline) throw new Error(`${DRIVER} does not listen`);
      await sleep(50);
    }
  };
  await Promise.race([listens(), ended]);
  const capabilities = new Capabilities({ browserName: 'MiniBrowser' });
  return new Builder().usingServer(url).withCapabilities(capabilities).build();
}

class WebKitDevice extends Device {
  private readonly reported: string[] = [];

  constructor(
    baseURL: string,
    private readonly driver: ChildProcess,
    private readonly session: WebDriver,
  ) {
    super(baseURL);
  }

  protected async load(url: string): Promise<void> {
    await this.problems();
    await this.session.get(url);
    await this.watch();
  }

  protected async loadAgain(): Promise<void> {
    await this.problems();
    await this.session.navigate().refresh();
    await this.watch();
  }

  async run<Argument, Result>(script: Script<Argument, Result>, argument: Argument): Promise<Result> {
    return this.session.executeScript<Result>(script as (argument: Argument) => Result, argument);
  }

  protected async drag([first, ...others]: Point[]): Promise<void> {
    if (!first) return;
    const at = ({ x, y }: Point) => ({ x: Math.round(x), y: Math.round(y), duration: 0 });
    const hand = this.session.actions({ async: false }).move(at(first)).press();
    for (const point of others) hand.move(at(point));
    await hand.release().perform();
  }

  protected async keys(text: string): Promise<void> {
    await this.session.actions({ async: false }).sendKeys(text.replaceAll('\n', Key.ENTER)).perform();
  }

  /** This driver has no log of the console, and MiniBrowser prints none while it is driven. The
   * page collects its errors itself, so those from before its `load` event are missing. */
  async problems(): Promise<string[]> {
    const collected = await this.run(() => {
      const target = window as ReportingWindow;
      return target.cadenceProblems?.splice(0) ?? [];
    }, undefined);
    this.reported.push(...collected);
    return this.reported;
  }

  async close(): Promise<void> {
    try {
      await this.session.quit();
    } finally {
      this.driver.kill();
    }
  }

  private async watch(): Promise<void> {
    await this.run(collectProblems, undefined);
    await this.run(reportPolicyViolations, undefined);
  }
}

/** Runs in the page. */
function collectProblems(): void {
  const problems: string[] = ((window as ReportingWindow).cadenceProblems = []);
  const { error } = console;
  console.error = (...words: unknown[]) => {
    problems.push(words.map(String).join(' '));
    error.apply(console, words);
  };
  addEventListener('error', ({ message }) => problems.push(`uncaught ${message}`));
  addEventListener('unhandledrejection', ({ reason }) => problems.push(`uncaught ${String(reason)}`));
}
