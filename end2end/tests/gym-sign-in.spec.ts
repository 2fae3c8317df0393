import type { Page } from '@playwright/test';
import { email, fillSignIn, type Account, Gym, live, password, signIn } from '../support/gym';
import { shot } from '../support/shot';
import { expect, open, test } from '../support/test';

const error = (page: Page) => page.locator('#sign-in-error');
const signOut = (page: Page) => page.getByRole('button', { name: 'Sign out' });

test('without a sign-in a page leads to the form, and back to itself afterwards', async ({
  page,
}) => {
  await open(page, '/gym/members?q=li');
  await expect(page).toHaveURL(/\/gym\/sign-in\?next=/);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByLabel('E-mail')).toBeFocused();
  await fillSignIn(page, email('desk'), password('desk'));
  await expect(page).toHaveURL(/\/gym\/members\?q=li$/);
  await expect(page.getByRole('heading', { name: 'Members' })).toBeVisible();
  await expect(page.getByRole('searchbox')).toHaveValue('li');
});

test('whoever signs in lands on the dashboard and can sign out again', async ({ page }) => {
  await open(page, '/gym/sign-in');
  await fillSignIn(page, email('manager'), password('manager'));
  await expect(page).toHaveURL(/\/gym$/);
  await expect(page.getByText('Mara Manager')).toBeVisible();
  await live(page);
  await signOut(page).click();
  await expect(page).toHaveURL(/\/gym\/sign-in$/);
  await page.goto('/gym');
  await expect(page).toHaveURL(/\/gym\/sign-in\?next=/);
});

test('Enter in the password field signs in', async ({ page }) => {
  await open(page, '/gym/sign-in');
  await page.getByLabel('E-mail').fill(email('staff'));
  await page.getByLabel('Password', { exact: true }).fill(password('staff'));
  await page.getByLabel('Password', { exact: true }).press('Enter');
  await expect(page).toHaveURL(/\/gym$/);
});

test('a wrong password is said in one sentence and the form keeps the e-mail', async ({ page }) => {
  await open(page, '/gym/sign-in');
  await fillSignIn(page, email('admin'), 'not the password');
  await expect(error(page)).toHaveText('E-mail or password are wrong.');
  await expect(page.getByLabel('E-mail')).toHaveValue(email('admin'));
  await expect(page).toHaveURL(/\/gym\/sign-in$/);
  await fillSignIn(page, email('admin'), password('admin'));
  await expect(page).toHaveURL(/\/gym$/);
});

