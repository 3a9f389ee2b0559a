// Wakes the design system's components, and warns before the session ends.
// Every page works without this file.
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

  // Timers stop while a tablet sleeps, so the clock is asked, not counted.
  const look = () => {
    const now = Date.now();
    if (now >= leaveAt) {
      // The session is over: nothing about a child stays on the screen.
      window.location.replace('/sign-in');
    } else if (now >= warnAt && !warning.open) {
      warning.showModal();
    }
  };

  const stay = async () => {
    try {
      const answer = await fetch('/', { redirect: 'manual', cache: 'no-store' });
      if (!answer.ok) {
        window.location.replace('/sign-in');
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
