// How long a track was in each state, between any two moments, in O(log n): what makes a
// column of pixels that covers a thousand spans truthful.

import { grown } from './columns.js';
import { STATE_TEXT } from './schema.js';

/** @typedef {import('./columns.js').Columns} Columns */

export const STATES = STATE_TEXT.length;
const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;
const FIRST_WIDTH = 4;

/**
 * Running totals of time by state, kept at every 32nd row of an append-only track.
 *
 * Totals instead of a tree of aggregates: a stretch is the difference of two of them, so it is
 * exact at every zoom and time is conserved by construction. Whole nanoseconds below 2^53 add
 * up exactly in doubles. Costs 1 to 2 bytes a row, because only states that occur are kept;
 * appending is O(1).
 */
export class TimeByState {
  /** @param {Columns} rows */
  constructor(rows) {
    this.rows = rows;
    this.totals = new Float64Array(STATES); // up to the last row
    /** Totals kept at each checkpoint: of the states in `present`, in that order, and room for more. */
    this.width = FIRST_WIDTH;
    this.checkpoints = new Float64Array(FIRST_WIDTH * 4);
    this.seen = 0;
    /** The states that occur, in the order of their first time. @type {number[]} */
    this.present = [];
  }

  /** Take in the rows that were appended since the last call. */
  update() {
    const { totals } = this;
    const { at, state, count } = this.rows;
    for (let row = this.seen; row < count; row += 1) {
      if (row > 0) totals[state[row - 1]] += at[row] - at[row - 1];
      if (!this.present.includes(state[row])) this.#meet(state[row], row >>> BLOCK_BITS);
      if ((row & (BLOCK - 1)) === 0) {
        const start = (row >>> BLOCK_BITS) * this.width;
        if (start + this.width > this.checkpoints.length) this.checkpoints = grown(this.checkpoints, this.checkpoints.length * 2);
        for (let n = 0; n < this.present.length; n += 1) this.checkpoints[start + n] = totals[this.present[n]];
      }
    }
    this.seen = count;
  }

  /** A state occurs for the first time: no time was spent in it before. @param {number} state @param {number} blocks that there are */
  #meet(state, blocks) {
    this.present.push(state);
    if (this.present.length <= this.width) return;
    const wider = new Float64Array(this.checkpoints.length * 2);
    for (let block = 0; block <= blocks; block += 1) {
      wider.set(this.checkpoints.subarray(block * this.width, (block + 1) * this.width), block * this.width * 2);
    }
    this.width *= 2;
    this.checkpoints = wider;
  }

  /**
   * Time by state from the first row up to `at`.
   * @param {number} at ns
   * @param {Float64Array} into receives the totals of the states that occur; the others are left as they are
   * @param {number} low a row known to be at or before `at`
   * @returns {number} the row that `at` lies in, -1 before the first
   */
  upTo(at, into, low = 0) {
    const { present, checkpoints, rows: { state, at: times } } = this;
    const row = this.rows.rowAt(at, Math.max(low, 0));
    if (row < 0) {
      into.fill(0);
      return row;
    }
    const block = row >>> BLOCK_BITS;
    const start = block * this.width;
    for (let n = 0; n < present.length; n += 1) into[present[n]] = checkpoints[start + n];
    for (let r = block << BLOCK_BITS; r < row; r += 1) into[state[r]] += times[r + 1] - times[r];
    into[state[row]] += at - times[row];
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
