// What the recording page says of rows that wait and are not in its list: of
// another class, another day, another person.

import { everything, forget, keptBy, measurements, release } from './kept.js';

/** Says a text again only when it has changed: screen readers read every change. */
export const setText = (element, text) => {
  if (element.textContent !== text) {
    element.textContent = text;
  }
};

/** "30 November 2026" of "2026-11-30". */
export const dateInWords = (date) => new Date(`${date}T12:00:00Z`).toLocaleDateString('en-GB', {
  day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC',
});

export const rowsInWords = (count, one, many) => `${count} ${count === 1 ? one : many}`;

const deleteButton = (name, value) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'nhsuk-button nhsuk-button--secondary nhsuk-button--small';
  button.textContent = 'Delete';
  button.dataset[name] = value;
  return button;
};

const placeOf = (entry) => `${entry.where}, ${dateInWords(entry.day)}`;

const ofOtherLists = (entries) => {
  const pages = new Map();
  for (const entry of entries) {
    const where = placeOf(entry);
    pages.set(where, { page: entry.page, count: (pages.get(where)?.count ?? 0) + 1 });
  }
  return [...pages].map(([where, { page, count }]) => {
    const link = document.createElement('a');
    link.href = page;
    link.textContent = where;
    return [`${measurements(count)} not been saved: `, link, ' ', deleteButton('drop', where)];
  });
};

const ofOtherPeople = (person) => {
  const people = new Map();
  for (const entry of everything().filter((one) => one.person !== person)) {
    people.set(entry.person, { by: entry.by, count: (people.get(entry.person)?.count ?? 0) + 1 });
  }
  return [...people].map(([other, { by, count }]) => {
    return [`${by} typed on this device: ${measurements(count)} not been saved. What waits is saved when ${by} signs in here again. `, deleteButton('forget', other)];
  });
};

/** Shows what waits elsewhere: `entries` are the person's own that are not in the list. */
export const showElsewhere = (place, person, entries) => {
  const items = [...ofOtherLists(entries), ...ofOtherPeople(person)];
  const text = items.map((parts) => parts.map((part) => part.textContent ?? part).join('')).join('|');
  if (place.dataset.shown === text) {
    return;
  }
  place.dataset.shown = text;
  place.replaceChildren(...items.map((parts) => {
    const line = document.createElement('p');
    line.append(...parts);
    return line;
  }));
  place.hidden = items.length === 0;
};

/** Deletes the rows of another list or of another person, if a button for it was pressed and the answer is yes. */
export const deletesOthers = (event, person) => {
  const { forget: other, drop: where } = event.target.dataset;
  const isMeant = Boolean(other ?? where) && window.confirm('Delete these measurements? They cannot be brought back.');
  if (isMeant && other) {
    forget(other);
  } else if (isMeant) {
    keptBy(person).filter((entry) => placeOf(entry) === where).forEach(release);
  }
  return isMeant;
};
