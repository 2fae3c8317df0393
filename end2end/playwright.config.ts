import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// `cargo xtask test` names the browser; by hand the usual place is enough. Where neither is
// there, Playwright uses the Chromium that it installed itself.
const named = process.env.CHROMIUM ?? '/usr/bin/chromium';
const executablePath = process.env.CHROMIUM || existsSync(named) ? named : undefined;

export default defineConfig({
  // `tests` runs in Chromium; `engines` drives Firefox and WebKit by other means.
  testMatch: ['tests/**/*.spec.ts', 'engines/*.spec.ts'],
  outputDir: 'test-results',
  // Upper bounds for a machine that is busy with other things; no test waits for them to pass.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // A test that passes at the second try has found something.
  retries: 0,
  // One file is one server and one database: tests of a file run one after the other.
  fullyParallel: false,
  // Sound is late on a busy machine: CI has two cores, and a test has two browsers and a server.
  workers: process.env.CI ? 1 : 2,
  forbidOnly: !!process.env.CI,
  // xtask reads the counts from the JSON file.
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  use: {
    testIdAttribute: 'data-test',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      // The autoplay policy stays as it is: unlocking sound by a touch is under test.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
