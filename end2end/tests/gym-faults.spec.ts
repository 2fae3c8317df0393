import type { Page } from '@playwright/test';
import { watchFrames } from '../support/frames';
import {
  card,
  chip,
  expectCard,
  figure,
  fillSignIn,
  email,
  ground,
  Gym,
  justNow,
  live,
  type Member,
  password,
  plugIn,
  scan,
  signIn,
  unplugAndPlugIn,
} from '../support/gym';
import { shot } from '../support/shot';
import { expect, hydrated, open, test } from '../support/test';

const queuedChip = (page: Page) => page.locator('[data-queued]');

/** Everything that the card ever said on this page, also for a moment. Call before it is opened. */
async function watchVerdicts(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seenVerdicts: seen });
    new MutationObserver(() => {
      const verdict = document.querySelector<HTMLElement>('.answer')?.dataset.verdict;
      if (verdict && seen.at(-1) !== verdict) seen.push(verdict);
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  return () => page.evaluate(() => (window as unknown as { seenVerdicts: string[] }).seenVerdicts);
}

/** Scans members that wait, and looks at what the desk says about each. */
async function scanQueued(desk: Page, members: Member[]): Promise<void> {
  for (const [index, member] of members.entries()) {
    await scan(desk, member.number);
    const answer = await expectCard(desk, 'queued', member.number);
    await expect(answer).toContainText('Queued');
    await expect(answer).toContainText('Whether the member may come in is not known yet');
    expect(await ground(answer), 'a queued scan has no colour').toBe('neutral');
    await expect(queuedChip(desk)).toHaveText(`Queued (${index + 1})`);
  }
  for (const member of members) await expect(justNow(desk, member.number)).toHaveText(/queued$/);
}

async function expectConfirmed(desk: Page, gym: Gym, members: Member[]): Promise<void> {
  for (const member of members) {
    await expect(justNow(desk, member.name)).toHaveText(/confirmed · in$/);
    await expect(justNow(desk, member.name)).toHaveCount(1);
    expect(await gym.visits(member), member.name).toHaveLength(1);
  }
  await expect(queuedChip(desk)).toHaveCount(0);
}

test.describe('the server is gone', () => {
  // On a busy machine the page may see the begin of a scan for a while, and looks for a name.
  test.beforeEach(({ allowErrors }) =>
    allowErrors(/WebSocket connection to|ERR_CONNECTION_REFUSED.*\/fn\/find_members/),
  );

  test('kill -9 with three queued check-ins and no page touched: three visits, none twice', async ({
    newDevice,
    server,
  }) => {
    const gym = await Gym.of(server);
    const members = await gym.members(3);
    const [desk, dashboard] = [await newDevice('pc'), await newDevice('pc')];
    const verdicts = await watchVerdicts(desk);
    await signIn(desk, server, 'desk');
    await signIn(dashboard, server, 'manager');
    await Promise.all([open(desk, '/gym/desk'), open(dashboard, '/gym')]);
    await Promise.all([live(desk), live(dashboard)]);
    const inside = Number(await figure(dashboard, 'currently-in').innerText());

    await server.kill9();
    await expect(chip(desk)).toHaveAttribute('data-phase', /reconnecting|offline/);
    await scanQueued(desk, members);
    await shot(desk, 'desk-queued-pc');
    expect(await verdicts(), 'never green').toEqual(['queued']);

    await server.start();
    await Promise.all([live(desk), live(dashboard)]);
    await expectConfirmed(desk, gym, members);
    await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside + 3));
    await shot(desk, 'desk-confirmed-pc');
  });

  test('three scans, and a reload once the server is there again: three visits, none twice', async ({
    newDevice,
    server,
  }) => {
    const gym = await Gym.of(server);
    const members = await gym.members(3);
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await server.kill9();
    await expect(chip(desk)).toHaveAttribute('data-phase', /reconnecting|offline/);
    await scanQueued(desk, members);
    // The page has no network of its own, so that only the reloaded one can send what waits.
    await desk.context().setOffline(true);
    await server.start();
    for (const member of members) expect(await gym.visits(member)).toHaveLength(0);
    await desk.goto('about:blank');
    await desk.context().setOffline(false);
    await open(desk, '/gym/desk');
    await live(desk);
    await expectConfirmed(desk, gym, members);
  });

  test('three scans, and the reload button: three visits, none twice', async ({
    newDevice,
    server,
  }) => {
    const gym = await Gym.of(server);
    const members = await gym.members(3);
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await server.kill9();
    await expect(chip(desk)).toHaveAttribute('data-phase', /reconnecting|offline/);
    await scanQueued(desk, members);
    await server.start();
    await desk.reload();
    await hydrated(desk);
    await live(desk);
    for (const member of members) {
      await expect(justNow(desk, member.name)).toHaveText(/in$/);
      await expect(justNow(desk, member.name)).toHaveCount(1);
      await expect.poll(async () => (await gym.visits(member)).length).toBe(1);
    }
    await expect(queuedChip(desk)).toHaveCount(0);
  });

  test('what waited in a closed tab is sent by the next one', async ({ newDevice, server }) => {
    const gym = await Gym.of(server);
    const members = await gym.members(2);
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await server.kill9();
    await expect(chip(desk)).toHaveAttribute('data-phase', /reconnecting|offline/);
    await scanQueued(desk, members);
    const next = await desk.context().newPage();
    await desk.close();
    await server.start();
    await open(next, '/gym/desk');
    await live(next);
    await expectConfirmed(next, gym, members);
  });

  test('a refused and an unknown code that waited are answered as such', async ({
    newDevice,
    server,
  }) => {
    const gym = await Gym.of(server);
    const [expired, welcome] = [await gym.member('expired'), await gym.member()];
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await server.kill9();
    await expect(chip(desk)).toHaveAttribute('data-phase', /reconnecting|offline/);
    await scan(desk, expired.number);
    await scan(desk, 'CAFEBABE');
    await scan(desk, welcome.number);
    await expect(queuedChip(desk)).toHaveText('Queued (3)');
    await server.start();
    await live(desk);
    await expect(justNow(desk, expired.name)).toHaveText(/confirmed · refused$/);
    await expect(justNow(desk, 'CAFEBABE')).toHaveText(/not recorded$/);
    await expect(justNow(desk, welcome.name)).toHaveText(/confirmed · in$/);
    expect(await gym.visits(expired)).toHaveLength(0);
  });

  test('the chip says how long, which try and when the next', async ({ page, server }) => {
    await page.clock.install();
    await signIn(page, server, 'desk');
    await open(page, '/gym/desk');
    await live(page);
    await expect(chip(page)).toHaveText(/^Live · \d+ ms$/);
    await server.kill9();
    await expect(chip(page)).toHaveClass(/tone-warn/);
    await expect(chip(page)).toHaveText(/^Reconnecting · try \d+( in \d+ s)?$/);
    await page.clock.runFor(16_000);
    await expect(chip(page)).toHaveClass(/tone-bad/);
    await expect(chip(page)).toHaveText(/^Offline( · next try in \d+ s| for \d+ s)$/);
    await server.start();
    await unplugAndPlugIn(page);
    await live(page);
  });

  test('an undo and a check-out can wait, too', async ({ newDevice, server }) => {
    const gym = await Gym.of(server);
    const [undone, leaves] = [await gym.member(), await gym.member()];
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await scan(desk, undone.number);
    await expectCard(desk, 'allow', undone.name);
    await gym.checkIn(leaves);
    await desk.getByLabel('Name, number or telephone').fill(leaves.number);
    const out = desk.getByRole('button', { name: `Check out ${leaves.name}` });
    await expect(out).toBeVisible();
    await server.kill9();
    await expect(chip(desk)).toHaveAttribute('data-phase', /reconnecting|offline/);
    await card(desk).getByRole('button', { name: /^Undo/ }).click();
    await expectCard(desk, 'queued', undone.name);
    await out.click();
    await expectCard(desk, 'queued', leaves.name);
    await expect(queuedChip(desk)).toHaveText('Queued (2)');
    await server.start();
    await live(desk);
    await expectCard(desk, 'left', leaves.name);
    await expect.poll(async () => (await gym.visits(undone)).length).toBe(0);
    const [visit] = await gym.visits(leaves);
    expect(visit?.check_out_time).toBeGreaterThan(0);
  });
});

