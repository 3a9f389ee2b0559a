// Measurements that were typed and are not saved yet, kept for this tab only:
// a child's number, figures, a reason, and who typed them. No child's name is
// ever stored. Rows are kept by account, child and day, so that no other class
// and no other person takes them for its own.

const KEY = 'stature-kept';
// Where the browser refuses to store anything, rows last as long as the page.
let memory = [];

const read = () => {
  try {
    const list = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(list) ? list : [];
  } catch {
    return memory;
  }
};

const write = (list) => {
  memory = list;
  try {
    if (list.length > 0) {
      sessionStorage.setItem(KEY, JSON.stringify(list));
    } else {
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // Kept in memory.
  }
};

const isSame = (one, other) => one.person === other.person
  && one.child === other.child && one.day === other.day;

/** Every row that is kept, whoever typed it. */
export const everything = () => read();

/** The rows that one person typed. */
export const keptBy = (person) => read().filter((entry) => entry.person === person);

/** Keeps a row in place of what was kept of the same child, person and day. */
export const keep = (entry) => {
  write([...read().filter((other) => !isSame(other, entry)), entry]);
};

/** Drops a row that was saved or discarded. */
export const release = (entry) => {
  write(read().filter((other) => !isSame(other, entry)));
};

/** Drops every row that one person typed. */
export const forget = (person) => {
  write(read().filter((entry) => entry.person !== person));
};

/** "2 measurements have", for a sentence. */
export const measurements = (count) => (count === 1 ? '1 measurement has' : `${count} measurements have`);
