// A page's code is a chunk that is downloaded when it is first shown. It may not come.

import type { Page } from '@playwright/test';
import { signIn } from '../support/gym';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

const CHUNK = /\/pkg\/cadence-gym-(split|chunk)_.*\.wasm$/;
/** Keeps the chunks that a page asks for, until the returned function is called. */
async function holdChunks(page: Page): Promise<() => void> {
  let letThrough = () => {};
  const held = new Promise<void>((resolve) => (letThrough = resolve));
  await page.route(CHUNK, async (route) => {
    await held;
    await route.continue();
  });
  return letThrough;
}

const trouble = (page: Page) => page.getByText('A part of this page could not be loaded');

test('a page of the gym that cannot be fetched says so, loses nothing, and comes when it can', async ({
  page,
  server,
  allowErrors,
}) => {
  allowErrors(/ERR_FAILED|Failed to fetch|failed to load split module|WebAssembly/);
  await signIn(page, server, 'manager');
  await open(page, '/gym/members');
  const search = page.getByRole('searchbox').first();
  await search.fill('typed before');
  // The page keeps its search in the address, a moment after the last key.
  await expect(page.getByText('No member found')).toBeVisible();
  await page.route(CHUNK, (route) => route.abort('failed'));
  await page.getByRole('link', { name: 'Check-in desk' }).click();
  await expect(trouble(page)).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'Members' })).toBeVisible();
  await expect(search).toHaveValue('typed before');
  await shot(page, 'chunk-missing-pc');
  await page.unroute(CHUNK);
  await expect(page.getByRole('heading', { level: 1, name: 'Check-in desk' })).toBeVisible({ timeout: 15_000 });
  await expect(trouble(page)).toBeHidden();
  await expect(page).toHaveURL(/\/gym\/desk$/);
});

test('until the next page has come the one before it stays', async ({ page, server }) => {
  await signIn(page, server, 'manager');
  await open(page, '/gym/members');
  const letThrough = await holdChunks(page);
  const asked = page.waitForRequest(CHUNK);
  await page.getByRole('link', { name: 'Check-in desk' }).click();
  await asked;
  await expect(page.getByRole('heading', { level: 1, name: 'Members' })).toBeVisible();
  letThrough();
  await expect(page.getByRole('heading', { level: 1, name: 'Check-in desk' })).toBeVisible();
});

test('a search that is still being typed does not stop the way to another page', async ({ page, server }) => {
  await signIn(page, server, 'manager');
  await page.clock.install();
  await open(page, '/gym/members');
  const letThrough = await holdChunks(page);
  const asked = page.waitForRequest(CHUNK);
  await page.getByRole('searchbox').first().fill('a name');
  await page.getByRole('link', { name: 'Check-in desk' }).click();
  await asked;
  // Longer than the pause after which a search changes the address.
  await page.clock.runFor(1_000);
  await expect(page.getByRole('searchbox').first()).toHaveValue('a name');
  letThrough();
  await expect(page.getByRole('heading', { level: 1, name: 'Check-in desk' })).toBeVisible();
  await expect(page).toHaveURL(/\/gym\/desk$/);
});

test('a page whose first chunk is missing says so and comes alive when it can', async ({
  page,
  allowErrors,
}) => {
  allowErrors(/ERR_FAILED|Failed to fetch|failed to load split module|WebAssembly/);
  await page.route(CHUNK, (route) => route.abort('failed'));
  await page.goto('/gym/sign-in');
  await expect(trouble(page)).toBeVisible();
  await page.unroute(CHUNK);
  await expect(page.locator('html[data-hydrated="true"]')).toBeAttached({ timeout: 15_000 });
  await expect(trouble(page)).toBeHidden();
});
