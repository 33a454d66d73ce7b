// Draws the timeline: grid, names and ruler itself, the rest by its two parts. Only painters have a canvas context.

import { formatMoment } from '../text/format.js';
import { OVERVIEW_PX, RULER_PX, rowsBetween } from '../model/layout.js';
import { OverlayPainter } from './overlay_painter.js';
import { pixel } from './patterns.js';
import { Grid, LABEL_APART_PX, ticks, TimeScale } from './time_scale.js';
import { TrackPainter } from './track_painter.js';

/**
 * @typedef {import('../model/layout.js').Layout} Layout
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Track} Track
 * @typedef {import('../model/model.js').Span} Span
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./playhead.js').PlayheadPainter} PlayheadPainter
 * @typedef {object} Frame what is to be drawn
 * @property {Model} model
 * @property {Layout} layout
 * @property {{from: number, to: number}} viewport on whole pixels of the grid
 * @property {Grid} grid
 * @property {number} originPx the pixel of the grid at the plot's left
 * @property {number} columnPx so many device pixels wide may columns be that stand for more than one can see: 1 at rest
 * @property {number} widthPx CSS pixels, of the canvas
 * @property {number} heightPx
 * @property {number} namesPx width of the column of names
 * @property {number} scrollPx how far the tracks are scrolled up
 * @property {number} at the playhead, ns
 * @property {{from: number, to: number} | null} passing what the moving playhead has just passed
 * @property {Span | null} selected
 * @property {Span | null} hovered
 * @property {import('../panels/marks.js').Mark[]} marks what readers have set, by time
 * @property {import('../panels/story.js').Story | null} story why the selected span is as it is
 * @property {import('./path_painter.js').Path | null} path the critical path, while it shows
 * @property {import('../model/find.js').Finder | null} found what is looked for
 * @property {import('./range.js').Range | null} range
 */

/**
 * What a canvas makes of CSS colours: all of them at once, because each look at pixels waits for all that is to be drawn.
 * @param {readonly string[]} css
 * @returns {import('./patterns.js').Rgb[]}
 */
export function resolveColours(css) {
  const ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(css.length, 1).getContext('2d', { willReadFrequently: true }));
  css.forEach((colour, n) => {
    ctx.fillStyle = colour;
    ctx.fillRect(n, 0, 1, 1);
  });
  const { data } = ctx.getImageData(0, 0, css.length, 1);
  return css.map((_, n) => [data[4 * n], data[4 * n + 1], data[4 * n + 2]]);
}

export class Painter {
  /**
   * @param {HTMLCanvasElement} ground everything that only changes with the view
   * @param {HTMLCanvasElement} overlay pointer, selection, range, story
   * @param {HTMLCanvasElement} overview the strip of the whole recording
   * @param {PlayheadPainter} playhead
   */
  constructor(ground, overlay, overview, playhead) {
    this.ground = ground;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (ground.getContext('2d', { alpha: false })); // cheaper to write to, and to lay under the rest
    this.tracks = new TrackPainter(this.ctx);
    this.over = new OverlayPainter(overlay, overview);
    this.playhead = playhead;
    this.ratio = 1;
    /** @type {Palette | null} */
    this.palette = null;
    /** @type {Grid | null} that of the last view */
    this.grid = null;
  }

  /** @param {Palette} palette */
  dress(palette) {
    this.palette = palette;
    this.over.palette = palette;
    this.tracks.dress(palette);
  }

  /**
   * @param {number} widthPx CSS pixels
   * @param {number} heightPx
   * @param {number} ratio device pixels to a CSS pixel
   */
  resize(widthPx, heightPx, ratio) {
    this.ratio = ratio;
    this.tracks.ratio = ratio;
    this.over.ratio = ratio;
    const width = Math.max(1, Math.round(widthPx * ratio));
    for (const canvas of [this.ground, this.over.overlay]) {
      canvas.width = width;
      canvas.height = Math.max(1, Math.round(heightPx * ratio));
    }
    // What has no alpha comes back black.
    if (this.palette) {
      this.ctx.fillStyle = this.palette.css.bg;
      this.ctx.fillRect(0, 0, this.ground.width, this.ground.height);
    }
    this.playhead.resize(width, ratio);
    this.over.overview.width = width;
    this.over.overview.height = Math.round(OVERVIEW_PX * ratio);
  }

