// Makes recording a class quick: rows save themselves, Enter goes on, a lost
// connection loses nothing. The page works without this file.

import * as store from './kept.js';
import { Row } from './row.js';
import { dateInWords, deletesOthers, rowsInWords, setText, showElsewhere } from './waiting.js';

const table = document.getElementById('record');

if (table) {
  const POLL = 4000;
  const RETRY = 5000;
  const TIMEOUT = 20_000;
  const person = document.body.dataset.person;
  const byId = (id) => document.getElementById(id);
  const [progress, attention, connection, elsewhere] = ['progress', 'attention', 'connection', 'elsewhere'].map(byId);
  const [dateField, deviceField, dated, find] = ['on', 'device', 'dated', 'find'].map(byId);
  const lines = [...table.tBodies[0].rows];
  const rows = lines.filter((line) => !('closed' in line.dataset)).map((line) => new Row(line));
  const rowOf = (id) => rows.find((row) => row.id === String(id));
  // Rows on their way, by child and day.
  const sending = new Set();
  let today = dated.dataset.today;
  // The connection as it was last seen.
  let isOffline = false;
  let isSignedOut = false;
  let isStranger = false;
  let isLeaving = false;

  const day = () => dateField.value || today;

  // --- What the page says ---------------------------------------------------

  const needsAttention = (row) => row.isTouched && !sending.has(`${row.id}|${day()}`) && !isWaiting(row)
    && (row.isRefused || !row.line.contains(document.activeElement));

  const entryOf = (row) => store.keptBy(person).find((entry) => entry.child === row.id && entry.day === day());
  const isWaiting = (row) => entryOf(row)?.state === 'unsent';

  const showCounts = () => {
    const done = lines.filter((line) => line.dataset.outcome !== 'none' || line.dataset.closed === '').length;
    setText(progress.firstElementChild, `${done} of ${lines.length}`);
    const rough = rows.filter(needsAttention).length;
    const words = rough ? rowsInWords(rough, 'row needs attention', 'rows need attention') : '';
    if (attention.textContent !== words) {
      attention.replaceChildren();
      if (rough) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'app-record-jump';
        button.textContent = words;
        attention.append(button);
      }
    }
  };

  const showConnection = () => {
    const own = store.keptBy(person);
    const unsent = own.filter((entry) => entry.state === 'unsent').length;
    const parts = [];
    if (isStranger) {
      parts.push('Another person has signed in. Nothing typed on this page is saved under their name. Reload the page to go on as them.');
    } else if (isSignedOut) {
      parts.push('You have been signed out. Sign in again in another tab. If you cannot, ask your system administrator. What you type here is kept on this device until then.');
    } else if (isOffline) {
      parts.push('No connection. You can go on: what you type is kept on this device and sent when the connection is back.');
    }
    if (unsent > 0) {
      parts.push(`${rowsInWords(unsent, 'row has', 'rows have')} not been sent yet.`);
    }
    connection.hidden = parts.length === 0;
    setText(connection, parts.join(' '));
    showElsewhere(elsewhere, person, own.filter((entry) => entry.day !== day() || !rowOf(entry.child)));
  };

  const refresh = () => {
    for (const row of rows) {
      row.line.toggleAttribute('data-unsaved', row.isTouched);
    }
    showCounts();
    showConnection();
  };

  // --- Keeping --------------------------------------------------------------

  const entryFor = (row, state) => ({
    person,
    by: document.body.dataset.personName,
    urn: table.dataset.urn,
    child: row.id,
    day: day(),
    where: table.dataset.where,
    page: window.location.pathname + window.location.search,
    state,
    refusal: row.isAsRefused ? row.refusal : null,
    fields: { ...row.fields, on: day(), device: deviceField.value.trim() },
  });

  /** Keeps what was typed in a row, or drops it when nothing is left of it. */
  const note = (row) => {
    if (row.isTouched) {
      store.keep(entryFor(row, 'typed'));
    } else {
      store.release({ person, child: row.id, day: day() });
    }
    refresh();
  };

  // --- Sending --------------------------------------------------------------

  const token = () => document.querySelector('input[name="csrf"]').value;

  const post = (entry, action) => fetch(`/schools/${entry.urn}/record/${entry.child}`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ ...entry.fields, action, person, csrf: token() }),
    redirect: 'manual',
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT),
  });

  /** What an answer means: "saved", "asked", "refused", "wait" (send it again later) or "broken", with its body. */
  const readAnswer = async (request) => {
    let answer;
    try {
      answer = await request;
    } catch {
      isOffline = true;
      return { kind: 'wait', why: 'Not sent yet: no connection. The row is kept.' };
    }
    isOffline = false;
    const isJson = answer.headers.get('content-type')?.includes('json');
    // The token of a page is that of its session: a new session of the same person brings a new one.
    if (answer.type === 'opaqueredirect' || (answer.status === 409 && !isJson)) {
      isSignedOut = true;
      return { kind: 'wait', why: 'Not saved yet: you have been signed out. Sign in again in another tab. The row is kept here and will be sent.' };
    }
    if (answer.status >= 500 || answer.status === 429) {
      return { kind: 'wait', why: 'Not saved yet: the service could not take it. The row is kept and will be sent again.' };
    }
    let body;
    try {
      body = isJson ? await answer.json() : null;
    } catch {
      isOffline = true;
      return { kind: 'wait', why: 'Not sent yet: no connection. The row is kept.' };
    }
    if (answer.status === 404) {
      return { kind: 'broken', why: 'Not saved: this child is no longer on the list of this school. What you typed is kept on this device.' };
    }
    if (!body) {
      return { kind: 'broken', why: 'Not saved: this page is out of date. Reload it and save the row again. What you typed is kept.' };
    }
    if (!answer.ok) {
      return { kind: 'refused', body };
    }
    return { kind: body.asked ? 'asked' : 'saved', body };
  };

  const send = async (entry) => {
    const key = `${entry.child}|${entry.day}`;
    if (sending.has(key) || isStranger) {
      return;
    }
    sending.add(key);
    const row = entry.day === day() ? rowOf(entry.child) : null;
    row?.say('Saving…', { isProblem: false });
    const { kind, why, body } = await readAnswer(post(entry, 'save'));
    sending.delete(key);
    if (kind === 'wait') {
      row?.say(why);
    } else if (kind === 'saved') {
      store.release(entry);
      row?.saved(body.row, entry.fields);
      document.dispatchEvent(new Event('stature:saved'));
    } else {
      const refusal = { message: why ?? body.message, wrong: body?.wrong ?? [false, false], offer: body?.offer ?? null };
      store.keep({ ...entry, state: 'typed', refusal });
      if (body) {
        row?.refused(body, entry.fields);
      } else {
        // Saving again is a decision here, too: the answer would be the same.
        row?.showRefusal(refusal, row.values);
      }
    }
    if (row && kind !== 'wait' && row.isTouched) {
      // Typed while the row was on its way.
      note(row);
      if (row.isComplete && !row.isRefused && !row.line.contains(document.activeElement)) {
        save(row);
        return;
      }
    }
    refresh();
  };

  const save = (row) => {
    const entry = entryFor(row, 'unsent');
    if (sending.has(`${entry.child}|${entry.day}`)) {
      return;
    }
    store.keep(entry);
    send(entry);
    refresh();
  };

  /** What is not typing: undo, put back, confirm. It is never kept for later, because it may ask first. */
  const act = async (row, action) => {
    const { kind, why, body } = await readAnswer(post(entryFor(row, 'typed'), action));
    if (body?.row) {
      row.show(body.row, row.isTouched);
      row.version = body.row.version;
    }
    if (kind === 'wait') {
      row.say(why.startsWith('Not sent') ? 'Nothing was changed: no connection. Try again when the connection is back.' : 'Nothing was changed. Try again in a moment.');
    } else {
      row.say(kind === 'refused' ? body.message : (why ?? ''));
    }
    if (kind === 'saved') {
      document.dispatchEvent(new Event('stature:saved'));
    }
    refresh();
  };

  const resend = async () => {
    if (isSignedOut) {
      await poll();
    }
    if (isSignedOut || isStranger) {
      return;
    }
    for (const entry of store.keptBy(person)) {
      if (entry.state === 'unsent') {
        await send(entry);
      }
    }
  };

  // --- What others record, and the session ----------------------------------

  let isPolling = false;
  const poll = async () => {
    if (isPolling) {
      return;
    }
    isPolling = true;
    try {
      const answer = await fetch(table.dataset.rows, { redirect: 'manual', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
      isOffline = false;
      if (answer.type === 'opaqueredirect') {
        isSignedOut = true;
      } else if (answer.ok) {
        take(await answer.json());
      }
    } catch {
      isOffline = true;
    } finally {
      isPolling = false;
      refresh();
    }
  };

  const take = (body) => {
    isStranger = String(body.person) !== person;
    if (isStranger) {
      return;
    }
    isSignedOut = false;
    for (const field of document.querySelectorAll('input[name="csrf"]')) {
      field.value = body.csrf;
    }
    if (body.today !== today) {
      today = body.today;
      dateField.max = today;
      showDate();
    }
    for (const held of body.rows) {
      const row = rowOf(held.id);
      if (!row || sending.has(`${row.id}|${day()}`) || isWaiting(row) || row.seen >= held.version) {
        continue;
      }
      const isTyping = row.isTouched;
      // The child's details were corrected, and the same figures stand: a correction of them is one still.
      const isSame = row.isShowing(held);
      row.show(held, isTyping);
      if (isTyping && !isSame) {
        row.say(`${held.by || 'Another person'} has just changed this row. What you typed is not saved yet.`);
      }
    }
  };

  // --- Going on -------------------------------------------------------------

  const isVisible = (row) => !row.line.hidden;
  const next = (row) => {
    if (find.value) {
      // A child that was looked for: the next one is looked for too.
      find.value = '';
      filter();
      find.focus();
      return;
    }
    const at = rows.indexOf(row);
    const open = [...rows.slice(at + 1), ...rows.slice(0, at)].find((one) => one.isOpen && isVisible(one));
    if (open) {
      open.height.focus();
      open.line.scrollIntoView({ block: 'center' });
    }
  };

  /** Saves a row and goes on, unless its figures look wrong: then the answer is worth waiting for. */
  const saveAndGoOn = (row) => {
    if (!row.isTouched) {
      next(row);
    } else if (!row.isComplete) {
      (row.height.value ? row.weight : row.height).focus();
      if (row.reason.value || (!row.height.value && !row.weight.value)) {
        row.say('Enter height and weight, or press Undo to remove what was recorded.');
      }
    } else if (row.offer && row.isAsRefused) {
      row.accept();
      save(row);
      next(row);
    } else {
      const goesOn = row.looksRight;
      save(row);
      if (goesOn) {
        next(row);
      }
    }
  };

  const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const filter = () => {
    const parts = folded(find.value).split(/\s+/).filter(Boolean);
    for (const line of lines) {
      const name = folded(line.cells[0].textContent);
      line.hidden = !parts.every((part) => name.includes(part));
    }
  };

  // --- Events ---------------------------------------------------------------

  const listeners = new Map();
  for (const row of rows) {
    listeners.set(row.id, {
      note: () => note(row),
      save: () => save(row),
      saveAndGoOn: () => saveAndGoOn(row),
      act: (action) => act(row, action),
      left: () => {
        if (row.isTouched && row.isComplete && !row.isAsRefused && !isWaiting(row)) {
          save(row);
        } else if (row.isTouched && !row.isComplete && !row.said) {
          row.say('Not saved yet: the row is not complete.', { isProblem: false });
        }
        refresh();
      },
      changed: refresh,
      today: () => dateInWords(day()),
    });
    row.listen(listeners.get(row.id));
  }

  // The whole list is one form, for browsers without scripts. Here each row is saved by itself, and another list is
  // opened without sending what is typed: it is kept.
  byId('rows').addEventListener('submit', (event) => {
    event.preventDefault();
    const button = event.submitter;
    const row = rowOf(button?.closest('tr[data-row]')?.dataset.row);
    if (row) {
      row.pressed(button, listeners.get(row.id));
    } else if (button?.name === 'update') {
      const address = new URL(window.location.href);
      address.hash = '';
      address.searchParams.set('class', byId('class').value);
      address.searchParams.delete('again');
      window.location.assign(address);
    }
  });

  attention.addEventListener('click', () => {
    const row = rows.find(needsAttention);
    row?.line.scrollIntoView({ block: 'center' });
    row?.firstWrong.focus();
  });

  elsewhere.addEventListener('click', (event) => {
    if (deletesOthers(event, person)) {
      refresh();
    }
  });

  const showDate = () => {
    const isToday = day() === today;
    const strong = (text, tag) => {
      const element = document.createElement('strong');
      element.textContent = text;
      element.className = tag ?? '';
      return element;
    };
    dated.replaceChildren(...(isToday
      ? [`New measurements are dated today, ${dateInWords(day())}`]
      : [strong('Not today', 'nhsuk-tag nhsuk-tag--yellow'), ' New measurements are dated ', strong(dateInWords(day()))]));
  };

  // What the page shows is what is saved: at once, in every row, and in the address for the next visit.
  let shownDay = day();
  const settle = () => {
    shownDay = day();
    const address = new URL(window.location.href);
    for (const [name, value] of [['on', day() === today ? '' : day()], ['device', deviceField.value.trim()]]) {
      if (value) {
        address.searchParams.set(name, value);
      } else {
        address.searchParams.delete(name);
      }
    }
    window.history.replaceState(null, '', address);
    showDate();
  };
  for (const field of [dateField, deviceField]) {
    field.addEventListener('input', () => {
      const typed = rows.filter((row) => row.isTouched);
      const before = shownDay;
      for (const row of typed) {
        store.release({ person, child: row.id, day: before });
      }
      settle();
      typed.forEach(note);
      refresh();
    });
  }
  dateField.addEventListener('change', () => {
    if (!dateField.value) {
      dateField.value = today;
      settle();
    }
  });
  for (const field of [dateField, deviceField]) {
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        // Nothing to update: the list shows it already.
        event.preventDefault();
      }
    });
  }

  byId('unmask').addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      // Enter in a box would press the form's first button.
      event.preventDefault();
    }
  });

  find.parentElement.hidden = false;
  find.addEventListener('input', filter);
  find.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      (rows.find((row) => isVisible(row) && row.isOpen) ?? rows.find(isVisible))?.height.focus();
    }
  });

  // Alt and a letter in an empty row give the reason: a letter alone never does, because it may be a slip.
  byId('keys').hidden = false;
  const keys = new Map([...document.querySelectorAll('[data-key]')].map((item) => [item.dataset.key, item.dataset.reason]));
  table.addEventListener('keydown', (event) => {
    const row = rowOf(event.target.closest('tr[data-row]')?.dataset.row);
    const reason = event.altKey && !event.ctrlKey && !event.metaKey && event.code.startsWith('Key')
      && keys.get(event.code.slice(3).toLowerCase());
    if (!row || !reason) {
      return;
    }
    event.preventDefault();
    if (row.isOpen && !row.weight.value) {
      row.reason.value = reason;
      save(row);
      next(row);
    } else {
      row.say('The row is not empty. Choose the reason from its list.', { isProblem: false });
    }
  });

  // A tablet that sleeps between two children costs the queue a minute.
  const stayAwake = async () => {
    try {
      await navigator.wakeLock?.request('screen');
    } catch {
      // Not allowed, or on battery: the page works all the same.
    }
  };

  // --- What was kept before -------------------------------------------------

  for (const entry of store.keptBy(person)) {
    const row = entry.day === day() ? rowOf(entry.child) : null;
    row?.restore(entry);
  }
  settle();
  refresh();
  resend();
  stayAwake();
  const firstOpen = rows.find((row) => row.isOpen);
  if (!window.location.hash && !document.querySelector('.nhsuk-error-summary') && firstOpen) {
    firstOpen.height.focus({ preventScroll: true });
  }
  window.setInterval(resend, RETRY);
  window.setInterval(() => {
    if (!document.hidden) {
      poll();
    }
  }, POLL);
  window.addEventListener('online', () => {
    isOffline = false;
    resend();
  });
  window.addEventListener('offline', () => {
    isOffline = true;
    refresh();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      poll();
      stayAwake();
    }
  });
  document.addEventListener('stature:leaving', () => {
    isLeaving = true;
  });
  window.addEventListener('beforeunload', (event) => {
    if (!isLeaving && (sending.size > 0 || rows.some((row) => row.isTouched) || store.keptBy(person).some((entry) => entry.state === 'unsent'))) {
      event.preventDefault();
    }
  });
}
