import type { Page } from '@playwright/test';
import { Gym, live, scan, signIn } from '../support/gym';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

/** Every page of the site, its heading, and whether it needs a sign-in. */
const PAGES = [
  { path: '/', heading: /./, staff: false },
  { path: '/guitar', heading: /./, staff: false },
  { path: '/play', heading: /./, staff: false },
  { path: '/practice', heading: /./, staff: false },
  { path: '/gym/sign-in', heading: 'Sign in', staff: false },
  { path: '/gym', heading: 'Today', staff: true },
  { path: '/gym/desk', heading: 'Check-in desk', staff: true },
  { path: '/gym/members', heading: 'Members', staff: true },
  { path: '/gym/members?q=zzzz', heading: 'Members', staff: true },
  { path: '/no/such/page', heading: 'There is no page here', staff: false },
] as const;

const tooWide = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What a finger cannot meet, because something else lies over it, or because two things that can
 * be touched lie over each other. */
const overlaps = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = [];
    const name = (element: Element) =>
      `<${element.tagName.toLowerCase()} ${element.className}> ${(element.textContent ?? '').trim().slice(0, 30)}`;
    const all = [...document.querySelectorAll<HTMLElement>('a, button, input, select')].filter(
      (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.skip'),
    );
    const hidden = (element: HTMLElement) => {
      element.scrollIntoView({ block: 'center' });
      const { left, top, width, height } = element.getBoundingClientRect();
      if (width === 0 || height === 0) return undefined;
      const top_ = document.elementFromPoint(left + width / 2, top + height / 2);
      return top_ && (element.contains(top_) || top_.contains(element)) ? undefined : top_;
    };
    for (const element of all) {
      const over = hidden(element);
      if (over) found.push(`${name(element)} lies under ${name(over)}`);
    }
    scrollTo(0, 0);
    const floats = (element: Element) => element.closest('.ways, .page-head, .input-with-button') !== null;
    const boxes = all.filter((element) => !floats(element)).map((element) => ({ element, box: element.getBoundingClientRect() }));
    for (const [index, one] of boxes.entries()) {
      for (const two of boxes.slice(index + 1)) {
        if (one.element.contains(two.element) || two.element.contains(one.element)) continue;
        const width = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
        const height = Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top);
        if (width > 1 && height > 1) found.push(`${name(one.element)} and ${name(two.element)}`);
      }
    }
    return found;
  });

for (const { path, heading, staff } of PAGES) {
  const isThere = path !== '/no/such/page';
  const file = path.replace(/\W+/g, '-');

  test(`${path} opens by its address, and its status fits`, async ({ page, server, allowErrors }) => {
    if (!isThere) allowErrors(/status of 404/);
    if (staff) await signIn(page, server, 'manager');
    const response = await page.goto(path);
    expect(response?.status()).toBe(isThere ? 200 : 404);
    await expect(page.locator('html[data-hydrated="true"]')).toBeAttached();
    await expect(page.getByRole('heading', { name: heading }).first()).toBeVisible();
    await expect(page).toHaveTitle(/Cadence/);
    expect(await tooWide(page)).toBe(0);
  });

  for (const width of [390, 320]) {
    test(`${path} fits ${width} px without a sideways scroll or an overlap`, async ({
      newDevice,
      server,
      allowErrors,
    }) => {
      if (!isThere) allowErrors(/status of 404/);
      const phone = await newDevice('phone', { viewport: { width, height: 844 } });
      if (staff) await signIn(phone, server, 'manager');
      await open(phone, path);
      expect(await tooWide(phone)).toBe(0);
      expect(await overlaps(phone)).toEqual([]);
      await shot(phone, `page${file}-${width}`);
    });
  }

  test(`${path} has a strict content policy and no inline style or handler`, async ({
    page,
    server,
  }) => {
    if (staff) await signIn(page, server, 'manager');
    const response = await page.context().request.get(path);
    const policy = response.headers()['content-security-policy'] ?? '';
    expect(policy).toMatch(/script-src 'nonce-[^']+' 'strict-dynamic'/);
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).not.toMatch(/'unsafe-eval'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers()['x-content-type-options']).toBe('nosniff');
    const html = await response.text();
    expect(html).not.toMatch(/<[^>]+\s(style|onclick|onload)=/);
  });
}