  /**
   * A view on whole pixels: on those of the last view, where it is as wide.
   * @param {{from: number, to: number}} view
   * @param {number} namesPx
   */
  look(view, namesPx) {
    const widthPx = Math.max(1, this.ground.width - Math.round(namesPx * this.ratio));
    let originPx = this.grid?.originOf(view, widthPx) ?? null;
    if (this.grid === null || originPx === null) {
      this.grid = new Grid(view.from, widthPx / (view.to - view.from));
      originPx = 0;
    }
    const { from, to } = this.grid.scale(originPx, widthPx);
    return { viewport: { from, to }, grid: this.grid, originPx };
  }

  /** @param {Frame} frame */
  drawGround(frame) {
    const { ctx, palette } = this;
    if (!palette) return;
    const px = this.ratio;
    const width = this.ground.width;
    const left = Math.round(frame.namesPx * px);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    // Device pixels from the left of the plot.
    const scale = new TimeScale(frame.viewport.from, frame.viewport.to, 0, Math.max(1, width - left));
    const marks = ticks(scale, LABEL_APART_PX * px);

    ctx.save();
    ctx.translate(left, 0);
    ctx.beginPath();
    ctx.rect(0, RULER_PX * px, scale.widthPx, this.ground.height);
    ctx.clip();
    const rows = rowsBetween(frame.layout, frame.scrollPx + RULER_PX, frame.scrollPx + frame.heightPx);
    this.tracks.draw(frame, rows, scale, (part) => this.#line(part), left);
    ctx.restore();

    this.#names(frame, rows, left);
    this.#ruler(frame, scale, marks, left);
  }

  /**
   * One line of the plot, as it is under everything: the ground, and where the grid's lines cross it.
   * @param {TimeScale} scale
   */
  #line(scale) {
    const marks = ticks(scale, LABEL_APART_PX * this.ratio);
    const { rgb } = /** @type {Palette} */ (this.palette);
    const line = Math.max(1, Math.round(this.ratio));
    const ground = new Uint32Array(Math.ceil(scale.widthPx)).fill(pixel(rgb.bg));
    const cross = (/** @type {number} */ at, /** @type {number} */ colour) => {
      const x = Math.round(scale.timeToPx(at));
      if (x + line > 0) ground.fill(colour, Math.max(x, 0), x + line);
    };
    for (const at of marks.minor) cross(at, pixel(rgb.fine));
    for (const { at } of marks.major) cross(at, pixel(rgb.grid));
    return ground;
  }

  /** The ground of the names, which stay; what is selected is marked. @param {Frame} frame @param {Row[]} rows @param {number} left */
  #names(frame, rows, left) {
    const { ctx } = this;
    const { css } = /** @type {Palette} */ (this.palette);
    const px = this.ratio;
    ctx.fillStyle = css.bg;
    ctx.fillRect(0, 0, left, this.ground.height);
    for (const row of rows) {
      if (frame.selected?.track !== row.track) continue;
      const middle = (row.barTopPx + row.barPx / 2 - frame.scrollPx) * px;
      ctx.fillStyle = css.accent;
      ctx.fillRect(0, middle - 14 * px, 3 * px, 28 * px);
    }
  }

  /** @param {Frame} frame @param {TimeScale} scale @param {ReturnType<typeof ticks>} marks @param {number} left */
  #ruler(frame, scale, marks, left) {
    const { ctx } = this;
    const { css, mono } = /** @type {Palette} */ (this.palette);
    const px = this.ratio;
    const height = RULER_PX * px;
    ctx.fillStyle = css.panel;
    ctx.fillRect(0, 0, this.ground.width, height);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, 0, scale.widthPx, height);
    ctx.clip();
    ctx.translate(left, 0);
    const line = Math.max(1, Math.round(px));
    ctx.fillStyle = css.grid;
    for (const at of marks.minor) ctx.fillRect(Math.round(scale.timeToPx(at)), height - 5 * px, line, 5 * px);
    ctx.font = `400 ${12 * px}px ${mono}`;
    ctx.textBaseline = 'middle';
    for (const { at, label } of marks.major) {
      const x = Math.round(scale.timeToPx(at));
      ctx.fillStyle = css.grid;
      ctx.fillRect(x, height - 10 * px, line, 10 * px);
      ctx.fillStyle = css.dim;
      if (x + 5 * px + ctx.measureText(label).width <= scale.widthPx) ctx.fillText(label, x + 5 * px, height / 2);
    }
    ctx.restore();
    if (marks.base !== 0) {
      ctx.fillStyle = css.dim;
      ctx.font = `400 ${12 * px}px ${mono}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'middle';
      ctx.fillText(`${formatMoment(marks.base, marks.step * 1000)} +`, left - 8 * px, height / 2);
      ctx.textAlign = 'left';
    }
  }
}
