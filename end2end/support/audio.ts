// Records what a page really plays: the samples on their way to the loudspeaker. All times are
// those of the page's audio clock, so a busy machine makes a test slow and not wrong.

import { expect, type Page } from '@playwright/test';

/** Less than this is silence, and more than `LOUD` is audible across a room. */
export const SILENT = 0.0005;
export const LOUD = 0.05;
/** Seconds that an undamped note rings at least. */
export const RINGS_S = 2.4;

/** Analysers behind delays of 0, STEP_S, 2 × STEP_S …: together they keep some nine seconds. */
const ANALYSERS = 25;
/** Half of what one analyser keeps, so that a short stretch always lies whole in one of them. */
const STEP_S = 0.34;
/** The length of one figure of a recording. */
const SLOT_S = 0.01;

interface Recorder {
  context: BaseAudioContext;
  analysers: AnalyserNode[];
}

interface RecordingWindow extends Window {
  cadenceRecorders?: Recorder[];
}

type Method = (this: AudioNode, ...args: unknown[]) => unknown;

/** What the scripts below have to know, as they run in a page. */
export const RECORDER = { analysers: ANALYSERS, step: STEP_S, slot: SLOT_S };

/** Call before the page is opened. */
export async function record(page: Page): Promise<void> {
  await page.addInitScript(installRecorder, RECORDER);
}

/** Runs in the page, before it makes its audio context. */
export function installRecorder({ analysers: count, step }: typeof RECORDER): void {
  const inputs = new Map<AudioDestinationNode, AudioNode>();
  const recorders: Recorder[] = ((window as RecordingWindow).cadenceRecorders = []);
  // Their overloads (nodes, parameters, channels) do not matter here: arguments pass through.
  const prototype = AudioNode.prototype as unknown as Record<string, Method>;
  const { connect, disconnect } = prototype;
  if (!connect || !disconnect) throw new Error('this browser has no Web Audio');

  const inputBeside = (destination: AudioDestinationNode) => {
    const known = inputs.get(destination);
    if (known) return known;
    const { context } = destination;
    const input = new GainNode(context);
    const analysers = Array.from({ length: count }, (_, index) => {
      const analyser = new AnalyserNode(context, { fftSize: 32_768 });
      const delayTime = index * step;
      const delay = new DelayNode(context, { delayTime, maxDelayTime: Math.max(delayTime, step) });
      connect.call(input, delay);
      connect.call(delay, analyser);
      return analyser;
    });
    recorders.push({ context, analysers });
    inputs.set(destination, input);
    return input;
  };

  prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
      connect.call(this, inputBeside(target), rest[0] ?? 0);
    }
    return connect.call(this, target, ...rest);
  };

  prototype.disconnect = function (...args) {
    const [target, ...rest] = args;
    const input = target instanceof AudioDestinationNode ? inputs.get(target) : undefined;
    if (input) disconnect.call(this, input, ...rest);
    return disconnect.apply(this, args);
  };
}

/** The last seconds of a page's sound. */
export interface Recording {
  /** The audio clock at the end, in seconds; 0 while the page has made no sound at all. */
  end: number;
  /** The loudest sample, from 0 to about 1, of each `SLOT_S`; the newest is the last. */
  levels: number[];
}

/** Runs in the page. */
export function readRecording({ step, slot }: typeof RECORDER): Recording {
  const [recorder] = (window as RecordingWindow).cadenceRecorders ?? [];
  if (!recorder) return { end: 0, levels: [] };
  const { context, analysers } = recorder;
  const end = context.currentTime;
  const newestFirst: number[] = [];
  for (const [index, analyser] of analysers.entries()) {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    samples.forEach((sample, position) => {
      const age = index * step + (samples.length - 1 - position) / context.sampleRate;
      const at = Math.floor(age / slot);
      newestFirst[at] = Math.max(newestFirst[at] ?? 0, Math.abs(sample));
    });
  }
  return { end, levels: newestFirst.reverse() };
}

async function recording(page: Page): Promise<Recording> {
  return page.evaluate(readRecording, RECORDER);
}

/** The page's audio clock, in seconds; 0 while the page has made no sound at all. */
export async function audioTime(page: Page): Promise<number> {
  return page.evaluate(() => {
    const [recorder] = (window as RecordingWindow).cadenceRecorders ?? [];
    return recorder?.context.currentTime ?? 0;
  });
}

