// The gym as a test needs it: accounts, members of a known standing, a scanner, the desk's card.

import { expect, type Locator, type Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import type { Server } from './server';

export type Account = 'admin' | 'manager' | 'staff' | 'trainer' | 'desk' | 'player';

export type Standing =
  | 'active'
  | 'ends_soon'
  | 'expired'
  | 'frozen'
  | 'used_up'
  | 'none'
  | 'barred';

export interface Member {
  id: string;
  number: string;
  name: string;
  phone: string | undefined;
}

interface MemberRow {
  member: { id: string; number: string; full_name: string };
  phone?: string;
  standing: Standing;
  in_since?: number | null;
}

interface Visit {
  id: string;
  member: { id: string; number: string };
  check_in_time: number;
  check_out_time?: number | null;
}

interface Snapshot {
  data: {
    stats: { currently_in: number; today_total: number };
    visits: Visit[];
    /** A refusal names its member itself. */
    activity: { member?: { id: string } }[];
  };
}

export const password = (who: Account) => `demo-${who}`;
export const email = (who: Account) => `${who}@cadence.test`;

/** Signs a device in without the form, which has tests of its own. */
export async function signIn(page: Page, server: Server, who: Account): Promise<void> {
  const answer = await page.context().request.post(`${server.url}/api/auth/login`, {
    // Cookies are for pages, and pages say where they come from.
    headers: { origin: server.url },
    data: { email: email(who), password: password(who) },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Fills in the form as a person would. */
export async function fillSignIn(page: Page, who: string, secret: string): Promise<void> {
  await page.getByLabel('E-mail').fill(who);
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The gym behind the pages, asked as a program asks it. */
export class Gym {
  /** Members that a test has taken: the next one gets others. */
  private taken = new Set<string>();
  private rows: MemberRow[] | undefined;
  /** Members who visited or were refused on the demo's own day. */
  private seenToday = new Set<string>();
  private before = new Set<string>();
  private created = 0;
  private monthly: string | undefined;

  private constructor(
    private readonly server: Server,
    private readonly token: string,
  ) {}

  static async of(server: Server, who: Account = 'manager'): Promise<Gym> {
    const key = `${server.dataDir} ${who}`;
    const known = gyms.get(key);
    if (known) return known;
    const answer = await fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: email(who), password: password(who) }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    server.secret(access_token);
    const gym = new Gym(server, access_token);
    gyms.set(key, gym);
    return gym;
  }

  /** A member of this standing who is not in, and whom no other test has. An active one is new:
   * whether one of the demo's was here today depends on the time of day. */
  async member(standing: Standing = 'active'): Promise<Member> {
    if (standing === 'active') return this.create();
    this.rows ??= await this.everybody();
    const free = this.rows.filter(
      (row) => row.standing === standing && !row.in_since && !this.taken.has(row.member.id),
    );
    const row = free.find((row) => !this.seenToday.has(row.member.id)) ?? free[0];
    if (!row) throw new Error(`the demo has no ${standing} member left`);
    this.taken.add(row.member.id);
    return member(row);
  }

  private async create(): Promise<Member> {
    const index = ++this.created;
    this.monthly ??= await this.planCalled('Monthly');
    const answer = await this.call('POST', '/api/members', {
      full_name: inventedName(index),
      phone: `+44 7911 ${200_000 + index}`,
      plan: this.monthly,
    });
    expect(answer.status).toBe(200);
    return member((await answer.json()) as MemberRow);
  }

  async members(many: number): Promise<Member[]> {
    const members: Member[] = [];
    for (let i = 0; i < many; i += 1) members.push(await this.member());
    return members;
  }

  /** Another desk lets a member in. */
  async checkIn(member: Member): Promise<void> {
    await this.command('/api/check-ins', { member: member.number });
  }

  async checkOut(member: Member): Promise<void> {
    await this.command('/api/check-outs', { member: member.number });
  }

  /** The visits that the member made in this test. */
  async visits(member: Member): Promise<Visit[]> {
    const { visits } = (await this.snapshot()).data;
    return visits.filter(({ id, member: { id: who } }) => who === member.id && !this.before.has(id));
  }

  async snapshot(): Promise<Snapshot> {
    return (await this.call('GET', '/api/gym/snapshot')).json() as Promise<Snapshot>;
  }

  async call(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  private async planCalled(name: string): Promise<string> {
    const answer = await this.call('POST', '/fn/plans', {});
    const { Ok: plans } = (await answer.json()) as { Ok: { id: string; name: string }[] };
    const plan = plans.find((plan) => plan.name === name);
    if (!plan) throw new Error(`there is no plan called ${name}`);
    return plan.id;
  }

  private async command(path: string, body: object): Promise<void> {
    const answer = await this.call('POST', path, { id: randomUUID(), ...body });
    expect(answer.status, await answer.text()).toBe(200);
  }

  private async everybody(): Promise<MemberRow[]> {
    const rows: MemberRow[] = [];
    const { visits, activity } = (await this.snapshot()).data;
    for (const { id, member } of visits) {
      this.before.add(id);
      this.seenToday.add(member.id);
    }
    for (const { member } of activity) if (member) this.seenToday.add(member.id);
    for (let page = 1; ; page += 1) {
      const answer = await this.call('GET', `/api/members?text=&page=${page}`);
      expect(answer.status).toBe(200);
      const found = (await answer.json()) as { rows: MemberRow[]; total: number };
      rows.push(...found.rows);
      if (rows.length >= found.total || found.rows.length === 0) return rows;
    }
  }
}

function member({ member, phone }: MemberRow): Member {
  return { id: member.id, number: member.number, name: member.full_name, phone };
}

/** A name whose first four letters no other member has. */
function inventedName(index: number): string {
  const syllable = (n: number) => `${'bdfgkmprtvz'[n % 11]}${'aeiou'[Math.floor(n / 11) % 5]}`;
  const word = `${syllable(index)}${syllable(Math.floor(index / 55) + 7)}`;
  return `Q${word} Z${word}x`;
}

const gyms = new Map<string, Gym>();

const KEY_GAP_S = 0.006;

interface Scanner {
  /** The pause before the key of this index, in seconds. */
  gap?: (index: number) => number;
  /** How many Enters end the code. */
  enters?: number;
}

/** A keyboard-wedge scanner: the whole code within a blink, then Enter, wherever the focus is. The
 * keys carry their own times, so a busy machine cannot make a slow typist of the scanner; but not
 * in a page with `page.clock.install()`, which replaces the times of events. */
export async function scan(page: Page, code: string, scanner: Scanner = {}): Promise<void> {
  const { gap = () => KEY_GAP_S, enters = 1 } = scanner;
  const wire = await page.context().newCDPSession(page);
  const keys = [...code].map((text) => ({ key: text, text, code: physical(text) }));
  const ends = Array.from({ length: enters }, () => ({ key: 'Enter', text: '\r', code: 'Enter' }));
  const all = [...keys, ...ends];
  let timestamp = Date.now() / 1000 - all.reduce((sum, _, index) => sum + gap(index), 0);
  const sent = all.flatMap(({ key, text, code }, index) => {
    const shift = /[A-Z]/.test(key);
    const virtual = key === 'Enter' ? 13 : key.toUpperCase().charCodeAt(0);
    const common = { key, code, windowsVirtualKeyCode: virtual, modifiers: shift ? 8 : 0 };
    const events = [
      { ...common, type: 'keyDown' as const, text },
      { ...common, type: 'keyUp' as const },
    ];
    const hold = { key: 'Shift', code: 'ShiftLeft', windowsVirtualKeyCode: 16 };
    const pressed = shift
      ? [{ ...hold, type: 'rawKeyDown' as const, modifiers: 8 }, ...events, { ...hold, type: 'keyUp' as const }]
      : events;
    timestamp += gap(index);
    return pressed.map((event) => wire.send('Input.dispatchKeyEvent', { ...event, timestamp }));
  });
  await Promise.all(sent);
  await wire.detach();
}

function physical(text: string): string {
  if (/[0-9]/.test(text)) return `Digit${text}`;
  if (/[a-z]/i.test(text)) return `Key${text.toUpperCase()}`;
  return text === '-' ? 'Minus' : '';
}

/** The desk's answer. */
export function card(page: Page): Locator {
  return page.locator('.answer');
}

export type Verdict = 'allow' | 'warn' | 'deny' | 'queued' | 'checking' | 'failed' | 'left' | 'undone';

/** Waits for a member's card of this verdict. */
export async function expectCard(page: Page, verdict: Verdict, name: string): Promise<Locator> {
  const answer = card(page);
  await expect(answer.getByRole('heading')).toContainText(name);
  await expect(answer).toHaveAttribute('data-verdict', verdict);
  return answer;
}

/** The card's ground as a person would call it. */
export async function ground(answer: Locator): Promise<string> {
  const colour = await answer.evaluate((card) => getComputedStyle(card).backgroundColor);
  const [, , chroma = '0', hue = '0'] = /oklch\(([\d.]+) ([\d.]+) ([\d.]+)/.exec(colour) ?? [];
  const angle = Number(hue);
  if (Number(chroma) < 0.02) return 'neutral';
  if (angle > 130 && angle < 175) return 'green';
  if (angle > 65 && angle < 110) return 'amber';
  if (angle < 45) return 'red';
  return colour;
}

/** Lines of the list beside the card. */
export function justNow(page: Page, name: string): Locator {
  return page.getByTestId('just-now').getByRole('listitem').filter({ hasText: name });
}

export function chip(page: Page): Locator {
  return page.locator('button.chip');
}

export async function live(page: Page): Promise<void> {
  await expect(chip(page)).toHaveAttribute('data-phase', 'live');
}

/** A figure of the dashboard as it is shown. */
export function figure(page: Page, name: 'currently-in' | 'today' | 'average-stay' | 'last'): Locator {
  return page.locator(`[data-figure="${name}"] .figure-number`);
}

/** Pulls the cable: nothing goes out or comes in, without an event. Needs `page.clock.install()`
 * before the page is opened, because only silence shows the loss. */
export async function unplug(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await page.clock.runFor(16_000);
  await expect(chip(page)).toHaveAttribute('data-phase', /reconnecting|offline/);
}

export async function plugIn(page: Page): Promise<void> {
  await page.context().setOffline(false);
}

/** The network comes back with an event, so the page dials at once. */
export async function unplugAndPlugIn(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await plugIn(page);
}
