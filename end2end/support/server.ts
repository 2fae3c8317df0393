// A server process of its own for each spec file, on a free port and with its own data.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = path.resolve(__dirname, '../..');
const BINARY = process.env.CADENCE_SERVER_BIN ?? path.join(ROOT, 'target/debug/cadence-server');
const SITE = process.env.LEPTOS_SITE_ROOT ?? path.join(ROOT, 'target/site');

const READY_WITHIN_MS = 20_000;
const STOPPED_WITHIN_MS = 15_000;

export type ServerEnv = Record<string, string>;

export class Server {
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'cadence-e2e-'));
  readonly url: string;
  private process: ChildProcess | undefined;
  private output = '';
  private secrets = new Set<string>();

  private constructor(
    readonly port: number,
    private readonly env: ServerEnv,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    // A worker that is ended in the middle of a test must not leave a server behind.
    process.once('exit', this.onExit);
  }

  /** Starts a new server and waits until it is ready. */
  static async launch(env: ServerEnv = {}): Promise<Server> {
    const server = new Server(await freePort(), env);
    try {
      await server.start();
    } catch (problem) {
      server.discard();
      throw problem;
    }
    return server;
  }

  get running(): boolean {
    return this.process !== undefined;
  }

  /** Everything that the server has written so far, over all its starts. */
  log(): string {
    return this.output;
  }

  /** Names a token, password or the like that must never appear in the log. */
  secret(value: string): void {
    if (value.length < 6) {
      throw new Error(`"${value}" is too short to look for: it may be in the log by chance`);
    }
    this.secrets.add(value);
  }

  /** Starts the server, or starts it again: on the same port, with the same data. */
  async start(): Promise<void> {
    if (this.process) throw new Error('the server is running already');
    const child = spawn(BINARY, ['serve', '--demo'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LEPTOS_SITE_ROOT: SITE,
        LEPTOS_SITE_ADDR: `127.0.0.1:${this.port}`,
        CADENCE_DATABASE__PATH: path.join(this.dataDir, 'cadence.db'),
        CADENCE_LOG__FORMAT: 'json',
        // All pages of a test come from one address.
        CADENCE_LIMITS__ANONYMOUS_PER_MINUTE: '6000',
        NO_COLOR: '1',
        ...this.ownEnv(),
      },
    });
    this.process = child;
    child.stdout.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    child.once('error', (problem) => {
      this.output += `${problem}\n`;
      this.ended(child);
    });
    child.once('exit', () => this.ended(child));
    await this.ready();
  }

  /** The power cut: no chance to write, close or say anything. */
  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** The ordinary stop, which has to come to an end. */
  async stop(): Promise<void> {
    const late = new AbortController();
    const forced = sleep(STOPPED_WITHIN_MS, 'late', { signal: late.signal }).catch(() => 'in time');
    const how = await Promise.race([this.end('SIGTERM'), forced]);
    late.abort();
    if (how === 'late') {
      await this.end('SIGKILL');
      throw new Error(`the server did not stop within ${STOPPED_WITHIN_MS} ms\n${this.tail()}`);
    }
  }

  /** Fails if the log holds a secret, anything that looks like a token, or a panic. */
  assertLogIsClean(): void {
    const found = this.output
      .split('\n')
      .map((line) => ({ line, why: this.offence(line) }))
      .filter(({ why }) => why !== undefined);
    if (found.length > 0) {
      const lines = found.map(({ line, why }) => `${why}: ${line}`).join('\n');
      throw new Error(`the server's log must not contain this:\n${lines}`);
    }
  }

  /** Ends the process at once and removes its data. */
  discard(): void {
    process.off('exit', this.onExit);
    this.onExit();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** The test's own settings; `{port}` stands for the server's port. */
  private ownEnv(): ServerEnv {
    const entries = Object.entries(this.env);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, value.replaceAll('{port}', String(this.port))]),
    );
  }

  private onExit = () => {
    this.process?.kill('SIGKILL');
  };

  private ended(child: ChildProcess): void {
    if (this.process === child) this.process = undefined;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (!child) return;
    // `close` comes after the last output, `exit` may come before it.
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline) {
      if (!this.process) throw new Error(`the server ended while starting\n${this.tail()}`);
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await sleep(50);
    }
    throw new Error(`the server is not ready after ${READY_WITHIN_MS} ms\n${this.tail()}`);
  }

  private offence(line: string): string | undefined {
    if (/\beyJ[\w-]{10,}/.test(line)) return 'a token';
    if (line.includes('panicked at')) return 'a panic';
    for (const secret of this.secrets) {
      if (line.includes(secret) || line.includes(encodeURIComponent(secret))) return 'a secret';
    }
    return undefined;
  }

  private tail(): string {
    return this.output.split('\n').slice(-30).join('\n');
  }
}

/** Hands out the server of the file whose tests are running now. */
export class ServerPool {
  private current: { key: string; file: string; server: Server } | undefined;

  async for(file: string, env: ServerEnv): Promise<Server> {
    const key = JSON.stringify([file, env]);
    if (this.current?.key !== key) {
      await this.close();
      this.current = { key, file, server: await Server.launch(env) };
    }
    const { server } = this.current;
    // The test before may have ended while its server was down.
    if (!server.running) await server.start();
    return server;
  }

  async close(): Promise<void> {
    const last = this.current;
    this.current = undefined;
    if (!last) return;
    try {
      await last.server.stop();
      last.server.assertLogIsClean();
    } catch (problem) {
      throw new Error(`after the tests of ${path.basename(last.file)}: ${problem}`);
    } finally {
      last.server.discard();
    }
  }
}

/** Below the range from which the system takes ports for outgoing connections, so that the
 * port is still free when a killed server starts again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
