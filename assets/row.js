// One row of the recording page: its fields, what stands in them, and what is
// said about it. What becomes of a row is decided in recording.js.

const numberOf = (text) => Number(text.trim().replace(',', '.'));
const decimalsOf = (text) => (text.trim().split(/[.,]/)[1] ?? '').replace(/0+$/, '').length;

export class Row {
  constructor(line) {
    this.line = line;
    this.id = line.dataset.row;
    const field = (letter) => document.getElementById(`${letter}${this.id}`);
    this.fieldset = field('f');
    this.height = field('h');
    this.weight = field('w');
    this.reason = field('r');
    this.message = field('m');
    this.state = field('s');
    // The figures that stand, to tell what was typed since; a page with a problem shows what was typed.
    this.stored = this.values;
    // The version that is shown: newer than the fields' own when another person saved while somebody typed here.
    this.seen = this.version;
    // The figures that were refused, and what was offered for them.
    this.refusedValues = null;
    this.offer = null;
    // Whether the message is about a character that was not typed.
    this.isHinted = false;
    // What the cell of the state showed last, and before a question took its place.
    this.shown = null;
    this.before = this.state.innerHTML;
    if ('unsaved' in line.dataset) {
      this.stored = ['', '', ''];
      this.refusedValues = this.message.hidden ? null : this.values;
    }
  }

  /** A field of the row by its name in the service: in the form of the list, the child's number follows it. */
  input(name) {
    return this.line.querySelector(`[name="${name}-${this.id}"]`);
  }

  get values() {
    return [this.height.value.trim(), this.weight.value.trim(), this.reason.value];
  }

  /** The version that the figures in the fields were made from. */
  get version() {
    return Number(this.input('version').value);
  }

  set version(version) {
    this.input('version').value = version;
  }

  /** Date, device and measurer of the measurement that stands. */
  get keptFields() {
    return [...this.line.querySelectorAll('[data-kept]')];
  }

  get isTouched() {
    return this.values.some((value, index) => value !== this.stored[index])
      || this.input('again').value !== ''
      || this.keptFields.some((field) => field.value !== field.defaultValue);
  }

  /** Whether there is enough to save: both figures, or a reason. */
  get isComplete() {
    const [height, weight, reason] = this.values;
    return Boolean(height && weight) || Boolean(reason && reason !== this.stored[2]);
  }

  /** Whether nothing is recorded and nothing typed. */
  get isOpen() {
    return this.line.dataset.outcome === 'none' && !this.height.value && !this.reason.value;
  }

  get isRefused() {
    return this.refusedValues !== null;
  }

  get isAsRefused() {
    return this.isRefused && this.values.every((value, index) => value === this.refusedValues[index]);
  }

  get said() {
    return this.message.hidden ? '' : (this.message.firstChild?.textContent ?? '');
  }

  get firstWrong() {
    return [this.height, this.weight].find((field) => field.classList.contains('nhsuk-input--error'))
      ?? (this.height.value ? this.weight : this.height);
  }

  /** Whether the figures are within the limits and have at most one decimal. A reason is always right. */
  get looksRight() {
    const [typedHeight, typedWeight] = this.values;
    if (!typedHeight && !typedWeight) {
      return true;
    }
    const limits = this.line.closest('table').dataset;
    const [height, weight] = [numberOf(typedHeight), numberOf(typedWeight)];
    const bmi = weight / (height / 100) ** 2;
    const isWithin = (value, low, high) => value >= Number(low) && value <= Number(high);
    return decimalsOf(typedHeight) <= 1 && decimalsOf(typedWeight) <= 1
      && isWithin(height, limits.heightMin, limits.heightMax)
      && isWithin(weight, limits.weightMin, limits.weightMax)
      && isWithin(bmi, limits.bmiMin, limits.bmiMax);
  }

  /** What is sent of the row. */
  get fields() {
    const fields = Object.fromEntries(['version', 'again', 'height', 'weight', 'reason'].map((name) => [name, this.input(name).value]));
    for (const field of this.keptFields) {
      fields[field.dataset.kept] = field.value;
    }
    const [height, weight, reason] = this.stored;
    if (fields.reason && fields.reason !== reason && fields.height === height && fields.weight === weight) {
      // A reason that was just chosen takes the place of figures that stood.
      fields.height = '';
      fields.weight = '';
    } else if (fields.reason && fields.reason === reason && (fields.height || fields.weight)) {
      // Figures that were just typed take the place of a reason that stood.
      fields.reason = '';
    }
    return fields;
  }

