// The recording page as a nurse in a hurry uses it: slips of the keyboard, a
// lost connection, another person at the same list or on the same tablet.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PHONE, axeFindings, newPage, picture, signIn, startBrowser, startDemo } from './support.mjs';

const HEIGHT = '141.1';
const WEIGHT = '35.2';

let demo;
let browser;
let urn;
let classes;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  const page = await as('Recorder');
  await page.goto('/schools');
  urn = (await page.locator('a[href$="/record"]').first().getAttribute('href')).match(/\d+/)[0];
  await page.goto(`/schools/${urn}/record?group=6`);
  const values = await page.locator('#class option').evaluateAll((all) => all.map((option) => option.value));
  classes = values.filter((name) => name.startsWith('6'));
  assert.ok(classes.length >= 2, `the school has the classes ${classes}`);
  await page.context().close();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A page on which somebody of a role is signed in; questions of the browser are answered with yes and noted. */
async function as(role, options) {
  const page = await newPage(browser, demo, options);
  page.questions = [];
  page.on('dialog', (dialog) => {
    page.questions.push(dialog.type());
    dialog.accept();
  });
  await signIn(page, demo, role);
  return page;
}

const list = (name, query = '') => `/schools/${urn}/record?class=${encodeURIComponent(name)}${query}`;
const outcome = (page, id, is) => page.locator(`#row-${id}[data-outcome="${is}"]`).waitFor();
const focused = (page) => page.evaluate(() => document.activeElement.id);
const keptRows = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem('stature-kept') ?? '[]').length);

/** Numbers of the children without an outcome whose rows take figures. */
async function openRows(page) {
  await page.locator('#find-group').waitFor();
  return page.locator('tr[data-outcome="none"]:not([data-closed])').evaluateAll((all) => all.map((row) => row.dataset.row));
}

/** Types height, Enter, weight, Enter. */
async function type(page, id, height = HEIGHT, weight = WEIGHT) {
  await page.locator(`#h${id}`).focus();
  await page.keyboard.type(height);
  await page.keyboard.press('Enter');
  await page.keyboard.type(weight);
  await page.keyboard.press('Enter');
}

/** Lets saving fail until the answer is called. */
async function failSaving(page) {
  let isFailing = true;
  await page.route(/\/record\/\d+$/, (route) => (isFailing ? route.fulfill({ status: 503, body: 'no' }) : route.fallback()));
  return () => {
    isFailing = false;
  };
}

test('a letter typed in a figure is refused in place and never chooses a reason', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[0]));
  const [id] = await openRows(page);
  await page.locator(`#h${id}`).focus();
  await page.keyboard.type('14o.2');
  assert.equal(await page.locator(`#h${id}`).inputValue(), '14.2');
  await page.locator(`#m${id}`).getByText('“o” was not typed').waitFor();
  await page.locator(`#w${id}`).focus();
  await page.keyboard.type('p');
  assert.equal(await page.locator(`#w${id}`).inputValue(), '');
  assert.equal(await page.locator(`#r${id}`).inputValue(), '');
  await page.locator(`#h${id}`).fill('');
  await page.locator(`#h${id}`).focus();
  await page.keyboard.type('abc');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.reload();
  await outcome(page, id, 'none');
  await page.context().close();
});

test('reasons passed over with the arrow keys are not saved', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[0]));
  const [id, following] = await openRows(page);
  const saved = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') {
      saved.push(new URLSearchParams(request.postData()).get('reason'));
    }
  });
  await page.locator(`#r${id}`).focus();
  for (let press = 0; press < 3; press += 1) {
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await outcome(page, id, 'not_measured');
  assert.deepEqual(saved, ['child_opt_out']);
  assert.equal(await focused(page), `h${following}`);
  await page.keyboard.press('Alt+a');
  await outcome(page, following, 'not_measured');
  await page.locator(`#s${following}`).getByText('absent').waitFor();
  await page.context().close();
});

test('swapped figures and a missing point are offered, and Enter accepts', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[0]));
  const [one, two] = await openRows(page);
  await type(page, one, '1411', WEIGHT);
  await page.locator(`#m${one}`).getByText('Did you mean 141.1 cm?').waitFor();
  assert.equal(await focused(page), `w${one}`, 'the focus has left the row whose figures are asked about');
  assert.deepEqual(await axeFindings(page), []);
  await picture(page, 'recording-offer');
  await page.keyboard.press('Enter');
  await outcome(page, one, 'measured');
  assert.equal(await page.locator(`#h${one}`).inputValue(), '141.1');
  await type(page, two, '36.4', '142.3');
  await page.locator(`#m${two}`).getByText('swapped').waitFor();
  await page.getByRole('button', { name: 'Swap height and weight' }).click();
  await outcome(page, two, 'measured');
  assert.equal(await page.locator(`#h${two}`).inputValue(), '142.3');
  await page.context().close();
});

