// The main job with the mouse and the keyboard alone, from a class list to an
// erased name, on one demonstration: each journey goes on from the one before.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { PHONE, axeFindings, newPage, picture, signIn, startBrowser, startDemo, test } from './support.mjs';

let demo;
let browser;
const open = [];

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A page on which somebody of a role is signed in. */
async function as(role, options) {
  const page = await newPage(browser, demo, options);
  await signIn(page, demo, role);
  open.push(page);
  return page;
}

/** What axe finds on the page as it is, and a picture of it. */
async function look(page, name) {
  assert.deepEqual(await axeFindings(page), [], name);
  await picture(page, `journey-${name}`);
}

/** Number of the first school that somebody may record at. */
async function firstSchool(page) {
  await page.goto('/schools');
  const href = await page.locator('a[href$="/record"]').first().getAttribute('href');
  return href.match(/\d+/)[0];
}

/** The first child on the recording page who has no outcome and was not withdrawn. */
function firstUnmeasured(page) {
  return page.locator('tr[data-outcome="none"]').filter({ hasNotText: 'Opted out' }).first();
}

test('an administrator takes in a class list', async () => {
  const page = await as('Programme administrator');
  const urn = await firstSchool(page);
  await page.goto('/imports');
  await page.getByRole('link', { name: 'Import a roster' }).click();
  await page.getByLabel('The list').setInputFiles({
    name: 'class.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      'URN,Given name,Family name,Date of birth,Sex,Year group,Class,Postcode,Parent 1 name,Parent 1 email\n' +
        `${urn},Zebedee,Quillfeather,2016-03-14,M,6,Oak,ZZ1 1ZZ,Ada Quillfeather,ada.quillfeather@example.org\n` +
        `${urn},,Nameless,2016-03-15,F,6,Oak,ZZ1 1ZZ,,\n`,
    ),
  });
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Check the import' }).waitFor();
  await look(page, 'import-preview');
  await page.getByRole('link', { name: /^1\s+New$/ }).click();
  await page.getByText('Zebedee Quillfeather').waitFor();
  await page.getByRole('button', { name: 'Import the good rows now' }).click();
  await page.getByText('Imported').first().waitFor();
  await look(page, 'import-result');
  await page.goto(`/schools/${urn}/record?group=6`);
  await page.getByText('Quillfeather').first().waitFor();
});

test('a list of twenty thousand says how far it is, and its pages turn quickly', async () => {
  const page = await as('Programme administrator');
  const urn = await firstSchool(page);
  const letters = (number) => [...String(number)].map((digit) => 'abcdefghij'[digit]).join('');
  const rows = Array.from({ length: 20_000 }, (_, row) => {
    const day = String((row % 28) + 1).padStart(2, '0');
    return `${urn},Ka${letters(row)},Ve${letters(row * 7)},2016-05-${day},F,6,Oak,,,`;
  });
  await page.goto('/imports/new');
  await page.getByLabel('The list').setInputFiles({
    name: 'long.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      `URN,Given name,Family name,Date of birth,Sex,Year group,Class,Postcode,Parent 1 name,Parent 1 email\n${rows.join('\n')}\n`,
    ),
  });
  // Pressed without waiting for what comes of it: the page on the way is looked at when it is there long enough.
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: /Checking the roster|Check the import/ }).waitFor();
  if (await page.getByRole('heading', { name: 'Checking the roster' }).isVisible()) {
    await look(page, 'import-progress');
  }
  await page.getByRole('heading', { name: 'Check the import' }).waitFor({ timeout: 120_000 });
  await page.getByRole('link', { name: /^20,000\s+New$/ }).click();
  await page.getByRole('link', { name: /Next/ }).click();
  await page.getByText('Row', { exact: true }).waitFor();
  assert.equal(await page.locator('tbody').first().locator('tr').count(), 50);
  await page.getByRole('button', { name: 'Discard this upload' }).click();
  await page.getByText('The upload was discarded').waitFor();
});

