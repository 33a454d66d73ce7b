// How the reader has arranged the tracks: what is folded, pinned, shown or left out. A part of the view, so of its address.

export class Arrangement {
  constructor() {
    /** @type {Set<number>} by track: what stands under it doesn't show */
    this.folded = new Set();
    /** @type {number[]} tracks that stand at the top, in that order */
    this.pinned = [];
    /** Tracks that did nothing show too. */
    this.quiet = false;
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
