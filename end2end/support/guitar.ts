// A guitar session as people handle it: the stage on a PC, controllers on phones.

import { expect, type Locator, type Page } from '@playwright/test';
import { hydrated, open } from './devices';
import type { Server } from './server';

/** The chord in large letters, on either device. */
export function chord(page: Page): Locator {
  return page.getByRole('region', { name: 'Chord', exact: true }).locator('[data-chord]');
}

/** The chord's fingering in words, as the small diagram's accessible name. */
export function diagram(page: Page): Locator {
  return page.getByRole('region', { name: 'Chord', exact: true }).getByRole('img');
}

/** The practice clock, on either device. */
export function clock(page: Page): Locator {
  return page.locator('[role="timer"]');
}

/** The state of the connection, on either device. */
export function linkChip(page: Page): Locator {
  return page.getByRole('button', { name: /^Connection:/ });
}

/** Opens the stage and waits until a phone could join. */
export async function openStage(pc: Page): Promise<void> {
  await open(pc, '/guitar');
  await expect(pc.locator('[data-code]')).toHaveAttribute('data-code', /^[2-9A-HJ-NP-Z]{6}$/);
  await expect(linkChip(pc)).toHaveAttribute('data-phase', 'live');
}

/** The code that the stage shows. */
export async function codeOn(pc: Page): Promise<string> {
  return (await pc.locator('[data-code]').getAttribute('data-code')) ?? '';
}

/** What the QR code on the stage opens. Its secret must not come up in the server's log. */
export async function linkOn(pc: Page, server: Server): Promise<string> {
  const link = (await pc.getByRole('region', { name: 'Join with a phone' }).getAttribute('data-link')) ?? '';
  server.secret(new URL(link).hash.slice(1));
  return link;
}

/** Follows a link as a camera does. */
export async function scan(phone: Page, link: string): Promise<void> {
  await phone.goto(link);
  await hydrated(phone);
}

/** Scans the stage's QR code and waits until the phone plays. */
export async function pair(pc: Page, phone: Page, server: Server): Promise<void> {
  await scan(phone, await linkOn(pc, server));
  await expect(controller(phone)).toHaveAttribute('data-part', 'plays');
  await expect(linkChip(phone)).toHaveAttribute('data-phase', 'live');
}

/** The controller of an admitted phone; `data-part` is what the phone may do. */
export function controller(phone: Page): Locator {
  return phone.locator('[data-part]');
}

/** Types a code on the phone, which joins as soon as it is whole. */
export async function typeCode(phone: Page, code: string): Promise<void> {
  await phone.getByLabel('Code of six letters and digits').pressSequentially(code);
}

/** A chord's pad on the phone. */
export function pad(phone: Page, name: string): Locator {
  return phone.getByRole('group', { name: 'Chords' }).locator(`[data-chord="${name}"]`);
}

/** A finger strums over the phone's strip. */
export async function swipe(phone: Page, direction: 'down' | 'up'): Promise<void> {
  const strip = await phone.getByRole('group', { name: /^Strum strip/ }).boundingBox();
  if (!strip) throw new Error('the strum strip is not there');
  const x = strip.x + strip.width / 2;
  const STEPS = 12;
  // From the first string over the last one.
  const ys = Array.from({ length: STEPS }, (_, step) => {
    const part = 0.04 + (0.92 * step) / (STEPS - 1);
    return strip.y + strip.height * (direction === 'down' ? part : 1 - part);
  });
  const touch = await phone.context().newCDPSession(phone);
  for (const [step, y] of ys.entries()) {
    const type = step === 0 ? 'touchStart' : 'touchMove';
    await touch.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x, y }] });
  }
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await touch.detach();
}

/**
 * Swipes until the stage has played: a strum that the machine held up for 150 ms is late, and a
 * late strum is not sounded. A player would swipe again, too.
 */
export async function strum(phone: Page, pc: Page, direction: 'down' | 'up'): Promise<void> {
  const neck = pc.getByRole('region', { name: 'Neck' });
  const before = (await neck.getAttribute('data-strums')) ?? '';
  await expect(async () => {
    await swipe(phone, direction);
    await expect(neck).not.toHaveAttribute('data-strums', before, { timeout: 1_000 });
  }).toPass();
}

/** The vibrating part of a string on the stage, 1 (high e) to 6 (low E). */
export function string(pc: Page, number: number): Locator {
  return pc.locator('.neck .vibration > g').nth(number - 1);
}

/** From now on, which strings have swung, 1 to 6: a busy test may look when they are at rest again. */
export async function watchStrings(pc: Page): Promise<() => Promise<number[]>> {
  await pc.evaluate(() => {
    const swung = new Set<number>();
    Object.assign(window, { swungStrings: swung });
    const strings = [...document.querySelectorAll('.neck .vibration > g')];
    const observer = new MutationObserver(() => {
      strings.forEach((string, index) => {
        if (Number(string.getAttribute('opacity')) > 0) swung.add(index + 1);
      });
    });
    for (const string of strings) observer.observe(string, { attributeFilter: ['opacity'] });
  });
  return () =>
    pc.evaluate(() => [...(window as unknown as { swungStrings: Set<number> }).swungStrings].sort());
}

/** Both clocks, read at the same moment, in seconds. */
export async function clocks(...pages: Page[]): Promise<number[]> {
  const texts = await Promise.all(pages.map((page) => clock(page).innerText()));
  return texts.map(seconds);
}

/**
 * Waits until a running clock shows this many seconds, or more: a busy machine skips some. A
 * clock that runs since a moment shows no more than has passed since then.
 */
export async function clockReaches(page: Page, atLeast: number, since?: number): Promise<number> {
  let shown = 0;
  await expect
    .poll(async () => ([shown = 0] = await clocks(page))[0])
    .toBeGreaterThanOrEqual(atLeast);
  if (since !== undefined) {
    expect(shown, 'seconds').toBeLessThanOrEqual((Date.now() - since) / 1000 + 1);
  }
  return shown;
}

/** `1:07:42` in seconds. */
export function seconds(timer: string): number {
  if (!/^(\d+:)?\d\d:\d\d$/.test(timer)) throw new Error(`"${timer}" is no timer`);
  return timer.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/**
 * Fails unless the clocks show the same time. They go on while they are read, also for long on a
 * busy machine: the first is read before and after the others.
 */
export async function expectEqualClocks(first: Page, ...others: Page[]): Promise<number> {
  const [before = 0] = await clocks(first);
  const read = await clocks(...others);
  const [after = 0] = await clocks(first);
  for (const shown of read) {
    const told = `clocks show ${shown} s and ${before} to ${after} s`;
    expect(shown, told).toBeGreaterThanOrEqual(before - 1);
    expect(shown, told).toBeLessThanOrEqual(after + 1);
  }
  return Math.min(before, ...read);
}
