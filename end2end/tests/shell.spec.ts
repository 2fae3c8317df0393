import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

test('the landing page opens, comes alive and says nothing in the console', async ({ page }) => {
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));

  await open(page, '/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText('Cadence').first()).toBeVisible();
  await shot(page, 'landing-pc');
  expect(said).toEqual([]);
});

test('the landing page fits a phone', async ({ newDevice }) => {
  const phone = await newDevice('phone');
  await open(phone, '/');
  await expect(phone.getByRole('heading', { level: 1 })).toBeVisible();
  const tooWide = await phone.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(tooWide).toBe(0);
  await shot(phone, 'landing-phone');
});

test('an unknown path is 404, with a page that comes alive', async ({ page, allowErrors }) => {
  allowErrors(/status of 404/);
  const response = await page.goto('/no/such/page');
  expect(response?.status()).toBe(404);
  await expect(page.locator('html[data-hydrated="true"]')).toBeAttached();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});