test('rows kept while saving fails are shown and sent from another class', async () => {
  const page = await as('Recorder');
  const mend = await failSaving(page);
  await page.goto(list(classes[0]));
  const [id] = await openRows(page);
  await type(page, id, '142.6', '36.7');
  await page.locator('#connection').getByText('1 row has not been sent yet').waitFor();
  await page.goto(list(classes[1]));
  assert.deepEqual(page.questions, ['beforeunload']);
  await page.locator('#connection').getByText('1 row has not been sent yet').waitFor();
  await page.locator('#elsewhere').getByRole('link', { name: classes[0] }).waitFor();
  assert.deepEqual(await axeFindings(page), []);
  mend();
  await page.locator('#connection').waitFor({ state: 'hidden' });
  await page.goto(list(classes[0]));
  await outcome(page, id, 'measured');
  assert.equal(await keptRows(page), 0);
  await page.context().close();
});

test('without a connection recording goes on, and everything is sent when it is back', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[0]));
  const [one, two, three] = await openRows(page);
  await page.context().setOffline(true);
  await type(page, one, '140.3', '34.1');
  await type(page, two, '140.4', '34.2');
  await page.locator('#connection').getByText('2 rows have not been sent yet').waitFor();
  assert.equal(await focused(page), `h${three}`);
  await page.context().setOffline(false);
  await outcome(page, one, 'measured');
  await outcome(page, two, 'measured');
  await page.locator('#connection').waitFor({ state: 'hidden' });
  await page.context().close();
});

test('signing out while measurements wait says how many and asks', async () => {
  const page = await as('Recorder');
  await failSaving(page);
  await page.goto(list(classes[0]));
  const [one, two] = await openRows(page);
  await type(page, one, '140.5', '34.3');
  await page.locator(`#h${two}`).fill('14');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.locator('#unsaved').getByText('2 measurements have not been saved').waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole('button', { name: 'Stay signed in' }).last().click();
  assert.equal(await page.locator(`#h${two}`).inputValue(), '14');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByRole('button', { name: 'Sign out anyway' }).click();
  await page.waitForURL(/sign-in/);
  assert.equal(await keptRows(page), 0);
  assert.deepEqual(page.questions, []);
  await page.context().close();
});

test('a row typed by one person is never saved under the name of the next one on the same tab', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[0]));
  const [id] = await openRows(page);
  await page.context().clearCookies();
  await type(page, id, '140.6', '34.4');
  await page.locator(`#m${id}`).getByText('you have been signed out').waitFor();
  await signIn(page, demo, 'Nurse');
  const sent = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') {
      sent.push(request.url());
    }
  });
  await page.goto(list(classes[0]));
  await page.locator('#elsewhere').getByText('1 measurement has not been saved').waitFor();
  assert.equal(await page.locator(`#h${id}`).inputValue(), '');
  await page.waitForResponse(/record\/rows/);
  assert.deepEqual(sent, []);
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.waitForURL(/sign-in/);
  await signIn(page, demo, 'Recorder');
  await page.goto(list(classes[0]));
  await outcome(page, id, 'measured');
  await page.context().close();
});

test('refused and half-typed rows are counted, kept when the page is left, and warned about', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[1]));
  const [one, two, three] = await openRows(page);
  await type(page, one, '30', WEIGHT);
  await page.locator(`#m${one}`).getByText('Enter a height between 60 and 220').waitFor();
  assert.equal(await focused(page), `w${one}`);
  await page.locator(`#h${two}`).fill('140');
  await page.locator(`#h${three}`).focus();
  await page.locator('#attention').getByText('2 rows need attention').waitFor();
  assert.equal(await focused(page), `h${three}`);
  await page.reload();
  assert.deepEqual(page.questions, ['beforeunload']);
  await page.locator('#attention').getByText('2 rows need attention').waitFor();
  assert.equal(await page.locator(`#h${one}`).inputValue(), '30');
  assert.equal(await page.locator(`#h${two}`).inputValue(), '140');
  await page.locator('#attention button').click();
  assert.equal(await focused(page), `h${one}`);
  await page.setViewportSize(PHONE);
  assert.deepEqual(await axeFindings(page), []);
  await picture(page, 'recording-attention-phone');
  for (const id of [one, two]) {
    await page.locator(`#m${id}`).getByRole('button', { name: 'Discard' }).click();
  }
  await page.locator('#attention').getByText('attention').waitFor({ state: 'detached' });
  assert.equal(await keptRows(page), 0);
  await page.context().close();
});

