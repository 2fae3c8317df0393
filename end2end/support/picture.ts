// Pictures for the README, which `cargo xtask pictures` takes.

import { expect, type Page } from '@playwright/test';
import { statSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(__dirname, '../../.github/pictures');
/** What a reader of the README has to load for one picture, at most. */
const LIMIT_BYTES = 160_000;

/** A PC's page as laid out for its whole width, in fewer pixels. */
export const SMALLER = { deviceScaleFactor: 0.65 };

export async function takePicture(page: Page, name: string): Promise<void> {
  const file = path.join(FOLDER, `${name}.png`);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: file, animations: 'disabled' });
  expect(statSync(file).size, `bytes of ${name}.png`).toBeLessThanOrEqual(LIMIT_BYTES);
}
