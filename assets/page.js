// Wakes the design system's components, and warns before the session ends.
// Every page works without this file.
import { forget, keptBy, measurements } from './kept.js';
import { initAll } from './nhsuk-frontend.js';

initAll();

// A table that fits needs no stop for the Tab key; one that scrolls does.
const fitting = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) {
      target.tabIndex = 0;
    } else {
      target.removeAttribute('tabindex');
    }
  }
});
for (const table of document.querySelectorAll('.app-scroll')) {
  fitting.observe(table);
}

// Leaves the page without the browser's own question: what it would ask about is kept, or has been asked.
const leave = (go) => {
  document.dispatchEvent(new Event('stature:leaving'));
  go();
};

// Measurements that wait on this device go with their person: signing out says so first.
const unsaved = document.getElementById('unsaved');
const { person } = document.body.dataset;

if (unsaved) {
  let waiting;
  for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
    form.addEventListener('submit', (event) => {
      const count = keptBy(person).length;
      if (count > 0) {
        event.preventDefault();
        waiting = form;
        document.getElementById('unsaved-text').textContent = `${measurements(count)} not been saved. If you sign out, what you typed is deleted from this device.`;
        document.getElementById('idle-warning')?.close();
        unsaved.showModal();
      }
    });
  }
  document.getElementById('unsaved-stay').addEventListener('click', () => unsaved.close());
  document.getElementById('unsaved-leave').addEventListener('click', () => {
    forget(person);
    leave(() => waiting.submit());
  });
}

// Seconds between the warning and the end of the session.
const GRACE = 120;

const warning = document.getElementById('idle-warning');
const delay = Number(document.body.dataset.idleWarningSeconds);

if (warning && delay > 0) {
  let warnAt;
  let leaveAt;

  const restart = () => {
    warnAt = Date.now() + delay * 1000;
    leaveAt = warnAt + GRACE * 1000;
  };

  const signIn = () => {
    const here = window.location.pathname + window.location.search;
    leave(() => window.location.replace(`/sign-in?next=${encodeURIComponent(here)}`));
  };

  // Timers stop while a tablet sleeps, so the clock is asked, not counted.
  const look = () => {
    const now = Date.now();
    if (now >= leaveAt) {
      // The session is over: nothing about a child stays on the screen.
      signIn();
    } else if (now >= warnAt && !warning.open) {
      warning.showModal();
    }
  };

  const stay = async () => {
    try {
      const answer = await fetch('/', { redirect: 'manual', cache: 'no-store' });
      if (!answer.ok) {
        signIn();
        return;
      }
      restart();
      warning.close();
    } catch {
      // No connection: the dialog stays and the button may be tried again.
    }
  };

  restart();
  window.setInterval(look, 1000);
  document.addEventListener('visibilitychange', look);
  // Scripts that save in the background say so: saving renews the session too.
  document.addEventListener('stature:saved', restart);
  document.getElementById('idle-stay').addEventListener('click', stay);
  warning.addEventListener('cancel', (event) => {
    event.preventDefault();
    stay();
  });
}
