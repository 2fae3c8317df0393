import type { Page } from '@playwright/test';
import {
  audioTime,
  expectDamped,
  expectSilence,
  expectSound,
  fading,
  loudestSince,
  loudestWithin,
  onset,
  partBelow,
  record,
  RINGS_S,
  SILENT,
} from '../support/audio';
import {
  chord,
  clock,
  clockReaches,
  clocks,
  controller,
  diagram,
  expectEqualClocks,
  linkOn,
  openStage,
  pad,
  pair,
  scan,
  seconds,
  string,
  strum,
  watchStrings,
} from '../support/guitar';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

async function enableSound(pc: Page): Promise<void> {
  await pc.getByRole('button', { name: 'Tap to enable sound' }).click();
  await expect(pc.getByRole('button', { name: 'Sound on' })).toBeVisible();
}

const strums = (pc: Page) => pc.getByRole('region', { name: 'Neck' });

test('the stage is played alone by keyboard, and the first key press sounds', async ({ page: pc }) => {
  await record(pc);
  await openStage(pc);
  await expect(chord(pc)).toHaveText('G');
  await expect(diagram(pc)).toHaveAccessibleName('G major · open · 3 2 0 0 0 3');

  await expectSound(pc, () => pc.keyboard.press('Space'));
  await expect(strums(pc)).toHaveAttribute('data-strums', '1');

  await pc.keyboard.press('2');
  await expect(chord(pc)).toHaveText('C');
  await expect(diagram(pc)).toHaveAccessibleName('C major · open · x 3 2 0 1 0');
  await pc.keyboard.press('ArrowRight');
  await expect(pc.getByText('Chords in A♭').or(pc.getByText('Chords in Ab'))).toBeVisible();
  await pc.keyboard.press('1');
  await expect(chord(pc)).toHaveText(/^A[♭b]$/);
  await pc.keyboard.press('ArrowLeft');

  await expectSilence(pc);
  await expectSound(pc, () => pc.keyboard.press('Shift+Space'));
  await expectDamped(
    pc,
    () => pc.keyboard.press('Space'),
    () => pc.keyboard.press('m'),
  );
});

test('the stage is played alone by mouse', async ({ page: pc }) => {
  await record(pc);
  await openStage(pc);
  await pc.getByRole('button', { name: 'Em' }).click();
  await expect(chord(pc)).toHaveText('Em');
  await expect(pc.getByRole('button', { name: 'Em' })).toHaveAttribute('aria-pressed', 'true');

  const neck = await strums(pc).boundingBox();
  if (!neck) throw new Error('the neck is not there');
  const x = neck.x + neck.width / 2;
  await expectSound(pc, async () => {
    await pc.mouse.move(x, neck.y + neck.height * 0.05);
    await pc.mouse.down();
    await pc.mouse.move(x, neck.y + neck.height * 0.95, { steps: 12 });
    await pc.mouse.up();
  });
});

test('the stage plays before there is a session and without a network', async ({
  page: pc,
  allowErrors,
}) => {
  allowErrors(/ERR_INTERNET_DISCONNECTED/);
  await record(pc);
  await pc.route('**/fn/host', (route) => route.abort('internetdisconnected'));
  await open(pc, '/guitar');
  await expect(pc.getByText('Until then you can play here alone.')).toBeVisible();
  await pc.keyboard.press('3');
  await expect(chord(pc)).toHaveText('D');
  await expectSound(pc, () => pc.keyboard.press('Space'));
  await shot(pc, 'stage-without-network');
});

test('chord and strum of the phone reach the PC: name, diagram, strings and sound', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await record(pc);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await enableSound(pc);
  expect(await loudestWithin(pc, 0.5), 'before the strum').toBeLessThan(SILENT);

  await pad(phone, 'C').tap();
  await expect(pad(phone, 'C')).toHaveAttribute('aria-pressed', 'true');
  await expect(chord(pc)).toHaveText('C');
  await expect(diagram(pc)).toHaveAccessibleName('C major · open · x 3 2 0 1 0');
  await expect(string(pc, 5)).toHaveAttribute('opacity', /^0(\.00)?$/);

  // One strum swings all five. A part of it that comes too late is not played, which a busy
  // machine does to some: then another strum has to, once the strings are at rest.
  await expect(async () => {
    for (const number of [1, 2, 3, 4, 5]) {
      await expect(string(pc, number)).toHaveAttribute('opacity', /^0(\.00)?$/);
    }
    const swung = await watchStrings(pc);
    await expectSound(pc, () => strum(phone, pc, 'down'));
    await expect.poll(swung, { timeout: 2_000 }).toEqual([1, 2, 3, 4, 5]);
  }, 'C mutes the low E').toPass();
  await shot(pc, 'stage-strummed');
  await shot(phone, 'controller-strummed');
  await expect(pc.getByText(/touch → sound \d+ ms/)).toBeVisible();
  await expect(string(pc, 5), 'the string comes to rest').toHaveAttribute('opacity', '0.00');
});

