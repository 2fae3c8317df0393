// The scripts of the README work as they stand there.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '../support/test';

const run = promisify(execFile);
const here = path.resolve(__dirname, '..');
const readme = readFileSync(path.join(here, '../README.md'), 'utf8');
const scripts = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

async function script(about: string, env: Record<string, string>): Promise<string> {
  const text = scripts.find((script) => script.includes(about));
  expect(text, `README has no script about ${about}`).toBeTruthy();
  // Beside node_modules, so that `ws` is found as after `npm install ws`.
  const file = path.join(here, `.readme-${process.pid}.mjs`);
  writeFileSync(file, text ?? '');
  try {
    const { stdout } = await run(process.execPath, [file], {
      env: { ...process.env, ...env },
      timeout: 20_000,
    });
    return stdout;
  } finally {
    rmSync(file);
  }
}

test('a plain phone plays and a plain PC hears it', async ({ server }) => {
  const said = await script('A phone plays', { CADENCE: server.url });
  expect(said).toContain('PC {"type":"chord_change","data":{"chord":"G"}}');
});

test('a plain desk checks a member in', async ({ server }) => {
  const login = await fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'desk@cadence.test', password: 'demo-desk' }),
  });
  const { access_token } = (await login.json()) as { access_token: string };
  const list = await fetch(`${server.url}/api/members?text=&page=1`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  type Row = { standing: string; in_since?: number; member: { number: string } };
  const { rows } = (await list.json()) as { rows: Row[] };
  const member = rows.find((row) => row.standing === 'active' && !row.in_since);
  const said = await script('A desk checks', {
    CADENCE: server.url,
    MEMBER: member?.member.number ?? '',
  });
  expect(said).toContain('initial_stats');
  expect(said).toContain('"verdict":"allow"');
});