test('a recorder saves a row by the keyboard alone', async () => {
  const page = await as('Recorder');
  const urn = await firstSchool(page);
  await page.goto(`/schools/${urn}/record?group=6`);
  const row = firstUnmeasured(page);
  const id = await row.getAttribute('data-row');
  await page.locator(`#h${id}`).focus();
  await page.keyboard.type('140,4');
  await page.keyboard.press('Enter');
  await page.keyboard.type('35.3');
  await page.keyboard.press('Enter');
  await page.locator(`#row-${id}[data-outcome="measured"]`).waitFor();
  await page.locator(`#s${id}`).getByText('Saved').waitFor();
  await look(page, 'recording');
  await page.setViewportSize(PHONE);
  await look(page, 'recording-phone');
  await page.reload();
  assert.equal(await page.locator(`#h${id}`).inputValue(), '140.4');
  assert.equal(await page.locator(`#w${id}`).inputValue(), '35.3');
  assert.deepEqual(page.faults, []);
});

test('a row typed after being signed out is sent once the same person has signed in again', async () => {
  const page = await as('Recorder');
  const urn = await firstSchool(page);
  await page.goto(`/schools/${urn}/record?group=6`);
  const id = await firstUnmeasured(page).getAttribute('data-row');
  await page.context().clearCookies();
  await page.locator(`#h${id}`).fill('141.7');
  await page.locator(`#w${id}`).fill('36.1');
  await page.keyboard.press('Enter');
  await page.locator(`#m${id}`).getByText('you have been signed out').waitFor();
  const other = await page.context().newPage();
  await signIn(other, demo, 'Recorder');
  await page.locator(`#row-${id}[data-outcome="measured"]`).waitFor();
  await page.reload();
  assert.equal(await page.locator(`#h${id}`).inputValue(), '141.7');
  assert.deepEqual(page.faults, []);
});

test('a recorder saves a row without JavaScript', async () => {
  const page = await as('Recorder', { scripts: false });
  const urn = await firstSchool(page);
  await page.goto(`/schools/${urn}/record`);
  const row = firstUnmeasured(page);
  const id = await row.getAttribute('data-row');
  await page.locator(`#r${id}`).selectOption('absent');
  await row.getByRole('button', { name: /^Save/ }).click();
  await page.locator(`#row-${id}[data-outcome="not_measured"]`).waitFor();
  await look(page, 'recording-plain');
});

test('an impossible height is refused beside its row and kept as it was typed', async () => {
  const page = await as('Recorder', { scripts: false });
  const urn = await firstSchool(page);
  await page.goto(`/schools/${urn}/record`);
  const row = firstUnmeasured(page);
  const id = await row.getAttribute('data-row');
  await page.locator(`#h${id}`).fill('30');
  await page.locator(`#w${id}`).fill('18.3');
  await row.getByRole('button', { name: /^Save/ }).click();
  await page.locator(`#m${id}`).waitFor();
  assert.equal(await page.locator(`#h${id}`).inputValue(), '30');
  await look(page, 'recording-refused');
});

test('letters are prepared, sent, and arrive with their attachment', async () => {
  const page = await as('Nurse');
  await page.goto('/letters');
  await page.getByRole('button', { name: 'Prepare letters' }).click();
  await page.getByRole('link', { name: 'Send letters' }).waitFor();
  await look(page, 'letters');
  await page.getByRole('table').getByRole('link').first().click();
  await look(page, 'letter');
  await page.goto('/letters');
  await page.getByRole('link', { name: 'Send letters' }).click();
  await look(page, 'letters-ask');
  // The request queues the letters; the page says how far they are and shows the end by itself.
  await page.getByRole('button', { name: /^Send \d+ letters?$/ }).click();
  await page.waitForURL(/letters\/runs/);
  await look(page, 'letters-run');
  await page.getByRole('heading', { name: 'Letters sent' }).waitFor({ timeout: 600_000 });
  await page.goto('/letters?state=sent');
  await page.getByText('Sent').first().waitFor();
  await page.goto('/demo/mail');
  await look(page, 'mail');
  await page.getByRole('table').getByRole('link').first().click();
  const attachment = await page.locator('a[href*="attachments"]').first().getAttribute('href');
  const file = await page.request.get(attachment);
  assert.equal((await file.body()).subarray(0, 5).toString(), '%PDF-');
});

