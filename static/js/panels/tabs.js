// Several panels in one place, one of them in sight.

import { node } from '../nodes.js';

let count = 0;

export class Tabs {
  /** @param {string} label of all of them @param {readonly {name: string, element: HTMLElement}[]} panels */
  constructor(label, panels) {
    count += 1;
    this.panels = panels;
    this.buttons = panels.map(({ name, element }, n) => {
      element.id ||= `gt-panel-${count}-${n}`;
      const button = node('button', { type: 'button', class: 'gt-tab', role: 'tab', 'aria-controls': element.id }, name);
      button.addEventListener('click', () => this.choose(n));
      return button;
    });
    this.element = node('div', { class: 'gt-tabs', role: 'tablist', 'aria-label': label }, ...this.buttons);
    this.element.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      let next = this.chosen;
      do next = (next + step + panels.length) % panels.length;
      while (this.buttons[next].hidden);
      this.choose(next);
      this.buttons[this.chosen].focus();
    });
    /** The reader has chosen. */
    this.touched = false;
    this.chosen = 0;
    /** What is in sight unless the reader chooses. */
    this.usual = 0;
    this.#show();
  }

  /** By the reader's own will. @param {number} n */
  choose(n) {
    this.touched = true;
    this.chosen = n;
    this.#show();
    this.element.dispatchEvent(new CustomEvent('change'));
  }

  /** Bring a panel into sight, unless the reader has chosen one. @param {number} n */
  offer(n) {
    this.usual = n;
    if (this.touched || this.chosen === n) return;
    this.chosen = n;
    this.#show();
  }

  #show() {
    this.panels.forEach(({ element }, n) => {
      element.hidden = n !== this.chosen;
      this.buttons[n].setAttribute('aria-selected', String(n === this.chosen));
      this.buttons[n].tabIndex = n === this.chosen ? 0 : -1;
    });
  }
}
