// The bar to look for something: what is typed leaves only the tracks that have it, and leads from one place to the next.

import { formatCount } from '../text/format.js';
import { iconButton, node } from '../nodes.js';

let count = 0;

export class FindBar {
  /** @param {{find: (text: string) => void, step: (step: 1 | -1) => void, leave: () => void}} actions */
  constructor(actions) {
    this.actions = actions;
    count += 1;
    const id = `gt-find-${count}`;
    this.input = node('input', { type: 'search', id, class: 'gt-input', placeholder: 'name, state, lock, file.py:12', autocomplete: 'off', spellcheck: 'false' });
    const close = node('button', { type: 'button', class: 'gt-button gt-close-group gt-find-close', 'aria-label': 'Close the search', title: 'Close the search (Esc)' }, '×');
    close.addEventListener('click', () => this.#close());
    this.told = node('span', { class: 'gt-find-told', role: 'status' });
    this.element = node(
      'div',
      { class: 'gt-find', role: 'search', 'aria-label': 'Tracks and spans', hidden: true },
      node('label', { for: id }, 'Find'),
      this.input,
      iconButton('back', 'Previous match (Shift+N)', () => actions.step(-1)),
      iconButton('forth', 'Next match (N)', () => actions.step(1)),
      this.told,
      close,
    );
    this.input.addEventListener('input', () => actions.find(this.input.value));
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') actions.step(event.shiftKey ? -1 : 1);
      else if (event.key === 'Escape') this.#close();
      else return;
      event.preventDefault();
    });
  }

  /** Look for nothing any more. */
  #close() {
    this.show('');
    this.actions.find('');
    this.element.hidden = true;
    this.actions.leave();
  }

  open() {
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
  }

  /** @param {string} text that is looked for */
  show(text) {
    if (this.input.value !== text) this.input.value = text;
    if (text) this.element.hidden = false;
  }

  /** @param {{spans: number, tracks: number} | null} found */
  tell(found) {
    const text = found === null ? '' : found.tracks === 0 ? 'Nothing has this. Try a part of a name, a state, a thing that is waited for, or a line as file.py:12.' : `${formatCount(found.spans)} ${found.spans === 1 ? 'place' : 'places'} on ${formatCount(found.tracks)} ${found.tracks === 1 ? 'track' : 'tracks'}`;
    if (this.told.textContent !== text) this.told.textContent = text;
  }
}
