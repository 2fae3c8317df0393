// What people do with both products, in any engine: see firefox.spec.ts and webkit.spec.ts.

import { expect } from '@playwright/test';
import { installRecorder, LOUD, readRecording, RECORDER } from '../audio';
import type { Kind } from '../devices';
import { Gym, email, password } from '../gym';
import type { Server } from '../server';
import { test as base } from '../test';
import type { Device, Engine, Target } from './device';

const stage = {
  code: { css: '[data-code]' },
  link: { css: '[data-link]' },
  chord: { css: '.chord [data-chord]' },
  neck: { css: '.neck' },
  /** The A string, which the chord of C plays. */
  string: { css: '.neck .vibration > g', index: 4 },
  players: { css: '.players' },
};

const controller = {
  itself: { css: '[data-part]' },
  chord: { css: '.held-chord [data-chord]' },
  strip: { css: '[aria-label^="Strum strip"]' },
  pad: (chord: string): Target => ({ css: `.pads [data-chord="${chord}"]` }),
};

const button = (name: string): Target => ({ css: 'button', name });
const chip: Target = { css: 'button[data-phase]' };
const card: Target = { css: '.answer' };
const inside: Target = { css: '[data-figure="currently-in"] .figure-number' };

async function live(...devices: Device[]): Promise<void> {
  for (const device of devices) await device.expectAttribute(chip, 'data-phase', 'live');
}

async function openStage(pc: Device): Promise<void> {
  await pc.open('/guitar');
  await pc.expectAttribute(stage.code, 'data-code', /^[2-9A-HJ-NP-Z]{6}$/);
  await live(pc);
}

/** Opens on the phone what the QR code on the stage holds. */
async function scanStage(pc: Device, phone: Device, server: Server): Promise<void> {
  const link = (await pc.attribute(stage.link, 'data-link')) ?? '';
  server.secret(new URL(link).hash.slice(1));
  await phone.open(link);
  await phone.expectAttribute(controller.itself, 'data-part', 'plays');
  await live(phone);
}

/** The phone chooses a chord and the stage shows it. */
async function play(phone: Device, pc: Device, chord: string): Promise<void> {
  await phone.click(controller.pad(chord));
  await pc.expectText(stage.chord, chord);
}

/** The phone strums until the stage has played: a strum that arrives too late is not sounded. */
async function strum(phone: Device, pc: Device): Promise<void> {
  const before = await pc.attribute(stage.neck, 'data-strums');
  const parts = Array.from({ length: 12 }, (_, step): [number, number] => [0.5, 0.04 + 0.08 * step]);
  await expect(async () => {
    await phone.stroke(controller.strip, parts);
    const strums = () => pc.attribute(stage.neck, 'data-strums');
    await expect.poll(strums, { timeout: 1_000 }).not.toBe(before);
  }).toPass({ timeout: 30_000 });
}

async function signIn(device: Device, who: 'desk' | 'manager', next: string): Promise<void> {
  await device.open(`/gym/sign-in?next=${encodeURIComponent(next)}`);
  await device.type({ css: '#email' }, email(who));
  await device.type({ css: '#password' }, password(who));
  await device.click({ css: 'button[type="submit"]' });
  await live(device);
}

/** A number typed by hand counts like a scanned one. */
async function checkIn(desk: Device, number: string): Promise<void> {
  await desk.type({ css: '.desk-input input' }, `${number}\n`);
}

async function expectCard(desk: Device, verdict: string, text: string): Promise<void> {
  await desk.expectAttribute(card, 'data-verdict', verdict);
  await desk.expectText(card, new RegExp(text));
}

