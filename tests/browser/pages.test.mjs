// Every page that a role can reach by following links: it answers, it has one
// heading, its title says what it is, it fits a phone, and axe finds nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PHONE, WIDE, axeFindings, newPage, picture, signIn, startBrowser, startDemo } from './support.mjs';

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Pages that differ only in a number, a code or a filter are one page. */
function shapeOf(url) {
  return url.pathname.replace(/\/(\d[\w-]*|[0-9a-f]{16,})(?=\/|$)/g, '/*');
}

/** Visits every page within reach once and hands each to `look`. Downloads are followed no further. */
async function walk(page, look) {
  const seen = new Set();
  const waiting = ['/', '/privacy', '/accessibility'];
  while (waiting.length) {
    const target = waiting.shift();
    const shape = shapeOf(new URL(target, demo.address));
    if (seen.has(shape)) {
      continue;
    }
    seen.add(shape);
    const head = await page.request.get(target, { maxRedirects: 5 });
    if (!(head.headers()['content-type'] ?? '').startsWith('text/html') || head.headers()['content-disposition']) {
      assert.equal(head.status(), 200, `${target} answers`);
      continue;
    }
    const response = await page.goto(target);
    assert.equal(response.status(), 200, `${target} answers`);
    await look(target, shape);
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((link) => link.href));
    for (const link of links) {
      const url = new URL(link);
      if (url.origin === demo.address && !url.pathname.startsWith('/assets/')) {
        waiting.push(url.pathname + url.search);
      }
    }
  }
  return seen;
}

/** What is asked of every page. */
async function check(page, shape, findings) {
  const title = await page.title();
  if (!/^\S.* - Stature$/.test(title)) {
    findings.push(`${shape}: the title is “${title}”`);
  }
  const headings = await page.locator('h1').count();
  if (headings !== 1) {
    findings.push(`${shape}: ${headings} main headings`);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (overflow > 0) {
    findings.push(`${shape}: ${overflow} pixels wider than the window`);
  }
  findings.push(...(await axeFindings(page)));
}

const ROLES = [
  'Recorder',
  'Nurse',
  'Programme administrator',
  'Information governance lead',
  'School',
  'Local authority',
  'Monitor',
  'System administrator',
];

for (const role of ROLES) {
  test(`every page of a ${role.toLowerCase()} is accessible on a wide screen and on a phone`, async () => {
    const wide = await newPage(browser, demo, { viewport: WIDE });
    await signIn(wide, demo, role);
    const findings = [];
    const slug = role.toLowerCase().replaceAll(' ', '-');
    const reached = await walk(wide, async (target, shape) => {
      const name = `${slug}${shape.replaceAll(/[^\w]+/g, '-').replace(/-$/, '')}`;
      await check(wide, shape, findings);
      await picture(wide, name);
      // Loaded anew, as a phone does: a menu that is still being folded is no fault.
      await wide.setViewportSize(PHONE);
      await wide.goto(target);
      await check(wide, `${shape} on a phone`, findings);
      await picture(wide, `${name}-phone`);
      await wide.setViewportSize(WIDE);
    });
    assert.deepEqual([...new Set(findings)], []);
    assert.deepEqual(wide.faults, []);
    assert.ok(reached.size >= 3, `only ${[...reached]} were reached`);
    await wide.context().close();
  });

  test(`every page of a ${role.toLowerCase()} works without JavaScript`, async () => {
    const plain = await newPage(browser, demo, { scripts: false });
    await signIn(plain, demo, role);
    const findings = [];
    await walk(plain, async (target, shape) => {
      await check(plain, shape, findings);
    });
    assert.deepEqual([...new Set(findings)], []);
    await plain.context().close();
  });
}

test('pages for visitors are accessible', async () => {
  const page = await newPage(browser, demo);
  const findings = [];
  for (const target of ['/sign-in', '/privacy', '/accessibility']) {
    const response = await page.goto(target);
    assert.equal(response.status(), 200, target);
    await check(page, target, findings);
    await picture(page, `visitor${target.replaceAll('/', '-')}`);
  }
  const missing = await page.goto('/there-is-no-such-page');
  assert.equal(missing.status(), 404);
  await check(page, 'a page that is not there', findings);
  assert.deepEqual(findings, []);
});

test('the back button shows nothing after signing out', async () => {
  const page = await newPage(browser, demo);
  await signIn(page, demo, 'Nurse');
  await page.goto('/children');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.waitForURL(/sign-in/);
  await page.goBack();
  await page.getByLabel('Email address').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0);
});