test('the date and the device that the page shows are those of the next row', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[1]));
  const [id] = await openRows(page);
  const today = await page.locator('#on').inputValue();
  const earlier = new Date(`${today}T12:00:00Z`);
  earlier.setUTCDate(earlier.getUTCDate() - 1);
  const yesterday = earlier.toISOString().slice(0, 10);
  await page.locator('#on').fill(yesterday);
  await page.locator('#dated').getByText('Not today').waitFor();
  await page.locator('#device').fill('Scale 7');
  await type(page, id, '139.6', '33.1');
  await outcome(page, id, 'measured');
  assert.equal(await page.locator(`#ko${id}`).inputValue(), yesterday);
  assert.equal(await page.locator(`#kd${id}`).inputValue(), 'Scale 7');
  // Corrected on another day and with another device on the page, the row keeps its own.
  await page.goto(list(classes[1], '&device=Scale+9'));
  await type(page, id, '139.7', '33.1');
  await page.locator(`#f${id} input[name="version-${id}"][value="2"]`).waitFor({ state: 'attached' });
  assert.equal(await page.locator(`#ko${id}`).inputValue(), yesterday);
  assert.equal(await page.locator(`#kd${id}`).inputValue(), 'Scale 7');
  await page.context().close();
});

test('undo and confirming keep the focus in the row, and an undo is put back', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[1]));
  const [id] = await openRows(page);
  await type(page, id, '139.8', '95');
  await outcome(page, id, 'measured');
  for (const [action, then] of [['confirm', 'measured'], ['undo', 'none'], ['put_back', 'measured']]) {
    await page.locator(`#s${id} button[value=${action}]`).focus();
    await page.keyboard.press('Enter');
    await page.locator(`#s${id} button[value=${action}]`).waitFor({ state: 'detached' });
    await outcome(page, id, then);
    assert.equal(await focused(page), `s${id}`, action);
  }
  await page.locator(`#s${id}`).getByText('Confirmed by').waitFor();
  const other = await as('Nurse');
  await other.goto(list(classes[1]));
  await other.locator(`#s${id} button[value=undo]`).click();
  await other.locator(`#s${id}`).getByText('Undo it anyway?').waitFor();
  assert.deepEqual(await axeFindings(other), []);
  assert.equal(await focused(other), `s${id}`);
  await other.getByRole('button', { name: 'Keep it' }).click();
  await outcome(other, id, 'measured');
  await other.context().close();
  await page.context().close();
});

test('two who record one child see each other, and neither is laid over the other unasked', async () => {
  const [one, two] = [await as('Recorder'), await as('Nurse')];
  await one.goto(list(classes[1]));
  await two.goto(list(classes[1]));
  const [id] = await openRows(one);
  await one.locator(`#h${id}`).focus();
  await one.keyboard.type('139.1');
  await type(two, id, '139.2', '33.3');
  await outcome(two, id, 'measured');
  await one.locator(`#m${id}`).getByText('has just changed this row').waitFor();
  await one.keyboard.press('Enter');
  await one.keyboard.type('33.4');
  await one.keyboard.press('Enter');
  await one.locator(`#m${id}`).getByText('Yours was not saved').waitFor();
  await two.reload();
  assert.equal(await two.locator(`#h${id}`).inputValue(), '139.2');
  await one.locator(`#m${id}`).getByRole('button', { name: 'Discard' }).click();
  assert.equal(await one.locator(`#h${id}`).inputValue(), '139.2');
  await one.context().close();
  await two.context().close();
});

test('the row of a withdrawn child is closed, and Enter and Tab pass it', async () => {
  const nurse = await as('Nurse');
  await nurse.goto(list(classes[1]));
  const [before_, withdrawn, after_] = await openRows(nurse);
  await nurse.goto(`/children/${withdrawn}`);
  await nurse.getByLabel('A parent has withdrawn the child').check();
  await nurse.getByRole('button', { name: 'Set flags' }).click();
  await nurse.getByText('The flags were set').waitFor();
  await nurse.goto(list(classes[1]));
  await nurse.locator(`#s${withdrawn}`).getByText('do not measure').waitFor();
  await type(nurse, before_, '139.3', '33.6');
  assert.equal(await focused(nurse), `h${after_}`);
  await nurse.keyboard.press('Shift+Tab');
  assert.ok(!(await focused(nurse)).endsWith(withdrawn), 'the closed row takes the focus');
  await outcome(nurse, before_, 'measured');
  await nurse.context().close();
});

