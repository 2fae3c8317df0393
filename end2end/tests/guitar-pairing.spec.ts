import {
  chord,
  codeOn,
  controller,
  linkChip,
  linkOn,
  openStage,
  pad,
  pair,
  scan,
  swipe,
  typeCode,
} from '../support/guitar';
import { shot } from '../support/shot';
import { expect, hydrated, open, test } from '../support/test';

test('a scanned link lets the phone play at once and leaves no secret behind', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  await shot(pc, 'stage-alone');
  const link = await linkOn(pc, server);
  const secret = new URL(link).hash.slice(1);
  expect(secret.length, 'a secret of 128 bits').toBeGreaterThanOrEqual(22);

  const phone = await newDevice('phone');
  await scan(phone, link);
  await expect(controller(phone)).toHaveAttribute('data-part', 'plays');
  await expect(phone).toHaveURL(/\/play\/[0-9a-f-]{36}$/);
  expect(await phone.evaluate(() => document.cookie + JSON.stringify(localStorage))).not.toContain(
    secret,
  );
  for (const cookie of await phone.context().cookies()) {
    expect(cookie.httpOnly, `${cookie.name} is out of reach of scripts`).toBe(true);
    server.secret(cookie.value);
  }
  await expect(pc.getByText('Phone · Left hand')).toBeVisible();
  await expect(pc.getByRole('region', { name: 'Players' })).toContainText('Left hand');

  await pad(phone, 'C').tap();
  await expect(chord(pc)).toHaveText('C');

  await phone.reload();
  await hydrated(phone);
  await expect(controller(phone)).toHaveAttribute('data-part', 'plays');
  await expect(chord(phone)).toHaveText('C');
});

test('a scanned link is followed once, before the page is hydrated', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await phone.addInitScript(() => {
    const mark = () => {
      if (document.documentElement.dataset.hydrated) performance.mark('hydrated');
    };
    const attributeFilter = ['data-hydrated'];
    new MutationObserver(mark).observe(document, { subtree: true, attributes: true, attributeFilter });
  });
  await pair(pc, phone, server);
  const { joins, hydratedAt } = await phone.evaluate(() => ({
    joins: performance
      .getEntriesByType('resource')
      .filter((entry) => entry.name.endsWith('/fn/join'))
      .map((entry) => entry.startTime),
    hydratedAt: performance.getEntriesByName('hydrated')[0]?.startTime ?? 0,
  }));
  expect(joins).toHaveLength(1);
  expect(joins[0]).toBeLessThan(hydratedAt);
});

test('a link that could not be followed is tried again when asked for', async ({
  page: pc,
  newDevice,
  server,
  allowErrors,
}) => {
  allowErrors(/ERR_FAILED.*\/fn\/join/);
  await openStage(pc);
  const phone = await newDevice('phone');
  await phone.route('**/fn/join', (route) => route.abort(), { times: 1 });
  await scan(phone, await linkOn(pc, server));
  await expect(controller(phone)).toHaveCount(0);
  await phone.getByRole('button', { name: 'Try again' }).tap();
  await expect(controller(phone)).toHaveAttribute('data-part', 'plays');
});

test('a typed code waits for the word of the host', async ({ page: pc, newDevice }) => {
  await openStage(pc);
  const code = await codeOn(pc);
  const phone = await newDevice('phone');
  await open(phone, '/play');
  // As people type it.
  await typeCode(phone, `${code.slice(0, 3)} ${code.slice(3)}`.toLowerCase());
  await expect(phone.getByRole('heading', { name: 'Ask the PC to allow this phone' })).toBeVisible();
  await expect(pad(phone, 'G')).toHaveCount(0);

  const players = pc.getByRole('region', { name: 'Players' });
  await expect(players).toContainText('Allow this phone?');
  await shot(pc, 'stage-allow');
  await shot(phone, 'controller-waiting');
  await players.getByRole('button', { name: 'Allow' }).click();
  await expect(controller(phone)).toHaveAttribute('data-part', 'plays');
  await expect(players).not.toContainText('Allow this phone?');
  await pad(phone, 'Em').tap();
  await expect(chord(pc)).toHaveText('Em');
});

test('a phone that the host turns away is told so', async ({ page: pc, newDevice }) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await open(phone, '/play');
  await typeCode(phone, await codeOn(pc));
  const players = pc.getByRole('region', { name: 'Players' });
  await expect(players).toContainText('Allow this phone?');
  await players.getByRole('button', { name: 'Remove' }).click();
  await expect(phone.getByRole('alert')).toContainText('removed');
  await expect(phone.getByLabel('Code of six letters and digits')).toBeVisible();
});

test('a wrong code is told from a misread one', async ({ newDevice }) => {
  const phone = await newDevice('phone');
  await open(phone, '/play');
  await typeCode(phone, 'O1');
  await expect(phone.getByText('No code holds 0, O, 1 or I.')).toBeVisible();
  await typeCode(phone, 'ZZZZZZ');
  await expect(phone.getByRole('alert')).toHaveText(
    'No session waits under this code. Compare it with the PC and try again.',
  );
  await expect(phone.getByRole('button', { name: 'Join' })).toBeEnabled();
  await shot(phone, 'controller-wrong-code');
});

