// Plain http from another machine, as at home without a certificate: browsers then withhold what
// needs a secure context, and the guitar has to do without it.

import type { Page } from '@playwright/test';
import { expectSilence, expectSound, loudestWithin, record, SILENT } from '../support/audio';
import {
  chord,
  clock,
  clockReaches,
  expectEqualClocks,
  openStage,
  pad,
  pair,
  strum,
} from '../support/guitar';
import { shot } from '../support/shot';
import { expect, test } from '../support/test';

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = [...(launchOptions.args ?? []), '--host-resolver-rules=MAP cadence.lan 127.0.0.1'];
    await use({ ...launchOptions, args });
  },
  serverEnv: { CADENCE_SERVER__PUBLIC_URL: 'http://cadence.lan:{port}' },
});

async function expectInsecure(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    host: location.hostname,
    secure: isSecureContext,
    worklet: 'AudioWorklet' in window,
    randomUUID: 'randomUUID' in crypto,
    wakeLock: 'wakeLock' in navigator,
  }));
  expect(found).toEqual({
    host: 'cadence.lan',
    secure: false,
    worklet: false,
    randomUUID: false,
    wakeLock: false,
  });
}

test('pads, swipe and sound work on plain http', async ({ newDevice, server }) => {
  const baseURL = `http://cadence.lan:${server.port}`;
  const pc = await newDevice('pc', { baseURL });
  await record(pc);
  await openStage(pc);
  await expectInsecure(pc);
  // Phones can reach this address: there is a picture to scan.
  await expect(pc.getByText(`cadence.lan:${server.port}/play`)).toBeVisible();
  await expect(pc.getByRole('img', { name: /^QR code/ })).toBeVisible();
  await shot(pc, 'stage-lan');

  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await expectInsecure(phone);
  await pad(phone, 'C').tap();
  await expect(chord(pc)).toHaveText('C');

  await pc.getByRole('button', { name: 'Tap to enable sound' }).click();
  await expect(pc.getByRole('button', { name: 'Sound on' })).toBeVisible();
  expect(await loudestWithin(pc, 0.3), 'before the strum').toBeLessThan(SILENT);
  await expectSound(pc, () => strum(phone, pc, 'up'));
  await expectSilence(pc);

  const since = Date.now();
  await phone.getByRole('button', { name: /Start practice/ }).tap();
  await clockReaches(pc, 2, since);
  await expectEqualClocks(pc, phone);
  await pc.getByRole('button', { name: 'End' }).click();
  await expect(clock(phone)).toHaveAttribute('data-practice', 'kept');
  await shot(pc, 'stage-lan-paired');
});
