// The whole recording in one strip: how its threads' time was divided, in each column of pixels.

import { State } from '../model/schema.js';
import { STATES } from '../model/lod.js';

/** @typedef {import('../model/model.js').Model} Model */

/** Live, the strip is brought up to date this often, a part of the threads with each frame. */
const REFRESH_MS = 250;
/** Columns of a run that goes on are so wide, device pixels: that often, each pixel of its own costs more than all the tracks. */
const LIVE_PX = 4;

/** States that take part; being away and having ended leave the strip empty. */
const SHOWN = Object.freeze([State.RUNNING, State.STALLED, State.NATIVE, State.RUNNABLE, State.GIL_WAIT, State.BLOCKED, State.UNKNOWN]);

/**
 * How much of all threads' time is spent in each state, by column, as a share of what it is in the fullest one: of many threads that
 * follow each other, only a few are there at once.
 * @param {Model} model
 * @param {number} columns
 * @param {number} duration ns
 * @returns {Float32Array} `STATES` shares a column
 */
export function summarise(model, columns, duration) {
  const summary = new Summary(model, columns, duration);
  summary.add(1);
  return summary.finish();
}

/** A summary in the making: of what was known when it was begun. */
class Summary {
  /** @param {Model} model @param {number} columns @param {number} duration ns */
  constructor(model, columns, duration) {
    this.key = `${model.rowCount} ${model.duration} ${columns}`;
    this.columns = columns;
    this.duration = duration;
    this.shares = new Float32Array(columns * STATES);
    this.threads = duration > 0 ? model.all.filter((track) => track.isThread && track.rows.count > 0) : [];
    this.spent = new Float64Array(columns * STATES);
    this.done = 0;
  }

  /** Take in threads up to a part of them. @param {number} part 0 to 1 @returns {boolean} whether all are in it */
  add(part) {
    const { columns, duration, shares, spent, threads } = this;
    for (const until = Math.min(part, 1) * threads.length; this.done < until; this.done += 1) {
      const { times } = threads[this.done];
      const { present, place } = times;
      spent.fill(0);
      times.columns(0, duration / columns, columns, duration, spent);
      for (const state of SHOWN.filter((state) => present.includes(state))) {
        for (let n = state, from = place[state]; n < shares.length; n += STATES, from += present.length) shares[n] += spent[from];
      }
    }
    return this.done === threads.length;
  }

  /** The fullest column is full. */
  finish() {
    const { shares } = this;
    let most = 0;
    for (let n = 0; n < shares.length; n += STATES) most = Math.max(most, shares.subarray(n, n + STATES).reduce((sum, ns) => sum + ns, 0));
    return most > 0 ? shares.map((ns) => ns / most) : shares;
  }
}

/** Keeps the last summary until there is more to tell. */
export class Overview {
  constructor() {
    this.key = '';
    this.made = -Infinity;
    /** @type {Summary | null} */
    this.making = null;
  }

  /**
   * @param {Model} model
   * @param {number} widthPx device pixels
   * @param {number} now ms
   * @returns {{shares: Float32Array, wide: number} | null} null when the last one still holds; `wide`: device pixels of each column
   */
  update(model, widthPx, now) {
    const ended = model.end !== null;
    const wide = ended ? 1 : LIVE_PX;
    const columns = Math.ceil(widthPx / wide);
    const key = `${model.rowCount} ${model.duration} ${columns}`;
    if (key === this.key) return null;
    if (!this.making || ended || this.making.columns !== columns) this.making = new Summary(model, columns, model.duration);
    const { making } = this;
    if (!making.add(ended ? 1 : (now - this.made) / REFRESH_MS)) return null;
    this.key = making.key;
    this.made = now;
    this.making = null;
    return { shares: making.finish(), wide };
  }
}
