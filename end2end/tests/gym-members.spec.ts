import type { Locator, Page } from '@playwright/test';
import { expectCard, Gym, justNow, live, scan, signIn } from '../support/gym';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

const rows = (page: Page) => page.getByTestId('members').locator('tbody tr');
const search = (page: Page) => page.getByRole('searchbox');

test.beforeEach(async ({ page, server }) => {
  await signIn(page, server, 'manager');
});

test('the list shows a page of members with number, plan and state', async ({ page }) => {
  await open(page, '/gym/members');
  await expect(rows(page)).toHaveCount(25);
  await expect(rows(page).first().locator('td').nth(1)).toHaveText(/^M-\d{6}$/);
  await expect(rows(page).locator('.badge').filter({ hasText: 'active' }).first()).toBeVisible();
  await expect(page.getByText(/^\d{3} members · page 1 of \d+$/)).toBeVisible();
  await shot(page, 'members-pc');
});

test('a number stays on one line', async ({ page }) => {
  await open(page, '/gym/members');
  const heights = await rows(page)
    .locator('td:nth-child(2)')
    .evaluateAll((cells) => cells.map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getClientRects().length;
    }));
  expect(new Set(heights)).toEqual(new Set([1]));
});

test('Next and Previous turn the pages and stand in the address', async ({ page }) => {
  await open(page, '/gym/members');
  const first = await rows(page).first().locator('.row-strong').innerText();
  await page.getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(/\/gym\/members\?page=2$/);
  await expect(rows(page).first()).not.toContainText(first);
  await page.goBack();
  await expect(page).toHaveURL(/\/gym\/members$/);
  await expect(rows(page).first()).toContainText(first);
  await open(page, '/gym/members?page=8');
  await expect(rows(page)).not.toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Next' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Previous' }).click();
  await expect(page).toHaveURL(/page=7$/);
});

test('what is typed stands in the address, and the address brings it back', async ({ page }) => {
  await open(page, '/gym/members');
  await search(page).fill('nguyen');
  await expect(page).toHaveURL(/\/gym\/members\?q=nguyen$/);
  await expect(rows(page).first()).toContainText('Nguyễn');
  const found = await rows(page).count();
  expect(found).toBeLessThan(25);
  await page.reload();
  await expect(search(page)).toHaveValue('nguyen');
  await expect(rows(page)).toHaveCount(found);
  await search(page).fill('');
  await expect(page).toHaveURL(/\/gym\/members$/);
  await expect(rows(page)).toHaveCount(25);
});

test('the search works before any script runs', async ({ newDevice, server }) => {
  const page = await newDevice('pc', { javaScriptEnabled: false });
  await signIn(page, server, 'manager');
  await page.goto('/gym/members');
  await search(page).fill('lucia');
  await search(page).press('Enter');
  await expect(page).toHaveURL(/q=lucia/);
  await expect(rows(page).first()).toContainText('Lucía');
});

test('nobody found says so and leads back', async ({ page }) => {
  await open(page, '/gym/members?q=zzzz');
  await expect(page.getByText('No member found')).toBeVisible();
  await page.getByRole('link', { name: 'Show all members' }).click();
  await expect(rows(page)).toHaveCount(25);
  await expect(search(page)).toHaveValue('');
});

test('a page behind the last one is the last one', async ({ page }) => {
  await open(page, '/gym/members?page=99');
  await expect(rows(page)).not.toHaveCount(0);
  await expect(page.getByText(/ · page (\d+) of \1$/)).toBeVisible();
});

test('Back brings the search field back together with its list', async ({ page }) => {
  await open(page, '/gym/members?q=lucia');
  await page.getByRole('link', { name: 'Members' }).click();
  await expect(search(page)).toHaveValue('');
  await expect(rows(page)).toHaveCount(25);
  await page.goBack();
  await expect(search(page)).toHaveValue('lucia');
  await expect(rows(page).first()).toContainText('Lucía');
});

test('the list learns live who is in', async ({ page, server }) => {
  const gym = await Gym.of(server);
  const member = await gym.member();
  await open(page, `/gym/members?q=${member.number}`);
  await live(page);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).not.toContainText('in since');
  await gym.checkIn(member);
  await expect(rows(page)).toContainText(/in since \d\d:\d\d/);
  await gym.checkOut(member);
  await expect(rows(page)).not.toContainText('in since');
});