/** The loudest sample since a moment of the audio clock, which lies at most eight seconds back. */
export async function loudestSince(page: Page, since: number): Promise<number> {
  const { end, levels } = await recording(page);
  const fresh = Math.ceil((end - since) / SLOT_S);
  return fresh <= 0 ? 0 : Math.max(0, ...levels.slice(-fresh));
}

/** The loudest sample that the page plays during the next `seconds` of its audio clock. */
export async function loudestWithin(page: Page, seconds: number): Promise<number> {
  const since = await audioTime(page);
  while ((await audioTime(page)) < since + seconds) {
    await page.waitForTimeout(50);
  }
  return loudestSince(page, since);
}

/** The last sound, which is over. */
export interface Fading {
  /** From its beginning to its end, in seconds. */
  lasted: number;
  /** From the last moment at which it was ten times as loud as silence to its end, in seconds. */
  faded: number;
}

/** How the last sound ended. */
export async function fading(page: Page): Promise<Fading> {
  const { levels } = await recording(page);
  const end = levels.findLastIndex((level) => level > SILENT);
  const lastLoud = levels.findLastIndex((level) => level > 10 * SILENT);
  const before = levels.slice(0, Math.max(lastLoud, 0)).findLastIndex((level) => level <= SILENT);
  if (before < 0) throw new Error('no sound lies whole in the last seconds');
  return { lasted: (end - before) * SLOT_S, faded: (end - lastLoud) * SLOT_S };
}

/** Waits until everything rings out, and then for a second of silence. */
export async function expectSilence(page: Page): Promise<void> {
  await expect.poll(() => loudestWithin(page, 0.2), { timeout: 15_000 }).toBeLessThan(SILENT);
  expect(await loudestWithin(page, 0.8)).toBeLessThan(SILENT);
}

/** Does what makes a sound, and waits for it. */
export async function expectSound(page: Page, play: () => Promise<void>): Promise<void> {
  const since = await audioTime(page);
  await play();
  await expect.poll(() => loudestSince(page, since), { timeout: 15_000 }).toBeGreaterThan(LOUD);
}

/**
 * Plays and damps: the sound ends long before it would have rung out, and quickly. On a machine
 * that takes longer between the two than a note rings there is nothing to damp; it plays again.
 */
export async function expectDamped(
  page: Page,
  play: () => Promise<void>,
  damp: () => Promise<void>,
): Promise<void> {
  await expect(async () => {
    await expectSound(page, play);
    await damp();
    await expectSilence(page);
    const { lasted, faded } = await fading(page);
    expect(lasted, 'seconds of sound').toBeLessThan(RINGS_S);
    expect(faded, 'seconds of fading').toBeLessThan(0.3);
  }).toPass();
}

export interface Onset {
  /** Samples per second. */
  rate: number;
  samples: number[];
}

/** The first `seconds` of the next sound. The page must be silent when this is called. */
export async function onset(page: Page, seconds: number): Promise<Onset> {
  return page.evaluate(
    async ({ seconds, step }) => {
      const AUDIBLE = 0.002;
      const recorder = (window as RecordingWindow).cadenceRecorders?.[0];
      if (!recorder) throw new Error('nothing is connected to the loudspeaker yet');
      const { context, analysers } = recorder;
      const [since, rate] = [context.currentTime, context.sampleRate];
      const length = Math.round(seconds * rate);
      for (;;) {
        for (const [index, analyser] of analysers.entries()) {
          const samples = new Float32Array(analyser.fftSize);
          const newest = context.currentTime - index * step;
          analyser.getFloatTimeDomainData(samples);
          const old = samples.length - Math.max(0, newest - since) * rate;
          const start = samples.findIndex((sample, at) => at > old && Math.abs(sample) > AUDIBLE);
          // Silence before it, longer than a low string's period: otherwise the sound began earlier.
          if (start > 0.02 * rate && start + length <= samples.length) {
            return { rate, samples: Array.from(samples.slice(start, start + length)) };
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    { seconds, step: STEP_S },
  );
}

/** The part of a sound's power, from 0 to 1, that lies below a frequency. */
export function partBelow({ rate, samples }: Onset, hz: number): number {
  const step = rate / samples.length;
  let [below, all] = [0, 0];
  // The difference between two strums lies below 2 kHz.
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
