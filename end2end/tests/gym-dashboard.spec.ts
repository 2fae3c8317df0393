import type { Page } from '@playwright/test';
import {
  card,
  chip,
  expectCard,
  figure,
  Gym,
  live,
  plugIn,
  scan,
  signIn,
  unplug,
  unplugAndPlugIn,
} from '../support/gym';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

// Many check-ins of one test come from one account.
test.use({ serverEnv: { CADENCE_LIMITS__USER_PER_SECOND: '5000' } });

const activity = (page: Page) => page.getByTestId('activity').locator('tbody tr');
const visits = (page: Page) => page.getByTestId('visits').locator('tbody tr');
const number = async (page: Page, name: 'currently-in' | 'today') =>
  Number((await figure(page, name).innerText()).replace(/\D/g, ''));

/** What the chart counts: every bar says its hour and its check-ins. */
const charted = (page: Page) =>
  page.locator('.chart-bar title').evaluateAll((titles) =>
    titles.reduce((sum, { textContent }) => sum + Number(/: (\d+)/.exec(textContent ?? '')?.[1]), 0),
  );

/** Fails where the page was loaded again in between. */
async function sameDocument(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  return async () => expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
}

test('the server paints the figures and rows before any script runs', async ({
  newDevice,
  server,
}) => {
  const page = await newDevice('pc', { javaScriptEnabled: false });
  await signIn(page, server, 'manager');
  const { data } = await (await Gym.of(server)).snapshot();
  await page.goto('/gym');
  await expect(figure(page, 'currently-in')).toHaveText(String(data.stats.currently_in));
  await expect(figure(page, 'today')).toHaveText(String(data.stats.today_total));
  await expect(visits(page)).toHaveCount(data.visits.length);
  await expect(activity(page)).not.toHaveCount(0);
});

test('the figures are those of the database, and the chart adds up to them', async ({
  page,
  server,
}) => {
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  const { stats } = (await (await Gym.of(server)).snapshot()).data;
  expect(await number(page, 'currently-in')).toBe(stats.currently_in);
  expect(await number(page, 'today')).toBe(stats.today_total);
  expect(await charted(page)).toBe(stats.today_total);
  await expect(figure(page, 'last')).toHaveText(/^\d\d:\d\d$/);
  await shot(page, 'dashboard-pc');
});

test('a check-in, a check-out and an undo at the desk move the dashboard without a reload', async ({
  newDevice,
  server,
}) => {
  const gym = await Gym.of(server);
  const member = await gym.member();
  const [desk, dashboard] = [await newDevice('pc'), await newDevice('pc')];
  await signIn(desk, server, 'desk');
  await signIn(dashboard, server, 'manager');
  await Promise.all([open(desk, '/gym/desk'), open(dashboard, '/gym')]);
  await Promise.all([live(desk), live(dashboard)]);
  const untouched = await sameDocument(dashboard);
  const inside = await number(dashboard, 'currently-in');
  const today = await number(dashboard, 'today');

  await scan(desk, member.number);
  await expectCard(desk, 'allow', member.name);
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside + 1));
  await expect(figure(dashboard, 'today')).toHaveText(String(today + 1));
  await expect(activity(dashboard).first()).toContainText(member.name);
  await expect(activity(dashboard).first()).toContainText('Checked in');
  await expect(visits(dashboard).first()).toContainText(member.name);
  await expect(visits(dashboard).first()).toContainText(/in$/);
  await expect(dashboard.locator('[data-figure="last"]')).toContainText(member.name);
  expect(await charted(dashboard)).toBe(today + 1);
  await expect(desk.locator('.occupancy [data-figure="currently-in"]')).toHaveText(String(inside + 1));
  await shot(dashboard, 'dashboard-moved-pc');

  await card(desk).getByRole('button', { name: /^Undo/ }).click();
  await expectCard(desk, 'undone', member.name);
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside));
  await expect(figure(dashboard, 'today')).toHaveText(String(today));
  await expect(activity(dashboard).first()).toContainText('Taken back');
  await expect(visits(dashboard).filter({ hasText: member.name }).filter({ hasText: /in$/ })).toHaveCount(0);

  await scan(desk, member.number);
  await expectCard(desk, 'allow', member.name);
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside + 1));
  await desk.getByLabel('Name, number or telephone').fill(member.number);
  await desk.getByRole('button', { name: `Check out ${member.name}` }).click();
  await expectCard(desk, 'left', member.name);
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside));
  await expect(figure(dashboard, 'today')).toHaveText(String(today + 1));
  await expect(activity(dashboard).first()).toContainText('Checked out');
  await expect(visits(dashboard).filter({ hasText: member.name }).first()).not.toContainText(/–/);
  await untouched();
});

test('a refusal is listed and moves no figure', async ({ page, server }) => {
  const gym = await Gym.of(server);
  const member = await gym.member('expired');
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  const inside = await number(page, 'currently-in');
  await gym.checkIn(member);
  await expect(activity(page).first()).toContainText('Refused');
  await expect(activity(page).first()).toContainText(/expired (yesterday|\d+ days ago)/);
  expect(await number(page, 'currently-in')).toBe(inside);
});

