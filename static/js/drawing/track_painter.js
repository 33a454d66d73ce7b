// Draws what happens on the tracks: the bars' pixels, and over them losses, arrows and labels.

import { State } from '../model/schema.js';
import { formatCount } from '../text/format.js';
import { ARROW_PX, Arrows, arrowsShow } from './arrows.js';
import { Bars } from './bars.js';
import { Blocks } from './blocks.js';
import { Labels, joined } from './labels.js';
import { RULER_PX } from '../model/layout.js';

/**
 * @typedef {import('./labels.js').Label} Label
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 */

/** What can't be known, as a filling. @param {CanvasRenderingContext2D} ctx @param {Palette} palette */
export function filling(ctx, palette) {
  const { tile } = palette.states[State.UNKNOWN];
  const canvas = new OffscreenCanvas(tile.side, tile.side);
  const image = new ImageData(tile.side, tile.side);
  new Uint32Array(image.data.buffer).set(tile.pixels);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return ctx.createPattern(canvas, 'repeat') ?? '';
}

export class TrackPainter {
  /** @param {CanvasRenderingContext2D} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    this.bars = new Bars();
    this.blocks = new Blocks(this.bars);
    /** While one zooms, nothing can be kept. */
    this.passing = new Blocks(this.bars, 1);
    this.words = new Labels();
    this.ratio = 1;
    /** What is on the canvas has columns of several pixels. */
    this.coarse = false;
    /** @type {Palette | null} */
    this.palette = null;
    /** @type {CanvasPattern | string} what can't be known */
    this.unknown = '';
  }

  /** @param {Palette} palette */
  dress(palette) {
    this.palette = palette;
    for (const part of [this.bars, this.words]) {
      part.palette = palette;
      part.ratio = this.ratio;
    }
    this.blocks.clear();
    this.passing.clear();
    this.unknown = filling(this.ctx, palette);
  }

  /**
   * @param {Frame} frame
   * @param {Row[]} rows that are in sight
   * @param {TimeScale} scale in device pixels, its left at 0
   * @param {(scale: TimeScale) => Uint32Array} ground one line of the plot, with its grid
   * @param {number} leftPx of the plot on the canvas, device pixels
   */
  draw(frame, rows, scale, ground, leftPx) {
    const top = Math.round(RULER_PX * this.ratio);
    // One who zooms at the end of what can be zoomed sees the same grid, and what is drawn of it already.
    const { grid } = this.blocks;
    const zooming = frame.columnPx > 1 && grid !== null && grid !== frame.grid;
    if (!zooming) this.passing.release();
    const blocks = (zooming ? this.passing : this.blocks).cover(frame, rows, scale.widthPx, Math.max(1, this.ctx.canvas.height - top), ground);
    this.coarse = blocks.some(({ coarse }) => coarse);
    for (const block of blocks) {
      this.ctx.putImageData(/** @type {ImageData} */ (block.raster.image), leftPx + block.leftPx - frame.originPx, top);
    }
    const labels = this.words.of(frame, joined(blocks), scale.widthPx);
    this.#losses(frame, rows, scale, labels);
    this.#flows(frame, scale);
    this.#write(labels, scale.widthPx);
  }

  /** What was lost, or can't be read. @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale @param {Label[]} labels */
  #losses(frame, rows, scale, labels) {
    const { ctx } = this;
    const { css } = /** @type {Palette} */ (this.palette);
    const mark = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ y, /** @type {number} */ height, /** @type {string} */ text) => {
      const left = Math.round(scale.timeToPx(from));
      const width = Math.max(3 * this.ratio, Math.round(scale.timeToPx(to)) - left);
      if (left > scale.widthPx || left + width < 0) return;
      ctx.fillStyle = this.unknown;
      ctx.fillRect(left, y, width, height);
      ctx.fillStyle = css['gil-wait'];
      ctx.fillRect(left, y, Math.max(1, this.ratio), height);
      labels.push({ text, leftPx: left, rightPx: left + width, yPx: y + height / 2, colour: css.ink, plate: css.bg });
    };
    for (const row of rows) {
      const y = Math.round((row.barTopPx - frame.scrollPx) * this.ratio);
      for (const loss of row.track.losses) mark(loss.from, loss.to, y, row.barPx * this.ratio, `${formatCount(loss.count)} lost`);
    }
    for (const damage of frame.model.damages) mark(damage.from, damage.to, RULER_PX * this.ratio, frame.heightPx * this.ratio, 'damaged');
  }

  /** Arrows from cause to effect. @param {Frame} frame @param {TimeScale} scale */
  #flows(frame, scale) {
    const { css } = /** @type {Palette} */ (this.palette);
    if (!arrowsShow(scale, this.ratio)) return;
    const { flows } = frame.model;
    const arrows = new Arrows(flows, frame.layout, frame.scrollPx, scale, this.ratio);
    const { chosen, thinned } = flows.visible(scale.from, scale.to, scale.pxToDuration(ARROW_PX * this.ratio));
    for (const n of chosen) arrows.add(n);
    arrows.draw(this.ctx, css.arrow, 0.9, thinned ? 0.34 : 0.55, thinned ? 0.5 : 0.8);
  }

  /** Texts over spans: whole, or not at all. @param {Label[]} labels @param {number} widthPx */
  #write(labels, widthPx) {
    const { ctx } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const px = this.ratio;
    ctx.font = `500 ${12 * px}px ${palette.mono}`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    const perLetter = ctx.measureText('0').width;
    for (const label of labels) {
      const left = Math.max(label.leftPx, 0) + 7 * px;
      const room = Math.min(label.rightPx, widthPx) - left - 5 * px;
      const text = label.text.length > 40 ? `${label.text.slice(0, 39)}…` : label.text;
      const short = text.length * perLetter <= room ? text : text.length === 1 && room > perLetter * 0.8 ? text : null;
      if (short === null) continue;
      if (label.plate) {
        ctx.fillStyle = label.plate;
        ctx.beginPath();
        ctx.roundRect(left - 3 * px, Math.round(label.yPx - 7 * px), short.length * perLetter + 6 * px, Math.round(14 * px), 2 * px);
        ctx.fill();
      }
      ctx.fillStyle = label.colour;
      ctx.fillText(short, left, label.yPx + 0.5 * px);
    }
  }
}
