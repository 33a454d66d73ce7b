// Draws the critical path over the tracks: one line from track to track, and everything that isn't on it dimmed.

import { rowOf } from './story_painter.js';

/**
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 * @typedef {{track: number[], begin: number[], end: number[], state: number[]}} Path segments by time, each beginning where the one before it ends
 */

const DIMMED = 0.72;
/** How far above its row's bar the line runs. */
const ABOVE_PX = 3;
/** So far out of sight, nothing of it is seen any more. */
const OUT_PX = 9;

/**
 * @param {CanvasRenderingContext2D} ctx an overlay on which nothing else is drawn so far
 * @param {Palette} palette
 * @param {Frame} frame
 * @param {Path} path
 * @param {TimeScale} scale in device pixels
 * @param {number} ratio device pixels to a CSS pixel
 */
export function drawPath(ctx, palette, frame, path, scale, ratio) {
  ctx.save();
  ctx.globalAlpha = DIMMED;
  ctx.fillStyle = palette.css.bg;
  ctx.fillRect(scale.leftPx, 0, scale.widthPx, ctx.canvas.height);
  ctx.globalAlpha = 1;
  const line = new Path2D();
  const widthPx = 2 * ratio;
  /** Where the line goes up and down: its column of pixels, its ends, and where it leaves. */
  let column = { x: -1, top: 0, bottom: 0, y: 0, rows: new Set() };
  const turn = () => {
    if (column.bottom > column.top) line.rect(column.x - widthPx / 2, column.top - widthPx / 2, widthPx, column.bottom - column.top + widthPx);
  };
  for (let n = firstAt(path.end, frame.viewport.from); n < path.track.length && path.begin[n] <= frame.viewport.to; n += 1) {
    const row = rowOf(frame.layout, frame.model, path.track[n]);
    if (!row) continue;
    const left = Math.round(Math.max(scale.timeToPx(path.begin[n]), scale.leftPx - OUT_PX));
    const right = Math.max(Math.round(Math.min(scale.timeToPx(path.end[n]), scale.rightPx + OUT_PX)), left);
    const top = (row.barTopPx - frame.scrollPx) * ratio;
    const y = top - ABOVE_PX * ratio;
    // Many segments may begin in one column: each of its rows is seen once, and the line turns there once.
    if (column.x !== left) {
      turn();
      const from = column.x < 0 ? y : column.y;
      column = { x: left, top: from, bottom: from, y, rows: new Set() };
    }
    column.top = Math.min(column.top, y);
    column.bottom = Math.max(column.bottom, y);
    column.y = y;
    if (right === left && column.rows.has(row)) continue;
    column.rows.add(row);
    ctx.clearRect(left, top, Math.max(right - left, 1), row.barPx * ratio);
    if (right > left) line.rect(left, y - widthPx / 2, right - left, widthPx);
  }
  turn();
  ctx.fillStyle = palette.css.accent;
  ctx.fill(line);
  ctx.restore();
}

/** The first segment that ends after a time. @param {readonly number[]} ends ascending @param {number} at */
function firstAt(ends, at) {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle] > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
