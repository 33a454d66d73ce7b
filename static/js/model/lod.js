// How long a track was in each state, between any two moments, in O(log n): what makes a
// column of pixels that covers a thousand spans truthful.

import { grown } from './columns.js';
import { STATE_TEXT } from './schema.js';

/** @typedef {import('./columns.js').Columns} Columns */

export const STATES = STATE_TEXT.length;
const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;
const FIRST_WIDTH = 4;
/** So many rows on, it is looked for block by block. */
const NEAR = 8 * BLOCK;
/** With no more rows than this for each stretch, adding them up is faster than looking for totals. */
const FEW = 24;

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
    this.before = new Float64Array(STATES);
    this.after = new Float64Array(STATES);
    /** The states that occur, in the order of their first time. @type {number[]} */
    this.present = [];
    /** Where in `present` a state stands. */
    this.place = new Uint8Array(STATES);
    this.known = new Uint8Array(STATES);
  }

  /** Take in the rows that were appended since the last call. */
  update() {
    const { totals } = this;
    const { at, state, count } = this.rows;
    for (let row = this.seen; row < count; row += 1) {
      if (row > 0) totals[state[row - 1]] += at[row] - at[row - 1];
      if (this.known[state[row]] === 0) this.#meet(state[row], row >>> BLOCK_BITS);
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
    this.known[state] = 1;
    this.place[state] = this.present.length;
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
    const { present, checkpoints, rows: { state, at: times, count } } = this;
    let row = Math.max(low, 0);
    const near = row + NEAR;
    if (count === 0 || times[row] > at || near >= count || times[near] <= at) {
      row = this.rows.rowAt(at, row);
      if (row < 0) {
        into.fill(0);
        return row;
      }
    }
    let first = row & -BLOCK;
    while (first + BLOCK < count && times[first + BLOCK] <= at) first += BLOCK;
    // From the nearer end of the block: whole nanoseconds come out the same either way.
    const back = first + BLOCK < count && times[first + BLOCK / 2] <= at;
    const start = ((first >>> BLOCK_BITS) + (back ? 1 : 0)) * this.width;
    for (let n = 0; n < present.length; n += 1) into[present[n]] = checkpoints[start + n];
    if (back) {
      let until = times[first + BLOCK];
      for (row = first + BLOCK - 1; ; row -= 1) {
        const since = times[row];
        into[state[row]] -= until - since;
        until = since;
        if (since <= at) break;
      }
    } else {
      let since = times[first];
      for (row = first; row + 1 < count && times[row + 1] <= at; row += 1) {
        into[state[row]] += times[row + 1] - since;
        since = times[row + 1];
      }
    }
    into[state[row]] += at - times[row];
    return row;
  }

  /**
   * Time by state in each of `count` stretches that follow one another.
   * @param {number} from ns
   * @param {number} step ns, of each
   * @param {number} count
   * @param {number} end ns, what comes after isn't counted
   * @param {Float64Array} into receives as many times a stretch, ns, as there are states in `present`, in that order
   */
  columns(from, step, count, end, into) {
    const { rows } = this;
    const first = Math.max(rows.rowAt(from), 0);
    const last = rows.rowAt(Math.min(from + step * count, end), first);
    if (last - first > FEW * count) this.#leap(from, step, count, end, into, first);
    else this.#walk(from, step, count, end, into, first);
  }

  /** Each stretch as the difference of two totals. @param {number} from @param {number} step @param {number} count @param {number} end @param {Float64Array} into @param {number} first */
  #leap(from, step, count, end, into, first) {
    const { present, before, after } = this;
    before.fill(0);
    let row = this.upTo(Math.min(from, end), before, first);
    for (let column = 0, start = 0; column < count; column += 1, start += present.length) {
      row = this.upTo(Math.min(from + step * (column + 1), end), after, row);
      for (let n = 0; n < present.length; n += 1) {
        const state = present[n];
        into[start + n] = after[state] - before[state];
        before[state] = after[state];
      }
    }
  }

  /** Row by row, where a stretch has only few. @param {number} from @param {number} step @param {number} count @param {number} end @param {Float64Array} into @param {number} first */
  #walk(from, step, count, end, into, first) {
    const { place, present, rows: { at, state, count: rows } } = this;
    let row = first;
    let since = Math.max(from, at[first]);
    let here = place[state[row]];
    let next = row + 1 < rows ? at[row + 1] : Infinity;
    const states = present.length;
    for (let column = 0, start = 0; column < count; column += 1, start += states) {
      const to = Math.min(from + step * (column + 1), end);
      if (to <= since) continue;
      while (next <= to) {
        into[start + here] += next - since;
        since = next;
        row += 1;
        here = place[state[row]];
        next = row + 1 < rows ? at[row + 1] : Infinity;
      }
      into[start + here] += to - since;
      since = to;
    }
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
