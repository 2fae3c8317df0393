// Runs axe-core in a page: all rules of WCAG 2.2 A and AA, and axe's best practices.

import type { Page } from '@playwright/test';
import type { AxeResults, RunOptions } from 'axe-core';
import { readFileSync } from 'node:fs';

const SOURCE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const OPTIONS: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  // WCAG 2.5.3, which axe still calls experimental: a name holds the text that is seen.
  rules: { 'label-content-name-mismatch': { enabled: true } },
  resultTypes: ['violations'],
};

interface AxeWindow extends Window {
  axe?: { run(root: Document, options: RunOptions): Promise<AxeResults> };
}

/** What breaks a rule on the page as it is now, one line for each element. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, because the page's content policy rightly refuses foreign scripts.
  if (!(await page.evaluate(() => (window as AxeWindow).axe !== undefined))) await page.evaluate(SOURCE);
  // Colours count when they are there: what fades in ends first.
  await page.evaluate(async () => {
    const finite = ({ effect }: Animation) => effect?.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(document.getAnimations().filter(finite).map(({ finished }) => finished));
  });
  const results = await page.evaluate(async (options) => {
    const { axe } = window as AxeWindow;
    if (!axe) throw new Error('axe is not there');
    return axe.run(document, options);
  }, OPTIONS);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => {
      const reasons = (failureSummary ?? '').split('\n').slice(1).map((line) => line.trim());
      return `${id}: ${target.join(' ')}: ${reasons.join('; ')}`;
    }),
  );
}
