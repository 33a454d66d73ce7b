// Several tracks in one strip: how their time together was divided, in each column of pixels.

import { STATES } from './lod.js';

/**
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('../drawing/time_scale.js').TimeScale} TimeScale
 */

/** With more rows than this for each column, its time is taken from totals instead of from rows. */
const ROWS_A_COLUMN = 3;

/**
 * Time in each state, in columns, of all tracks together; in columns' widths.
 * @param {readonly Track[]} tracks
 * @param {TimeScale} scale its left at 0
 * @param {number} until where the last spans end
 * @returns {Float32Array} `STATES` a column
 */
export function merge(tracks, scale, until) {
  const width = Math.ceil(scale.widthPx);
  const shares = new Float32Array((width + 1) * STATES);
  /** What begins (or ends, below 0) to fill all columns from one on: summed up at the end. */
  const whole = new Float32Array((width + 2) * STATES);
  const to = Math.min(scale.to, until);
  for (const { rows, times } of tracks) {
    if (rows.count === 0 || rows.at[0] > to) continue;
    const first = Math.max(rows.rowAt(scale.from), 0);
    const last = rows.rowAt(to, first);
    if (last - first > ROWS_A_COLUMN * width) addColumns(times, scale, to, width, shares);
    else for (let row = first; row <= last; row += 1) addSpan(Math.max(scale.timeToPx(rows.at[row]), 0), Math.min(scale.timeToPx(row < last ? rows.at[row + 1] : to), width), rows.state[row], shares, whole);
  }
  for (let state = 0; state < STATES; state += 1) {
    let filled = 0;
    for (let column = 0; column < width; column += 1) {
      filled += whole[column * STATES + state];
      shares[column * STATES + state] += filled;
    }
  }
  return shares;
}

/** @param {number} left @param {number} right @param {number} state @param {Float32Array} shares @param {Float32Array} whole */
function addSpan(left, right, state, shares, whole) {
  if (right <= left) return;
  const first = Math.floor(left);
  const last = Math.floor(right);
  if (first === last) {
    shares[first * STATES + state] += right - left;
    return;
  }
  shares[first * STATES + state] += first + 1 - left;
  whole[(first + 1) * STATES + state] += 1;
  whole[last * STATES + state] -= 1;
  shares[last * STATES + state] += right - last;
}

/** @param {import('./lod.js').TimeByState} times @param {TimeScale} scale @param {number} to @param {number} width @param {Float32Array} shares */
function addColumns(times, scale, to, width, shares) {
  const { present } = times;
  const spent = new Float64Array(width * present.length);
  times.columns(scale.from, scale.nsPerPx, width, to, spent);
  for (let column = 0, n = 0; column < width; column += 1) {
    for (const state of present) {
      shares[column * STATES + state] += spent[n] / scale.nsPerPx;
      n += 1;
    }
  }
}