test('a code renews itself before it ends, and the old one says that it has expired', async ({
  page: pc,
  newDevice,
}) => {
  await pc.clock.install();
  await openStage(pc);
  const old = await codeOn(pc);
  // The five minutes of an unused code pass on the PC's clock.
  await pc.clock.fastForward('04:59');
  await expect(pc.locator('[data-code]')).not.toHaveAttribute('data-code', old);

  const phone = await newDevice('phone');
  await open(phone, '/play');
  await typeCode(phone, old);
  await expect(phone.getByRole('alert')).toHaveText(
    'This code has expired. Ask for a new one: the PC shows it now.',
  );
  await phone.getByLabel('Code of six letters and digits').fill('');
  await typeCode(phone, await codeOn(pc));
  await expect(phone.getByRole('heading', { name: 'Ask the PC to allow this phone' })).toBeVisible();
});

test('a removed phone cannot come back with the old link, and the stage shows a new one', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const [oldLink, oldCode] = [await linkOn(pc, server), await codeOn(pc)];
  const phone = await newDevice('phone');
  await pair(pc, phone, server);

  const players = pc.getByRole('region', { name: 'Players' });
  await players.getByRole('button', { name: 'Remove' }).click();
  await expect(phone.getByRole('alert')).toContainText('removed');
  await expect(pad(phone, 'G')).toHaveCount(0);
  await expect(players, 'it leaves the list').toHaveCount(0);

  // In the tab that is open already.
  await scan(phone, oldLink);
  await expect(phone.getByRole('alert')).toHaveText(
    'This session has ended, or its link was replaced. Scan the code that the PC shows now.',
  );
  await typeCode(phone, oldCode);
  await expect(phone.getByRole('alert')).toContainText('This code has expired.');

  await expect(pc.locator('[data-code]')).not.toHaveAttribute('data-code', oldCode);
  expect(await linkOn(pc, server)).not.toBe(oldLink);
  await pair(pc, phone, server);
  await pad(phone, 'D').tap();
  await expect(chord(pc)).toHaveText('D');
});

test('a second phone watches until the host lets it play', async ({
  page: pc,
  newDevice,
  server,
}) => {
  await openStage(pc);
  const [first, second] = [await newDevice('phone'), await newDevice('phone')];
  await pair(pc, first, server);
  await scan(second, await linkOn(pc, server));
  await expect(controller(second)).toHaveAttribute('data-part', 'watches');
  await expect(second.getByText('You are watching. The PC can let you play.')).toBeVisible();

  await pad(first, 'Am').tap();
  await expect(chord(second)).toHaveText('Am');
  await expect(pad(second, 'C')).toHaveAttribute('aria-disabled', 'true');
  // A finger touches all the same.
  await pad(second, 'C').tap({ force: true });
  await swipe(second, 'down');
  await shot(second, 'controller-watching');
  await shot(pc, 'stage-two-phones');
  await pad(first, 'D').tap();
  await expect(chord(pc)).toHaveText('D');
  await expect(chord(second)).toHaveText('D');
  await expect(pc.getByRole('region', { name: 'Neck' })).toHaveAttribute('data-strums', '0');

  const players = pc.getByRole('region', { name: 'Players' });
  await players.getByRole('button', { name: 'Allow' }).click();
  await expect(controller(second)).toHaveAttribute('data-part', 'plays');
  await pad(second, 'C').tap();
  await expect(chord(pc)).toHaveText('C');
  await expect(chord(first)).toHaveText('C');
});

test('a phone that leaves can come back by the code', async ({ page: pc, newDevice, server }) => {
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await phone.getByLabel('More').tap();
  await phone.getByRole('button', { name: 'Leave this session' }).tap();
  await expect(phone.getByRole('alert')).toContainText('You left the session.');
  await expect(pc.getByRole('region', { name: 'Players' })).toHaveCount(0);
  await expect(pc.getByText('Phone gone')).toHaveCount(0);
  await typeCode(phone, await codeOn(pc));
  await expect(phone.getByRole('heading', { name: 'Ask the PC to allow this phone' })).toBeVisible();
});

test('an address without its secret opens nothing', async ({ page: pc, newDevice, server }) => {
  await openStage(pc);
  const link = new URL(await linkOn(pc, server));
  const phone = await newDevice('phone');
  await scan(phone, link.href.replace(link.hash, ''));
  await expect(phone.getByRole('alert')).toContainText('does not open the session');
  await scan(phone, `${link.origin}/play/nonsense`);
  await expect(phone.getByRole('alert')).toContainText('This link is damaged.');
  await expect(linkChip(phone)).toHaveCount(0);
});

test.describe('with few tries', () => {
  test.use({ serverEnv: { CADENCE_LIMITS__JOINS_PER_MINUTE: '2' } });

  test('who guesses codes is told how long to wait', async ({ newDevice }) => {
    const phone = await newDevice('phone');
    await open(phone, '/play');
    const field = phone.getByLabel('Code of six letters and digits');
    for (const code of ['ZZZZZZ', 'YYYYYY']) {
      await field.fill('');
      await typeCode(phone, code);
      await expect(phone.getByRole('alert')).toContainText('No session waits under this code.');
    }
    await field.fill('');
    await typeCode(phone, 'XXXXXX');
    await expect(phone.getByRole('alert')).toContainText(/Too many wrong codes\. Try again in \d+ s/);
    await expect(phone.getByRole('button', { name: /^Try again in \d+ s$/ })).toBeDisabled();
  });
});
