// The whole recording in one strip: how its threads' time was divided, in each column of pixels.

import { State } from '../model/schema.js';
import { STATES } from '../model/lod.js';

/** @typedef {import('../model/model.js').Model} Model */

/** Live, the strip is brought up to date this often. */
const REFRESH_MS = 250;

/** States that take part; being away and having ended leave the strip empty. */
const SHOWN = Object.freeze([State.RUNNING, State.STALLED, State.NATIVE, State.RUNNABLE, State.GIL_WAIT, State.BLOCKED, State.UNKNOWN]);

/**
 * How much of all threads' time is spent in each state, by column, as a share of what it is in the fullest one: of many threads that
 * follow each other, only a few are there at once.
 * @param {Model} model
 * @param {number} widthPx
 * @param {number} duration ns
 * @returns {Float32Array} `STATES` shares a column
 */
export function summarise(model, widthPx, duration) {
  const shares = new Float32Array(widthPx * STATES);
  const threads = model.all.filter((track) => track.isThread && track.rows.count > 0);
  if (threads.length === 0 || !(duration > 0)) return shares;
  const spent = new Float64Array(widthPx * STATES);
  for (const { times } of threads) {
    const { present, place } = times;
    spent.fill(0);
    times.columns(0, duration / widthPx, widthPx, duration, spent);
    for (const state of SHOWN.filter((state) => present.includes(state))) {
      for (let n = state, from = place[state]; n < shares.length; n += STATES, from += present.length) shares[n] += spent[from];
    }
  }
  let most = 0;
  for (let n = 0; n < shares.length; n += STATES) most = Math.max(most, shares.subarray(n, n + STATES).reduce((sum, ns) => sum + ns, 0));
  return most > 0 ? shares.map((ns) => ns / most) : shares;
}

/** Keeps the last summary until there is more to tell. */
export class Overview {
  constructor() {
    /** @type {Float32Array} */
    this.shares = new Float32Array(0);
    this.key = '';
    this.made = -Infinity;
  }

  /**
   * @param {Model} model
   * @param {number} widthPx
   * @param {number} now ms
   * @returns {Float32Array | null} null when the last one still holds
   */
  update(model, widthPx, now) {
    const key = `${model.rowCount} ${model.duration} ${widthPx}`;
    if (key === this.key) return null;
    if (now - this.made < REFRESH_MS && model.end === null) return null;
    this.key = key;
    this.made = now;
    this.shares = summarise(model, widthPx, model.duration);
    return this.shares;
  }
}
