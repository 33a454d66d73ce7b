// A range: the part of the recording whose figures are told. Where it lies, and how it is drawn.

import { formatDuration } from '../text/format.js';

/**
 * @typedef {{from: number, to: number}} Range ns since the run's origin, whole numbers
 * @typedef {import('../drawing/time_scale.js').TimeScale} TimeScale
 */

const SHADE = 0.14;

/**
 * Between two moments, in either order; null if nothing of the recording lies there.
 * @param {number} one @param {number} other @param {number} duration
 * @returns {Range | null}
 */
export function rangeOf(one, other, duration) {
  const from = Math.max(Math.round(Math.min(one, other)), 0);
  const to = Math.min(Math.round(Math.max(one, other)), duration);
  return from < to ? { from, to } : null;
}

/**
 * The range that begins, or ends, at a moment; its other end stays, or is that of the view.
 * @param {'range-begin' | 'range-end'} edge @param {number} at @param {Range | null} range @param {Range} view @param {number} duration
 */
export function rangeFrom(edge, at, range, view, duration) {
  if (edge === 'range-begin') return rangeOf(at, range && range.to > at ? range.to : view.to > at ? view.to : duration, duration);
  return rangeOf(range && range.from < at ? range.from : view.from < at ? view.from : 0, at, duration);
}

/**
 * What is in it stands out by a shade between two lines, with its length.
 * @param {CanvasRenderingContext2D} ctx @param {import('../drawing/palette.js').Palette} palette @param {Range} range @param {TimeScale} scale in device pixels
 * @param {number} topPx @param {number} ratio device pixels to a CSS pixel
 */
export function drawRange(ctx, palette, { from, to }, scale, topPx, ratio) {
  const left = Math.round(scale.timeToPx(from));
  const right = Math.max(Math.round(scale.timeToPx(to)), left + 1);
  if (right < scale.leftPx || left > scale.rightPx) return;
  const { accent, bg } = palette.css;
  ctx.save();
  ctx.fillStyle = accent;
  ctx.globalAlpha = SHADE;
  ctx.fillRect(left, topPx, right - left, ctx.canvas.height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = accent;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  for (const x of [left, right]) {
    ctx.beginPath();
    ctx.moveTo(x + ratio / 2, topPx);
    ctx.lineTo(x + ratio / 2, ctx.canvas.height);
    ctx.stroke();
  }
  ctx.font = `600 ${12 * ratio}px ${palette.mono}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'center';
  const text = formatDuration(to - from);
  const half = ctx.measureText(text).width / 2 + 6 * ratio;
  const inside = (Math.max(left, scale.leftPx) + Math.min(right, scale.rightPx)) / 2;
  const x = Math.min(Math.max(inside, scale.leftPx + half), scale.rightPx - half);
  ctx.fillStyle = accent;
  ctx.fillRect(x - half, topPx, 2 * half, 18 * ratio);
  ctx.fillStyle = bg;
  ctx.fillText(text, x, topPx + 9.5 * ratio);
  ctx.restore();
}
