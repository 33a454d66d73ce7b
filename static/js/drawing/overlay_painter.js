// Draws what lies over the tracks (pointer, selection, range, story), and the strip of the whole recording.

import { ARROW_PX, Arrows, arrowsShow } from './arrows.js';
import { drawFlags } from './flags.js';
import { drawFound } from './found_painter.js';
import { RULER_PX } from '../model/layout.js';
import { STATES } from '../model/lod.js';
import { TimeScale } from './time_scale.js';
import { STACK } from './bars.js';
import { drawPath } from './path_painter.js';
import { drawRange } from './range.js';
import { drawStory } from './story_painter.js';

/**
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('../model/model.js').Span} Span
 */

export class OverlayPainter {
  /**
   * @param {HTMLCanvasElement} overlay
   * @param {HTMLCanvasElement} overview the strip
   */
  constructor(overlay, overview) {
    this.overlay = overlay;
    this.overview = overview;
    this.over = /** @type {CanvasRenderingContext2D} */ (overlay.getContext('2d'));
    this.overviewCtx = /** @type {CanvasRenderingContext2D} */ (overview.getContext('2d'));
    /** @type {OffscreenCanvas | null} the strip without what lies over it */
    this.summary = null;
    /** There is nothing on the overlay. */
    this.blank = true;
    this.ratio = 1;
    /** @type {Palette | null} */
    this.palette = null;
  }

  /** @param {Frame} frame */
  draw(frame) {
    const { over, palette } = this;
    if (!palette) return;
    const { css } = palette;
    const px = this.ratio;
    const left = Math.round(frame.namesPx * px);
    const scale = new TimeScale(frame.viewport.from, frame.viewport.to, left, Math.max(1, this.overlay.width - left));
    const passed = this.#passed(frame, scale);
    const blank = !(frame.path || frame.found || frame.range || passed.length > 0 || frame.hovered || frame.selected || frame.story || frame.marks.length > 0);
    // A canvas that is touched is copied as a whole.
    if (blank && this.blank) return;
    this.blank = blank;
    over.setTransform(1, 0, 0, 1, 0, 0);
    over.clearRect(0, 0, this.overlay.width, this.overlay.height);
    if (blank) return;
    over.save();
    over.beginPath();
    over.rect(left, RULER_PX * px, scale.widthPx, this.overlay.height);
    over.clip();
    if (frame.path) drawPath(over, palette, frame, frame.path, scale, px);
    else if (frame.found) drawFound(over, palette, frame, frame.found, scale, px);
    if (frame.range) drawRange(over, palette, frame.range, scale, RULER_PX * px, px);
    this.#flash(frame, passed, scale);
    if (frame.hovered) this.#outline(frame, frame.hovered, scale, css.dim, 1.5);
    if (frame.selected) this.#outline(frame, frame.selected, scale, css.ink, 2);
    if (frame.story) drawStory(over, palette, frame, frame.story, scale, px);
    over.restore();
    drawFlags(over, frame, scale, palette, px);
  }

