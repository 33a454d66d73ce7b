// Draws a story over the tracks: a number at each hop, an arrow to the next.

/**
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('../panels/story.js').Story} Story
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 * @typedef {{x: number, y: number, half: number}} Stop where a hop's number stands, and half its row's height, device pixels
 */

const BADGE_PX = 9;
const HEAD_PX = 7;
/** Where in its stretch a hop's number stands, so that arrows of one instant lie beside each other. */
const PARTS = Object.freeze([0.3, 0.45, 0.6, 0.75]);

/**
 * The row that shows a track: its own, or that of what it is folded into.
 * @param {Frame['layout']} layout @param {Model} model @param {number} id
 * @returns {Row | null}
 */
export function rowOf(layout, model, id) {
  for (let track = model.tracks[id]; track; track = model.tracks[track.parent]) {
    const row = layout.rowOf.get(track.id);
    if (row) return row;
    if (track.parent === track.id) return null;
  }
  return null;
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Palette} palette
 * @param {Frame} frame
 * @param {Story} story
 * @param {TimeScale} scale in device pixels
 * @param {number} ratio device pixels to a CSS pixel
 */
export function drawStory(ctx, palette, frame, story, scale, ratio) {
  const stops = story.hops.map((hop, n) => stop(frame, hop, n, scale, ratio));
  ctx.save();
  ctx.lineJoin = 'round';
  for (let n = 0; n + 1 < stops.length; n += 1) {
    const from = stops[n];
    const to = stops[n + 1];
    if (!from || !to || from.y === to.y) continue;
    arrow(ctx, from, to, ratio);
    ctx.strokeStyle = palette.css.bg;
    ctx.lineWidth = 5 * ratio;
    ctx.stroke();
    ctx.strokeStyle = palette.css.accent;
    ctx.fillStyle = palette.css.accent;
    ctx.lineWidth = 2 * ratio;
    ctx.stroke();
    head(ctx, from, to, ratio);
  }
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.font = `700 ${12 * ratio}px ${palette.sans}`;
  stops.forEach((each, n) => each && badge(ctx, palette, each, n, n === story.at, ratio));
  ctx.restore();
}

/** @param {Frame} frame @param {import('../panels/story.js').Hop} hop @param {number} n @param {TimeScale} scale @param {number} ratio @returns {Stop | null} */
function stop(frame, hop, n, scale, ratio) {
  const row = rowOf(frame.layout, frame.model, hop.track);
  if (!row) return null;
  const left = Math.max(scale.timeToPx(hop.begin), scale.leftPx);
  const right = Math.min(scale.timeToPx(hop.end), scale.rightPx);
  const room = Math.max(right - left, 0);
  const x = right < left ? (scale.timeToPx(hop.begin) < scale.leftPx ? scale.leftPx : scale.rightPx) : left + room * PARTS[n % PARTS.length];
  const inside = Math.min(Math.max(x, scale.leftPx + BADGE_PX * ratio), scale.rightPx - BADGE_PX * ratio);
  return { x: inside, y: (row.barTopPx + row.barPx / 2 - frame.scrollPx) * ratio, half: (row.barPx / 2) * ratio };
}

/** From number to number: bent, as they seldom stand above each other. @param {CanvasRenderingContext2D} ctx @param {Stop} from @param {Stop} to @param {number} ratio */
function arrow(ctx, from, to, ratio) {
  const way = Math.sign(to.y - from.y);
  const end = to.y - way * (BADGE_PX + HEAD_PX) * ratio;
  const middle = (from.y + end) / 2;
  ctx.beginPath();
  ctx.moveTo(from.x, from.y + way * BADGE_PX * ratio);
  ctx.bezierCurveTo(from.x, middle, to.x, middle, to.x, end);
}

/** @param {CanvasRenderingContext2D} ctx @param {Stop} from @param {Stop} to @param {number} ratio */
function head(ctx, from, to, ratio) {
  const way = Math.sign(to.y - from.y);
  const tip = to.y - way * BADGE_PX * ratio;
  ctx.beginPath();
  ctx.moveTo(to.x, tip);
  ctx.lineTo(to.x - 5 * ratio, tip - way * HEAD_PX * ratio);
  ctx.lineTo(to.x + 5 * ratio, tip - way * HEAD_PX * ratio);
  ctx.closePath();
  ctx.fill();
}

/** The number of a hop, as in the list. @param {CanvasRenderingContext2D} ctx @param {Palette} palette @param {Stop} at @param {number} n @param {boolean} here @param {number} ratio */
function badge(ctx, palette, { x, y }, n, here, ratio) {
  ctx.beginPath();
  ctx.arc(x, y, BADGE_PX * ratio, 0, 2 * Math.PI);
  ctx.fillStyle = here ? palette.css.accent : palette.css.bg;
  ctx.fill();
  ctx.strokeStyle = palette.css.accent;
  ctx.lineWidth = 2 * ratio;
  ctx.stroke();
  ctx.fillStyle = here ? palette.css.bg : palette.css.ink;
  ctx.fillText(String(n + 1), x, y + 0.5 * ratio);
}
