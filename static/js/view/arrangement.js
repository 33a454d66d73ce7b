// How the reader has arranged the tracks: what is folded, pinned, shown or left out, and what is shown over them. A part of
// the view, so of its address.

export class Arrangement {
  constructor() {
    /** @type {Set<number>} by track: what stands under it doesn't show */
    this.folded = new Set();
    /** @type {Set<number>} tracks that the reader was led to, and that didn't show before; no part of the address: the selected one is */
    this.led = new Set();
    /** @type {number[]} tracks that stand at the top, in that order */
    this.pinned = [];
    /** Tracks that did nothing show too. */
    this.quiet = false;
    /** The curves under the tracks show. */
    this.curves = false;
    /** What is looked for: only tracks that have it show. */
    this.find = '';
    /** @type {Set<number>} states that stand out; none: all */
    this.states = new Set();
    /** The critical path is drawn over the tracks. */
    this.path = false;
    /** @type {{from: number, to: number} | null} the part of the recording whose figures are told, ns */
    this.range = null;
  }

  /** As a part of a view; without what is as it begins. */
  get told() {
    const told = { fold: [...this.folded], pin: this.pinned, find: this.find, only: [...this.states], quiet: this.quiet, curves: this.curves, path: this.path, range: this.range };
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== false && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)));
  }

  /** @param {import('./address.js').View} view */
  take({ fold = [], pin = [], find = '', only = [], quiet = false, curves = false, path = false, range = null }) {
    this.folded = new Set(fold);
    this.pinned = [...pin];
    this.find = find;
    this.states = new Set(only);
    this.quiet = quiet;
    this.curves = curves;
    this.path = path;
    this.range = range;
  }

  /** A state stands out, or no longer. @param {number} state */
  choose(state) {
    if (!this.states.delete(state)) this.states.add(state);
  }

  /** @param {number} id */
  fold(id) {
    if (!this.folded.delete(id)) this.folded.add(id);
  }

  /** @param {number} id */
  pin(id) {
    this.pinned = this.pinned.includes(id) ? this.pinned.filter((one) => one !== id) : [...this.pinned, id];
  }
}