test('a page that is not there leads to those that are', async ({ page, allowErrors }) => {
  allowErrors(/status of 404/);
  await open(page, '/gym/nothing-here');
  await expect(page.getByRole('heading', { name: 'There is no page here' })).toBeVisible();
  await shot(page, 'not-found-pc');
  await page.getByRole('link', { name: 'Gym', exact: true }).click();
  await expect(page).toHaveURL(/\/gym\/sign-in\?next=%2Fgym$/);
});

test('a program that mistypes an address gets JSON and no page', async ({ server }) => {
  const answer = await fetch(`${server.url}/api/nothing`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: 'not_found' });
});

test.describe('what cannot be had', () => {
  for (const { link, call, title } of [
    { link: 'Members', call: 'members', title: 'The members could not be shown' },
    { link: 'Check-in desk', call: 'gym', title: 'The desk could not be opened' },
  ]) {
    test(`${link} says what is missing, and Try again brings it`, async ({
      page,
      server,
      allowErrors,
    }) => {
      allowErrors(/ERR_CONNECTION_REFUSED/);
      await signIn(page, server, 'manager');
      await open(page, '/');
      await open(page, link === 'Members' ? '/gym' : '/gym/members');
      const address = new RegExp(`/fn/${call}$`);
      await page.route(address, (route) => route.abort('connectionrefused'));
      await page.getByRole('link', { name: link }).click();
      const trouble = page.getByRole('alert').filter({ hasText: title });
      await expect(trouble).toContainText('The server cannot be reached. Try again in a moment.');
      await expect(trouble).toContainText('Reference unavailable');
      await shot(page, `error-${call}-pc`);
      await page.unroute(address);
      await trouble.getByRole('button', { name: 'Try again' }).click();
      await expect(trouble).toHaveCount(0);
      await expect(page.getByTestId('members').or(page.getByLabel('Name, number or telephone')).first()).toBeVisible();
    });
  }
});

test.describe('light and dark', () => {
  const ground = (page: Page) =>
    page.evaluate(() => {
      const [, lightness] = /oklch\(([\d.]+)/.exec(getComputedStyle(document.documentElement).backgroundColor) ?? [];
      return Number(lightness) > 0.5 ? 'light' : 'dark';
    });
  const choose = (page: Page, name: string) => page.getByRole('button', { name }).click();

  test('the choice stays over a reload and in other tabs', async ({ page, server }) => {
    await signIn(page, server, 'manager');
    await page.emulateMedia({ colorScheme: 'dark' });
    await open(page, '/gym');
    expect(await ground(page)).toBe('dark');
    await choose(page, 'Light theme');
    await expect(page.getByRole('button', { name: 'Light theme' })).toHaveAttribute('aria-pressed', 'true');
    expect(await ground(page)).toBe('light');
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expect.poll(() => ground(page)).toBe('light');
    const other = await page.context().newPage();
    await open(other, '/gym/members');
    await expect.poll(() => ground(other)).toBe('light');
    await choose(page, 'Dark theme');
    expect(await ground(page)).toBe('dark');
  });

  test('the system decides until somebody chooses', async ({ page, server }) => {
    await signIn(page, server, 'manager');
    await page.emulateMedia({ colorScheme: 'light' });
    await open(page, '/gym');
    expect(await ground(page)).toBe('light');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground(page)).toBe('dark');
  });

  for (const theme of ['light', 'dark'] as const) {
    for (const kind of ['phone', 'pc'] as const) {
      test(`every page of the gym in ${theme} on a ${kind}`, async ({ newDevice, server }) => {
        const gym = await Gym.of(server);
        const page = await newDevice(kind, { colorScheme: theme });
        await signIn(page, server, 'desk');
        for (const path of ['/gym', '/gym/members', '/gym/desk']) {
          await open(page, path);
          await live(page);
          expect(await ground(page)).toBe(theme);
          expect(await tooWide(page)).toBe(0);
          await shot(page, `look${path.replaceAll('/', '-')}-${theme}-${kind}`);
        }
        for (const standing of ['active', 'expired'] as const) {
          const member = await gym.member(standing);
          await scan(page, member.number);
          await expect(page.locator('.answer')).toContainText(member.name);
          await shot(page, `look-desk-${standing}-${theme}-${kind}`);
        }
        await open(page, '/gym/members');
        await page.getByRole('button', { name: 'New member' }).click();
        await shot(page, `look-new-member-${theme}-${kind}`);
        await page.getByRole('button', { name: /^Connection/ }).click();
        await expect(page.getByRole('dialog', { name: 'Connection' })).toBeVisible();
        expect(await tooWide(page)).toBe(0);
        await shot(page, `look-panel-${theme}-${kind}`);
      });
    }
  }
});
