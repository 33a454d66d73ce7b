// What a row shows that isn't spans: all that is folded into it, and how much is in a queue.

import { STATES } from './lod.js';
import { merge } from './merged.js';

/**
 * @typedef {import('./layout.js').Row} Row
 * @typedef {import('../drawing/palette.js').Palette} Palette
 * @typedef {import('../drawing/raster.js').Raster} Raster
 * @typedef {import('../drawing/time_scale.js').TimeScale} TimeScale
 */

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
