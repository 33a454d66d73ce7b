// The marks that readers have set, as flags on the ruler.

import { RULER_PX } from '../model/layout.js';

/**
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 */

const FLAG_PX = 9;
const LONGEST = 28;

/**
 * A flag and a line for each in sight, with its text where that doesn't run into the next one.
 * @param {CanvasRenderingContext2D} ctx @param {Frame} frame @param {TimeScale} scale device pixels
 * @param {Palette} palette @param {number} px device pixels to a CSS pixel
 */
export function drawFlags(ctx, { marks, heightPx }, scale, { css, sans }, px) {
  if (marks.length === 0) return; // the font alone makes the browser work out styles
  const seen = marks.map(({ at, text }) => ({ x: Math.round(scale.timeToPx(at)), text })).filter(({ x }) => x >= scale.leftPx && x <= scale.rightPx);
  ctx.font = `500 ${11 * px}px ${sans}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  seen.forEach(({ x, text }, n) => {
    ctx.fillStyle = css.runnable;
    for (let y = RULER_PX; y < heightPx; y += 8) ctx.fillRect(x, y * px, Math.max(1, Math.round(px)), 4 * px);
    ctx.beginPath();
    ctx.moveTo(x, (RULER_PX - FLAG_PX - 2) * px);
    ctx.lineTo(x + FLAG_PX * px, (RULER_PX - FLAG_PX / 2 - 2) * px);
    ctx.lineTo(x, (RULER_PX - 2) * px);
    ctx.fill();
    ctx.fillRect(x, (RULER_PX - FLAG_PX - 2) * px, Math.max(1, Math.round(px)), (FLAG_PX + 2) * px);
    const said = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    const width = ctx.measureText(said).width + 10 * px;
    if (x + width > (seen[n + 1]?.x ?? scale.rightPx)) return;
    ctx.fillStyle = css.panel;
    ctx.fillRect(x + px, RULER_PX * px, width, 16 * px);
    ctx.fillStyle = css.ink;
    ctx.fillText(said, x + 5 * px, (RULER_PX + 8.5) * px);
  });
}