test('down and up strums of the phone differ audibly', async ({ page: pc, newDevice, server }) => {
  await record(pc);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await enableSound(pc);
  await pad(phone, 'G').tap();

  const low: Record<string, number> = {};
  for (const direction of ['down', 'up'] as const) {
    await expectSilence(pc);
    const beginning = onset(pc, 0.05);
    await strum(phone, pc, direction);
    low[direction] = partBelow(await beginning, 180);
  }
  // A down-stroke begins on the low strings, an up-stroke on the high ones.
  expect(low.down).toBeGreaterThan(0.2);
  expect(low.up).toBeLessThan(0.05);
});

test('mute damps the strings at once, from either side', async ({ page: pc, newDevice, server }) => {
  await record(pc);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await enableSound(pc);

  // Struck on the PC itself, since a strum that the machine holds up on its way is not sounded.
  const play = () => pc.keyboard.press('Space');
  await expectSound(pc, play);
  await expectSilence(pc);
  const { lasted } = await fading(pc);
  expect(lasted, 'seconds of a sound that nobody damps').toBeGreaterThan(RINGS_S);
  await expectDamped(pc, play, () => phone.getByRole('button', { name: 'Mute' }).tap());
  await expectDamped(pc, play, () => pc.keyboard.press('m'));
});

test('the strum after sound was switched off is not heard, and its strings swing', async ({
  page: pc,
}) => {
  await record(pc);
  await openStage(pc);
  await enableSound(pc);
  await pc.keyboard.press('Space');
  await expectSilence(pc);
  await pc.getByRole('button', { name: 'Sound on' }).click();
  await expect(pc.getByRole('button', { name: 'Sound off' })).toBeVisible();
  const since = await audioTime(pc);
  const swung = await watchStrings(pc);
  await pc.keyboard.press('Space');
  await expect.poll(swung).toContain(3);
  await expect(string(pc, 3)).toHaveAttribute('opacity', '0.00');
  expect(await loudestSince(pc, since)).toBeLessThan(SILENT);

  await pc.getByRole('button', { name: 'Sound off' }).click();
  await expectSound(pc, () => pc.keyboard.press('Space'));
});

test('both sides start, pause and end one practice, with equal clocks', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  const state = async (word: string) => {
    await expect(clock(pc)).toHaveAttribute('data-practice', word);
    await expect(clock(phone)).toHaveAttribute('data-practice', word);
  };

  const since = Date.now();
  await phone.getByRole('button', { name: /Start practice/ }).tap();
  await state('running');
  await pad(phone, 'C').tap();
  await pad(phone, 'Am').tap();
  await expect(chord(pc)).toHaveText('Am');
  await clockReaches(pc, 2, since);
  await expectEqualClocks(pc, phone);
  await shot(phone, 'controller-practice');

  await pc.getByRole('button', { name: 'Pause' }).click();
  await state('paused');
  const [stood = 0] = await clocks(pc);
  expect(await clocks(phone)).toEqual([stood]);

  const resumed = Date.now() - 1000 * stood;
  await phone.getByRole('button', { name: /Resume/ }).tap();
  await state('running');
  await clockReaches(pc, stood + 2, resumed);
  await expectEqualClocks(pc, phone);

  await phone.getByRole('button', { name: /Pause/ }).tap();
  await state('paused');
  await phone.getByRole('button', { name: 'End' }).tap();
  await state('kept');
  const [pcKept = 0, phoneKept = 0] = await clocks(pc, phone);
  expect(pcKept).toBe(phoneKept);
  expect(pcKept).toBeGreaterThanOrEqual(stood + 2);

  await pc.getByRole('link', { name: 'your practice' }).click();
  await expect(pc.getByRole('heading', { level: 1, name: 'Practice' })).toBeAttached();
  const row = pc.getByRole('row').filter({ hasText: 'Today' });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText(`${pcKept} s`);
  await expect(row).toContainText('C Am');
  await expect(row).toContainText('1 change');
  await shot(pc, 'practice-guest');
  // Stored, and not only remembered by the page.
  await pc.reload();
  await expect(row).toContainText(`${pcKept} s`);
});

test('practice is this browser’s own: another guest has none', async ({ newDevice }) => {
  const other = await newDevice('pc');
  await open(other, '/practice');
  await expect(other.getByText('No practice yet')).toBeVisible();
});

test('who joins late sees chord, state and time at once', async ({ page: pc, newDevice, server }) => {
  await openStage(pc);
  await pc.keyboard.press('5');
  const since = Date.now();
  await pc.getByRole('button', { name: 'Start practice' }).click();
  await clockReaches(pc, 3, since);

  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  // The first state that the phone shows is the right one: it never counts up to it.
  expect(seconds(await clock(phone).innerText())).toBeGreaterThanOrEqual(3);
  await expectEqualClocks(pc, phone);
  await expect(clock(phone)).toHaveAttribute('data-practice', 'running');
  await expect(chord(phone)).toHaveText('Am');

  const watcher = await newDevice('phone');
  await scan(watcher, await linkOn(pc, server));
  await expect(controller(watcher)).toHaveAttribute('data-part', 'watches');
  await expect(chord(watcher)).toHaveText('Am');
  await expectEqualClocks(pc, phone, watcher);
});
