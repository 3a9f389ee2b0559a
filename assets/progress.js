// Asks how far the work is, and shows the page itself once it is done.
// Without this file the page has a link to ask.
const progress = document.getElementById('progress');
const link = document.querySelector('#progress-link, [data-progress]');

const ask = async () => {
  try {
    const answer = await fetch(link.dataset.progress ?? link.href, { cache: 'no-store', redirect: 'manual' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.getElementById('progress');
    if (!now) {
      window.location.replace(link.href);
      return;
    }
    // Only what has changed: a button in there keeps the focus, and a press on it is not lost.
    if (progress.textContent !== now.textContent) {
      progress.replaceChildren(...now.childNodes);
    }
  } catch {
    // No connection for a moment: asked again.
  }
  setTimeout(ask, 1000);
};

setTimeout(ask, 500);
