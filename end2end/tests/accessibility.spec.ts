// No page breaks a rule of axe, in either theme, on either device.

import type { Page } from '@playwright/test';
import { violations } from '../support/axe';
import type { Kind } from '../support/devices';
import { openStage, pad, pair, scan as follow, linkOn, controller } from '../support/guitar';
import { Gym, card, live, scan, signIn } from '../support/gym';
import { expect, open, test } from '../support/test';

const VARIANTS = (['light', 'dark'] as const).flatMap((theme) =>
  (['phone', 'pc'] as const).map((kind) => ({ theme, kind })),
);

/** Checks what a page shows now; all findings of a test are reported together. */
async function check(page: Page, what: string): Promise<void> {
  expect.soft(await violations(page), what).toEqual([]);
}

for (const { theme, kind } of VARIANTS) {
  const device: [Kind, { colorScheme: 'light' | 'dark' }] = [kind, { colorScheme: theme }];

  test(`the pages of the guitar keep the rules, ${theme} on a ${kind}`, async ({
    newDevice,
    server,
    allowErrors,
  }) => {
    allowErrors(/status of 404/);
    const page = await newDevice(...device);
    for (const path of ['/', '/practice', '/play', '/no/such/page']) {
      await open(page, path);
      await check(page, path);
    }
    await openStage(page);
    await check(page, 'the stage alone');

    const phone = await newDevice('phone', { colorScheme: theme });
    await pair(page, phone, server);
    await pad(phone, 'C').tap();
    await expect(page.getByText('Phone · Left hand')).toBeAttached();
    await check(page, 'the stage with a phone');
    if (kind === 'phone') {
      await check(phone, 'the controller');
      const watcher = await newDevice('phone', { colorScheme: theme });
      await follow(watcher, await linkOn(page, server));
      await expect(controller(watcher)).toHaveAttribute('data-part', 'watches');
      await check(watcher, 'the controller of a phone that watches');
    }
    await page.getByRole('button', { name: /^Connection:/ }).click();
    await expect(page.getByRole('dialog', { name: 'Connection' })).toBeVisible();
    await check(page, 'the panel of the connection');
  });

  test(`the pages of the gym keep the rules, ${theme} on a ${kind}`, async ({ newDevice, server }) => {
    const gym = await Gym.of(server);
    const page = await newDevice(...device);
    await open(page, '/gym/sign-in');
    await check(page, '/gym/sign-in');

    await signIn(page, server, 'manager');
    for (const path of ['/gym', '/gym/members', '/gym/members?q=zzzz', '/gym/desk']) {
      await open(page, path);
      await live(page);
      await check(page, path);
    }
    for (const standing of ['active', 'ends_soon', 'expired'] as const) {
      const member = await gym.member(standing);
      await scan(page, member.number);
      await expect(card(page).getByRole('heading')).toContainText(member.name);
      await check(page, `the card of a member whose subscription is ${standing}`);
    }
    await page.getByRole('textbox').first().fill('an');
    await expect(page.getByTestId('found').getByRole('listitem').nth(1)).toBeVisible();
    await check(page, 'the desk with rows found');

    await open(page, '/gym/members');
    await page.getByRole('button', { name: 'New member' }).click();
    await check(page, 'the form for a new member');
    await page.getByRole('button', { name: /^Connection/ }).click();
    await expect(page.getByRole('dialog', { name: 'Connection' })).toBeVisible();
    await check(page, 'the panel of the connection');
  });
}
