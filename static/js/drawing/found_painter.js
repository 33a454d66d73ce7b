// Draws what is looked for: everything else of its tracks is dimmed.

/**
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 * @typedef {import('../model/find.js').Finder} Finder
 */

const DIMMED = 0.72;
/** So far out of sight, nothing of a span is seen any more. */
const OUT_PX = 9;

/**
 * @param {CanvasRenderingContext2D} ctx an overlay on which nothing else is drawn so far
 * @param {Palette} palette
 * @param {Frame} frame
 * @param {Finder} finder
 * @param {TimeScale} scale in device pixels
 * @param {number} ratio device pixels to a CSS pixel
 */
export function drawFound(ctx, palette, frame, finder, scale, ratio) {
  const { layout, model, scrollPx } = frame;
  ctx.save();
  ctx.globalAlpha = DIMMED;
  ctx.fillStyle = palette.css.bg;
  ctx.fillRect(scale.leftPx, 0, scale.widthPx, ctx.canvas.height);
  ctx.restore();
  for (const row of layout.rows) {
    if (row.topPx + row.heightPx < scrollPx || row.topPx > scrollPx + frame.heightPx) continue;
    const { track } = row;
    const [top, height] = [(row.barTopPx - scrollPx) * ratio, row.barPx * ratio];
    if (finder.named.has(track.id)) {
      ctx.clearRect(scale.leftPx, (row.topPx - scrollPx) * ratio, scale.widthPx, row.heightPx * ratio);
      continue;
    }
    const places = finder.places(track);
    const { at, count } = track.rows;
    // Many may lie in one column of pixels: each column is cleared once, however many those are.
    for (let x = scale.leftPx - OUT_PX; x < scale.rightPx + OUT_PX;) {
      const n = places.endAfter(track.rows, scale.pxToTime(x));
      if (n === places.first.length) break;
      const left = Math.max(Math.floor(scale.timeToPx(at[places.first[n]])), x);
      const right = Math.min(Math.ceil(scale.timeToPx(places.after[n] < count ? at[places.after[n]] : model.duration)), scale.rightPx + OUT_PX);
      ctx.clearRect(left, top, Math.max(right - left, 1), height);
      x = Math.max(right, left + 1);
    }
  }
}