test.describe('the cable is pulled', () => {
  // As above, a busy machine makes a scan look like typing, which searches.
  test.beforeEach(({ allowErrors }) =>
    allowErrors(/WebSocket connection to|ERR_INTERNET_DISCONNECTED.*\/fn\/find_members/),
  );

  test('three scans are queued, then confirmed, and never green before that', async ({
    newDevice,
    server,
  }) => {
    const gym = await Gym.of(server);
    const [first, ...others] = (await gym.members(4)) as [Member, ...Member[]];
    const desk = await newDevice('pc');
    const verdicts = await watchVerdicts(desk);
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await desk.context().setOffline(true);
    // No event reports the loss: the page detects it because its ping is not answered.
    await scan(desk, first.number);
    await expectCard(desk, 'queued', first.number);
    await expect(queuedChip(desk)).toHaveText('Queued (1)');
    for (const [index, { number }] of others.entries()) {
      await scan(desk, number);
      const answer = await expectCard(desk, 'queued', number);
      expect(await ground(answer)).toBe('neutral');
      await expect(queuedChip(desk)).toHaveText(`Queued (${index + 2})`);
    }
    expect(await verdicts()).toEqual(['checking', 'queued']);
    for (const member of [first, ...others]) expect(await gym.visits(member)).toHaveLength(0);
    await plugIn(desk);
    await live(desk);
    await expectConfirmed(desk, gym, [first, ...others]);
  });

  test('the phone at the desk says "Queued", too', async ({ newDevice, server }) => {
    const member = await (await Gym.of(server)).member();
    const phone = await newDevice('phone');
    await signIn(phone, server, 'desk');
    await open(phone, '/gym/desk');
    await live(phone);
    await phone.context().setOffline(true);
    await scan(phone, member.number);
    await expectCard(phone, 'queued', member.number);
    await shot(phone, 'desk-queued-phone');
    const tooWide = await phone.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(tooWide).toBe(0);
    await plugIn(phone);
    await expectCard(phone, 'allow', member.name);
  });

  test('what was refused while another page was open is told there', async ({
    newDevice,
    server,
    allowErrors,
  }) => {
    allowErrors(/WebSocket connection to|ERR_INTERNET_DISCONNECTED/);
    const member = await (await Gym.of(server)).member('expired');
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    // Each page loads its own code when it is first shown, which takes a network.
    await desk.getByRole('link', { name: 'Members' }).click();
    await expect(desk.getByRole('heading', { name: 'Members' })).toBeVisible();
    await desk.getByRole('link', { name: 'Check-in desk' }).click();
    await live(desk);
    await desk.context().setOffline(true);
    await scan(desk, member.number);
    await expectCard(desk, 'queued', member.number);
    await desk.getByRole('link', { name: 'Members' }).click();
    await expect(desk.getByRole('heading', { name: 'Members' })).toBeVisible();
    await plugIn(desk);
    const told = desk.getByRole('alert').filter({ hasText: 'Refused meanwhile' });
    await expect(told).toContainText('1 entry from the desk');
    await shot(desk, 'refused-meanwhile-pc');
    await told.getByRole('link', { name: 'See why' }).click();
    await expectCard(desk, 'deny', member.name);
    await expect(justNow(desk, member.name)).toHaveText(/confirmed · refused$/);
    await expect(told).toHaveCount(0);
  });

  test('a page that is silent turns amber and says so', async ({ page, server }) => {
    await page.clock.install();
    await signIn(page, server, 'manager');
    await open(page, '/gym');
    await live(page);
    await page.context().setOffline(true);
    await page.clock.runFor(6_000);
    await expect(chip(page)).toHaveAttribute('data-phase', 'quiet');
    await expect(chip(page)).toHaveText(/^No answer for \d+ s$/);
    await expect(chip(page)).toHaveClass(/tone-warn/);
  });
});

