import type { BrowserContextOptions, Page } from '@playwright/test';
import { live, signIn } from '../support/gym';
import { linkChip, openStage } from '../support/guitar';
import { shot } from '../support/shot';
import { expect, hydrated, open, test } from '../support/test';

/** Every page, and words that it shows in Japanese. */
const PAGES = [
  { path: '/', words: '二つの画面が、ひとつに。', staff: false },
  { path: '/guitar', words: 'スマートフォンが左手になります', staff: false },
  { path: '/play', words: 'コードを入力', staff: false },
  { path: '/practice', words: '練習の記録はまだありません', staff: false },
  { path: '/no/such/page', words: 'このページは見つかりません', staff: false },
] as const;

const JAPANESE: BrowserContextOptions = { locale: 'ja-JP' };
const toggle = (page: Page) => page.getByTestId('language').filter({ visible: true }).first();
const lang = (page: Page) => page.locator('html').getAttribute('lang');

/** The words of a page that are still English: names, code and what others typed are none. */
const english = (page: Page) =>
  page.evaluate(() => {
    const names = /^(Cadence|VirtuTune|AV-Gym|Space|Shift|English|Leptos\.toml|site-addr|JSON|MessagePack|UTC|PC|QR|ms|[A-G][b#]?m?7?|[ivIV°]+)$/;
    const main = document.querySelector('main') ?? document.body;
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!parent || parent.closest('script, [data-code], code, .join-text strong, [lang="en"]')) continue;
      const words = (node.textContent ?? '').match(/[A-Za-z][A-Za-z'’.-]+/g) ?? [];
      found.push(...words.filter((word) => !names.test(word)));
    }
    for (const element of main.querySelectorAll('[aria-label], [title], [placeholder]')) {
      for (const name of ['aria-label', 'title', 'placeholder']) {
        const words = (element.getAttribute(name) ?? '').match(/[A-Za-z][A-Za-z'’.-]+/g) ?? [];
        found.push(...words.filter((word) => !names.test(word)).map((word) => `${name}: ${word}`));
      }
    }
    return found;
  });

for (const { path, words } of PAGES) {
  for (const kind of ['phone', 'pc'] as const) {
    test(`${path} is Japanese from its first paint on a ${kind}`, async ({ newDevice, allowErrors }) => {
      if (path === '/no/such/page') allowErrors(/status of 404/);
      const plain = await newDevice(kind, { ...JAPANESE, javaScriptEnabled: false });
      await plain.goto(path);
      expect(await lang(plain)).toBe('ja');
      await expect(plain.getByText(words).first()).toBeVisible();

      const page = await newDevice(kind, JAPANESE);
      await open(page, path);
      expect(await lang(page)).toBe('ja');
      await expect(page.getByText(words).first()).toBeVisible();
      expect(await english(page)).toEqual([]);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide).toBe(0);
      await shot(page, `ja${path.replace(/\W+/g, '-')}-${kind}`);
    });
  }
}

test('the language is switched without a reload and remembered', async ({ page }) => {
  await open(page, '/practice');
  expect(await lang(page)).toBe('en');
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await toggle(page).click();
  await expect(page.getByText('練習の記録はまだありません')).toBeVisible();
  expect(await lang(page)).toBe('ja');
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
  const cookies = await page.context().cookies();
  expect(cookies.find(({ name }) => name === 'cadence_language')).toMatchObject({
    value: 'ja',
    sameSite: 'Lax',
    path: '/',
  });
  await page.reload();
  await hydrated(page);
  await expect(page.getByText('練習の記録はまだありません')).toBeVisible();
  await toggle(page).click();
  await expect(page.getByText('No practice yet')).toBeVisible();
});

test('a language whose texts cannot be fetched leaves the page in its own, and comes when it can', async ({
  page,
  allowErrors,
}) => {
  allowErrors(/ERR_FAILED|Failed to fetch/);
  await open(page, '/practice');
  await page.route(/lang=ja/, (route) => route.abort('failed'));
  await toggle(page).click();
  await expect(page.getByText('The texts could not be loaded')).toBeVisible();
  expect(await lang(page)).toBe('en');
  await expect(page.getByText('No practice yet')).toBeVisible();
  await page.unroute(/lang=ja/);
  await toggle(page).click();
  await expect(page.getByText('練習の記録はまだありません')).toBeVisible();
  await expect(page.getByText('The texts could not be loaded')).toBeHidden();
});

test('without a script the switch is a link, and the choice is remembered', async ({ newDevice }) => {
  const plain = await newDevice('pc', { javaScriptEnabled: false });
  await plain.goto('/');
  await toggle(plain).click();
  expect(await lang(plain)).toBe('ja');
  await plain.goto('/practice');
  expect(await lang(plain)).toBe('ja');
});

test('switching keeps what is typed', async ({ newDevice }) => {
  const phone = await newDevice('phone');
  await open(phone, '/play');
  await phone.locator('#code').fill('AB2');
  await toggle(phone).click();
  await expect(phone.getByRole('heading', { name: 'コードを入力' })).toBeVisible();
  await expect(phone.locator('#code')).toHaveValue('AB2');
});

test('switching keeps the connection', async ({ page }) => {
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await openStage(page);
  await expect(linkChip(page)).toHaveAttribute('data-phase', 'live');
  const before = sockets.length;
  await toggle(page).click();
  await expect(page.getByText('スマートフォンが左手になります')).toBeVisible();
  await expect(page.locator('button[data-phase]')).toHaveAttribute('data-phase', 'live');
  expect(sockets).toHaveLength(before);
});

test('the gym follows the language and can switch it', async ({ page, server }) => {
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await live(page);
  await toggle(page).click();
  await expect(toggle(page)).toHaveText('English');
  expect(await lang(page)).toBe('ja');
});

test.describe('a language that is missing here', () => {
  for (const { name, options, address } of [
    { name: 'of the browser', options: { locale: 'de-DE' }, address: '/' },
    { name: 'of the address', options: {}, address: '/?lang=tlh' },
    { name: 'that is no language', options: {}, address: '/?lang=%00%22%3E' },
  ]) {
    test(`${name} becomes English`, async ({ newDevice }) => {
      const pc = await newDevice('pc', options);
      await open(pc, address);
      expect(await lang(pc)).toBe('en');
      await expect(pc.getByRole('heading', { name: 'Two screens that move together' })).toBeVisible();
    });
  }

  test('of a cookie leaves the choice to the browser', async ({ newDevice, server }) => {
    const pc = await newDevice('pc', JAPANESE);
    await pc.context().addCookies([{ name: 'cadence_language', value: 'tlh', url: server.url }]);
    await open(pc, '/');
    expect(await lang(pc)).toBe('ja');
  });
});

test('an address may name the language, and the next page stays in it', async ({ page }) => {
  await open(page, '/?lang=ja');
  expect(await lang(page)).toBe('ja');
  await open(page, '/practice');
  expect(await lang(page)).toBe('ja');
});
