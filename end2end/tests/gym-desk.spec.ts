import type { Page } from '@playwright/test';
import { expectSilence, expectSound, installRecorder, RECORDER } from '../support/audio';
import {
  card,
  expectCard,
  ground,
  Gym,
  justNow,
  live,
  scan,
  signIn,
} from '../support/gym';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

const field = (page: Page) => page.getByLabel('Name, number or telephone');
const found = (page: Page) => page.getByTestId('found').getByRole('listitem');
/** Waits until the list belongs to the text as it stands. */
const listed = async (page: Page, member: { name: string }) => {
  await expect(page.getByTestId('found')).toHaveAttribute('aria-busy', 'false');
  await expect(found(page).filter({ hasText: member.name })).toBeVisible();
};
const button = (page: Page, name: string | RegExp) => card(page).getByRole('button', { name });

test.beforeEach(async ({ page, server }) => {
  await signIn(page, server, 'desk');
  await open(page, '/gym/desk');
  await live(page);
});

test.describe('the scanner', () => {
  test('a scan with the focus in the input is one check-in and leaves no characters', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    await expect(field(page)).toBeFocused();
    await scan(page, member.number);
    await expectCard(page, 'allow', member.name);
    await expect(field(page)).toHaveValue('');
    expect(await gym.visits(member)).toHaveLength(1);
  });

  test('a scan with the focus on nothing is taken and leaves no characters', async ({
    page,
    server,
  }) => {
    const member = await (await Gym.of(server)).member();
    await field(page).blur();
    await expect(page.locator('body')).toBeFocused();
    await scan(page, member.number);
    await expectCard(page, 'allow', member.name);
    await expect(field(page)).toHaveValue('');
  });

  test('a scan with the focus on a button does not press that button', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const [first, second] = [await gym.member(), await gym.member()];
    await scan(page, first.number);
    await expectCard(page, 'allow', first.name);
    await button(page, /^Undo/).focus();
    await scan(page, second.number);
    await expectCard(page, 'allow', second.name);
    await expect(field(page)).toHaveValue('');
    await expect(justNow(page, first.name)).toHaveText(/in$/);
    expect(await gym.visits(first)).toHaveLength(1);
  });

  test('a scan while two letters are typed keeps the letters and what they found', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const [typed, scanned] = [await gym.member(), await gym.member()];
    await field(page).pressSequentially(typed.name.slice(0, 5));
    await expect(found(page).filter({ hasText: typed.name })).toBeVisible();
    await scan(page, scanned.number);
    await expectCard(page, 'allow', scanned.name);
    await expect(field(page)).toHaveValue(typed.name.slice(0, 5));
    await expect(found(page).filter({ hasText: typed.name })).toBeVisible();
    expect(await gym.visits(typed), 'Enter chose nobody').toHaveLength(0);
  });

  test('a scan into the reason field does not let anybody in', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const [expired, next] = [await gym.member('expired'), await gym.member()];
    await scan(page, expired.number);
    await expectCard(page, 'deny', expired.name);
    await button(page, 'Let in once…').click();
    await page.getByLabel(/^Why once/).fill('forgot');
    await scan(page, next.number);
    await expectCard(page, 'allow', next.name);
    expect(await gym.visits(expired)).toHaveLength(0);
  });

  test('a scanner that stalls after the first letters, or is slow, is still one scan', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const [stalled, slow] = [await gym.member(), await gym.member()];
    await scan(page, stalled.number, { gap: (index) => (index === 2 ? 0.06 : 0.006) });
    await expectCard(page, 'allow', stalled.name);
    await expect(field(page)).toHaveValue('');
    await scan(page, slow.number, { gap: () => 0.045 });
    await expectCard(page, 'allow', slow.name);
    await expect(field(page)).toHaveValue('');
  });

  test('a scanner that ends in two Enters checks in nobody else', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const [typed, scanned] = [await gym.member(), await gym.member()];
    await field(page).pressSequentially(typed.name.slice(0, 5));
    await listed(page, typed);
    await scan(page, scanned.number, { enters: 2 });
    await expectCard(page, 'allow', scanned.name);
    expect(await gym.visits(typed)).toHaveLength(0);
  });

  test('each answer has its sound, from the first scan on', async ({ page, server }) => {
    const gym = await Gym.of(server);
    await page.evaluate(installRecorder, RECORDER);
    const [first, expired] = [await gym.member(), await gym.member('expired')];
    await expectSound(page, () => scan(page, first.number));
    await expectSilence(page);
    await expectSound(page, () => scan(page, expired.number));
  });

  test('two scans in a row are two members', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const [first, second] = [await gym.member(), await gym.member()];
    await scan(page, first.number);
    await scan(page, second.number);
    await expectCard(page, 'allow', second.name);
    await expect(justNow(page, first.name)).toHaveText(/in$/);
    expect([(await gym.visits(first)).length, (await gym.visits(second)).length]).toEqual([1, 1]);
  });

  test('a code that nobody has is red and says so', async ({ page }) => {
    await scan(page, 'FEEDBEEF');
    const answer = await expectCard(page, 'failed', 'FEEDBEEF');
    await expect(answer).toContainText('No member has this code');
    await expect(answer).toContainText('Nothing was recorded');
    expect(await ground(answer)).toBe('red');
    await shot(page, 'desk-unknown-pc');
  });

  test('a number with a wrong digit is refused before anybody is looked up', async ({
    page,
    server,
  }) => {
    const member = await (await Gym.of(server)).member();
    const last = Number(member.number.slice(-1));
    const wrong = `${member.number.slice(0, -1)}${(last + 1) % 10}`;
    await scan(page, wrong);
    const answer = await expectCard(page, 'failed', wrong);
    await expect(answer).toContainText(/digit is wrong|No member has this code/);
    expect(await ground(answer)).toBe('red');
  });

  test('a person who types is not taken for a scanner', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member();
    await field(page).pressSequentially(member.number, { delay: 60 });
    await expect(field(page)).toHaveValue(member.number);
    await expect(found(page)).toHaveCount(1);
    await expect(card(page)).toHaveCount(0);
    await field(page).press('Enter');
    await expectCard(page, 'allow', member.name);
    await expect(field(page)).toHaveValue('');
  });
});

