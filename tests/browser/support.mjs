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
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const fixtures = path.join(root, 'tests/fixtures');

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

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
  const { address, people } = await told;
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
      await ended;
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

/** Everything axe finds wrong with the page as it is now, one line each. */
export async function axeFindings(page) {
  await page.evaluate(axeSource);
  const results = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return results.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${new URL(page.url()).pathname}: ${violation.id}: ${node.target} ${node.failureSummary}`),
  );
}

/** Keeps a picture of the whole page when a folder was named. */
export async function picture(page, name) {
  if (!process.env.SCREENSHOTS) {
    return;
  }
  await mkdir(process.env.SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
}
