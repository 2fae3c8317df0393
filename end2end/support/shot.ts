// Pictures to look at, in test-results/shots (emptied by each run).

import path from 'node:path';
import type { Page } from '@playwright/test';

const FOLDER = path.resolve(__dirname, '../test-results/shots');

/** What the visitor sees right now, without the blinking caret and with animations ended. */
export async function shot(page: Page, name: string): Promise<void> {
  const file = path.join(FOLDER, `${name.replace(/[^\w-]+/g, '-')}.png`);
  await page.screenshot({ path: file, animations: 'disabled' });
}
