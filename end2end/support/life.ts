// What a page holds on to: memory, listeners, timers, nodes.

import type { Page } from '@playwright/test';

export interface Life {
  /** Bytes of JavaScript objects after a collection. */
  heap: number;
  /** Bytes of WebAssembly memory, which never shrinks. */
  wasm: number;
  listeners: number;
  nodes: number;
  /** Timeouts and intervals that are still to come. */
  timers: number;
}

/** Counts timers from the first script on; call before the page is opened. */
export async function countTimers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const waiting = new Set<number>();
    const { setTimeout, clearTimeout, setInterval, clearInterval } = window;
    const counted = Object.assign(window as unknown as Record<string, unknown>, {
      waitingTimers: () => waiting.size,
    });
    counted.setTimeout = (act: TimerHandler, ms?: number, ...rest: unknown[]) => {
      const run = (...args: unknown[]) => {
        waiting.delete(id);
        if (typeof act === 'function') act(...args);
      };
      const id = setTimeout(run, ms, ...rest);
      waiting.add(id);
      return id;
    };
    counted.setInterval = (act: TimerHandler, ms?: number, ...rest: unknown[]) => {
      const id = setInterval(act, ms, ...rest);
      waiting.add(id);
      return id;
    };
    const forget = (clear: (id?: number) => void) => (id?: number) => {
      if (id !== undefined) waiting.delete(id);
      clear(id);
    };
    counted.clearTimeout = forget(clearTimeout.bind(window));
    counted.clearInterval = forget(clearInterval.bind(window));
  });
}

/** What is left after everything that can be collected is. */
export async function measure(page: Page): Promise<Life> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
  const prototype = await session.send('Runtime.evaluate', {
    expression: 'WebAssembly.Memory.prototype',
  });
  const memories = await session.send('Runtime.queryObjects', {
    prototypeObjectId: prototype.result.objectId ?? '',
  });
  const bytes = await session.send('Runtime.callFunctionOn', {
    objectId: memories.objects.objectId,
    functionDeclaration:
      'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }',
    returnByValue: true,
  });
  const timers = await page.evaluate(() =>
    (window as unknown as { waitingTimers: () => number }).waitingTimers(),
  );
  await session.detach();
  return {
    heap: metric('JSHeapUsedSize'),
    wasm: bytes.result.value as number,
    listeners: metric('JSEventListeners'),
    nodes: metric('Nodes'),
    timers,
  };
}