test('empty fields are named before anything is sent', async ({ page }) => {
  await open(page, '/gym/sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(error(page)).toHaveText('Please fill in both fields.');
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
});

test('the eye shows the password and hides it again', async ({ page }) => {
  await open(page, '/gym/sign-in');
  const secret = page.getByLabel('Password', { exact: true });
  const eye = page.getByRole('button', { name: 'Show the password' });
  await secret.fill('s3cret');
  await expect(secret).toHaveAttribute('type', 'password');
  await eye.click();
  await expect(secret).toHaveAttribute('type', 'text');
  await eye.click();
  await expect(secret).toHaveAttribute('type', 'password');
});

test('after signing in nobody is sent to another site', async ({ page }) => {
  await open(page, '/gym/sign-in?next=//evil.example/gym');
  await fillSignIn(page, email('desk'), password('desk'));
  await expect(page).toHaveURL(/127\.0\.0\.1:\d+\/gym$/);
});

test.describe('guessing', () => {
  // Its own allowance of tries: the other tests of this file come from the same address.
  test.use({ serverEnv: { CADENCE_LIMITS__LOGINS_PER_MINUTE: '5' } });

  test('the sixth wrong password says how long to wait, and then one may try again', async ({
    page,
  }) => {
    await page.clock.install();
    await open(page, '/gym/sign-in');
    for (let tries = 1; tries <= 5; tries += 1) {
      const answered = page.waitForResponse(/\/fn\/sign_in/);
      await fillSignIn(page, email('trainer'), `guess ${tries}`);
      await answered;
      await expect(error(page)).toHaveText('E-mail or password are wrong.');
    }
    await fillSignIn(page, email('trainer'), 'guess 6');
    await expect(error(page)).toHaveText(/^Too many tries to sign in\. Try again in \d+ s\.$/);
    await expect(page.getByRole('button', { name: /^Wait \d+ s$/ })).toBeDisabled();
    await shot(page, 'sign-in-wait-pc');
    await page.clock.fastForward('00:30');
    await expect(error(page)).toHaveText('You can try again now.');
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeEnabled();
  });
});

test('signing out in one tab takes the other tabs along', async ({ page, server }) => {
  await signIn(page, server, 'desk');
  await open(page, '/gym/desk');
  await live(page);
  const other = await page.context().newPage();
  await open(other, '/gym');
  await signOut(other).click();
  await expect(other).toHaveURL(/\/gym\/sign-in$/);
  await expect(page).toHaveURL(/\/gym\/sign-in\?next=.*desk/);
});

test('signing in in one tab opens what the other tab waited for', async ({ page }) => {
  await open(page, '/gym/desk');
  await expect(page).toHaveURL(/\/gym\/sign-in\?next=.*desk/);
  const other = await page.context().newPage();
  await open(other, '/gym/sign-in');
  await fillSignIn(other, email('desk'), password('desk'));
  await expect(other).toHaveURL(/\/gym$/);
  await expect(page).toHaveURL(/\/gym\/desk$/);
});

test.describe('roles', () => {
  test('a trainer sees the gym and finds no way to the desk', async ({ page, server }) => {
    await signIn(page, server, 'trainer');
    await open(page, '/gym');
    await expect(page.getByRole('heading', { name: 'Today', exact: true })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Members' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Check-in desk' })).toHaveCount(0);
    await page.getByRole('link', { name: 'Members' }).click();
    await expect(page.getByRole('heading', { name: 'Members' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'New member' })).toHaveCount(0);
  });

  test('the page refuses a trainer with 403 and explains', async ({
    page,
    server,
    allowErrors,
  }) => {
    allowErrors(/status of 403/);
    await signIn(page, server, 'trainer');
    const response = await page.goto('/gym/desk');
    expect(response?.status()).toBe(403);
    await expect(page.getByRole('heading', { name: 'Your role does not open this page' })).toBeVisible();
    await expect(page.getByText('You are signed in as Trainer')).toBeVisible();
    await expect(page.getByLabel('Name, number or telephone')).toHaveCount(0);
    await shot(page, 'forbidden-pc');
    await page.getByRole('link', { name: 'Open the dashboard' }).click();
    await expect(page.getByRole('heading', { name: 'Today', exact: true })).toBeVisible();
  });

  test('the API refuses a trainer at the desk', async ({ server }) => {
    const [manager, trainer] = [await Gym.of(server), await Gym.of(server, 'trainer')];
    const member = await manager.member();
    const body = { id: crypto.randomUUID(), member: member.number };
    const answer = await trainer.call('POST', '/api/check-ins', body);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'not_allowed' });
    expect(await manager.visits(member)).toEqual([]);
  });

  test('the socket refuses a trainer at the desk', async ({ page, server }) => {
    const member = await (await Gym.of(server)).member();
    await signIn(page, server, 'trainer');
    await open(page, '/gym');
    const said = await overSocket(page, [
      { type: 'hello', data: { client: { device: 'PC', visible: true }, topics: [{ name: 'checkins' }] } },
      { type: 'check_in', id: crypto.randomUUID(), topic: 'checkins', data: { member: member.number } },
    ], 'error');
    expect(said).toContain('not_allowed');
    expect(await (await Gym.of(server)).visits(member)).toEqual([]);
  });

  for (const path of ['/gym', '/gym/desk', '/gym/members']) {
    test(`a player's account does not open ${path}`, async ({ page, server, allowErrors }) => {
      allowErrors(/status of 403/);
      await signIn(page, server, 'player');
      const response = await page.goto(path);
      expect(response?.status()).toBe(403);
      await expect(page.getByText('has no part in the gym')).toBeVisible();
      const names = page.locator('[data-test]:not([data-test=language])');
      await expect(names).toHaveCount(0);
    });
  }

  test("a player's account is refused by the API and the socket", async ({ page, server }) => {
    const player = await Gym.of(server, 'player');
    for (const path of ['/api/gym/snapshot', '/api/members?text=']) {
      const answer = await player.call('GET', path);
      expect(answer.status, path).toBe(403);
      expect(await answer.json()).toMatchObject({ code: 'not_allowed' });
    }
    await signIn(page, server, 'player');
    await open(page, '/');
    const said = await overSocket(page, [
      { type: 'hello', data: { client: { device: 'PC', visible: true }, topics: [{ name: 'checkins' }] } },
    ], 'not_allowed');
    expect(said).not.toContain('"snapshot"');
  });

  for (const who of ['admin', 'manager', 'staff', 'desk'] satisfies Account[]) {
    test(`the desk opens for ${who}`, async ({ page, server }) => {
      await signIn(page, server, who);
      await open(page, '/gym/desk');
      await expect(page.getByLabel('Name, number or telephone')).toBeFocused();
    });
  }

  test('a role without any sign-in is refused by API and socket alike', async ({ page, server }) => {
    const answer = await fetch(`${server.url}/api/gym/snapshot`);
    expect(answer.status).toBe(401);
    await open(page, '/');
    const said = await overSocket(page, [
      { type: 'hello', data: { client: { device: 'PC', visible: true }, topics: [{ name: 'checkins' }] } },
    ], 'closed');
    expect(said).toContain('not_signed_in');
    expect(said).toContain('closed 4001 Please sign in.');
  });
});

/** Sends messages over a socket of the page, with the page's own cookies, until `until` is received;
 * returns everything that was received. */
async function overSocket(page: Page, messages: object[], until: string): Promise<string> {
  return page.evaluate(
    ({ messages, until }) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/ws`, ['cadence.v1.json']);
        let said = '';
        const hear = (text: string) => {
          said += `${text}\n`;
          if (said.includes(until)) resolve(said);
        };
        socket.onopen = () => messages.forEach((message) => socket.send(JSON.stringify(message)));
        socket.onmessage = ({ data }) => hear(String(data));
        socket.onclose = ({ code, reason }) => hear(`closed ${code} ${reason}`);
      }),
    { messages, until },
  );
}
