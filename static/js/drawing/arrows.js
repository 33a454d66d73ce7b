// Arrows from cause to effect: where they lie, and how they are drawn.

import { STRIP_PX } from '../model/layout.js';
import { Flow } from '../model/flows.js';

/**
 * @typedef {import('../model/layout.js').Layout} Layout
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('../model/flows.js').Flows} Flows
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 */

/** The least distance between two arrows, CSS pixels. */
export const ARROW_PX = 10;
/** Where a pixel covers more time than this, arrows say nothing any more. */
const UP_TO_NS_PER_PX = 4e6;
/** Of the line of a submitted call, which is queued meanwhile, CSS pixels. */
const DASH_PX = [5, 4];
/** Closer than this in time, cause and effect are at once. */
const AT_ONCE_PX = 3;
const HEAD_PX = 6;

/** There is a point in drawing arrows at this zoom. @param {TimeScale} scale in device pixels @param {number} ratio device pixels to a CSS pixel */
export function arrowsShow(scale, ratio) {
  return scale.nsPerPx * ratio <= UP_TO_NS_PER_PX;
}

export class Arrows {
  /**
   * @param {Flows} flows
   * @param {Layout} layout
   * @param {number} scrollPx how far the tracks are scrolled up
   * @param {TimeScale} scale in device pixels
   * @param {number} ratio device pixels to a CSS pixel
   */
  constructor(flows, layout, scrollPx, scale, ratio) {
    this.flows = flows;
    this.layout = layout;
    this.scrollPx = scrollPx;
    this.scale = scale;
    this.ratio = ratio;
    this.lines = new Path2D();
    this.queued = new Path2D();
    this.heads = new Path2D();
  }

  /** @param {number} n of a flow */
  add(n) {
    const { flows, layout, scale, ratio: px } = this;
    const source = layout.rowOf.get(flows.fromTrack[n]);
    const target = layout.rowOf.get(flows.toTrack[n]);
    if (!source || !target || source === target) return;
    const down = target.topPx > source.topPx;
    const fromY = ((down ? bottomOf(source) + 1 : source.barTopPx - 2) - this.scrollPx) * px;
    const toY = ((down ? target.barTopPx - 2 : bottomOf(target) + 2) - this.scrollPx) * px;
    const fromX = Math.round(scale.timeToPx(flows.fromAt[n])) + 0.5;
    const effectX = Math.round(scale.timeToPx(flows.toAt[n])) + 0.5;
    const atOnce = Math.abs(effectX - fromX) < AT_ONCE_PX * px;
    const toX = atOnce ? fromX : effectX;
    const neckY = toY + (down ? -HEAD_PX : HEAD_PX) * px;
    const lines = flows.kind[n] === Flow.SUBMIT ? this.queued : this.lines;
    lines.moveTo(fromX, fromY);
    // Straight where it happens at once; a bent line where time passes in between.
    if (atOnce) lines.lineTo(toX, neckY);
    else lines.bezierCurveTo(fromX, (fromY + toY) / 2, toX, (fromY + toY) / 2, toX, neckY);
    const half = (flows.kind[n] === Flow.HANDOFF ? 3.5 : 4.5) * px;
    this.heads.moveTo(toX, toY);
    this.heads.lineTo(toX - half, neckY);
    this.heads.lineTo(toX + half, neckY);
    this.heads.closePath();
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {string} colour
   * @param {number} widthPx of the lines, CSS pixels
   * @param {number} lineAlpha
   * @param {number} headAlpha
   */
  draw(ctx, colour, widthPx, lineAlpha, headAlpha) {
    ctx.save();
    ctx.globalAlpha = lineAlpha;
    ctx.strokeStyle = colour;
    ctx.lineWidth = Math.max(1, widthPx * this.ratio);
    ctx.stroke(this.lines);
    ctx.setLineDash(DASH_PX.map((part) => part * this.ratio));
    ctx.stroke(this.queued);
    ctx.setLineDash([]);
    ctx.globalAlpha = headAlpha;
    ctx.fillStyle = colour;
    ctx.fill(this.heads);
    ctx.restore();
  }
}

/** Where a row's bar, and its core strip, end. @param {Row} row */
function bottomOf(row) {
  return row.stripTopPx > 0 ? row.stripTopPx + STRIP_PX : row.barTopPx + row.barPx;
}