test('the filter of the activity is in the address and works on what comes live', async ({
  page,
  server,
}) => {
  const gym = await Gym.of(server);
  const [refused, welcome] = [await gym.member('expired'), await gym.member()];
  await signIn(page, server, 'manager');
  await open(page, '/gym?show=refused');
  await live(page);
  await gym.checkIn(refused);
  await expect(activity(page).first()).toContainText(refused.name);
  await gym.checkIn(welcome);
  await expect(visits(page).first()).toContainText(welcome.name);
  await expect(activity(page).filter({ hasNotText: 'Refused' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Check-ins', exact: true }).click();
  await expect(page).toHaveURL(/show=in$/);
  await expect(activity(page).first()).toContainText(welcome.name);
  await expect(activity(page).filter({ hasText: 'Refused' })).toHaveCount(0);
});

test('two desks scan one member at once: one visit, and both get a friendly answer', async ({
  newDevice,
  server,
}) => {
  const gym = await Gym.of(server);
  const member = await gym.member();
  const [one, two, dashboard] = [await newDevice('pc'), await newDevice('pc'), await newDevice('pc')];
  await signIn(one, server, 'desk');
  await signIn(two, server, 'staff');
  await signIn(dashboard, server, 'manager');
  await Promise.all([open(one, '/gym/desk'), open(two, '/gym/desk'), open(dashboard, '/gym')]);
  await Promise.all([live(one), live(two), live(dashboard)]);
  const inside = await number(dashboard, 'currently-in');
  await Promise.all([scan(one, member.number), scan(two, member.number)]);
  for (const desk of [one, two]) {
    await expect(card(desk).getByRole('heading')).toContainText(member.name);
    await expect(card(desk)).toHaveAttribute('data-verdict', /allow|warn/);
    await expect(card(desk)).toContainText(/Checked in|Already in since/);
  }
  expect(await gym.visits(member)).toHaveLength(1);
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside + 1));
  await expect(activity(dashboard).first()).toContainText(member.name);
  await expect(activity(dashboard).nth(1)).not.toContainText(member.name);
});

test('forty check-ins at once leave two dashboards equal to the database', async ({
  newDevice,
  server,
}) => {
  const gym = await Gym.of(server);
  const members = await gym.members(40);
  const [one, two] = [await newDevice('pc'), await newDevice('phone')];
  await signIn(one, server, 'manager');
  await signIn(two, server, 'trainer');
  await Promise.all([open(one, '/gym'), open(two, '/gym')]);
  await Promise.all([live(one), live(two)]);
  const inside = await number(one, 'currently-in');
  await Promise.all(members.map((member) => gym.checkIn(member)));
  for (const page of [one, two]) {
    await expect(figure(page, 'currently-in')).toHaveText(String(inside + members.length));
    const { stats } = (await gym.snapshot()).data;
    expect(await number(page, 'today')).toBe(stats.today_total);
    expect(await charted(page)).toBe(stats.today_total);
  }
  const rows = await visits(one).allInnerTexts();
  expect(new Set(rows).size, 'no row twice').toBe(rows.length);
});

test('a dashboard that missed events catches up, says how many, and is right', async ({
  page,
  server,
  allowErrors,
}) => {
  allowErrors(/WebSocket connection to/);
  const gym = await Gym.of(server);
  const members = await gym.members(3);
  await page.clock.install();
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  const untouched = await sameDocument(page);
  const inside = await number(page, 'currently-in');
  await unplug(page);
  for (const member of members) await gym.checkIn(member);
  expect(await number(page, 'currently-in'), 'nothing came through').toBe(inside);
  await plugIn(page);
  await expect(page.getByText('caught up · 3 events')).toBeVisible();
  await expect(figure(page, 'currently-in')).toHaveText(String(inside + 3));
  for (const member of members) await expect(visits(page).filter({ hasText: member.name })).not.toHaveCount(0);
  await shot(page, 'dashboard-caught-up-pc');
  await untouched();
});

test('a dashboard catches up over a restart of the server', async ({ page, server, allowErrors }) => {
  allowErrors(/WebSocket connection to/);
  const gym = await Gym.of(server);
  const member = await gym.member();
  await page.clock.install();
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  const inside = await number(page, 'currently-in');
  await unplug(page);
  await gym.checkIn(member);
  await server.kill9();
  await server.start();
  await plugIn(page);
  await expect(page.getByText('caught up · 1 event', { exact: true })).toBeVisible();
  await expect(figure(page, 'currently-in')).toHaveText(String(inside + 1));
});

test('figures that stand still say so after fifteen seconds', async ({
  page,
  server,
  allowErrors,
}) => {
  allowErrors(/WebSocket connection to/);
  await page.clock.install();
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  await server.kill9();
  await expect(chip(page)).toHaveAttribute('data-phase', 'reconnecting');
  await expect(chip(page)).toContainText(/Reconnecting · try \d+/);
  await page.clock.runFor(16_000);
  await expect(chip(page)).toHaveAttribute('data-phase', 'offline');
  await expect(page.getByText('These figures are from before the connection was lost.')).toBeVisible();
  await shot(page, 'dashboard-offline-pc');
  await server.start();
  await unplugAndPlugIn(page);
  await live(page);
  await expect(page.getByText('These figures are from before')).toHaveCount(0);
});

test('a position that the log no longer bridges becomes "data reloaded", and is right', async ({
  page,
  server,
  allowErrors,
}) => {
  allowErrors(/WebSocket connection to/);
  const gym = await Gym.of(server);
  const members = await gym.members(20);
  await page.clock.install();
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  const untouched = await sameDocument(page);
  await unplug(page);
  // More than a thousand events: 26 times in and out for each.
  for (let round = 0; round < 26; round += 1) {
    await Promise.all(members.map((member) => gym.checkIn(member)));
    await Promise.all(members.map((member) => gym.checkOut(member)));
  }
  await plugIn(page);
  await expect(page.getByText('data reloaded')).toBeVisible();
  const { stats } = (await gym.snapshot()).data;
  await expect(figure(page, 'currently-in')).toHaveText(String(stats.currently_in));
  expect(await number(page, 'today')).toBe(stats.today_total);
  expect(await charted(page)).toBe(stats.today_total);
  await shot(page, 'dashboard-reloaded-pc');
  await untouched();
});
