// What a page holds on to: memory, listeners, timers, nodes.

import { expect, type Page } from '@playwright/test';

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

/** Counts timers and finds memories from the first script on; call before the page is opened. */
export async function watchLife(page: Page): Promise<void> {
  await page.addInitScript(() => {
    // Asked for all memories by `Runtime.queryObjects`, Chromium 156 crashes on a client with chunks.
    const memories = new Set<WebAssembly.Memory>();
    const keep = (instance: WebAssembly.Instance) => {
      for (const exported of Object.values(instance.exports)) {
        if (exported instanceof WebAssembly.Memory) memories.add(exported);
      }
    };
    const { instantiate, instantiateStreaming } = WebAssembly;
    WebAssembly.instantiateStreaming = async (source, imports) => {
      const made = await instantiateStreaming(source, imports);
      keep(made.instance);
      return made;
    };
    WebAssembly.instantiate = (async (source: WebAssembly.Module, imports) => {
      const made: unknown = await instantiate(source, imports);
      keep(made instanceof WebAssembly.Instance ? made : (made as { instance: WebAssembly.Instance }).instance);
      return made;
    }) as typeof instantiate;
    const waiting = new Set<number>();
    const { setTimeout, clearTimeout, setInterval, clearInterval } = window;
    const counted = Object.assign(window as unknown as Record<string, unknown>, {
      waitingTimers: () => waiting.size,
      memoryBytes: () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
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

/**
 * What is left after everything that can be collected is, of a page at rest: while it replaces nodes,
 * it has fewer for a moment than before and after, so two measurements in a row have to agree.
 */
export async function measure(page: Page): Promise<Life> {
  let life = await measureOnce(page);
  await expect
    .poll(async () => {
      const before = life.nodes;
      life = await measureOnce(page);
      return life.nodes - before;
    }, 'nodes that come and go')
    .toBe(0);
  return life;
}

async function measureOnce(page: Page): Promise<Life> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
  const { timers, wasm } = await page.evaluate(() => {
    const counted = window as unknown as { waitingTimers(): number; memoryBytes(): number };
    return { timers: counted.waitingTimers(), wasm: counted.memoryBytes() };
  });
  expect(wasm, 'the memory of the client was found').toBeGreaterThan(0);
  await session.detach();
  return {
    heap: metric('JSHeapUsedSize'),
    wasm,
    listeners: metric('JSEventListeners'),
    nodes: metric('Nodes'),
    timers,
  };
}
