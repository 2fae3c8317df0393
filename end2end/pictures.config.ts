// `cargo xtask pictures`: takes the pictures of the README.

import { defineConfig } from '@playwright/test';
import config from './playwright.config';

export default defineConfig({
  ...config,
  testMatch: ['pictures/*.spec.ts'],
  outputDir: 'test-results/pictures',
  reporter: 'list',
});
