// How many of something there are over time, and the least and the most in any stretch of it.

import { Moments, grown } from './columns.js';

const BLOCK = 32;

/** A count that goes up and down. */
export class Tally {
  constructor() {
    this.moments = new Moments();
    this.most = 0;
  }

  /** Times never go back; of what changes at one moment only the outcome counts. @param {number} at @param {number} by */
  change(at, by) {
    const { moments } = this;
    const last = moments.count - 1;
    const value = (last < 0 ? 0 : moments.thing[last]) + by;
    if (last >= 0 && moments.at[last] === at) moments.thing[last] = value;
    else moments.push(at, value);
    this.most = Math.max(this.most, value);
  }
}

/** The least and the most of every 32 values, of every 32 of those, and so on: any stretch costs a few looks. */
export class Extremes {
  /** @param {Moments} moments grows at its end; its last value may still change */
  constructor(moments) {
    this.moments = moments;
    /** @type {{count: number, low: Uint32Array, high: Uint32Array}[]} */
    this.levels = [];
  }

  /** Take in what was appended since the last call. */
  update() {
    const { moments, levels } = this;
    for (let level = 0; ; level += 1) {
      const below = level === 0 ? { count: moments.count - 1, low: moments.thing, high: moments.thing } : levels[level - 1];
      const blocks = Math.floor(Math.max(below.count, 0) / BLOCK);
      if (blocks === 0) return;
      levels[level] ??= { count: 0, low: new Uint32Array(4), high: new Uint32Array(4) };
      const here = levels[level];
      if (blocks > here.low.length) {
        here.low = grown(here.low, blocks * 2);
        here.high = grown(here.high, blocks * 2);
      }
      for (; here.count < blocks; here.count += 1) {
        const from = here.count * BLOCK;
        here.low[here.count] = Math.min(...below.low.subarray(from, from + BLOCK));
        here.high[here.count] = Math.max(...below.high.subarray(from, from + BLOCK));
      }
    }
  }

  /**
   * The least and the most of the values from one row to another, both included.
   * @param {number} first @param {number} last
   * @returns {[number, number]}
   */
  between(first, last) {
    let [low, high] = [Infinity, 0];
    let [from, to] = [first, last + 1];
    for (let level = -1; from < to; level += 1) {
      const here = level < 0 ? { low: this.moments.thing, high: this.moments.thing } : this.levels[level];
      const covered = (this.levels[level + 1]?.count ?? 0) * BLOCK;
      const take = (/** @type {number} */ n) => {
        low = Math.min(low, here.low[n]);
        high = Math.max(high, here.high[n]);
      };
      while (from < to && (from % BLOCK !== 0 || from >= covered)) take(from++);
      while (from < to && (to % BLOCK !== 0 || to > covered)) take(--to);
      from /= BLOCK;
      to /= BLOCK;
    }
    return [low, high];
  }
}

/**
 * The least and the most in each column of pixels; NaN in those that are before the recording or after its end.
 * @param {Extremes} extremes
 * @param {number} from ns, left edge of the first column
 * @param {number} nsPerPx
 * @param {number} columns
 * @param {number} until ns
 */
export function envelope(extremes, from, nsPerPx, columns, until) {
  extremes.update();
  const { moments } = extremes;
  const low = new Float64Array(columns).fill(NaN);
  const high = new Float64Array(columns).fill(NaN);
  let first = moments.rowAt(from);
  for (let column = 0; column < columns; column += 1) {
    const end = from + (column + 1) * nsPerPx;
    let last = moments.rowAt(end, Math.max(first, 0));
    const next = last;
    if (last >= 0 && moments.at[last] === end) last -= 1;
    if (end > 0 && from + column * nsPerPx < until) {
      const [least, most] = last < 0 ? [0, 0] : extremes.between(Math.max(first, 0), last);
      low[column] = first < 0 ? 0 : least;
      high[column] = most;
    }
    first = next;
  }
  return { low, high };
}

/** The value at a moment. @param {Moments} moments @param {number} at */
export function valueAt(moments, at) {
  const row = moments.rowAt(at);
  return row < 0 ? 0 : moments.thing[row];
}
