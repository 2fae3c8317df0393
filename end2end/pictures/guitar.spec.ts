// A session of a phone and a PC, on a server that phones can reach.

import { chord, openStage, pad, pair, string, strum } from '../support/guitar';
import { SMALLER, takePicture } from '../support/picture';
import { expect, test } from '../support/test';

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = [...(launchOptions.args ?? []), '--host-resolver-rules=MAP cadence.lan 127.0.0.1'];
    await use({ ...launchOptions, args });
  },
  serverEnv: { CADENCE_SERVER__PUBLIC_URL: 'http://cadence.lan:{port}' },
});

test('a phone plays on the stage', async ({ newDevice, server }) => {
  const baseURL = `http://cadence.lan:${server.port}`;
  const pc = await newDevice('pc', { ...SMALLER, baseURL, colorScheme: 'dark' });
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
  await takePicture(pc, 'stage');
  await takePicture(phone, 'phone');
});
