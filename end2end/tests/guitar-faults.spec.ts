import {
  chord,
  clock,
  clockReaches,
  clocks,
  codeOn,
  controller,
  expectEqualClocks,
  linkChip,
  linkOn,
  openStage,
  pad,
  pair,
  scan,
  seconds,
  strum,
} from '../support/guitar';
import { watchFrames } from '../support/frames';
import { shot } from '../support/shot';
import { background, expect, hydrated, test } from '../support/test';

/** What Chromium writes when a socket finds no network or no server. */
const NO_CONNECTION = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection/;

test('a phone that loses its network says so, and what it did arrives when it is back', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await pad(phone, 'D').tap();
  await expect(chord(pc)).toHaveText('D');

  await phone.context().setOffline(true);
  await expect(linkChip(phone)).toHaveText(/No answer for \d+ s/, { timeout: 10_000 });
  await pad(phone, 'C').tap();
  await expect(chord(phone), 'the phone goes on').toHaveText('C');
  await pad(phone, 'Em').tap();
  await expect(phone.getByText('waits for the connection')).toBeVisible();
  await shot(phone, 'controller-offline');
  await expect(chord(pc)).toHaveText('D');

  await phone.context().setOffline(false);
  await expect(linkChip(phone)).toHaveText(/^Live/);
  await expect(chord(pc)).toHaveText('Em');
  await expect(phone.getByText('on the stage')).toBeVisible();
});

test('a phone that was away for long dials again and catches up', async ({
  page: pc,
  newDevice,
  server,
  allowErrors,
}) => {
  allowErrors(NO_CONNECTION);
  await openStage(pc);
  const phone = await newDevice('phone');
  const frames = watchFrames(phone);
  await pair(pc, phone, server);
  expect(frames.sockets).toBe(1);

  await phone.context().setOffline(true);
  // Amber first; red after 15 seconds, when the silent socket is given up.
  await expect(linkChip(phone)).toHaveAttribute('data-phase', 'quiet', { timeout: 10_000 });
  await expect(linkChip(phone)).toHaveAttribute('data-phase', 'offline', { timeout: 20_000 });
  await expect(linkChip(phone)).toHaveText(/^Offline/);
  await shot(phone, 'controller-offline-long');
  await pc.getByRole('button', { name: 'Bm' }).click();
  await pc.getByRole('button', { name: 'Am7' }).click();

  await phone.context().setOffline(false);
  await expect(linkChip(phone)).toHaveAttribute('data-phase', 'live');
  await expect(chord(phone)).toHaveText('Am7');
  await expect(phone.getByText(/caught up · \d+ events?/)).toBeVisible();
  expect(frames.sockets).toBeGreaterThan(1);
  await pad(phone, 'G').tap();
  await expect(chord(pc)).toHaveText('G');
});

test('a practice started without network counts from the moment it was started', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await phone.context().setOffline(true);
  const since = Date.now();
  await phone.getByRole('button', { name: /Start practice/ }).tap();
  await clockReaches(phone, 3, since);
  await expect(clock(pc)).toHaveAttribute('data-practice', 'ready');

  await phone.context().setOffline(false);
  await expect(clock(pc)).toHaveAttribute('data-practice', 'running');
  expect(await expectEqualClocks(pc, phone)).toBeGreaterThanOrEqual(3);
});

test('a reload of the PC keeps session, chord, practice and phone', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await pad(phone, 'Bm').tap();
  const since = Date.now();
  await pc.getByRole('button', { name: 'Start practice' }).click();
  await clockReaches(pc, 2, since);
  const code = await codeOn(pc);

  await pc.reload();
  await hydrated(pc);
  await expect(chord(pc)).toHaveText('Bm');
  await expect(clock(pc)).toHaveAttribute('data-practice', 'running');
  expect(await expectEqualClocks(pc, phone)).toBeGreaterThanOrEqual(2);
  await expect(pc.getByText('Phone · Left hand')).toBeVisible();
  await expect(pc.locator('[data-code]')).toHaveAttribute('data-code', code);
  await pad(phone, 'G').tap();
  await expect(chord(pc)).toHaveText('G');
  await expect(phone.getByText('on the stage')).toBeVisible();
});

test('after kill -9 in the middle of a practice both devices recover by themselves', async ({
  page: pc,
  newDevice,
  server,
  allowErrors,
}) => {
  allowErrors(NO_CONNECTION);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await pad(phone, 'Em').tap();
  await expect(chord(pc)).toHaveText('Em');
  const since = Date.now();
  await phone.getByRole('button', { name: /Start practice/ }).tap();
  const played = await clockReaches(pc, 2, since);
  const begun = Date.now() - 1000 * played;

  await server.kill9();
  await expect(linkChip(pc)).toHaveAttribute('data-phase', /reconnecting|offline/);
  await expect(linkChip(phone)).toHaveAttribute('data-phase', /reconnecting|offline/);
  await expect(linkChip(phone)).toHaveText(/^Reconnecting · try \d+/);
  await shot(pc, 'stage-server-killed');
  // The clocks go on meanwhile, and both pages go on playing.
  await clockReaches(pc, 4, since);
  await expectEqualClocks(pc, phone);
  await server.start();

  // Without a touch on either page.
  const soon = { timeout: 30_000 };
  await expect(linkChip(pc)).toHaveAttribute('data-phase', 'live', soon);
  await expect(linkChip(phone)).toHaveAttribute('data-phase', 'live', soon);
  await expect(clock(pc)).toHaveAttribute('data-practice', 'running');
  await expect(clock(phone)).toHaveAttribute('data-practice', 'running');
  const shown = await expectEqualClocks(pc, phone);
  const real = (Date.now() - begun) / 1000;
  expect(Math.abs(real - shown), `${shown} s shown, ${real} s passed`).toBeLessThan(2);
  await clockReaches(pc, shown + 1);
  await expect(chord(pc)).toHaveText('Em');
  await expect(chord(phone)).toHaveText('Em');
  await expect(pc.getByText('Phone · Left hand')).toBeVisible();

  // The server itself has the chord again: a phone that joins now shows it.
  const late = await newDevice('phone');
  await scan(late, await linkOn(pc, server));
  await expect(controller(late)).toHaveAttribute('data-part', 'watches');
  await expect(chord(late)).toHaveText('Em');

  await pad(phone, 'C').tap();
  await expect(chord(pc)).toHaveText('C');
  await strum(phone, pc, 'down');

  await pc.getByRole('button', { name: 'End' }).click();
  await expect(clock(phone)).toHaveAttribute('data-practice', 'kept');
  const [kept = 0] = await clocks(pc);
  expect(kept).toBeGreaterThanOrEqual(shown);
  await pc.getByRole('link', { name: 'your practice' }).click();
  await expect(pc.getByRole('row').filter({ hasText: 'Today' })).toContainText(`${kept} s`);
});