  /** The arrows that the playhead has just passed; none where there are too many to be told apart. @param {Frame} frame @param {TimeScale} scale @returns {{n: number, left: number}[]} `left`: of their light, 0 to 1 */
  #passed({ model: { flows }, passing }, scale) {
    if (!passing || !arrowsShow(scale, this.ratio)) return [];
    const { from, to } = passing;
    const { chosen, thinned } = flows.visible(from, to, scale.pxToDuration(ARROW_PX * this.ratio));
    if (thinned) return [];
    return chosen
      .map((n) => ({ n, left: 1 - (to - flows.toAt[n]) / (to - from) }))
      .filter(({ left }) => left >= 0 && left <= 1);
  }

  /** They light up, and fade. @param {Frame} frame @param {{n: number, left: number}[]} passed @param {TimeScale} scale */
  #flash(frame, passed, scale) {
    for (const { n, left } of passed) {
      const arrow = new Arrows(frame.model.flows, frame.layout, frame.scrollPx, scale, this.ratio);
      arrow.add(n);
      arrow.draw(this.over, this.palette?.css.accent ?? '', 2, left, left);
    }
  }

  /** @param {Frame} frame @param {Span} span @param {TimeScale} scale @param {string} colour @param {number} widthPx */
  #outline(frame, span, scale, colour, widthPx) {
    const row = frame.layout.rowOf.get(span.track.id);
    if (!row) return;
    const { over } = this;
    const px = this.ratio;
    const { tall } = /** @type {Palette} */ (this.palette).states[span.state];
    const height = Math.max(row.barPx * tall, 12) * px;
    const y = (row.barTopPx + row.barPx / 2 - frame.scrollPx) * px - height / 2;
    const x0 = Math.max(scale.timeToPx(span.from), scale.leftPx - 20);
    const x1 = Math.min(Math.max(scale.timeToPx(span.to), x0 + 2), scale.rightPx + 20);
    const air = 2.5 * px;
    over.strokeStyle = colour;
    over.lineWidth = widthPx * px;
    over.beginPath();
    over.roundRect(x0 - air, y - air, x1 - x0 + 2 * air - 1, height + 2 * air, 4 * px);
    over.stroke();
  }

  /**
   * Draw the states' shares of the whole recording, to be kept until they change.
   * @param {Float32Array} shares `STATES` a column
   * @param {number} [wide] device pixels of each column
   */
  summarise(shares, wide = 1) {
    const palette = /** @type {Palette} */ (this.palette);
    const width = Math.max(1, (shares.length / STATES) * wide);
    const height = this.overview.height;
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let column = 0; column * STATES < shares.length; column += 1) {
      let y = height;
      for (const state of STACK) {
        const part = shares[column * STATES + state] * (height - 4 * this.ratio);
        if (!(part > 0)) continue;
        const { tile } = palette.states[state];
        for (let row = Math.max(Math.round(y - part), 0), last = Math.round(y); row < last; row += 1) {
          for (let x = column * wide; x < (column + 1) * wide; x += 1) pixels[row * width + x] = tile.pixels[(row % tile.side) * tile.side + (x % tile.side)];
        }
        y -= part;
      }
    }
    this.summary = new OffscreenCanvas(width, height);
    /** @type {OffscreenCanvasRenderingContext2D} */ (this.summary.getContext('2d')).putImageData(image, 0, 0);
  }

  /** The strip, with the visible stretch and the playhead. @param {Frame} frame */
  drawOverview(frame) {
    const { overviewCtx: ctx, palette, summary } = this;
    if (!palette) return;
    const { css, rgb } = palette;
    const px = this.ratio;
    const { width, height } = this.overview;
    const left = Math.round(frame.namesPx * px);
    const scale = new TimeScale(0, Math.max(frame.model.duration, 1), left, Math.max(1, width - left));
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = css.bg;
    ctx.fillRect(0, 0, width, height);
    if (summary) ctx.drawImage(summary, left, 0, scale.widthPx, height);
    const from = Math.max(left, scale.timeToPx(frame.viewport.from));
    const to = Math.min(width, scale.timeToPx(frame.viewport.to));
    ctx.fillStyle = `rgb(${rgb.bg.join(' ')} / 0.66)`;
    ctx.fillRect(left, 0, Math.max(0, from - left), height);
    ctx.fillRect(to, 0, Math.max(0, width - to), height);
    if (to - from < scale.widthPx - 1) {
      ctx.strokeStyle = css.dim;
      ctx.lineWidth = px;
      ctx.strokeRect(Math.round(from) + px / 2, px / 2, Math.max(3 * px, Math.round(to - from) - px), height - px);
    }
    if (frame.range) {
      const begin = scale.timeToPx(frame.range.from);
      ctx.fillStyle = `rgb(${rgb.accent.join(' ')} / 0.35)`;
      ctx.fillRect(begin, 0, Math.max(scale.timeToPx(frame.range.to) - begin, 2 * px), height);
    }
    ctx.fillStyle = css.accent;
    ctx.fillRect(Math.round(scale.timeToPx(frame.at)) - px / 2, 0, Math.max(1, 1.5 * px), height);
  }
}