test('without scripts, Enter saves every row that was typed in, and a refused one comes back', async () => {
  const page = await as('Recorder', { scripts: false, viewport: PHONE });
  await page.goto(list(classes[1]));
  const ids = await page.locator('tr[data-outcome="none"]:not([data-closed])').evaluateAll((all) => all.map((row) => row.dataset.row));
  const [one, two, three] = ids.slice(-3);
  for (const [id, height, weight] of [[one, '140.1', '34.1'], [two, '30', '34.2'], [three, '140.3', '34.3']]) {
    await page.locator(`#h${id}`).fill(height);
    await page.locator(`#w${id}`).fill(weight);
  }
  await page.locator(`#w${three}`).press('Enter');
  await page.locator('.nhsuk-error-summary').getByText('1 row was not saved').waitFor();
  await outcome(page, one, 'measured');
  await outcome(page, three, 'measured');
  await page.locator(`#row-${two}`).getByText('Enter a height between 60 and 220').waitFor();
  assert.deepEqual([await page.locator(`#h${two}`).inputValue(), await page.locator(`#w${two}`).inputValue()], ['30', '34.2']);
  assert.deepEqual(await axeFindings(page), []);
  await picture(page, 'recording-without-scripts-phone');
  await page.locator(`#h${two}`).fill('140.2');
  await page.locator(`#f${two} button`).click();
  await outcome(page, two, 'measured');
  await page.context().close();
});

test('on a phone everything of the class page fits, and a finger hits every control', async () => {
  const page = await as('Recorder', { viewport: PHONE });
  await page.goto(list(classes[1]));
  await page.locator('#find-group').waitFor();
  await page.locator('.app-row__actions > details > summary').first().click();
  // A tablet held upright, too.
  await page.setViewportSize({ width: 820, height: 1180 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  await page.setViewportSize(PHONE);
  const { sideways, low } = await page.evaluate(() => ({
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    low: [...document.querySelectorAll('#settings input, #settings select, #settings button, #record button, #record input:not([type=hidden]), #record select, #record summary, #keys > summary')]
      .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 44)
      .map((control) => control.id || control.textContent),
  }));
  assert.equal(sideways, 0);
  assert.deepEqual(low, []);
  await page.context().close();
});

test('a row typed in while the details of its child are corrected is saved as it was meant', async () => {
  const [nurse, administrator] = [await as('Nurse'), await as('Programme administrator')];
  await nurse.goto(list(classes[1]));
  const id = await nurse.locator('tr[data-outcome="measured"]:not([data-closed])').last().getAttribute('data-row');
  const day = await nurse.locator(`#ko${id}`).inputValue();
  const version = Number(await nurse.locator(`[name="version-${id}"]`).inputValue());
  await nurse.locator(`#w${id}`).fill('34.9');
  await administrator.goto(`/children/${id}/details`);
  const born = administrator.locator('[name="born-day"]');
  await born.fill(await born.inputValue() === '9' ? '8' : '9');
  await administrator.getByRole('button', { name: 'Correct the details' }).click();
  await administrator.getByText('The details were corrected').waitFor();
  const polled = await nurse.waitForResponse(/record\/rows/);
  assert.ok((await polled.json()).rows.some((row) => String(row.id) === id && row.version > version));
  assert.equal(await nurse.locator(`#m${id}`).isHidden(), true, 'the correction is taken for another recording');
  await nurse.locator(`#w${id}`).press('Enter');
  await nurse.locator(`[name="version-${id}"][value="${version + 2}"]`).waitFor({ state: 'attached' });
  assert.equal(await nurse.locator(`#w${id}`).inputValue(), '34.9');
  assert.equal(await nurse.locator(`#ko${id}`).inputValue(), day, 'a correction was dated anew');
  await nurse.context().close();
  await administrator.context().close();
});

test('a row whose child has left the list is refused once, kept, and can be discarded', async () => {
  const page = await as('Recorder');
  await page.goto(list(classes[1]));
  const id = (await page.locator('tr[data-outcome="measured"]:not([data-closed])').last().getAttribute('data-row'));
  let sent = 0;
  await page.route(/\/record\/\d+$/, (route) => {
    sent += 1;
    return route.fulfill({ status: 404, contentType: 'text/html', body: 'gone' });
  });
  await page.locator(`#w${id}`).fill('35.0');
  await page.keyboard.press('Enter');
  await page.locator(`#m${id}`).getByText('no longer on the list of this school').waitFor();
  // Leaving the row and a poll do not send it again.
  await page.locator('#find').focus();
  await page.waitForResponse(/record\/rows/);
  assert.equal(sent, 1);
  assert.equal(await page.locator(`#w${id}`).inputValue(), '35.0');
  const address = page.url();
  await page.locator('#unmask').focus();
  await page.keyboard.press('Enter');
  assert.equal(page.url(), address);
  await page.locator(`#m${id}`).getByRole('button', { name: 'Discard' }).click();
  assert.equal(await keptRows(page), 0);
  await page.context().close();
});
