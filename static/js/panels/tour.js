// The tour: a scenario explained in steps, each of which leads to the place where it happened.

import { node } from '../nodes.js';

/**
 * @typedef {readonly (readonly string[])[]} Paragraph pieces: `text`, `code` or `figure`, and what it says; `term` with what that means and where more is told
 * @typedef {{query: string, found: boolean, paragraphs: readonly Paragraph[], from: number, to: number, track: number, spoken: string}} Step
 *   `from`, `to` in ns and `track` (0: none) only where it was found
 */

export class TourPanel {
  /** @param {{visit: (step: Step) => void, changed: () => void, closed: () => void}} actions */
  constructor(actions) {
    this.actions = actions;
    /** @type {string | null} where the steps are told */
    this.url = null;
    /** @type {Promise<Step[]> | null} */
    this.asked = null;
    /** @type {Step[]} */
    this.steps = [];
    this.at = 0;
    this.texts = node('div', { class: 'gt-tour-texts' });
    this.where = node('p', { class: 'gt-tour-where' });
    this.back = button('Back', 'The step before (,)', () => this.step(-1));
    this.next = button('Next', 'The next step (.)', () => this.step(1));
    const close = node('button', { type: 'button', class: 'gt-button gt-close-group', 'aria-label': 'Close the tour', title: 'Close the tour (G)' }, '×');
    close.addEventListener('click', () => this.toggle());
    this.element = node(
      'section',
      { class: 'gt-tour', 'aria-label': 'Tour', hidden: true },
      this.texts,
      node('div', { class: 'gt-tour-ways' }, this.where, this.back, this.next, close),
    );
    this.element.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.code === 'Escape' || event.code === 'KeyG') this.toggle();
      else if (event.code === 'Period') this.step(1);
      else if (event.code === 'Comma') this.step(-1);
      else return;
      event.preventDefault();
    });
  }

  /** @returns {'none' | 'closed' | 'open'} */
  get standing() {
    return this.url === null ? 'none' : this.element.hidden ? 'closed' : 'open';
  }

  /** The step that is shown, from 1; undefined while none is. */
  get place() {
    return this.standing === 'open' && this.steps.length > 0 ? this.at + 1 : undefined;
  }

  /** There is a tour of what is shown. @param {string | null} url */
  offer(url) {
    if (url === this.url) return;
    this.url = url;
    this.asked = null;
    this.steps = [];
  }

  toggle() {
    if (this.standing === 'closed') this.open(this.at + 1, true);
    else if (this.standing === 'open') {
      this.element.hidden = true;
      this.actions.closed();
    }
  }

  /** @param {1 | -1} way */
  step(way) {
    if (this.standing === 'closed') this.toggle();
    else if (this.standing === 'open' && this.steps[this.at + way]) this.#show(this.at + way, true);
    else if (way > 0 && this.steps.length > 0) this.toggle();
  }

  /**
   * @param {number} number of the step, from 1
   * @param {boolean} visit go there, too
   */
  async open(number, visit) {
    if (this.url === null) return;
    this.element.hidden = false;
    if (this.steps.length === 0) this.#say('Looking for the steps in this recording …');
    try {
      this.asked ??= ask(this.url);
      const steps = await this.asked;
      if (steps !== this.steps) this.#write(steps);
      this.#show(Math.min(Math.max(number, 1), steps.length) - 1, visit);
    } catch {
      this.asked = null;
      this.#say('The tour can’t be read now. Close it and try again in a moment.');
    }
  }

  /** In place of the steps. @param {string} sentence */
  #say(sentence) {
    this.texts.replaceChildren(node('p', { class: 'gt-tour-text', role: 'status' }, sentence));
    this.back.hidden = true;
    this.next.hidden = true;
  }

  /** All steps lie one upon the other, so that the panel is as high as the longest and nothing moves from step to step. @param {Step[]} steps */
  #write(steps) {
    this.steps = steps;
    this.texts.replaceChildren(...steps.map((step) => node(
      'div',
      { class: step.found ? 'gt-tour-text' : 'gt-tour-text gt-tour-missing' },
      ...step.paragraphs.map((pieces) => node('p', {}, ...pieces.map(pieceNode))),
      node('p', { class: 'gt-tour-query', title: 'What this step looks for in the recording' }, step.query),
    )));
  }

  /** @param {number} n @param {boolean} visit */
  #show(n, visit) {
    this.at = n;
    [...this.texts.children].forEach((text, other) => text.classList.toggle('gt-tour-shown', other === n));
    this.where.textContent = `${n + 1} of ${this.steps.length}`;
    this.back.hidden = false;
    this.next.hidden = false;
    this.back.setAttribute('aria-disabled', String(n === 0));
    const last = n === this.steps.length - 1;
    this.next.textContent = last ? 'Done' : 'Next';
    this.next.title = last ? 'Close the tour' : 'The next step (.)';
    if (visit) this.actions.visit(this.steps[n]);
    this.actions.changed();
  }
}

/** @param {string} url @returns {Promise<Step[]>} */
async function ask(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const { steps } = await answer.json();
  return steps.map((/** @type {Step} */ step, /** @type {number} */ n) => ({
    ...step,
    spoken: `Step ${n + 1} of ${steps.length}. ${step.paragraphs.map((pieces) => pieces.map(([, text]) => text).join('')).join(' ')}`,
  }));
}

/** @param {readonly string[]} piece @returns {Node | string} */
function pieceNode([kind, text, means, address]) {
  if (kind === 'term') return node('a', { class: 'term', href: address, 'data-means': means, target: '_blank' }, text);
  return kind === 'code' ? node('code', {}, text) : kind === 'figure' ? node('strong', {}, text) : text;
}

/** @param {string} name @param {string} title @param {() => void} pressed */
function button(name, title, pressed) {
  const made = node('button', { type: 'button', class: 'gt-button', title }, name);
  made.addEventListener('click', pressed);
  return made;
}
