// Hears what a page really plays: the samples on their way to the loudspeaker.

import type { Page } from '@playwright/test';

interface Ear extends Window {
  cadenceEars?: AnalyserNode[];
}

type Method = (this: AudioNode, ...args: unknown[]) => unknown;

/** Call before the page is opened. */
export async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const ears = new Map<AudioDestinationNode, AnalyserNode>();
    const all: AnalyserNode[] = ((window as Ear).cadenceEars = []);
    // Their overloads (nodes, parameters, channels) do not matter here: arguments pass through.
    const prototype = AudioNode.prototype as unknown as Record<string, Method>;
    const { connect, disconnect } = prototype;
    if (!connect || !disconnect) throw new Error('this browser has no Web Audio');

    const earAt = (destination: AudioDestinationNode) => {
      const known = ears.get(destination);
      if (known) return known;
      const ear = new AnalyserNode(destination.context, { fftSize: 32_768 });
      ears.set(destination, ear);
      all.push(ear);
      return ear;
    };

    prototype.connect = function (target, ...rest) {
      if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
        connect.call(this, earAt(target), rest[0] ?? 0);
      }
      return connect.call(this, target, ...rest);
    };

    prototype.disconnect = function (...args) {
      const [target, ...rest] = args;
      const ear = target instanceof AudioDestinationNode ? ears.get(target) : undefined;
      if (ear) disconnect.call(this, ear, ...rest);
      return disconnect.apply(this, args);
    };
  });
}

/** The loudest sample, from 0 to about 1, that the page plays during the next `ms`. */
export async function peak(page: Page, ms: number): Promise<number> {
  return page.evaluate(async (ms) => {
    const loudest = (from: number) => {
      let loudest = 0;
      for (const ear of (window as Ear).cadenceEars ?? []) {
        const samples = new Float32Array(ear.fftSize);
        ear.getFloatTimeDomainData(samples);
        // The analyser looks back over its whole window; only what came after the call counts.
        const fresh = Math.ceil((performance.now() - from) * 0.001 * ear.context.sampleRate);
        for (const sample of samples.slice(-Math.min(fresh, samples.length))) {
          loudest = Math.max(loudest, Math.abs(sample));
        }
      }
      return loudest;
    };
    const start = performance.now();
    let result = 0;
    while (performance.now() - start < ms) {
      // Well below the 0.68 s that the analyser keeps, so that nothing is missed.
      await new Promise((resolve) => setTimeout(resolve, Math.min(100, ms)));
      result = Math.max(result, loudest(start));
    }
    return result;
  }, ms);
}

export interface Onset {
  /** Samples per second. */
  rate: number;
  samples: number[];
}

/** The first `ms` of the next sound. The page must be silent when this is called. */
export async function onset(page: Page, ms: number): Promise<Onset> {
  return page.evaluate(async (ms) => {
    const AUDIBLE = 0.002;
    const ear = (window as Ear).cadenceEars?.[0];
    if (!ear) throw new Error('nothing is connected to the loudspeaker yet');
    const samples = new Float32Array(ear.fftSize);
    const rate = ear.context.sampleRate;
    const length = Math.round((ms / 1000) * rate);
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline) {
      ear.getFloatTimeDomainData(samples);
      const start = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
      if (start === 0) throw new Error('something sounded before');
      if (start > 0 && start + length <= samples.length) {
        return { rate, samples: Array.from(samples.slice(start, start + length)) };
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('nothing sounded');
  }, ms);
}

/** The part of a sound's power, from 0 to 1, that lies below a frequency. */
export function partBelow({ rate, samples }: Onset, hz: number): number {
  const step = rate / samples.length;
  let [below, all] = [0, 0];
  // What a guitar sounds like is told below 2 kHz.
  for (let frequency = step; frequency < 2_000; frequency += step) {
    let [re, im] = [0, 0];
    samples.forEach((sample, index) => {
      const angle = (2 * Math.PI * frequency * index) / rate;
      re += sample * Math.cos(angle);
      im += sample * Math.sin(angle);
    });
    const power = re * re + im * im;
    all += power;
    if (frequency < hz) below += power;
  }
  return below / all;
}
