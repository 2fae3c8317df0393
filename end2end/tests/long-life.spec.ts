// A page that is open for days: mounts and reconnects leave nothing behind. In every run a short
// form; LONG_LIFE=1000 is the long one.

import type { Locator, Page } from '@playwright/test';
import { watchFrames } from '../support/frames';
import { linkChip, openStage } from '../support/guitar';
import { live, signIn } from '../support/gym';
import { watchLife, type Life, measure } from '../support/life';
import { expect, open, test } from '../support/test';

const ROUNDS = Number(process.env.LONG_LIFE ?? 60);
/** Until caches are warm, and the panel shows as many round trips as it has room for. */
const WARM_UP = ROUNDS > 200 ? 200 : 40;
/**
 * leptos_router 0.8 keeps each URL that was shown, and reactive_graph 0.2 what remains of each owner
 * below one that lives on (`Owner::child`): 1.3 kB per change of page, measured. What this
 * application kept would come on top.
 */
const KEPT_BY_ROUTER = 1_600;

test.setTimeout(60_000 + ROUNDS * 6_000);

/** Not a byte per round: what grows by little at a time shows over many rounds. */
function expectFlat(before: Life, after: Life, kept = 0): void {
  console.log(`${ROUNDS} rounds: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
  expect(after.listeners, 'listeners').toBeLessThanOrEqual(before.listeners + 2);
  expect(after.timers, 'timers').toBeLessThanOrEqual(before.timers + 2);
  expect(after.nodes, 'nodes').toBeLessThanOrEqual(before.nodes + 50);
  expect(after.heap, 'heap').toBeLessThan(before.heap + 300_000);
  expect(after.wasm, 'WebAssembly memory').toBeLessThanOrEqual(
    before.wasm + 256 * 1024 + kept,
  );
}

async function goTo(page: Page, name: string, path: string, part: Locator): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  await expect(page).toHaveURL(path);
  await expect(part).toBeVisible();
}

test('pages that come and go leave nothing behind', async ({ page, server }) => {
  await signIn(page, server, 'manager');
  await watchLife(page);
  await open(page, '/gym');
  await live(page);
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round += 1) {
      await goTo(page, 'Check-in desk', '/gym/desk', page.getByLabel('Name, number or telephone'));
      await goTo(page, 'Dashboard', '/gym', page.getByTestId('activity'));
    }
    await live(page);
  };
  await rounds(WARM_UP / 2);
  const before = await measure(page);
  await rounds(ROUNDS / 2);
  expectFlat(before, await measure(page), ROUNDS * KEPT_BY_ROUTER);
});

test('reconnects leave nothing behind', async ({ page }) => {
  await watchLife(page);
  const frames = watchFrames(page);
  await openStage(page);
  await linkChip(page).click();
  const panel = page.getByRole('dialog', { name: 'Connection' });
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round += 1) {
      const sockets = frames.sockets;
      await panel.getByRole('button', { name: 'Reconnect' }).click();
      await expect.poll(() => frames.sockets, { intervals: [20] }).toBe(sockets + 1);
      await expect(linkChip(page)).toHaveAttribute('data-phase', 'live');
    }
  };
  await rounds(WARM_UP);
  const before = await measure(page);
  await rounds(ROUNDS);
  expectFlat(before, await measure(page));
  expect(frames.open, 'one socket').toBe(1);
});
