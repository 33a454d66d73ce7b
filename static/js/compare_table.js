// The table of a comparison: what its figures are of, and the asking for them.

/**
 * @typedef {'whole' | 'view' | 'range'} Scope
 * @typedef {{from: number, to: number}} Stretch
 */

const UNREACHED = 'The server can’t be reached. Is it still running? The figures come when the view is moved again.';
const UNTOLD = 'The server gave no figures of this: a recording may have been deleted meanwhile. Load the page again.';

export class FiguresTable {
  /** @param {HTMLElement} root of the page @param {() => void} changed the reader has chosen what the figures are of */
  constructor(root, changed) {
    /** What the figures are of. @type {Scope} */
    this.scope = 'whole';
    /** What is selected, in common time. @type {Stretch | null} */
    this.range = null;
    /** What the table that is there was asked for. */
    this.shown = '';
    this.asking = new AbortController();
    this.element = /** @type {HTMLElement} */ (root.querySelector('#table'));
    this.buttons = [.../** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll('[data-range]'))];
    for (const button of this.buttons) button.addEventListener('click', () => {
      this.choose(button.dataset.range ?? 'whole');
      changed();
    });
  }

  /** @param {string} scope what isn't one is left out */
  choose(scope) {
    if (scope === 'whole' || scope === 'view' || (scope === 'range' && this.range)) this.scope = scope;
    this.#press();
  }

  /** The table is of what was just selected; of something else, once nothing is. @param {Stretch | null} range */
  select(range) {
    const before = this.range;
    this.range = range;
    if (range && (range.from !== before?.from || range.to !== before.to)) this.scope = 'range';
    else if (!range && this.scope === 'range') this.scope = 'whole';
    this.#press();
  }

  #press() {
    for (const button of this.buttons) {
      button.setAttribute('aria-pressed', String(button.dataset.range === this.scope));
      if (button.dataset.range === 'range') button.disabled = !this.range;
    }
  }

  /**
   * Fetch the figures, if they are of something else now.
   * @param {readonly string[]} ids of the recordings @param {readonly Stretch[]} parts of each, in its own time
   * @param {string} way how they are aligned @param {readonly number[]} moments of each, by which they are: for runs that are alike
   */
  async update(ids, parts, way, moments) {
    const query = new URLSearchParams({ ids: ids.join(',') });
    if (this.scope !== 'whole') {
      query.set('parts', parts.map(({ from, to }) => `${from}-${to}`).join(','));
      if (way !== 'start') query.set('align', way);
      if (moments.some((moment) => moment !== 0)) query.set('moments', moments.join(','));
    }
    const address = `/compare/table?${query}`;
    if (this.shown === address) return;
    this.shown = address;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.element.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(address, { signal, headers: { 'HX-Request': 'true' } });
      const text = await answer.text();
      if (signal.aborted) return;
      if (answer.ok) this.element.innerHTML = text;
      else this.#say(UNTOLD);
    } catch {
      if (signal.aborted) return;
      this.#say(UNREACHED);
    }
    this.element.setAttribute('aria-busy', 'false');
  }

  /** There are no figures: the next view asks again. @param {string} text */
  #say(text) {
    this.shown = '';
    this.element.replaceChildren(Object.assign(document.createElement('p'), { className: 'quiet', textContent: text }));
  }
}
