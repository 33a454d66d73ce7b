// How long a track was in each state, between any two moments, in O(log n): what makes a
// column of pixels that covers a thousand spans truthful.

/** @typedef {import('./columns.js').Columns} Columns */

export const STATES = 16;
const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;

/**
 * Running totals of time by state, kept at every 32nd row of an append-only track.
 *
 * Totals instead of a tree of aggregates: a stretch is the difference of two of them, so it is
 * exact at every zoom and time is conserved by construction. Whole nanoseconds below 2^53 add
 * up exactly in doubles. Costs 4 bytes a row; appending is O(1).
 */
export class TimeByState {
  /** @param {Columns} rows */
  constructor(rows) {
    this.rows = rows;
    this.totals = new Float64Array(STATES); // up to the last row
    this.checkpoints = new Float64Array(STATES * 4);
    this.seen = 0;
    /** The states that occur, in the order of their first time. @type {number[]} */
    this.present = [];
  }

  /** Take in the rows that were appended since the last call. */
  update() {
    const { at, state, count } = this.rows;
    for (let row = this.seen; row < count; row += 1) {
      if (!this.present.includes(state[row] & 15)) this.present.push(state[row] & 15);
      if (row > 0) this.totals[state[row - 1] & 15] += at[row] - at[row - 1];
      if ((row & (BLOCK - 1)) === 0) {
        const start = (row >>> BLOCK_BITS) * STATES;
        if (start + STATES > this.checkpoints.length) {
          const larger = new Float64Array(this.checkpoints.length * 2);
          larger.set(this.checkpoints);
          this.checkpoints = larger;
        }
        this.checkpoints.set(this.totals, start);
      }
    }
    this.seen = count;
  }

  /**
   * Time by state from the first row up to `at`.
   * @param {number} at ns
   * @param {Float64Array} into receives the totals of the states that occur; the others are left as they are
   * @param {number} low a row known to be at or before `at`
   * @returns {number} the row that `at` lies in, -1 before the first
   */
  upTo(at, into, low = 0) {
    const { rows } = this;
    const row = rows.rowAt(at, Math.max(low, 0));
    if (row < 0) {
      into.fill(0);
      return row;
    }
    const block = row >>> BLOCK_BITS;
    const start = block * STATES;
    for (const s of this.present) into[s] = this.checkpoints[start + s];
    for (let r = block << BLOCK_BITS; r < row; r += 1) into[rows.state[r] & 15] += rows.at[r + 1] - rows.at[r];
    into[rows.state[row] & 15] += at - rows.at[row];
    return row;
  }

  /**
   * Time by state between two moments.
   * @param {number} from
   * @param {number} to
   * @returns {Float64Array}
   */
  between(from, to) {
    const before = new Float64Array(STATES);
    const result = new Float64Array(STATES);
    const row = this.upTo(from, before);
    this.upTo(to, result, row);
    for (let s = 0; s < STATES; s += 1) result[s] -= before[s];
    return result;
  }
}
