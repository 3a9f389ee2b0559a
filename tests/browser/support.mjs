// What every browser test stands on: a demonstration of its own on a free
// port, a real Chromium, and a person signed in for each role.
//
// STATURE_BINARY names the program (default: the development build), CHROMIUM
// the browser, SCREENSHOTS a folder that gets a picture of every page looked at.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test as nodeTest } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const fixtures = path.join(root, 'tests/fixtures');

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** How long a test may take. The longest takes two minutes on a machine that does nothing else. */
const TEST_LIMIT = 15 * 60_000;

/** How long the demonstration may take to start, and to end once it is told to. */
const START_LIMIT = 10 * 60_000;
const STOP_LIMIT = 30_000;

/** Pages that are open, in the order in which they were opened. */
const openPages = new Set();

/** What a page is doing, for the message of a test that does not end. */
export function doing(page, what) {
  page.doing = what;
}

/**
 * A test with a limit. Some of Playwright's calls (`evaluate`, `title`, `count`) wait for ever when the page does not
 * answer; at the limit the test fails with the pages it was on and what it was doing there, and its pages are closed,
 * which ends whatever still waits.
 */
export function test(name, body, limit = TEST_LIMIT) {
  nodeTest(name, async (context) => {
    let timer;
    const before = new Set(openPages);
    const own = () => [...openPages].filter((page) => !before.has(page));
    const over = new Promise((_, reject) => {
      timer = setTimeout(() => {
        const where = (own().length ? own() : [...openPages]).map((page) => `${page.url()} (${page.doing ?? 'in the test itself'})`);
        reject(new Error(`not done after ${limit / 1000} s; it was on ${where.join(', ') || 'no page'}`));
      }, limit);
    });
    try {
      await Promise.race([body(context), over]);
    } catch (error) {
      await Promise.race([
        Promise.all(own().map((page) => page.context().close().catch(() => {}))),
        new Promise((resolve) => setTimeout(resolve, STOP_LIMIT).unref()),
      ]);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Rejects when `promise` has not settled within `limit` milliseconds. */
function within(limit, what, promise) {
  let timer;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done after ${limit / 1000} s`)), limit);
  });
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}

/** Starts `stature demo` and waits for the address and the sign-ins that it prints. */
export async function startDemo() {
  const binary = process.env.STATURE_BINARY ?? path.join(root, 'target/debug/stature');
  const program = spawn(binary, ['demo', '--listen', '127.0.0.1:0'], {
    cwd: root,
    env: { ...process.env, RUST_LOG: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  const told = new Promise((resolve, reject) => {
    program.stdout.setEncoding('utf8');
    program.stdout.on('data', (text) => {
      printed += text;
      // The line with the address is the last one.
      const address = printed.match(/^Serving on (\S+) .*\n/m)?.[1];
      if (address) {
        resolve({ address, people: [...printed.matchAll(/^ {2}(\S.*?) +(\S+@\S+) +password (.+)$/gm)] });
      }
    });
    program.on('exit', (code) => reject(new Error(`the demonstration ended with ${code}: ${printed}`)));
  });
  const { address, people } = await within(START_LIMIT, 'starting the demonstration', told).catch((error) => {
    program.kill('SIGKILL');
    throw error;
  });
  if (people.length < 8) {
    throw new Error(`the demonstration printed ${people.length} sign-ins: ${printed}`);
  }
  const signIns = {};
  for (const [, role, email, password] of people) {
    signIns[role.trim()] = { email, password };
  }
  return {
    address,
    signIns,
    async stop() {
      program.removeAllListeners('exit');
      const ended = once(program, 'exit');
      program.kill('SIGTERM');
      await within(STOP_LIMIT, 'stopping the demonstration', ended).catch((error) => {
        program.kill('SIGKILL');
        throw error;
      });
    },
  };
}

/** A headless Chromium that fetches nothing by itself. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A fresh page, as a browser with nothing in it. `faults` collects what the console complains of.
 *
 * Without `scripts` no script of the pages arrives. Switching JavaScript off in the browser would stop axe as well.
 */
export async function newPage(browser, demo, { viewport = WIDE, scripts = true } = {}) {
  const context = await browser.newContext({ baseURL: demo.address, viewport, acceptDownloads: true });
  if (!scripts) {
    await context.route('**/*.js', (route) => route.abort());
  }
  const page = await context.newPage();
  openPages.add(page);
  page.on('close', () => openPages.delete(page));
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    // A page that is meant to be refused (422, 403, 404) is reported here too; tests look at statuses themselves.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      page.faults.push(`${page.url()}: ${message.text()}`);
    }
  });
  page.setDefaultTimeout(20_000);
  return page;
}

/** Signs in through the form as somebody of a role. */
export async function signIn(page, demo, role) {
  const person = demo.signIns[role];
  if (!person) {
    throw new Error(`the demonstration printed no sign-in for ${role}: ${Object.keys(demo.signIns).join(', ')}`);
  }
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).first().waitFor();
}

/** The rules of WCAG 2.2 AA: what an email must keep, too. Landmarks and the like are for pages. */
export const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** How long axe may take on one page. */
const AXE_LIMIT = 2 * 60_000;

/**
 * Everything axe finds wrong with the page as it is now, one line each.
 *
 * Not for a page whose policy is `sandbox`, as an email is shown with: no timer runs in it, and axe never ends. Show its
 * HTML with `showMail` instead.
 */
export async function axeFindings(page, rules = [...WCAG, 'best-practice']) {
  await page.evaluate(axeSource);
  const results = await within(
    AXE_LIMIT,
    `axe on ${page.url()}`,
    page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules),
  );
  const where = page.url() === 'about:blank' ? 'an email' : new URL(page.url()).pathname;
  return results.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${where}: ${violation.id}: ${node.target} ${node.failureSummary}`),
  );
}

/** Whether scripts, axe's among them, are kept from running in a page with these headers. */
export function isSandboxed(headers) {
  return /(^|;)\s*sandbox\b/.test(headers['content-security-policy'] ?? '');
}

/** Shows the HTML of an email as a page of its own, without the policy that keeps axe from running. */
export async function showMail(page, html) {
  await page.goto('about:blank');
  await page.setContent(html);
}

/** Keeps a picture of the whole page when a folder was named. */
export async function picture(page, name) {
  if (!process.env.SCREENSHOTS) {
    return;
  }
  await mkdir(process.env.SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
}
