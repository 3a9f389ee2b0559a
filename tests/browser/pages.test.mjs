// Every page that a role can reach by following links: it answers, it has one
// heading, its title says what it is, it fits a phone, and axe finds nothing.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { PHONE, WCAG, WIDE, axeFindings, doing, isSandboxed, newPage, picture, showMail, signIn, startBrowser, startDemo, test } from './support.mjs';

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
    doing(page, `fetching ${target}`);
    const head = await page.request.get(target, { maxRedirects: 5 });
    if (!(head.headers()['content-type'] ?? '').startsWith('text/html') || head.headers()['content-disposition']) {
      assert.equal(head.status(), 200, `${target} answers`);
      continue;
    }
    // An email as a mail program shows it is no page of the service; it has a test of its own.
    if (isSandboxed(head.headers())) {
      continue;
    }
    doing(page, `opening ${target}`);
    const response = await page.goto(target);
    assert.equal(response.status(), 200, `${target} answers`);
    doing(page, `checking ${target}`);
    await look(target, shape);
    doing(page, `reading the links of ${target}`);
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

test('a walk that meets an email ends, and the email is accessible', async () => {
  const page = await newPage(browser, demo, { scripts: false });
  await signIn(page, demo, 'System administrator');
  await page.goto('/accounts');
  doing(page, 'asking for an email');
  await page.getByRole('row', { name: /Recorder/ }).getByRole('link').first().click();
  await page.getByRole('button', { name: 'Email a link to set a new password' }).click();
  // The email goes within seconds; the page is asked again until it is there.
  doing(page, 'waiting for a message');
  const message = page.getByRole('table').getByRole('link').first();
  do {
    await page.goto('/demo/mail');
  } while (!(await message.count()));
  await message.click();
  const html = await page.getByRole('link', { name: /See the message/ }).getAttribute('href');
  const answer = await page.request.get(html);
  assert.ok(isSandboxed(answer.headers()), 'an email is shown where its scripts could run');
  doing(page, `checking ${html}`);
  await showMail(page, await answer.text());
  assert.deepEqual(await axeFindings(page, WCAG), []);
  doing(page, 'walking');
  const reached = await walk(page, async () => {});
  assert.ok(![...reached].every((shape) => !shape.startsWith('/demo/mail/')), `no message was reached: ${[...reached]}`);
  await page.context().close();
});

test('an account that sees children is asked for, approved and invited without showing its link', async () => {
  const admin = await newPage(browser, demo);
  await signIn(admin, demo, 'System administrator');
  await admin.goto('/accounts/add');
  assert.deepEqual(await axeFindings(admin), []);
  await admin.getByLabel('Email address').fill('new.nurse@example.org');
  await admin.getByLabel('Name', { exact: true }).fill('New Nurse');
  await admin.getByLabel('Nurse', { exact: true }).check();
  await admin.getByRole('button', { name: 'Add account' }).click();
  await admin.getByText('Waiting for approval. The programme administrators were told by email').waitFor();
  assert.deepEqual(await axeFindings(admin), []);
  await picture(admin, 'accounts-waiting');
  await admin.getByRole('link', { name: 'New Nurse' }).click();
  await admin.getByText('Nobody can sign in to it before').waitFor();
  assert.deepEqual(await axeFindings(admin), []);
  await picture(admin, 'account-waiting');

  const approver = await newPage(browser, demo);
  await signIn(approver, demo, 'Programme administrator');
  await approver.getByRole('link', { name: '1 account waiting for your approval' }).click();
  assert.deepEqual(await axeFindings(approver), []);
  await picture(approver, 'approvals');
  await approver.getByRole('link', { name: 'New Nurse' }).click();
  assert.deepEqual(await axeFindings(approver), []);
  await picture(approver, 'approval');
  await approver.setViewportSize(PHONE);
  assert.deepEqual(await axeFindings(approver), []);
  await picture(approver, 'approval-phone');
  await approver.setViewportSize(WIDE);
  await approver.getByRole('button', { name: 'Approve' }).click();
  await approver.getByText('The person gets an email with a link').waitFor();
  await approver.getByText('No account is waiting for approval').waitFor();

  await admin.goto('/accounts');
  await admin.getByRole('row', { name: /New Nurse/ }).getByText('Invited').waitFor();
  assert.ok(!(await admin.content()).includes('set-password'), 'the link is shown to the system administrator');
  await admin.context().close();
  await approver.context().close();
});

test('wrong passwords make somebody wait, and the page says so accessibly', async () => {
  const page = await newPage(browser, demo);
  const email = demo.signIns.Monitor.email;
  const typed = async (password) => {
    await page.goto('/sign-in');
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('There is a problem').waitFor();
  };
  for (let wrong = 0; wrong < 5; wrong += 1) {
    await typed(`not the password ${wrong}`);
  }
  await typed(demo.signIns.Monitor.password);
  await page.getByText(/even with the right password/).first().waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await picture(page, 'sign-in-waits');
  await page.context().close();
});
