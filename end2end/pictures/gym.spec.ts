// A morning at the desk, and the dashboard that shows it.

import { card, expectCard, figure, Gym, justNow, live, scan, signIn } from '../support/gym';
import { SMALLER, takePicture } from '../support/picture';
import { expect, open, test } from '../support/test';

test('a member checks in at the desk, and the dashboard shows it', async ({ newDevice, server }) => {
  const gym = await Gym.of(server);
  const dashboard = await newDevice('pc', { ...SMALLER, colorScheme: 'light' });
  await signIn(dashboard, server, 'manager');
  await open(dashboard, '/gym');
  await live(dashboard);
  const inside = Number(await figure(dashboard, 'currently-in').innerText());

  const desk = await newDevice('pc', { ...SMALLER, colorScheme: 'light' });
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
  await takePicture(desk, 'desk');
  await expect(figure(dashboard, 'currently-in')).toHaveText(String(inside + 1));
  await takePicture(dashboard, 'dashboard');
});