/** Runs all journeys in an engine; what a page reports meanwhile fails its test. */
export function journeys(launch: () => Promise<Engine>, connectionLost: RegExp): void {
  let engine: Engine | undefined;

  interface Fixtures {
    newEngineDevice: (kind: Kind) => Promise<Device>;
    /** The server is killed in this test, and pages may report that they cannot reach it. */
    killsServer: () => void;
    reported: { allowed: RegExp[] };
  }

  const test = base.extend<Fixtures>({
    reported: async ({}, use) => use({ allowed: [] }),
    killsServer: async ({ reported }, use) => use(() => void reported.allowed.push(connectionLost)),
    newEngineDevice: async ({ server, reported }, use) => {
      const devices: Device[] = [];
      await use(async (kind) => {
        if (!engine) throw new Error('the engine has not started');
        const device = await engine.device(kind, server.url);
        devices.push(device);
        return device;
      });
      const problems: string[] = [];
      for (const device of devices) {
        try {
          problems.push(...(await device.problems()));
        } finally {
          await device.close();
        }
      }
      const allowed = (problem: string) => reported.allowed.some((pattern) => pattern.test(problem));
      expect(problems.filter((problem) => !allowed(problem)), 'errors that the pages reported').toEqual([]);
    },
  });

  test.describe.configure({ timeout: 180_000 });

  test.beforeAll(async () => {
    engine = await launch();
  });

  test.afterAll(async () => {
    await engine?.close();
  });

  test('a scanned link lets the phone play, and its strum moves and sounds the strings of the PC', async ({
    newEngineDevice,
    server,
  }) => {
    const pc = await newEngineDevice('pc');
    await openStage(pc);
    await pc.run(installRecorder, RECORDER);
    const phone = await newEngineDevice('phone');
    await scanStage(pc, phone, server);
    await pc.expectText(stage.players, /Left hand/);
    await pc.click(button('Tap to enable sound'));
    await pc.visible(button('Sound on'));

    await play(phone, pc, 'C');
    await pc.expectAttribute(stage.string, 'opacity', /^0(\.00)?$/);
    await strum(phone, pc);
    const loudest = async () => Math.max(0, ...(await pc.run(readRecording, RECORDER)).levels);
    await expect.poll(loudest, { timeout: 15_000 }).toBeGreaterThan(LOUD);
    await strum(phone, pc);
    await pc.expectAttribute(stage.string, 'opacity', /^(1|0\.\d*[1-9])/);
  });

  test('a typed code waits until the PC allows the phone', async ({ newEngineDevice }) => {
    const pc = await newEngineDevice('pc');
    await openStage(pc);
    const code = (await pc.attribute(stage.code, 'data-code')) ?? '';
    const phone = await newEngineDevice('phone');
    await phone.open('/play');
    await phone.type({ css: 'input', name: 'Code of six letters and digits' }, code.toLowerCase());
    await phone.visible({ css: 'h1, h2', name: 'Ask the PC to allow this phone' });
    await pc.click({ css: '.players button', name: 'Allow' });
    await phone.expectAttribute(controller.itself, 'data-part', 'plays');
    await play(phone, pc, 'Em');
  });

  test('a reload of either device keeps session and chord', async ({ newEngineDevice, server }) => {
    const pc = await newEngineDevice('pc');
    await openStage(pc);
    const phone = await newEngineDevice('phone');
    await scanStage(pc, phone, server);
    await play(phone, pc, 'Am');
    const code = (await pc.attribute(stage.code, 'data-code')) ?? '';

    await pc.reload();
    await live(pc);
    await pc.expectText(stage.chord, 'Am');
    await pc.expectAttribute(stage.code, 'data-code', code);
    await phone.reload();
    await live(phone);
    await phone.expectAttribute(controller.itself, 'data-part', 'plays');
    await phone.expectText(controller.chord, 'Am');
    await play(phone, pc, 'G');
  });

  test('both devices recover from a killed server by themselves', async ({
    newEngineDevice,
    server,
    killsServer,
  }) => {
    killsServer();
    const pc = await newEngineDevice('pc');
    await openStage(pc);
    const phone = await newEngineDevice('phone');
    await scanStage(pc, phone, server);
    await play(phone, pc, 'D');

    await server.kill9();
    for (const device of [pc, phone]) {
      await device.expectAttribute(chip, 'data-phase', /reconnecting|offline/);
    }
    // A chord that is chosen meanwhile arrives afterwards.
    await phone.click(controller.pad('C'));
    await server.start();
    await live(pc, phone);
    await pc.expectText(stage.chord, 'C');
    await play(phone, pc, 'G');
    await strum(phone, pc);
  });

  test('a check-in at the desk moves the dashboard, also after a reload', async ({
    newEngineDevice,
    server,
  }) => {
    const [first, second] = await (await Gym.of(server)).members(2);
    const dashboard = await newEngineDevice('pc');
    await signIn(dashboard, 'manager', '/gym');
    const desk = await newEngineDevice('pc');
    await signIn(desk, 'desk', '/gym/desk');
    const before = Number(await dashboard.text(inside));

    await checkIn(desk, first?.number ?? '');
    await expectCard(desk, 'allow', first?.name ?? '');
    await dashboard.expectText(inside, String(before + 1));
    await desk.reload();
    await dashboard.reload();
    await live(desk, dashboard);
    await dashboard.expectText(inside, String(before + 1));
    await checkIn(desk, second?.number ?? '');
    await expectCard(desk, 'allow', second?.name ?? '');
    await dashboard.expectText(inside, String(before + 2));
  });

  test('a check-in while the server is down is queued, then confirmed once', async ({
    newEngineDevice,
    server,
    killsServer,
  }) => {
    killsServer();
    const gym = await Gym.of(server);
    const member = await gym.member();
    const dashboard = await newEngineDevice('pc');
    await signIn(dashboard, 'manager', '/gym');
    const desk = await newEngineDevice('pc');
    await signIn(desk, 'desk', '/gym/desk');
    const before = Number(await dashboard.text(inside));

    await server.kill9();
    await desk.expectAttribute(chip, 'data-phase', /reconnecting|offline/);
    await checkIn(desk, member.number);
    await expectCard(desk, 'queued', member.number);
    await server.start();
    await live(desk, dashboard);
    await expectCard(desk, 'allow', member.name);
    await dashboard.expectText(inside, String(before + 1));
    expect(await gym.visits(member)).toHaveLength(1);
  });
}
