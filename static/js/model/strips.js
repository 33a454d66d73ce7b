// What a row shows that isn't spans: all that is folded into it, and how much is in a queue.

import { STATES } from './lod.js';

/**
 * @typedef {import('./layout.js').Row} Row
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('../drawing/palette.js').Palette} Palette
 * @typedef {import('../drawing/raster.js').Raster} Raster
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

/**
 * What is folded into one row, all together: the states stacked by their share of the time of all.
 * @param {Raster} raster @param {Palette} palette @param {readonly number[]} stack the states, from the top
 * @param {readonly import('./model.js').Track[]} tracks
 * @param {TimeScale} scale @param {number} until @param {number} top @param {number} height in the raster
 */
export function drawFolded(raster, palette, stack, tracks, scale, until, top, height) {
  const shares = merge(tracks, scale, until);
  const tiles = stack.map((state) => palette.states[state].tile);
  const heights = new Float64Array(stack.length);
  const parts = Uint8Array.from(stack, (_, n) => n);
  for (let column = 0; column < scale.widthPx; column += 1) {
    for (let n = 0; n < stack.length; n += 1) {
      const share = shares[column * STATES + stack[n]] / tracks.length;
      heights[n] = share > 0 ? Math.max(share * height * palette.states[stack[n]].tall, 1) : 0;
    }
    raster.column(column, top, height, heights, tiles, parts, stack.length);
  }
}

/**
 * How much is in a queue, or how many permits are left: as high as the most that it ever was.
 * @param {Raster} raster @param {Palette} palette @param {import('./model.js').Track} track
 * @param {TimeScale} scale @param {number} until @param {number} bottom @param {number} height in the raster
 * @param {number} linePx
 */
export function drawDepths(raster, { tiles }, { depths, deepest }, scale, until, bottom, height, linePx) {
  const unit = height / Math.max(deepest, 1);
  const to = Math.min(scale.to, until);
  let drawnTo = -Infinity;
  let most = 0;
  for (let n = Math.max(depths.rowAt(scale.from), 0); n < depths.count && depths.at[n] <= to; n += 1) {
    const left = Math.round(scale.timeToPx(depths.at[n]));
    const right = Math.max(Math.round(scale.timeToPx(n + 1 < depths.count ? depths.at[n + 1] : until)), left + 1);
    // Of what one column can't tell apart, the highest shows; what goes on beyond that column begins there.
    const depth = depths.thing[n];
    const begin = left < drawnTo && depth <= most ? drawnTo : left;
    if (begin >= right) continue;
    most = depth;
    const high = Math.round(depth * unit);
    if (high > 0) raster.rect(begin, bottom - high, right - begin, high, tiles.held);
    if (high > 0) raster.rect(begin, bottom - high, right - begin, linePx, tiles.blocked);
    drawnTo = right;
  }
}