test.describe('the search', () => {
  test('two letters find a member, and Enter checks in', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member();
    await field(page).pressSequentially(member.name.slice(0, 1));
    await expect(found(page)).toHaveCount(0);
    await field(page).pressSequentially(member.name.slice(1, 2));
    await expect(found(page)).not.toHaveCount(0);
    await field(page).fill(member.name);
    await listed(page, member);
    await expect(found(page).first()).toContainText(member.name);
    await expect(found(page).first()).toContainText(member.number);
    await field(page).press('Enter');
    await expectCard(page, 'allow', member.name);
    await expect(found(page)).toHaveCount(0);
  });

  test('Enter takes no row that an earlier text found', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    await field(page).pressSequentially(member.name.slice(0, 5));
    await expect(found(page).filter({ hasText: member.name })).toBeVisible();
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/fn/find_members*', async (route) => {
      await answered;
      await route.continue();
    });
    await field(page).pressSequentially('qq');
    await expect(found(page).filter({ hasText: member.name })).toBeVisible();
    await field(page).press('Enter');
    answer();
    await expect(found(page)).toHaveCount(0);
    await expect(card(page)).toHaveCount(0);
    expect(await gym.visits(member)).toHaveLength(0);
  });

  test('two letters are enough for the right person', async ({ page, server }) => {
    const answer = await (await Gym.of(server)).call('GET', '/api/members?text=ou&page=1');
    const { rows } = (await answer.json()) as { rows: { member: { full_name: string } }[] };
    await field(page).pressSequentially('ou');
    await expect(found(page)).toHaveCount(Math.min(8, rows.length));
    await expect(found(page).first()).toContainText(/\bou/i);
  });

  test('letters without accents find names with accents', async ({ page }) => {
    await field(page).pressSequentially('lucia');
    await expect(found(page).first()).toContainText('Lucía');
  });

  test('the telephone and the number find the same member', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member();
    await field(page).fill(member.phone ?? '');
    await expect(found(page)).toHaveCount(1);
    await expect(found(page)).toContainText(member.name);
    await field(page).fill(member.number);
    await expect(found(page)).toHaveCount(1);
    await expect(found(page)).toContainText(member.name);
  });

  test('the arrows choose another row and Escape clears', async ({ page }) => {
    await field(page).pressSequentially('an');
    await expect(found(page).nth(1)).toBeVisible();
    await expect(found(page).nth(0)).toHaveClass(/found-selected/);
    await field(page).press('ArrowDown');
    await expect(found(page).nth(1)).toHaveClass(/found-selected/);
    await shot(page, 'desk-search-pc');
    await field(page).press('Escape');
    await expect(field(page)).toHaveValue('');
    await expect(found(page)).toHaveCount(0);
  });

  test('a letter typed with the focus elsewhere lands in the input once', async ({ page }) => {
    await field(page).blur();
    await page.keyboard.press('l');
    await expect(field(page)).toBeFocused();
    await page.keyboard.press('u');
    await expect(field(page)).toHaveValue('lu');
  });

  test('nobody found is said', async ({ page }) => {
    await field(page).fill('zzzz');
    await expect(page.getByText('No member found. Try the number, the telephone or fewer letters.')).toBeVisible();
  });

  test('whoever is in is marked and can be checked out from the search', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    await gym.checkIn(member);
    await field(page).fill(member.name);
    await expect(found(page)).toContainText(/in since \d\d:\d\d/);
    await page.getByRole('button', { name: `Check out ${member.name}` }).click();
    const answer = await expectCard(page, 'left', `Goodbye, ${member.name}`);
    await expect(answer).toContainText('Checked out');
    await expect(found(page)).toHaveCount(0);
    const [visit] = await gym.visits(member);
    expect(visit?.check_out_time).toBeGreaterThan(0);
  });
});

