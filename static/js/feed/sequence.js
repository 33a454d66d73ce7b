// Chunks in order, each exactly once, whatever a broken connection repeats or leaves out.

/**
 * @template T
 */
export class Sequence {
  constructor() {
    /** Number of the chunk that comes next. */
    this.expected = 0;
    /** @type {Map<number, T>} chunks that came before their turn */
    this.early = new Map();
  }

  /**
   * @param {number} number of the chunk
   * @param {T} chunk
   * @returns {T[]} the chunks whose turn has come, in order
   */
  take(number, chunk) {
    if (number < this.expected) return [];
    this.early.set(number, chunk);
    const ready = [];
    for (let next = this.early.get(this.expected); next !== undefined; next = this.early.get(this.expected)) {
      this.early.delete(this.expected);
      this.expected += 1;
      ready.push(next);
    }
    return ready;
  }

  /** Some chunk came before its turn: those between are missing. */
  get hasGap() {
    return this.early.size > 0;
  }

  /**
   * Give up what is missing, and go on with what is there.
   * @returns {T[]}
   */
  skip() {
    if (!this.hasGap) return [];
    const next = Math.min(...this.early.keys());
    this.expected = next;
    const chunk = /** @type {T} */ (this.early.get(next));
    this.early.delete(next);
    return this.take(next, chunk);
  }
}