  say(text, { isProblem = true, wrong = [false, false], buttons = [] } = {}) {
    this.isHinted = false;
    this.message.hidden = !text;
    this.message.classList.toggle('app-row__message--note', !isProblem);
    this.message.replaceChildren(text, ...buttons.map(([words, name]) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'nhsuk-button nhsuk-button--secondary nhsuk-button--small';
      button.textContent = words;
      button.dataset[name] = '';
      return button;
    }));
    [this.height, this.weight].forEach((field, index) => {
      field.classList.toggle('nhsuk-input--error', wrong[index]);
      if (text) {
        field.setAttribute('aria-describedby', this.message.id);
      } else {
        field.removeAttribute('aria-describedby');
      }
    });
  }

  /** Whether what stands is what the fields showed before anybody typed. */
  isShowing(held) {
    const [height, weight, reason] = this.stored;
    return this.line.dataset.outcome === held.outcome
      && height === (held.height ?? '') && weight === (held.weight ?? '') && reason === held.reason;
  }

  /**
   * Shows what stands. Fields that somebody has typed in are left alone, with the version that they were made from: the
   * service refuses to lay them over what another person has saved.
   */
  show(held, keepTyped) {
    this.line.dataset.outcome = held.outcome;
    this.stored = [held.height ?? '', held.weight ?? '', held.reason];
    this.seen = held.version;
    if (!keepTyped) {
      this.version = held.version;
      [this.height.value, this.weight.value, this.reason.value] = this.stored;
      this.input('again').value = '';
      this.refusedValues = null;
      this.offer = null;
    }
    if (this.shown !== held.state) {
      const hadFocus = this.state.contains(document.activeElement);
      this.state.innerHTML = held.state;
      this.before = held.state.includes('undo_anyway') ? this.before : held.state;
      this.shown = held.state;
      if (hadFocus) {
        this.state.focus();
      }
    }
  }

  /** The fields that were sent are saved; what was typed since stays. */
  saved(held, sent) {
    const typedSince = this.height.value.trim() !== (sent.height || this.height.value.trim())
      || this.weight.value.trim() !== (sent.weight || this.weight.value.trim())
      || (sent.reason && this.reason.value !== sent.reason);
    this.refusedValues = null;
    this.offer = null;
    this.input('again').value = '';
    this.show(held, Boolean(typedSince));
    this.version = held.version;
    this.say('');
  }

  /** The fields that were sent are not saved; they stay, with the reason beside them. Saving again is a decision. */
  refused(body, sent) {
    this.show(body.row, true);
    this.version = body.row.version;
    if (body.again && body.row.outcome === 'measured') {
      this.input('again').value = 'yes';
    }
    const isAnAction = !sent.height && !sent.weight;
    this.showRefusal(
      { message: body.message, wrong: body.wrong ?? [false, false], offer: body.offer },
      isAnAction ? this.values : [sent.height, sent.weight, sent.reason || this.reason.value],
    );
  }

  /** Shows why figures were refused, and what they were. */
  showRefusal(refusal, values) {
    this.refusal = refusal;
    this.offer = refusal.offer;
    this.refusedValues = values;
    const buttons = [['Discard', 'discard']];
    if (this.offer) {
      buttons.unshift([this.offer.button, 'accept']);
    }
    this.say(this.offer ? `${refusal.message} Press Enter to accept.` : refusal.message, { wrong: refusal.wrong, buttons });
  }

  /** Takes what was offered into the fields. */
  accept() {
    this.height.value = this.offer.height;
    this.weight.value = this.offer.weight;
    this.offer = null;
    this.refusedValues = null;
  }

  /** Shows what stands again in place of what was typed. */
  discard() {
    [this.height.value, this.weight.value, this.reason.value] = this.stored;
    this.version = this.seen;
    this.input('again').value = '';
    for (const field of this.keptFields) {
      field.value = field.defaultValue;
    }
    this.refusedValues = null;
    this.offer = null;
    this.say('');
  }

  /** Puts back what was kept of the row when the page was left. */
  restore(entry) {
    const { fields } = entry;
    const standing = this.version;
    this.height.value = fields.height ?? '';
    this.weight.value = fields.weight ?? '';
    this.reason.value = fields.reason ?? '';
    for (const field of this.keptFields) {
      field.value = fields[field.dataset.kept] ?? field.value;
    }
    if (this.line.dataset.outcome === 'measured' && (fields.again || Number(fields.version) !== standing)) {
      this.input('again').value = 'yes';
    }
    if (entry.state === 'unsent') {
      this.say('Not sent yet. The row is kept.', { isProblem: false });
      return;
    }
    const changed = Number(fields.version) !== standing
      ? 'This row has changed since you typed in it. What you typed is not saved.' : '';
    if (entry.refusal) {
      this.showRefusal(entry.refusal, this.values);
    } else {
      this.say(changed || 'Not saved yet.', { buttons: [['Discard', 'discard']] });
    }
  }

  /** Listens to the row: `on` says what to do when it is typed in, saved, left. */
  listen(on) {
    for (const field of [this.height, this.weight]) {
      field.addEventListener('focus', () => field.select());
      field.addEventListener('beforeinput', (event) => this.refuseLetters(event));
      field.addEventListener('input', () => this.typed(on));
      field.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') {
          event.preventDefault();
          if (field === this.height && !this.weight.value) {
            this.weight.focus();
          } else if (!event.repeat) {
            on.saveAndGoOn();
          }
        }
      });
    }
    this.listenToReason(on);
    this.state.addEventListener('input', () => on.note());
    this.state.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && 'kept' in event.target.dataset) {
        event.preventDefault();
        this.pressed(null, on);
      }
    });
    this.line.addEventListener('focusin', on.changed);
    this.line.addEventListener('focusout', () => {
      // Asked afterwards: a window that loses the focus keeps its active element, and has not left the row.
      setTimeout(() => {
        if (!this.line.contains(document.activeElement)) {
          on.left();
        }
      });
    });
    this.line.addEventListener('click', (event) => this.clicked(event, on));
  }

  /** A button of the row was pressed; without one, Enter in a field of the measurement that stands. */
  pressed(button, on) {
    const action = button?.value || 'save';
    if (action !== 'save') {
      on.act(action);
    } else if (button && button === document.activeElement && this.fieldset.contains(button)) {
      on.saveAndGoOn();
    } else if (this.isTouched) {
      on.save();
    }
  }

  listenToReason(on) {
    // A choice with the mouse or a finger is made; the arrow keys pass over reasons that nobody chose.
    let isByPointer = false;
    this.reason.addEventListener('pointerdown', () => {
      isByPointer = true;
    });
    this.reason.addEventListener('keydown', (event) => {
      isByPointer = false;
      if (event.key === 'Enter') {
        event.preventDefault();
        on.saveAndGoOn();
      }
    });
    this.reason.addEventListener('change', () => {
      this.typed(on);
      if (isByPointer && this.reason.value) {
        on.save();
      }
    });
  }

  typed(on) {
    // What was said of a wrong character stays until the row is saved or emptied: the rest is typed too fast to read it.
    if (!this.isAsRefused && !(this.isHinted && this.isTouched)) {
      this.offer = null;
      this.say('');
    }
    on.note();
  }

  refuseLetters(event) {
    if (event.data && /[^\d.,\s]/.test(event.data)) {
      event.preventDefault();
      const what = event.target === this.height ? 'A height' : 'A weight';
      this.say(`“${event.data.trim().slice(0, 20)}” was not typed. ${what} takes digits and a point.`, { isProblem: false });
      this.isHinted = true;
    }
  }

  clicked(event, on) {
    const button = event.target.closest('[data-again], [data-keep], button[data-accept], button[data-discard]');
    if (!button) {
      return;
    }
    event.preventDefault();
    if ('again' in button.dataset) {
      this.height.value = '';
      this.weight.value = '';
      this.input('again').value = 'yes';
      this.say(`Enter the new figures. They are dated ${on.today()}.`, { isProblem: false, buttons: [['Discard', 'discard']] });
      this.height.focus();
      on.note();
    } else if ('keep' in button.dataset) {
      this.state.innerHTML = this.before ?? '';
      this.shown = this.before;
      this.state.focus();
    } else if ('accept' in button.dataset) {
      this.accept();
      on.save();
      this.height.focus();
    } else {
      this.discard();
      this.height.focus();
      on.note();
    }
  }
}
