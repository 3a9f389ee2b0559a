// How long recorders wait while a roster is imported beside them: see README.md.
// usage: node benches/recorders-wait.mjs [CHILDREN]     POSTGRES_URL=postgres://… takes that database, which may be emptied
//
// A nurse saves one child again and again, and meanwhile another process imports a roster: first all of its children are new, then all of them are changed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const children = Number(process.argv[2] ?? 20_000);
const stature = process.env.STATURE ?? 'target/release/stature';
const work = await mkdtemp(path.join(tmpdir(), 'stature-wait-'));
const perGroup = 45;
const person = { email: 'nurse@bench.test', password: 'three grey herons' };
const env = { ...process.env, STATURE_NOW: '2026-11-24', RUST_LOG: 'warn', STATURE_KEYRING: path.join(work, 'keyring') };
delete env.STATURE_LISTEN;

/** Runs the program to its end; returns what it took in seconds and in megabytes. */
async function run(...args) {
  const began = Date.now();
  const log = path.join(work, 'took');
  const program = spawn('/usr/bin/time', ['-f', '%M', '-o', log, stature, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  program.stderr.on('data', (text) => { errors += text; });
  const [code] = await once(program, 'exit');
  // 3: some invented child is so like another that a person decides.
  if (code !== 0 && code !== 3) {
    throw new Error(`${args.join(' ')} ended with ${code}: ${errors}`);
  }
  const kilobytes = (await readFile(log, 'utf8')).trim().split('\n').at(-1);
  return { seconds: (Date.now() - began) / 1000, megabytes: Math.round(kilobytes / 1024) };
}

/** A browser of one person: cookies and forms, and no more. */
class Visitor {
  cookies = new Map();

  constructor(address) {
    this.address = address;
  }

  async ask(where, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(this.address + where, {
      ...options, redirect: 'manual', headers: { cookie, origin: this.address, ...options.headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]*)=([^;]*)/);
      this.cookies.set(name, value);
    }
    return answer;
  }

  async page(where) {
    return (await this.ask(where)).text();
  }

  post(where, fields, headers) {
    return this.ask(where, { method: 'POST', headers, body: new URLSearchParams(fields) });
  }
}

const fieldsOf = (html) => Object.fromEntries([...html.matchAll(/<input[^>]*name="([^"]*)"[^>]*?value="([^"]*)"/g)].map(([, name, value]) => [name, value]));

/** Sets a place up with one school that records and a register of all the others, and serves it. */
async function served() {
  env.DATABASE_URL = process.env.POSTGRES_URL ?? `sqlite://${work}/area.sqlite`;
  const schools = Math.ceil(children / (2 * perGroup));
  const group = ['--children-per-year-group', String(perGroup)];
  await run('synth', '--schools', String(schools), ...group, '--out', path.join(work, 'area'));
  await run('synth', '--schools', '1', ...group, '--seed', '2', '--out', path.join(work, 'school'));
  await run('year', 'set', '2026-27', '--retention-days', '365', '--instrument', 'bench');
  await run('import', 'schools', path.join(work, 'area/schools.csv'));
  await run('import', 'roster', path.join(work, 'school/roster-2026-27.csv'), '--year', '2026-27');
  const add = spawn(stature, ['user', 'add', person.email, '--role', 'nurse', '--school', '900101', '--password-stdin'], { env, stdio: ['pipe', 'ignore', 'inherit'] });
  add.stdin.end(`${person.password}\n`);
  await once(add, 'exit');
  const program = spawn(stature, ['serve', '--listen', '127.0.0.1:0'], { env: { ...env, SMTP_URL: `file:${work}/mail` }, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  program.stdout.setEncoding('utf8');
  while (!/^Serving on .*\n/m.test(printed)) {
    const [text] = await once(program.stdout, 'data');
    printed += text;
  }
  program.stdout.resume();
  return { program, address: printed.match(/^Serving on (\S+)/m)[1] };
}

/** Saves one child until told to stop; returns how long each save took and what it came to. */
async function saving(visitor, until) {
  const page = await visitor.page('/schools/900101/record');
  const child = page.match(/data-row="(\d+)"/)[1];
  const value = (name) => page.match(new RegExp(`name="${name}" value="([^"]*)"`))[1];
  const fields = {
    csrf: value('csrf'), version: value(`version-${child}`), again: '', height: '117.6', weight: '20.4', reason: '', action: 'save',
    person: page.match(/data-person="([^"]*)"/)[1],
  };
  const waits = [];
  const refused = new Map();
  while (!until.over) {
    const began = performance.now();
    fields.height = fields.height === '117.6' ? '117.7' : '117.6';
    const answer = await visitor.post(`/schools/900101/record/${child}`, fields, { accept: 'application/json' });
    const took = performance.now() - began;
    const body = await answer.json().catch(() => null);
    if (answer.ok && body?.row) {
      fields.version = body.row.version;
    } else {
      refused.set(answer.status, (refused.get(answer.status) ?? 0) + 1);
    }
    waits.push(took);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return { waits: waits.sort((a, b) => a - b), refused };
}

async function beside(visitor, what, import_) {
  const until = { over: false };
  const [took, { waits, refused }] = await Promise.all([
    import_().finally(() => { until.over = true; }),
    saving(visitor, until),
  ]);
  const middle = waits[Math.floor(waits.length / 2)];
  const others = [...refused].map(([status, count]) => `, ${count} answered ${status}`).join('');
  console.log(`${what}: ${took.seconds.toFixed(1)} s, ${took.megabytes} MB; ${waits.length} saves beside it${others}, in the middle ${middle.toFixed(0)} ms, the longest ${waits.at(-1).toFixed(0)} ms`);
}

const server = await served();
try {
  const roster = path.join(work, 'area/roster-2026-27.csv');
  const changed = path.join(work, 'changed.csv');
  const [head, ...lines] = (await readFile(roster, 'utf8')).split('\n');
  const at = head.trim().split(',').findIndex((heading) => /class|registration/i.test(heading.replaceAll('_', ' ')));
  if (at < 0) {
    throw new Error(`no class in ${head}`);
  }
  // Every child goes to another class.
  await writeFile(changed, [head, ...lines.map((line) => {
    const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g);
    return line.trim() ? cells.map((cell, place) => (place === at ? `New ${cell.replaceAll('"', '')}` : cell)).join('') : line;
  })].join('\n'));
  const visitor = new Visitor(server.address);
  await visitor.post('/sign-in', { ...fieldsOf(await visitor.page('/sign-in')), ...person });
  const import_ = (file) => () => run('import', 'roster', file, '--year', '2026-27');
  await beside(visitor, `${children} new`, import_(roster));
  await beside(visitor, `${children} changed`, import_(changed));
} finally {
  server.program.kill('SIGTERM');
  await once(server.program, 'exit');
  await rm(work, { recursive: true, force: true });
}