test.describe('a new member', () => {
  const form = (page: Page) => page.locator('form.new-member');
  const number = (page: Page) => page.locator('.new-number-code');

  async function create(page: Page, name: string): Promise<string> {
    await page.getByRole('button', { name: 'New member' }).click();
    await expect(form(page).getByLabel('Name', { exact: true })).toBeFocused();
    await form(page).getByLabel('Name', { exact: true }).fill(name);
    await form(page).getByLabel('Plan, from today').selectOption({ label: 'Monthly' });
    await form(page).getByRole('button', { name: 'Create member' }).click();
    await expect(number(page)).toHaveText(/^M-\d{6,}$/);
    return number(page).innerText();
  }

  test('gets a number that is shown large, and is in the list', async ({ page }) => {
    await open(page, '/gym/members');
    const code = await create(page, 'Quentin Zabriskie');
    await expect(page.getByRole('heading', { name: 'Quentin Zabriskie' })).toBeVisible();
    await expect(form(page)).toHaveCount(0);
    await shot(page, 'members-new-number-pc');
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(number(page)).toHaveCount(0);
    await search(page).fill('Zabriskie');
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText(code);
    await expect(rows(page)).toContainText('active');
  });

  test('has one number: printed, typed in any way, and scanned', async ({
    page,
    newDevice,
    server,
  }) => {
    await open(page, '/gym/members');
    const code = await create(page, 'Xanthe Quillfeather');
    const digits = code.slice(2);
    const gym = await Gym.of(server);
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await scan(desk, code);
    await expectCard(desk, 'allow', 'Welcome, Xanthe Quillfeather');
    const input = desk.getByLabel('Name, number or telephone');
    for (const typed of [digits, code.toLowerCase(), `${digits.slice(0, 3)} ${digits.slice(3)}`, code]) {
      await input.fill(typed);
      const found = desk.getByTestId('found').getByRole('listitem');
      await expect(found, typed).toHaveCount(1);
      await expect(found).toContainText('Xanthe Quillfeather');
      await input.press('Escape');
    }
    await scan(desk, digits);
    await expectCard(desk, 'allow', 'Xanthe Quillfeather');
    await expect(justNow(desk, 'Xanthe Quillfeather')).toHaveCount(2);
    const { visits } = (await gym.snapshot()).data;
    expect(visits.filter(({ member }) => member.number === code)).toHaveLength(1);
  });

  test('two members get two numbers', async ({ page }) => {
    await open(page, '/gym/members');
    const first = await create(page, 'Twin One');
    const second = await create(page, 'Twin Two');
    expect(second).not.toBe(first);
  });

  test('a name that is too short is named at its field, and nothing is created', async ({ page }) => {
    await open(page, '/gym/members');
    await page.getByRole('button', { name: 'New member' }).click();
    await form(page).getByRole('button', { name: 'Create member' }).click();
    const name = form(page).getByLabel('Name', { exact: true });
    await expect(form(page).getByText('A name has 2 to 80 characters.')).toBeVisible();
    await expect(name).toHaveAttribute('aria-invalid', 'true');
    await describes(name, 'A name has 2 to 80 characters.');
    await expect(number(page)).toHaveCount(0);
  });

  for (const [label, value, sentence] of [
    ['E-mail, if known', 'quinn@nowhere', 'Enter an e-mail address such as name@example.org.'],
    ['Telephone, if known', 'call me', 'Digits, spaces and + only.'],
  ] as const) {
    test(`a wrong ${label.split(',')[0]} is named at its field and keeps what was typed`, async ({
      page,
    }) => {
      await open(page, '/gym/members');
      await page.getByRole('button', { name: 'New member' }).click();
      await form(page).getByLabel('Name', { exact: true }).fill('Quinn Tester');
      await form(page).getByLabel(label).fill(value);
      await form(page).getByRole('button', { name: 'Create member' }).click();
      await expect(form(page).getByText(sentence)).toBeVisible();
      await describes(form(page).getByLabel(label), sentence);
      await expect(form(page).getByLabel('Name', { exact: true })).toHaveValue('Quinn Tester');
      await expect(form(page).getByLabel(label)).toHaveValue(value);
      await shot(page, `members-wrong-${label.slice(0, 6)}-pc`);
      await form(page).getByLabel(label).fill('');
      await form(page).getByRole('button', { name: 'Create member' }).click();
      await expect(number(page)).toBeVisible();
    });
  }

  test('the form can be closed without a member', async ({ page }) => {
    await open(page, '/gym/members');
    await page.getByRole('button', { name: 'New member' }).click();
    await form(page).getByRole('button', { name: 'Close' }).click();
    await expect(form(page)).toHaveCount(0);
  });
});

async function describes(field: Locator, sentence: string): Promise<void> {
  await expect(field).toHaveAccessibleDescription(sentence);
}