test.describe('the answer', () => {
  test('green: word, icon, name and which visit of the month', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member();
    await scan(page, member.number);
    const answer = await expectCard(page, 'allow', `Welcome, ${member.name}`);
    await expect(answer).toContainText('Checked in');
    await expect(answer).toContainText(/visit \d+ this month/);
    await expect(answer.locator('.answer-word svg')).toBeVisible();
    expect(await ground(answer)).toBe('green');
    await expect(justNow(page, member.name)).toHaveText(/in$/);
    const wide = await answer.evaluate((card) => {
      const column = card.closest('.desk-main') as HTMLElement;
      return card.clientWidth / column.clientWidth;
    });
    expect(wide, 'the card has the full width').toBeGreaterThan(0.98);
    await shot(page, 'desk-green-pc');
  });

  test('amber: already in since when, and Check out is one Enter away', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    // Long enough ago that the second scan is no repetition of the first.
    await gym.call('POST', '/api/check-ins', {
      id: crypto.randomUUID(),
      member: member.number,
      at: Date.now() - 40 * 60_000,
    });
    await scan(page, member.number);
    const answer = await expectCard(page, 'warn', member.name);
    await expect(answer).toContainText(/Already in since \d\d:\d\d/);
    await expect(answer).toContainText('Same visit, nothing counted twice');
    await expect(answer.locator('.answer-word svg')).toBeVisible();
    expect(await ground(answer)).toBe('amber');
    await expect(button(page, 'Check out')).toBeFocused();
    expect(await gym.visits(member)).toHaveLength(1);
    await shot(page, 'desk-amber-pc');
    await page.keyboard.press('Enter');
    await expectCard(page, 'left', `Goodbye, ${member.name}`);
    await expect(card(page)).toContainText('left after 40 min');
  });

  test('amber: a subscription that ends soon lets in and says when', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member('ends_soon');
    await scan(page, member.number);
    const answer = await expectCard(page, 'warn', `Welcome, ${member.name}`);
    await expect(answer).toContainText(/Checked in · ends (today|tomorrow|in \d days)/);
    expect(await ground(answer)).toBe('amber');
    await button(page, 'Renew').click();
    await expect(answer.getByText(/^Renewed/)).toBeVisible();
  });

  test('red: expired how long ago, and Renew lets the member in', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const member = await gym.member('expired');
    await scan(page, member.number);
    const answer = await expectCard(page, 'deny', member.name);
    await expect(answer).toContainText(/Expired (yesterday|\d+ days ago)/);
    await expect(answer.locator('.answer-word svg')).toBeVisible();
    expect(await ground(answer)).toBe('red');
    await expect(answer).not.toContainText('Welcome');
    expect(await gym.visits(member)).toHaveLength(0);
    await expect(justNow(page, member.name)).toHaveText(/refused$/);
    await shot(page, 'desk-red-pc');
    await button(page, 'Renew').click();
    await expect(answer.getByText(/^Renewed · .* until /)).toBeVisible();
    await button(page, 'Check in').click();
    await expectCard(page, 'allow', `Welcome, ${member.name}`);
    expect(await gym.visits(member)).toHaveLength(1);
  });

  for (const [standing, words] of [
    ['frozen', /Frozen until \d+ \w+/],
    ['used_up', /No visits left/],
    ['none', /No subscription/],
    ['barred', /Barred/],
  ] as const) {
    test(`red: ${standing.replace('_', ' ')} is refused and says so`, async ({ page, server }) => {
      const gym = await Gym.of(server);
      const member = await gym.member(standing);
      await scan(page, member.number);
      const answer = await expectCard(page, 'deny', member.name);
      await expect(answer).toContainText(words);
      expect(await ground(answer)).toBe('red');
      expect(await gym.visits(member)).toHaveLength(0);
    });
  }

  test('a refused member is let in once, with a reason, and the card turns amber', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const member = await gym.member('expired');
    await scan(page, member.number);
    await expectCard(page, 'deny', member.name);
    await button(page, 'Let in once…').click();
    await expect(page.getByLabel(/^Why once/)).toBeFocused();
    await expect(button(page, 'Let in once').last()).toBeDisabled();
    await shot(page, 'desk-override-pc');
    await page.getByLabel(/^Why once/).fill('pays at the end of the month');
    await page.getByLabel(/^Why once/).press('Enter');
    const answer = await expectCard(page, 'warn', `Welcome, ${member.name}`);
    await expect(answer).toContainText('Let in once');
    await expect(answer).toContainText('pays at the end of the month');
    expect(await ground(answer)).toBe('amber');
    expect(await gym.visits(member)).toHaveLength(1);
  });

  test('the same code again repeats the first card and counts nothing twice', async ({
    page,
    server,
  }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    await scan(page, member.number);
    await expectCard(page, 'allow', member.name);
    await scan(page, member.number);
    const answer = card(page);
    await expect(answer).toContainText('Scanned again within 10 s: this is the first answer.');
    await expectCard(page, 'allow', `Welcome, ${member.name}`);
    expect(await gym.visits(member)).toHaveLength(1);
  });

  test('a refusal scanned again repeats the refusal', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member('expired');
    await scan(page, member.number);
    await expectCard(page, 'deny', member.name);
    await scan(page, member.number);
    await expect(card(page)).toContainText('Scanned again within 10 s');
    await expectCard(page, 'deny', member.name);
  });

  test('Undo takes the check-in back while its minute runs', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    await scan(page, member.number);
    await expectCard(page, 'allow', member.name);
    await expect(button(page, /^Undo · (60|5\d) s$/)).toBeVisible();
    await button(page, /^Undo/).click();
    const answer = await expectCard(page, 'undone', member.name);
    await expect(answer).toContainText('Taken back');
    await expect(answer).toContainText('does not count');
    expect(await gym.visits(member)).toHaveLength(0);
    await scan(page, member.number);
    await expectCard(page, 'allow', `Welcome, ${member.name}`);
    expect(await gym.visits(member), 'whoever was taken back can come in anew').toHaveLength(1);
  });

  test('an older answer can be shown again', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const [first, second] = [await gym.member('expired'), await gym.member()];
    await scan(page, first.number);
    await expectCard(page, 'deny', first.name);
    await scan(page, second.number);
    await expectCard(page, 'allow', second.name);
    await justNow(page, first.name).getByRole('button').click();
    await expectCard(page, 'deny', first.name);
  });

  test('what happened at another desk is listed here, too', async ({ page, server }) => {
    const gym = await Gym.of(server);
    const member = await gym.member();
    await gym.checkIn(member);
    await expect(justNow(page, member.name)).toHaveText(/in$/);
    await expect(card(page), 'and is no answer to this desk').toHaveCount(0);
  });
});