test('what a phone does while the server is down arrives when it is back', async ({
  page: pc,
  newDevice,
  server,
  allowErrors,
}) => {
  allowErrors(NO_CONNECTION);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await server.kill9();
  await expect(linkChip(phone)).toHaveAttribute('data-phase', /reconnecting|offline/);
  await pad(phone, 'D7').tap();
  const since = Date.now();
  await pc.getByRole('button', { name: 'Start practice' }).click();
  await clockReaches(pc, 1, since);
  await expect(pc.getByText('Offline: this counts from the moment you pressed it')).toBeVisible();
  await server.start();

  const soon = { timeout: 30_000 };
  await expect(chord(pc)).toHaveText('D7', soon);
  await expect(clock(phone)).toHaveAttribute('data-practice', 'running', soon);
  await expectEqualClocks(pc, phone);
});

test('an orderly restart of the server is over soon', async ({
  page: pc,
  newDevice,
  server,
  allowErrors,
}) => {
  allowErrors(NO_CONNECTION);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await pad(phone, 'C').tap();
  await expect(chord(pc)).toHaveText('C');
  await server.stop();
  await server.start();
  const soon = { timeout: 20_000 };
  await expect(linkChip(pc)).toHaveAttribute('data-phase', 'live', soon);
  await expect(linkChip(phone)).toHaveAttribute('data-phase', 'live', soon);
  await expect(chord(pc)).toHaveText('C');
  await pad(phone, 'G').tap();
  await expect(chord(pc)).toHaveText('G');
});

test('a phone asleep is away and not gone, and plays again at once', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await background(phone, true);
  await expect(pc.getByText('Phone asleep, waiting').first()).toBeVisible();
  await shot(pc, 'stage-phone-asleep');
  await pc.getByRole('button', { name: 'Am', exact: true }).click();

  await background(phone, false);
  await expect(chord(phone)).toHaveText('Am');
  await expect(pc.getByText('Phone · Left hand')).toBeVisible();
  await pad(phone, 'C').tap();
  await expect(chord(pc)).toHaveText('C');
});

test('a phone whose page is closed is gone', async ({ page: pc, newDevice, server }) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await phone.close();
  await expect(pc.getByText('Phone gone')).toBeVisible({ timeout: 10_000 });
  await expect(pc.getByRole('region', { name: 'Players' })).toContainText('phone · gone');

  // It comes back as the same phone: its cookie is its seat.
  const again = await phone.context().newPage();
  await again.goto(new URL('/play', await linkOn(pc, server)).href);
  await expect(controller(again)).toHaveAttribute('data-part', 'plays');
  await expect(pc.getByText('Phone · Left hand')).toBeVisible();
});

test('the phone tells when the PC is in the background and when it is gone', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await expect(phone.getByText('on the stage')).toBeVisible();
  await background(pc, true);
  await expect(phone.getByText('the PC is in the background')).toBeVisible();
  await background(pc, false);
  await expect(phone.getByText('on the stage')).toBeVisible();
  await pc.close();
  await expect(phone.getByText('the PC is gone')).toBeVisible({ timeout: 10_000 });
  expect(seconds(await clock(phone).innerText())).toBe(0);
});

test('a browser whose database is slow holds nothing up and reports nothing', async ({
  page: pc,
}) => {
  // Whoever opens the database waits as long as another page makes it.
  await pc.addInitScript(() => {
    const request = indexedDB.open('cadence', 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore('outbox');
      const until = performance.now() + 5_000;
      const goOn = () => {
        if (performance.now() < until) store.get('nothing').onsuccess = goOn;
      };
      goOn();
    };
    request.onsuccess = () => {
      request.result.close();
      document.documentElement.dataset.database = 'made';
    };
  });
  await openStage(pc);
  await pc.getByRole('button', { name: 'Start practice' }).click();
  await expect(pc.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(pc.locator('html')).toHaveAttribute('data-database', 'made', { timeout: 10_000 });
  // After this one every earlier request has its answer.
  await pc.evaluate(
    () =>
      new Promise((resolve) => (indexedDB.open('cadence', 1).onsuccess = () => resolve(undefined))),
  );
  await pc.getByRole('button', { name: 'End' }).click();
  await expect(clock(pc)).toHaveAttribute('data-practice', 'kept');
});