test.describe('the sign-in', () => {
  const cookie = async (page: Page, name: string) =>
    (await page.context().cookies()).find((cookie) => cookie.name === name)?.value;

  test('an access that has ended is refreshed by the link itself', async ({
    page,
    server,
    allowErrors,
  }) => {
    allowErrors(/WebSocket connection to/);
    const gym = await Gym.of(server);
    const member = await gym.member();
    await signIn(page, server, 'desk');
    await open(page, '/gym/desk');
    await live(page);
    const untouched = page.locator('html');
    await untouched.evaluate((html) => html.setAttribute('data-untouched', ''));
    // As browsers do when its time is over.
    await page.context().clearCookies({ name: 'cadence_access' });
    await server.kill9();
    await scan(page, member.number);
    await expectCard(page, 'queued', member.number);
    await server.start();
    await live(page);
    await expectCard(page, 'allow', member.name);
    expect(await cookie(page, 'cadence_access')).toBeTruthy();
    await expect(untouched).toHaveAttribute('data-untouched', '');
  });

  test('a page that slept past the end of its sign-in refreshes before it dials', async ({
    page,
    server,
    allowErrors,
  }) => {
    // Each attempt while the cable is pulled begins with the refresh, and fails there.
    allowErrors(/WebSocket connection to|ERR_INTERNET_DISCONNECTED.*\/api\/auth\/refresh/);
    await page.clock.install();
    await signIn(page, server, 'manager');
    await open(page, '/gym');
    await live(page);
    const before = await cookie(page, 'cadence_refresh');
    await page.context().setOffline(true);
    // The laptop sleeps for an hour: no timer runs meanwhile.
    await page.clock.fastForward('01:00:00');
    await expect(chip(page)).toHaveAttribute('data-phase', /reconnecting|offline/);
    const refreshed = page.waitForResponse(/\/api\/auth\/refresh$/);
    await plugIn(page);
    expect((await refreshed).status()).toBe(200);
    await live(page);
    expect(await cookie(page, 'cadence_refresh')).not.toBe(before);
  });

  test('without any sign-in left the desk says so and leads to the form and back', async ({
    page,
    server,
    allowErrors,
  }) => {
    allowErrors(/WebSocket connection to|status of 401/);
    const gym = await Gym.of(server);
    const member = await gym.member();
    await signIn(page, server, 'desk');
    await open(page, '/gym/desk');
    await live(page);
    await page.context().clearCookies();
    await server.kill9();
    await server.start();
    await expect(chip(page)).toHaveText('Signed out');
    await expect(chip(page)).toHaveClass(/tone-bad/);
    await expect(page.getByText('These figures stand still. Please sign in.')).toBeVisible();
    await scan(page, member.number);
    await expectCard(page, 'queued', member.number);
    await shot(page, 'desk-signed-out-pc');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await expect(page).toHaveURL(/\/gym\/sign-in\?next=%2Fgym%2Fdesk$/);
    await hydrated(page);
    await fillSignIn(page, email('desk'), password('desk'));
    await expect(page).toHaveURL(/\/gym\/desk$/);
    await live(page);
    await expectConfirmed(page, gym, [member]);
  });

  test('signing out elsewhere closes the desk, and the reason is told', async ({
    page,
    server,
    allowErrors,
  }) => {
    allowErrors(/status of 401/);
    await signIn(page, server, 'desk');
    const frames = watchFrames(page);
    await open(page, '/gym/desk');
    await live(page);
    // The same sign-in, and no tab of this browser that could pass the word on.
    const answer = await page.context().request.post(`${server.url}/api/auth/logout`, {
      headers: { origin: server.url },
    });
    expect(answer.status()).toBe(204);
    await expect(chip(page)).toHaveText('Signed out');
    await expect.poll(() => frames.open, 'the socket is closed').toBe(0);
    await expect(page.getByText(/^These figures stand still\. Please sign in\./)).toBeVisible();
    const again = page.getByRole('link', { name: 'Sign in again' });
    await expect(again).toBeVisible();
    await again.click();
    await hydrated(page);
    await fillSignIn(page, email('desk'), password('desk'));
    await expect(page).toHaveURL(/\/gym\/desk$/);
    await live(page);
  });

  test.describe('of one minute', () => {
    test.use({ serverEnv: { CADENCE_AUTH__ACCESS_MINUTES: '1' } });

    test('is renewed on the open socket, once, in time', async ({ page, server }) => {
      await signIn(page, server, 'manager');
      const frames = watchFrames(page);
      const renewals = () => frames.list('sent').filter(({ text }) => text?.includes('"auth"')).length;
      await open(page, '/gym');
      await live(page);
      const before = await cookie(page, 'cadence_access');
      await expect.poll(renewals, { timeout: 45_000 }).toBe(1);
      expect(await cookie(page, 'cadence_access')).not.toBe(before);
      await live(page);
      // Two further pings and their answers: asked once, answered once.
      const pongs = () => frames.list('received').filter(({ text }) => text?.includes('"pong"')).length;
      const heard = pongs();
      await expect.poll(pongs, { timeout: 10_000 }).toBeGreaterThan(heard + 1);
      expect(renewals()).toBe(1);
      expect(frames.sockets, 'on the same socket').toBe(1);
    });
  });
});

test.describe('the panel', () => {
  test('its figures equal the frames that the browser itself counts', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const frames = watchFrames(page);
    await signIn(page, server, 'manager');
    await open(page, '/gym');
    await live(page);
    for (const member of await gym.members(3)) await gym.checkIn(member);
    await chip(page).click();
    const panel = page.getByRole('dialog', { name: 'Connection' });
    await expect(panel).toBeVisible();
    const shown = async (name: string) =>
      (await panel.locator('dt', { hasText: name }).locator('+ dd').innerText()).replace(/ · .*/, '').replace(/\D/g, '');
    await expect
      .poll(async () => {
        const counted = [frames.count('received'), frames.count('sent')];
        const figures = [await shown('Frames in'), await shown('Frames out')];
        // Between two pings both sides rest.
        const rests = counted[0] === frames.count('received') && counted[1] === frames.count('sent');
        return rests && figures.join() === counted.join();
      })
      .toBe(true);
    await shot(page, 'panel-pc');
    await page.keyboard.press('Escape');
    await expect(panel).toHaveCount(0);
    await expect(chip(page)).toBeFocused();
  });
});