test.describe('with a short time to undo', () => {
  // Waited for, not skipped: a page whose own clock jumps takes the server's within a second, and Undo
  // is back.
  test.use({ serverEnv: { CADENCE_DESK__UNDO_SECONDS: '15' } });

  test('Undo goes away when its time is over', async ({ newDevice, server }) => {
    const member = await (await Gym.of(server)).member();
    const desk = await newDevice('pc');
    await signIn(desk, server, 'desk');
    await open(desk, '/gym/desk');
    await live(desk);
    await field(desk).fill(member.number);
    await expect(found(desk)).toContainText(member.name);
    await field(desk).press('Enter');
    await expectCard(desk, 'allow', member.name);
    await expect(button(desk, /^Undo/)).toBeVisible();
    await expect(button(desk, /^Undo/)).toHaveCount(0, { timeout: 40_000 });
    await expectCard(desk, 'allow', member.name);
  });
});

test.describe('with other times in the settings', () => {
  test.use({ serverEnv: { CADENCE_DESK__UNDO_SECONDS: '20', CADENCE_DESK__REPEAT_SECONDS: '45' } });

  test('the card shows the seconds that the server has', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member();
    await scan(page, member.number);
    await expectCard(page, 'allow', member.name);
    await expect(button(page, /^Undo · (20|1\d) s$/)).toBeVisible();
    await scan(page, member.number);
    await expect(card(page)).toContainText('Scanned again within 45 s: this is the first answer.');
  });
});

test('every card fits a phone and its buttons can be met with a thumb', async ({
  newDevice,
  server,
}) => {
  const gym = await Gym.of(server);
  const phone = await newDevice('phone');
  await signIn(phone, server, 'desk');
  await open(phone, '/gym/desk');
  await live(phone);
  for (const standing of ['active', 'ends_soon', 'expired'] as const) {
    const member = await gym.member(standing);
    await scan(phone, member.number);
    await expect(card(phone).getByRole('heading')).toContainText(member.name);
    const tooWide = await phone.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(tooWide, standing).toBe(0);
    for (const target of await card(phone).getByRole('button').all()) {
      const box = await target.boundingBox();
      expect(box?.height, await target.innerText()).toBeGreaterThanOrEqual(44);
    }
    await shot(phone, `desk-${standing}-phone`);
  }
});
