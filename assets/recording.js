// Makes recording a class quick: rows save themselves, Enter goes on, a lost
// connection loses nothing. The page works without this file.
//
// What waits to be sent is kept for this tab only, as numbers: a child's
// number, figures, a reason. No name is ever stored.

const table = document.getElementById('record');

if (table) {
  const KEY = `stature-record-${table.dataset.urn}`;
  const POLL = 10000;
  const RETRY = 5000;
  const progress = document.getElementById('progress');
  const connection = document.getElementById('connection');
  const rows = [...table.tBodies[0].rows];
  // Rows on their way, and rows that wait for a connection: number → fields.
  const sending = new Set();
  const waiting = new Map(JSON.parse(sessionStorage.getItem(KEY) || '[]'));
  // Whether the session ended: the forms' tokens are then those of a session that is over.
  let signedOut = false;

  const form = (id) => document.getElementById(`f${id}`);
  const height = (id) => document.getElementById(`h${id}`);
  const weight = (id) => document.getElementById(`w${id}`);
  const reason = (id) => document.getElementById(`r${id}`);
  const idOf = (row) => row.dataset.row;

  // What the server last said of each row, to tell what was typed since.
  const stored = new Map();
  const remember = (id) => {
    stored.set(id, [height(id).value, weight(id).value, reason(id).value]);
  };
  const isTouched = (id) => {
    const before = stored.get(id);
    return height(id).value !== before[0] || weight(id).value !== before[1]
      || reason(id).value !== before[2];
  };

  const say = (id, text, isProblem = true) => {
    const message = document.getElementById(`m${id}`);
    message.hidden = !text;
    message.textContent = text;
    message.classList.toggle('app-row__message--note', !isProblem);
    for (const field of [height(id), weight(id)]) {
      field.classList.toggle('nhsuk-input--error', Boolean(text) && isProblem);
    }
  };

  const count = () => {
    const done = rows.filter((row) => row.dataset.outcome !== 'none').length;
    progress.firstElementChild.textContent = `${done} of ${rows.length}`;
  };

  const showConnection = () => {
    connection.hidden = waiting.size === 0;
    connection.textContent = waiting.size === 1
      ? '1 row has not been sent yet. It is kept on this device and will be sent as soon as possible.'
      : `${waiting.size} rows have not been sent yet. They are kept on this device and will be sent as soon as possible.`;
    if (waiting.size === 0) {
      sessionStorage.removeItem(KEY);
    } else {
      sessionStorage.setItem(KEY, JSON.stringify([...waiting]));
    }
  };

  // Shows what stands. Fields that somebody is typing in are left alone.
  const show = (row, keepTyped) => {
    const id = String(row.id);
    const line = document.getElementById(`row-${id}`);
    line.dataset.outcome = row.outcome;
    if (!keepTyped) {
      height(id).value = row.height ?? '';
      weight(id).value = row.weight ?? '';
      reason(id).value = row.reason;
      form(id).elements.version.value = row.version;
    }
    stored.set(id, [row.height ?? '', row.weight ?? '', row.reason]);
    const state = document.getElementById(`s${id}`);
    if (state.dataset.shown !== row.state) {
      state.innerHTML = row.state;
      state.dataset.shown = row.state;
    }
    count();
  };

  const send = async (id, fields) => {
    if (sending.has(id)) {
      return;
    }
    sending.add(id);
    say(id, 'Saving…', false);
    let answer;
    try {
      // Not `.action`: the buttons of the row are called that, and hide the address.
      answer = await fetch(form(id).getAttribute('action'), {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: new URLSearchParams({ ...fields, csrf: form(id).elements.csrf.value }),
        redirect: 'manual',
        cache: 'no-store',
      });
    } catch {
      waiting.set(id, fields);
      say(id, 'Not sent yet: no connection. The row is kept.');
      showConnection();
      return;
    } finally {
      sending.delete(id);
    }
    const isSignedOut = answer.type === 'opaqueredirect';
    signedOut ||= isSignedOut;
    if (isSignedOut || answer.status >= 500) {
      waiting.set(id, fields);
      showConnection();
      say(id, isSignedOut
        ? 'Not saved yet: you have been signed out. Sign in again in another tab; the row is kept here and will be sent.'
        : 'Not saved yet: the service could not take it. The row is kept and will be sent again.');
      return;
    }
    if (!answer.headers.get('content-type')?.includes('json')) {
      waiting.delete(id);
      showConnection();
      say(id, 'Not saved: this page is out of date. Note the figures, reload the page and enter them again.');
      return;
    }
    waiting.delete(id);
    showConnection();
    const body = await answer.json();
    if (answer.ok) {
      say(id, '');
      show(body.row, false);
      document.dispatchEvent(new Event('stature:saved'));
    } else {
      show(body.row, true);
      // Saving once more is then a decision, made on what stands now.
      form(id).elements.version.value = body.row.version;
      say(id, body.message);
      const line = document.activeElement?.closest('tr[data-row]');
      // Whoever is already typing the next child's figures must not be torn out of them.
      const isFree = !line || idOf(line) === id || !isTouched(idOf(line));
      if (body.offer) {
        height(id).value = body.offer.height;
        weight(id).value = body.offer.weight;
        say(id, `${body.message} Read as ${body.offer.height} cm and ${body.offer.weight} kg: press Enter if that is right.`);
      }
      if (isFree) {
        (body.offer ? weight(id) : height(id)).focus();
      }
    }
  };

  const save = (id, action = 'save') => {
    const fields = Object.fromEntries(new FormData(form(id)));
    delete fields.csrf;
    delete fields.back;
    fields.action = action;
    // A reason that was just chosen takes the place of figures that stood.
    const before = stored.get(id);
    if (action === 'save' && fields.reason && fields.reason !== before[2]
      && fields.height === before[0] && fields.weight === before[1]) {
      fields.height = '';
      fields.weight = '';
    }
    // Figures just typed take the place of a reason that stood.
    if (action === 'save' && fields.reason && fields.reason === before[2] && fields.height) {
      fields.reason = '';
    }
    return send(id, fields);
  };

  const next = (id) => {
    const at = rows.findIndex((row) => idOf(row) === id);
    const after = [...rows.slice(at + 1), ...rows.slice(0, at)];
    const open = after.find((row) => row.dataset.outcome === 'none' && !height(idOf(row)).value);
    if (open) {
      height(idOf(open)).focus();
      open.scrollIntoView({ block: 'center' });
    }
  };

  const keys = new Map();
  for (const item of document.querySelectorAll('.app-keys li')) {
    const key = item.querySelector('kbd').textContent;
    keys.set(key, item.textContent.replace(key, '').trim());
  }

  for (const row of rows) {
    const id = idOf(row);
    remember(id);

    form(id).addEventListener('submit', (event) => {
      event.preventDefault();
      const action = event.submitter?.value || 'save';
      save(id, action);
      if (action === 'save' && event.submitter === document.activeElement) {
        next(id);
      }
    });

    height(id).addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !weight(id).value) {
        event.preventDefault();
        weight(id).focus();
      }
    });

    weight(id).addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        event.preventDefault();
        if (isTouched(id)) {
          save(id);
        }
        next(id);
      }
    });

    for (const field of [height(id), weight(id)]) {
      field.addEventListener('focus', () => field.select());
      field.addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1
          || !/[a-z]/i.test(event.key)) {
          return;
        }
        event.preventDefault();
        const words = keys.get(event.key.toLowerCase());
        const option = words && [...reason(id).options].find((one) => one.text === words);
        if (option) {
          height(id).value = '';
          weight(id).value = '';
          reason(id).value = option.value;
          save(id);
          next(id);
        }
      });
    }

    reason(id).addEventListener('change', () => {
      if (reason(id).value) {
        save(id);
      }
    });

    // Leaving a row that holds both figures saves it, whichever way it is left.
    row.addEventListener('focusout', (event) => {
      if (!row.contains(event.relatedTarget) && isTouched(id)
        && height(id).value && weight(id).value && !sending.has(id) && !waiting.has(id)
        && document.getElementById(`m${id}`).hidden) {
        save(id);
      }
    });

    row.addEventListener('click', (event) => {
      if (event.target.dataset.again) {
        event.preventDefault();
        height(id).value = '';
        weight(id).value = '';
        height(id).focus();
      }
    });
  }

  // After a new sign-in the forms take its token, if it is the same person's: nobody's figures go in under another name.
  const renew = async () => {
    let answer;
    try {
      answer = await fetch(table.dataset.rows, { redirect: 'manual', cache: 'no-store' });
    } catch {
      return false;
    }
    if (!answer.ok) {
      return false;
    }
    const body = await answer.json();
    if (String(body.person) !== table.dataset.person) {
      for (const id of waiting.keys()) {
        if (form(id)) {
          say(id, 'Not saved: somebody else has signed in. Note the figures, or have the one who typed them sign in again; until then the row is kept here.');
        }
      }
      return false;
    }
    for (const row of rows) {
      form(idOf(row)).elements.csrf.value = body.csrf;
    }
    signedOut = false;
    return true;
  };

  const resend = async () => {
    if (waiting.size === 0 || (signedOut && !(await renew()))) {
      return;
    }
    for (const [id, fields] of waiting) {
      if (form(id)) {
        send(id, fields);
      }
    }
  };

  const poll = async () => {
    if (document.hidden) {
      return;
    }
    try {
      const answer = await fetch(table.dataset.rows, { redirect: 'manual', cache: 'no-store' });
      if (!answer.ok) {
        return;
      }
      for (const row of (await answer.json()).rows) {
        const id = String(row.id);
        if (!form(id) || sending.has(id) || waiting.has(id)
          || Number(form(id).elements.version.value) >= row.version) {
          continue;
        }
        const typing = isTouched(id);
        show(row, typing);
        if (typing) {
          say(id, `${row.by} has just recorded this child. What you typed is not saved yet.`);
        }
      }
    } catch {
      // No connection: what was typed is safe, and the next round asks again.
    }
  };

  // What a reload found waiting is shown in its row and sent.
  for (const [id, fields] of waiting) {
    if (form(id)) {
      height(id).value = fields.height ?? '';
      weight(id).value = fields.weight ?? '';
      reason(id).value = fields.reason ?? '';
    } else {
      waiting.delete(id);
    }
  }
  showConnection();
  resend();
  window.setInterval(resend, RETRY);
  window.setInterval(poll, POLL);
  window.addEventListener('online', resend);
  window.addEventListener('beforeunload', (event) => {
    if (sending.size > 0 || waiting.size > 0) {
      event.preventDefault();
    }
  });
}
