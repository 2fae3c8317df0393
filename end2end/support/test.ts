// Start every spec with: import { expect, test } from '../support/test';

import { type BrowserContextOptions, expect, type Page, test as base } from '@playwright/test';
import { Devices, type Kind } from './devices';
import { type Server, type ServerEnv, ServerPool } from './server';

type NewDevice = (kind: Kind, options?: BrowserContextOptions) => Promise<Page>;

interface PerTest {
  /** Further environment of the server; set it for a whole file with `test.use`. `{port}` in a
   * value stands for the server's port. */
  serverEnv: ServerEnv;
  /** The server of this file. */
  server: Server;
  devices: Devices;
  /** A phone or a PC with storage of its own. */
  newDevice: NewDevice;
  /** Allows errors in the console that the test causes on purpose. */
  allowErrors: (pattern: RegExp) => void;
}

interface PerWorker {
  servers: ServerPool;
}

export const test = base.extend<PerTest, PerWorker>({
  serverEnv: [{}, { option: true }],

  servers: [
    async ({}, use) => {
      const servers = new ServerPool();
      await use(servers);
      await servers.close();
    },
    { scope: 'worker' },
  ],

  server: async ({ servers, serverEnv }, use, testInfo) => {
    const server = await servers.for(testInfo.file, serverEnv);
    await use(server);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('server.log', { body: server.log(), contentType: 'text/plain' });
    }
    // Also looked through when the server stops; here the test that leaked is known.
    server.assertLogIsClean();
  },

  devices: async ({ browser, server }, use) => {
    const devices = new Devices(browser, server.url);
    await use(devices);
    await devices.close();
    expect(devices.unexpected(), 'errors that the pages reported').toEqual([]);
  },

  newDevice: async ({ devices }, use) => {
    await use((kind, options) => devices.add(kind, options));
  },

  allowErrors: async ({ devices }, use) => {
    await use((pattern) => devices.allow(pattern));
  },

  /** A PC. */
  page: async ({ devices }, use) => {
    await use(await devices.add('pc'));
  },
});

export { expect };
export { background, hydrated, open } from './devices';
