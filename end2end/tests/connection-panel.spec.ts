import type { Page } from '@playwright/test';
import { type Frames, watchFrames } from '../support/frames';
import { chord, linkChip, openStage, pad, pair, swipe } from '../support/guitar';
import { shot } from '../support/shot';
import { expect, test } from '../support/test';

async function openPanel(page: Page): Promise<void> {
  await linkChip(page).click();
  await expect(page.getByRole('dialog', { name: 'Connection' })).toBeVisible();
}

/** The panel's figures by their names. */
async function figures(page: Page): Promise<Record<string, string>> {
  const panel = page.getByRole('dialog', { name: 'Connection' });
  return panel.locator('dl').evaluate((list) => {
    const texts = (tag: string) => [...list.querySelectorAll(tag)].map((part) => part.textContent);
    const values = texts('dd');
    return Object.fromEntries(texts('dt').map((name, index) => [name, values[index] ?? '']));
  });
}

/** What the panel has to say about the frames that Playwright saw, as the panel words it. */
function counted(frames: Frames): Record<string, string> {
  const line = (direction: 'sent' | 'received') => {
    const count = frames.count(direction);
    const messages = frames
      .list(direction)
      .map(({ text }) => JSON.parse(text ?? '') as { type: string; data: { messages?: unknown[] } })
      .reduce((sum, { type, data }) => sum + (type === 'batch' ? (data.messages?.length ?? 0) : 1), 0);
    const perFrame = count === 0 ? '' : ` · ${(messages / count).toFixed(1)}`;
    return `${count.toLocaleString('en')}${perFrame}`;
  };
  const bytes = (count: number) => (count < 1_000 ? `${count} B` : `${Math.floor(count / 1_000)} kB`);
  return {
    'Frames in · messages per frame': line('received'),
    'Frames out · messages per frame': line('sent'),
    'Bytes in · out': `${bytes(frames.bytes('received'))} · ${bytes(frames.bytes('sent'))}`,
  };
}

/** The figures are shown once a second and pings go on, so both are read until they meet. */
async function expectEqual(page: Page, frames: Frames): Promise<void> {
  await expect(async () => {
    const shown = await figures(page);
    expect(shown).toMatchObject(counted(frames));
  }).toPass({ timeout: 10_000, intervals: [100] });
}

test('the panel counts what Playwright counts, on both devices', async ({
  page: pc,
  newDevice,
  server,
}) => {
  const pcFrames = watchFrames(pc);
  await openStage(pc);
  const phone = await newDevice('phone');
  const phoneFrames = watchFrames(phone);
  await pair(pc, phone, server);
  await openPanel(pc);
  await expectEqual(pc, pcFrames);
  const before = pcFrames.count('received');

  for (const name of ['C', 'G', 'D', 'Em']) {
    await pad(phone, name).tap();
    await swipe(phone, 'down');
  }
  await expectEqual(pc, pcFrames);
  expect(pcFrames.count('received')).toBeGreaterThan(before);
  await shot(pc, 'connection-panel');

  await openPanel(phone);
  await expectEqual(phone, phoneFrames);
  expect(phoneFrames.bytes('sent')).toBeGreaterThan(1_000);
  await shot(phone, 'connection-panel-phone');
  expect([pcFrames.sockets, phoneFrames.sockets], 'one socket each').toEqual([1, 1]);
});

test('the panel goes on counting over a reconnect that a person asked for', async ({ page: pc }) => {
  const frames = watchFrames(pc);
  await openStage(pc);
  await openPanel(pc);
  await expect.poll(async () => (await figures(pc))['Reconnects · longest gap']).toMatch(/^0 · /);
  await pc.getByRole('button', { name: 'Reconnect' }).click();
  await expect.poll(async () => (await figures(pc))['Reconnects · longest gap']).toMatch(/^1 · /);
  await expectEqual(pc, frames);
  expect(frames.sockets).toBe(2);
  expect(frames.open).toBe(1);
  const shown = await figures(pc);
  expect(shown['Codec']).toBe('JSON');
  expect(shown['Connected for']).toMatch(/^\d+ s$/);
  expect(shown['Waiting for an answer']).toBe('0');
});

test('a person chooses MessagePack, plays on in fewer bytes, and keeps it', async ({
  page: pc,
  newDevice,
  server,
}) => {
  const frames = watchFrames(pc);
  await openStage(pc);
  const phone = await newDevice('phone');
  await pair(pc, phone, server);
  await openPanel(pc);
  const codec = (name: string) => pc.getByRole('button', { name, exact: true });
  await expect(codec('JSON')).toHaveAttribute('aria-pressed', 'true');
  await codec('MessagePack').click();
  await expect(codec('MessagePack')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await figures(pc))['Codec']).toBe('MessagePack');
  await expect(linkChip(pc)).toHaveAttribute('data-phase', 'live');
  await shot(pc, 'connection-panel-messagepack');
  frames.reset();
  await pad(phone, 'Em').tap();
  await expect(chord(pc)).toHaveAttribute('data-chord', 'Em');
  const texts = () => [...frames.list('sent'), ...frames.list('received')].map(({ text }) => text);
  await expect.poll(() => frames.count('sent'), 'a ping in the new codec').toBeGreaterThan(0);
  expect(texts().filter((text) => text !== undefined)).toEqual([]);

  await pc.reload();
  await expect(linkChip(pc)).toHaveAttribute('data-phase', 'live');
  await openPanel(pc);
  await expect(codec('MessagePack')).toHaveAttribute('aria-pressed', 'true');
  await codec('JSON').click();
  await expect.poll(async () => (await figures(pc))['Codec']).toBe('JSON');
});

test('the chip opens and closes the panel by keyboard', async ({ page: pc }) => {
  await openStage(pc);
  await linkChip(pc).focus();
  await pc.keyboard.press('Enter');
  const panel = pc.getByRole('dialog', { name: 'Connection' });
  await expect(panel).toBeFocused();
  await pc.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(linkChip(pc)).toBeFocused();
});
