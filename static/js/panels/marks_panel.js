// The panel of marks: set one at the playhead, go to one, change it, delete it, have it back.

import { formatMoment } from '../text/format.js';
import { LONGEST_TEXT, newId } from './marks.js';
import { node } from '../nodes.js';

/**
 * @typedef {import('./marks.js').Mark} Mark
 * @typedef {import('./marks.js').Marks} Marks
 */

export class MarksPanel {
  /** @param {Marks} marks @param {(at: number) => void} went the reader wants to go to a moment */
  constructor(marks, went) {
    this.marks = marks;
    this.went = went;
    this.text = node('input', { class: 'gt-input', type: 'text', maxlength: String(LONGEST_TEXT), required: true, 'aria-label': 'Text of the mark', placeholder: 'What is to be seen here' });
    this.button = node('button', { type: 'submit', class: 'gt-button' }, 'Set a mark');
    this.form = node('form', { class: 'gt-mark-form' }, this.text, this.button);
    this.list = node('ul', { class: 'gt-mark-list' });
    this.said = node('p', { class: 'gt-mark-said', role: 'status' });
    this.element = node('div', { class: 'gt-marks-panel', role: 'region', 'aria-label': 'Marks', tabindex: '0' }, this.form, this.said, this.list);
    this.at = 0;
    this.duration = 0;
    this.ended = false;
    this.shown = '';
    /** @type {string} the mark whose text is being changed */
    this.editing = '';
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#set();
    });
  }

  /** @param {number} at the playhead @param {number} duration @param {boolean} ended */
  update(at, duration, ended) {
    this.at = at;
    this.duration = duration;
    this.ended = ended;
    if (this.element.hidden) return;
    const label = `Set a mark at ${this.#moment(at)}`;
    if (this.button.textContent !== label) this.button.textContent = label;
    const { address, all, error, deleted } = this.marks;
    this.form.hidden = !ended || !address;
    const key = JSON.stringify([all, error, deleted, this.editing, ended, duration]);
    if (key === this.shown) return;
    this.shown = key;
    this.said.replaceChildren(...this.#says());
    this.list.replaceChildren(...all.map((mark) => this.#row(mark)));
  }

  /** The keys go to the text of a new mark. */
  focus() {
    this.text.focus();
  }

  async #set() {
    if (await this.marks.put({ id: newId(), at: this.at, text: this.text.value })) this.text.value = '';
  }

  /** @returns {(Node | string)[]} */
  #says() {
    const { all, error, deleted } = this.marks;
    if (error) return [error];
    if (!this.ended) return ['Marks can be set when the run has ended.'];
    if (deleted) {
      const undo = node('button', { type: 'button', class: 'gt-link gt-undo' }, 'Undo');
      undo.addEventListener('click', () => void this.marks.undo());
      return [`“${deleted.text}” is deleted. `, undo];
    }
    if (all.length > 0) return [];
    return [this.marks.address ? 'No marks yet. A mark is kept in the recording: whoever opens its address or its file sees it.' : 'No marks.'];
  }

  /** @param {Mark} mark */
  #row(mark) {
    const { id, at, text } = mark;
    const when = node('button', { type: 'button', class: 'gt-link gt-mark-at', 'aria-label': `Go to ${this.#moment(at)}, ${text}` }, this.#moment(at));
    when.addEventListener('click', () => this.went(at));
    if (this.editing === id) return node('li', {}, when, this.#editor(mark));
    const change = node('button', { type: 'button', class: 'gt-link', 'aria-label': `Change ${text}` }, 'Change');
    change.addEventListener('click', () => {
      this.#edit(id);
      /** @type {HTMLElement | null} */ (this.list.querySelector('input'))?.focus();
    });
    const words = node('span', { class: 'gt-mark-words' }, text);
    if (!this.marks.address) return node('li', {}, when, words);
    const remove = node('button', { type: 'button', class: 'gt-link', 'aria-label': `Delete ${text}` }, 'Delete');
    remove.addEventListener('click', async () => {
      await this.marks.delete(id);
      /** @type {HTMLElement | null} */ (this.said.querySelector('button'))?.focus();
    });
    return node('li', {}, when, words, change, remove);
  }

  /** @param {Mark} mark */
  #editor(mark) {
    const text = node('input', { class: 'gt-input', type: 'text', maxlength: String(LONGEST_TEXT), required: true, 'aria-label': 'Text of the mark' });
    text.value = mark.text;
    const form = node('form', { class: 'gt-mark-form' }, text, node('button', { type: 'submit', class: 'gt-button' }, 'Keep'));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (await this.marks.put({ ...mark, text: text.value })) this.#edit('');
    });
    text.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#edit('');
    });
    return form;
  }

  /** @param {string} id empty: none */
  #edit(id) {
    this.editing = id;
    this.update(this.at, this.duration, this.ended);
  }

  /** @param {number} at */
  #moment(at) {
    return formatMoment(at, Math.max(this.duration / 1e4, 1), Math.max(this.duration, 1));
  }
}
