// The pictures at the head of the README: a session of a phone and a PC, and a morning in the gym.

import type { Page } from '@playwright/test';
import { statSync } from 'node:fs';
import path from 'node:path';
import { chord, openStage, pad, pair, string, strum } from '../support/guitar';
import { card, expectCard, figure, Gym, justNow, live, scan, signIn } from '../support/gym';
import { expect, open, test } from '../support/test';

const FOLDER = path.resolve(__dirname, '../../.github/pictures');
/** What a reader of the README has to load for one picture, at most. */
const LIMIT_BYTES = 150_000;

async function take(page: Page, name: string): Promise<void> {
  const file = path.join(FOLDER, `${name}.png`);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: file, animations: 'disabled' });
  expect(statSync(file).size, `bytes of ${name}.png`).toBeLessThanOrEqual(LIMIT_BYTES);
}

test('a phone plays on the stage', async ({ newDevice, server }) => {
  const pc = await newDevice('pc', { colorScheme: 'dark' });
  await openStage(pc);
  const phone = await newDevice('phone', { colorScheme: 'dark' });
  await pair(pc, phone, server);
  await pc.getByRole('button', { name: 'Tap to enable sound' }).click();
  await phone.getByRole('button', { name: /Start practice/ }).tap();
  for (const name of ['G', 'Em', 'C']) await pad(phone, name).tap();
  await expect(chord(pc)).toHaveText('C');
  await expect(phone.getByText('on the stage')).toBeVisible();
  await strum(phone, pc, 'down');
  await expect(string(pc, 5)).not.toHaveAttribute('opacity', /^0(\.00)?$/);
  await take(pc, 'stage');
  await take(phone, 'phone');
});

test('a member checks in at the desk, and the dashboard shows it', async ({ newDevice, server }) => {
  const gym = await Gym.of(server);
  const dashboard = await newDevice('pc', { colorScheme: 'light' });
  await signIn(dashboard, server, 'manager');
  await open(dashboard, '/gym');
  await live(dashboard);
  const inside = Number(await figure(dashboard, 'currently-in').innerText());

  const desk = await newDevice('pc', { colorScheme: 'light' });
  await signIn(desk, server, 'desk');
  await open(desk, '/gym/desk');
  await live(desk);
  const [first, second] = [await gym.member('expired'), await gym.member('ends_soon')];
  await scan(desk, first.number);
  await expectCard(desk, 'deny', first.name);
  await scan(desk, second.number);
  await expectCard(desk, 'warn', second.name);
  await expect(justNow(desk, second.name)).toHaveText(/in$/);
  await expect(card(desk)).toBeVisible();
  await take(desk, 'desk');
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside + 1));
  await take(dashboard, 'dashboard');
});
