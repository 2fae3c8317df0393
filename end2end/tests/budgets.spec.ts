// What a first visit really downloads, held against the budgets that the build adds up from files.
// Which fonts come depends on the names on the page, so the limits of the gym have room for all.

import type { Page } from '@playwright/test';
import budgets from '../budgets.json';
import { signIn } from '../support/gym';
import { expect, open, test } from '../support/test';

interface Transfer {
  html: number;
  total: number;
  files: string[];
}

/** Counts the bytes on the wire of everything that a page makes the browser fetch. */
async function watchTransfer(page: Page): Promise<() => Transfer> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.setCacheDisabled', { cacheDisabled: false });
  const kinds = new Map<string, { type: string; url: string }>();
  const sizes = new Map<string, number>();
  network.on('Network.responseReceived', ({ requestId, type, response }) =>
    kinds.set(requestId, { type: type ?? '', url: response.url }),
  );
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    sizes.set(requestId, encodedDataLength),
  );
  return () => {
    let [html, total] = [0, 0];
    const files: string[] = [];
    for (const [id, size] of sizes) {
      const { type, url } = kinds.get(id) ?? { type: '', url: '' };
      // Answers to server functions are data, not the page.
      if (new URL(url).pathname.startsWith('/fn/') || size === 0) continue;
      if (type === 'Document') html += size;
      total += size;
      files.push(`${new URL(url).pathname} ${size}`);
    }
    return { html, total, files };
  };
}

for (const [path, budget] of Object.entries(budgets.pages)) {
  test(`${path} downloads no more than its budget`, async ({ page, server }) => {
    if (path.startsWith('/gym') && path !== '/gym/sign-in') await signIn(page, server, 'manager');
    const transfer = await watchTransfer(page);
    await open(page, path);
    await page.waitForLoadState('networkidle');
    const { html, total, files } = transfer();
    expect(html, files.join('\n')).toBeGreaterThan(0);
    expect(html, 'the HTML').toBeLessThanOrEqual(budget.html);
    expect(total, files.join('\n')).toBeLessThanOrEqual(budget.limit);
    const modules = files.filter((file) => file.includes('.wasm'));
    expect(modules.length > 0, files.join('\n')).toBe(budget.client !== null);
  });
}

test('a further page of the gym adds no more than its budget', async ({ page, server }) => {
  await signIn(page, server, 'manager');
  await open(page, '/gym');
  await page.waitForLoadState('networkidle');
  for (const name of ['Check-in desk', 'Members']) {
    const transfer = await watchTransfer(page);
    await page.getByRole('link', { name }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await page.waitForLoadState('networkidle');
    const { total, files } = transfer();
    expect(files.some((file) => file.includes('.wasm')), files.join('\n')).toBe(true);
    expect(total, files.join('\n')).toBeLessThanOrEqual(budgets.further);
  }
});