test('a release is made, published, and downloaded by the school', async () => {
  const page = await as('Programme administrator');
  await page.goto('/releases');
  await page.getByRole('link', { name: 'Make a release' }).click();
  // The demonstration's school account works for the school with the lowest number.
  const audiences = await page.locator('option[value^="school:"]').evaluateAll((all) => all.map((option) => option.value));
  await page.getByLabel('Who will see it').selectOption(audiences.sort()[0]);
  for (const year of await page.locator('input[name=years]').all()) {
    await year.check();
  }
  await page.getByRole('button', { name: 'Make the release' }).click();
  await page.getByText('Publish this release').waitFor();
  await look(page, 'release');
  await page.getByText('Publish this release').click();
  await page.getByRole('heading', { name: /^Publish release/ }).waitFor();
  await look(page, 'publish');
  await page.getByRole('button', { name: 'Publish the release' }).click();
  await page.getByText('Published').first().waitFor();
  const school = await as('School');
  await school.goto('/figures');
  await school.getByRole('main').getByRole('link').first().click();
  await look(school, 'figures');
  const address = await school.locator('a[href*="csv"]').first().getAttribute('href');
  const file = await school.request.get(new URL(address, school.url()).href);
  const text = await file.text();
  const [head, ...lines] = text.trim().split(/\r?\n/);
  assert.match(head, /^\uFEFF?release,audience,academic_years,area_type,area_code/);
  assert.ok(lines.length > 0, 'the file is empty');
  for (const line of lines) {
    // Counted from the end, because a school's name may hold a comma.
    const [numerator, denominator] = line.split(',').slice(-6, -4);
    for (const count of [numerator, denominator]) {
      assert.match(count, /^(\[[cxz]\]|0|[1-9]\d*[05])$/, `${count} is neither hidden nor rounded: ${line}`);
    }
  }
});

test('a release for everybody says that a year is not whole, and is read without signing in', async () => {
  const page = await as('Programme administrator');
  await page.goto('/releases/new');
  await page.getByLabel('Who will see it').selectOption('public');
  for (const year of await page.locator('input[name=years]').all()) {
    await year.check();
  }
  // Pressed twice, as people do: one release.
  await page.getByRole('button', { name: 'Make the release' }).dblclick();
  await page.waitForURL(/releases\/\d+$/);
  const number = page.url().split('/').pop();
  await page.goto(`/releases/${Number(number) + 1}`);
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await page.goto(`/releases/${number}/publish`);
  await page.getByText('Figures of less than three quarters').first().waitFor();
  await page.getByRole('button', { name: 'Publish the release' }).click();
  await page.getByText('There is a problem').waitFor();
  await look(page, 'publish-part');
  await page.getByLabel('Yes, publish these figures').check();
  await page.getByRole('button', { name: 'Publish the release' }).click();
  await page.getByText('The release is published').waitFor();
  const nobody = await newPage(browser, demo);
  await nobody.goto('/figures');
  await look(nobody, 'published-figures');
  await nobody.getByRole('main').getByRole('link').first().click();
  await nobody.getByRole('heading', { name: 'How to read these figures' }).waitFor();
  const file = await nobody.request.get(`/figures/${number}/figures.csv`);
  assert.match(await file.text(), /local_authority/);
});

test('names whose period is over go, and the run leaves evidence', async () => {
  const page = await as('Information governance lead');
  await page.goto('/retention');
  await look(page, 'retention');
  await page.getByRole('link', { name: 'Remove what is due now' }).click();
  await page.getByRole('main').getByRole('button').first().click();
  await page.waitForURL(/retention/);
  await page.goto('/retention');
  await page.getByRole('link', { name: /^Run \d+/ }).first().click();
  await look(page, 'retention-evidence');
});

test('nothing was complained of in any console', () => {
  assert.deepEqual(open.flatMap((page) => page.faults), []);
});
