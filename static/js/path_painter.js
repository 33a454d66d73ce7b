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
  let drawn = false;
  for (let n = firstAt(path.end, frame.viewport.from); n < path.track.length && path.begin[n] <= frame.viewport.to; n += 1) {
    const row = rowOf(frame.layout, frame.model, path.track[n]);
    if (!row) continue;
    const left = Math.max(scale.timeToPx(path.begin[n]), scale.leftPx - 9);
    const right = Math.min(scale.timeToPx(path.end[n]), scale.rightPx + 9);
    const top = (row.barTopPx - frame.scrollPx) * ratio;
    ctx.clearRect(left, top, Math.max(right - left, 1), row.barPx * ratio);
    const y = top - ABOVE_PX * ratio;
    if (drawn) line.lineTo(left, y);
    else line.moveTo(left, y);
    line.lineTo(right, y);
    drawn = true;
  }
  ctx.lineJoin = 'round';
  ctx.strokeStyle = palette.css.bg;
  ctx.lineWidth = 4.5 * ratio;
  ctx.stroke(line);
  ctx.strokeStyle = palette.css.accent;
  ctx.lineWidth = 2 * ratio;
  ctx.stroke(line);
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
