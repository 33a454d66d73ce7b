// The playhead: a line over the tracks, and its moment on the ruler. They are elements of their own, because a canvas that is touched is copied as
// a whole: following a run, the large one would be with each frame.

import { formatMoment } from '../text/format.js';
import { RULER_PX } from '../model/layout.js';
import { LABEL_APART_PX, ticks, TimeScale } from './time_scale.js';

/**
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./painter.js').Frame} Frame
 */

export class PlayheadPainter {
  /** @param {HTMLElement} line @param {HTMLCanvasElement} moment as wide as the tracks, as high as the ruler */
  constructor(line, moment) {
    this.line = line;
    this.moment = moment;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (moment.getContext('2d'));
    /** Where the line stands, device pixels; null while the playhead is out of sight. @type {number | null} */
    this.x = null;
  }

  /** @param {number} widthPx device pixels @param {number} ratio device pixels to a CSS pixel */
  resize(widthPx, ratio) {
    this.moment.width = widthPx;
    this.moment.height = Math.round(RULER_PX * ratio);
    this.x = null;
  }

  /** @param {Frame} frame @param {Palette} palette @param {number} px device pixels to a CSS pixel */
  draw(frame, palette, px) {
    const { ctx, line, moment } = this;
    const left = Math.round(frame.namesPx * px);
    const scale = new TimeScale(frame.viewport.from, frame.viewport.to, left, Math.max(1, moment.width - left));
    const exact = scale.timeToPx(frame.at);
    const x = exact >= left - 1 && exact <= scale.rightPx + 1 ? Math.round(exact) : null;
    if (x === null && this.x === null) return;
    if (x !== this.x) {
      line.hidden = x === null;
      if (x !== null) line.style.translate = `${x / px - 1}px`;
    }
    this.x = x;
    ctx.clearRect(0, 0, moment.width, moment.height);
    if (x !== null) this.#tell(frame, palette, scale, x, px);
  }

  /** @param {Frame} frame @param {Palette} palette @param {TimeScale} scale @param {number} x @param {number} px */
  #tell(frame, { css, mono }, scale, x, px) {
    const { ctx } = this;
    ctx.font = `600 ${12 * px}px ${mono}`;
    ctx.textBaseline = 'middle';
    const text = formatMoment(Math.max(frame.at, 0), scale.nsPerPx * px, Math.max(Math.abs(frame.viewport.from), frame.viewport.to));
    const width = ctx.measureText(text).width + 14 * px;
    const at = Math.min(Math.max(x - width / 2, scale.leftPx), scale.rightPx - width);
    this.#coverLabels(scale, at, width, css.panel, `400 ${12 * px}px ${mono}`, px);
    ctx.fillStyle = css.accent;
    ctx.beginPath();
    ctx.roundRect(at, 4 * px, width, (RULER_PX - 8) * px, 4 * px);
    ctx.fill();
    ctx.fillStyle = css.bg;
    ctx.font = `600 ${12 * px}px ${mono}`;
    ctx.fillText(text, at + 7 * px, (RULER_PX / 2 + 0.5) * px);
  }

  /**
   * Labels of the ruler that would show half under the playhead's don't show.
   * @param {TimeScale} scale @param {number} leftPx @param {number} widthPx @param {string} colour @param {string} font @param {number} px
   */
  #coverLabels(scale, leftPx, widthPx, colour, font, px) {
    const { ctx } = this;
    ctx.font = font;
    ctx.fillStyle = colour;
    for (const { at, label } of ticks(scale, LABEL_APART_PX * px).major) {
      const x = Math.round(scale.timeToPx(at)) + 2 * px;
      const width = ctx.measureText(label).width + 6 * px;
      if (x < leftPx + widthPx && x + width > leftPx) ctx.fillRect(x, 6 * px, width, (RULER_PX - 16) * px);
    }
  }
}
