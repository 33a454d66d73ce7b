// Curves under the tracks, on the same axis: how many threads run at once, how much is ready or queued.

import { TrackKind } from '../model/schema.js';
import { formatMoment } from '../text/format.js';
import { node } from '../nodes.js';
import { Extremes, envelope, valueAt } from '../model/tally.js';
import { TimeScale } from './time_scale.js';
import { filling } from './track_painter.js';

/**
 * @typedef {import('../model/columns.js').Moments} Moments
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {{name: string, what: string, role: string, moments: Moments, most: number, missing: Moments | null, why: string}} Curve
 *   `missing`: of how many threads it isn't known whether they count; `why`: it wasn't measured at all
 */

export const CURVE_PX = 46;
/** So many show at once; the others are scrolled to. */
const SHOWN = 4;
const MOST = 40;
const AIR_PX = 7;

/** @param {Model} model @returns {{curves: Curve[], more: number}} `more`: how many there are besides */
export function curvesOf(model) {
  const { atWork, unseen, header } = model;
  const blind = header?.layers?.gil?.measured === false && header?.layers?.cores?.measured === false;
  const parallel = { name: 'At once', what: 'run', role: 'running', moments: atWork.moments, most: atWork.most, missing: unseen.moments, why: blind ? 'not measured' : '' };
  const others = model.all.flatMap((track) => {
    const { ready, depths } = track;
    if (ready.moments.count > 0) return [{ name: track.name, what: 'ready', role: 'runnable', moments: ready.moments, most: ready.most, missing: null, why: '' }];
    if (depths.count === 0 || track.internal) return [];
    const what = track.kind === TrackKind.SEMAPHORE ? 'permits' : track.kind === TrackKind.POOL ? 'queued' : track.kind === TrackKind.SHARED_MEMORY ? 'processes' : 'in it';
    return [{ name: track.name, what, role: 'blocked', moments: depths, most: track.deepest, missing: null, why: '' }];
  });
  return { curves: [parallel, ...others.slice(0, MOST - 1)], more: Math.max(others.length - MOST + 1, 0) };
}

export class Curves {
  /** @param {(xPx: number) => void} scrub the reader wants to go to a place @param {() => void} changed draw it again */
  constructor(scrub, changed) {
    this.canvas = node('canvas', { class: 'gt-curves-canvas', 'aria-hidden': 'true' });
    this.words = node('dl', { class: 'gt-curves-words', 'aria-label': 'Curves, at the playhead' });
    this.below = node('p', { class: 'gt-curves-below', 'aria-hidden': 'true' });
    this.element = node('div', { class: 'gt-curves', hidden: true, role: 'region', 'aria-label': 'Curves' }, node('div', { class: 'gt-curves-all' }, this.canvas, this.words, this.below));
    this.element.addEventListener('scroll', changed, { passive: true });
    this.ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    /** @type {WeakMap<Moments, Extremes>} */
    this.extremes = new WeakMap();
    /** @type {number | null} where the pointer is */
    this.pointerPx = null;
    this.said = '';
    /** @type {Palette | null} */
    this.palette = null;
    /** @type {CanvasPattern | string} what can't be known */
    this.unknown = '';
    this.canvas.addEventListener('pointermove', ({ clientX, buttons }) => {
      this.pointerPx = clientX - this.canvas.getBoundingClientRect().left;
      if (buttons === 1) scrub(this.pointerPx);
      changed();
    });
    this.canvas.addEventListener('pointerleave', () => {
      this.pointerPx = null;
      changed();
    });
    this.canvas.addEventListener('pointerdown', ({ clientX, button }) => {
      if (button === 0) scrub(clientX - this.canvas.getBoundingClientRect().left);
    });
  }

  /** How high they are, CSS pixels: 0 while they don't show. @param {Model} model @param {boolean} shown */
  heightPx(model, shown) {
    this.element.hidden = !shown;
    if (!shown) return 0;
    const count = curvesOf(model).curves.length;
    if (count > SHOWN) this.element.tabIndex = 0;
    return Math.min(count, SHOWN) * CURVE_PX;
  }

  /** @param {Frame} frame @param {Palette} palette @param {number} ratio */
  draw(frame, palette, ratio) {
    if (this.element.hidden) return;
    const { canvas, ctx } = this;
    if (palette !== this.palette) this.unknown = filling(ctx, palette);
    this.palette = palette;
    const { curves, more } = curvesOf(frame.model);
    // The canvas stays where it is, and shows those that are scrolled to.
    const showing = Math.min(curves.length, SHOWN);
    const { scrollTop } = this.element;
    const [width, height] = [Math.round(frame.widthPx * ratio), Math.round(showing * CURVE_PX * ratio)];
    canvas.style.width = `${frame.widthPx}px`;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const left = Math.round(frame.namesPx * ratio);
    const scale = new TimeScale(frame.viewport.from, frame.viewport.to, left, Math.max(1, width - left));
    ctx.fillStyle = palette.css.bg;
    ctx.fillRect(0, 0, width, height);
    const first = Math.floor(scrollTop / CURVE_PX);
    curves.slice(first, first + showing + 1).forEach((curve, n) => this.#curve(curve, scale, frame.model.duration, palette, ratio, ((first + n) * CURVE_PX - scrollTop) * ratio));
    const hidden = curves.length - Math.round(scrollTop / CURVE_PX) - showing;
    this.below.textContent = hidden > 0 ? `↓ ${hidden} more` : '';
    // What can't be read can't be counted.
    ctx.fillStyle = this.unknown;
    for (const { from, to } of frame.model.damages) {
      const begin = Math.max(scale.timeToPx(from), left);
      if (begin < width) ctx.fillRect(begin, 0, Math.max(scale.timeToPx(to) - begin, 3 * ratio), height);
    }
    const x = scale.timeToPx(frame.at);
    ctx.fillStyle = palette.css.accent;
    if (x >= left) ctx.fillRect(Math.round(x) - ratio, 0, 2 * ratio, height);
    ctx.fillStyle = palette.css.dim;
    if (this.pointerPx !== null && this.pointerPx * ratio > left) ctx.fillRect(Math.round(this.pointerPx * ratio), 0, ratio, height);
    const pointed = this.pointerPx !== null && this.pointerPx * ratio > left ? Math.min(Math.max(scale.pxToTime(this.pointerPx * ratio), 0), frame.model.duration) : null;
    this.#tell(curves, more, pointed ?? frame.at, pointed === null ? '' : ` at ${formatMoment(pointed, Math.max(scale.nsPerPx * ratio, 1), Math.max(frame.model.duration, 1))}`);
  }

  /** @param {Curve} curve @param {TimeScale} scale device pixels @param {number} until @param {Palette} palette @param {number} ratio @param {number} topPx */
  #curve(curve, scale, until, palette, ratio, topPx) {
    const { ctx } = this;
    const { css } = palette;
    const base = Math.round(topPx + (CURVE_PX - AIR_PX) * ratio);
    const unit = ((CURVE_PX - 2 * AIR_PX) * ratio) / Math.max(curve.most, 1);
    ctx.fillStyle = css.line;
    ctx.fillRect(0, Math.round(topPx), this.canvas.width, Math.max(1, Math.round(ratio)));
    ctx.fillRect(scale.leftPx, base, scale.widthPx, Math.max(1, Math.round(ratio)));
    if (curve.why) return;
    const columns = Math.floor(scale.widthPx);
    if (curve.missing) this.#missing(curve.missing, scale, columns, until, Math.round(topPx + AIR_PX * ratio), base);
    const { low, high } = this.#envelope(curve.moments, scale, columns, until);
    const line = Math.max(1, Math.round(1.5 * ratio));
    for (let column = 0; column < columns; column += 1) {
      if (Number.isNaN(low[column])) continue;
      const x = scale.leftPx + column;
      const [bottom, top] = [base - Math.round(low[column] * unit), base - Math.round(high[column] * unit)];
      ctx.fillStyle = css[curve.role];
      ctx.globalAlpha = 0.22;
      ctx.fillRect(x, bottom, 1, base - bottom);
      // Between the least and the most of a column lies what happened in it.
      ctx.globalAlpha = 0.5;
      ctx.fillRect(x, top, 1, bottom - top);
      ctx.globalAlpha = 1;
      if (high[column] > 0) ctx.fillRect(x, top, 1, line);
    }
  }

  /** Where some threads weren't seen there may have been more. @param {Moments} moments @param {TimeScale} scale @param {number} columns @param {number} until @param {number} top @param {number} base */
  #missing(moments, scale, columns, until, top, base) {
    const { high } = this.#envelope(moments, scale, columns, until);
    this.ctx.fillStyle = this.unknown;
    for (let column = 0; column < columns; column += 1) {
      if (high[column] > 0) this.ctx.fillRect(scale.leftPx + column, top, 1, base - top);
    }
  }

  /** @param {Moments} moments @param {TimeScale} scale @param {number} columns @param {number} until */
  #envelope(moments, scale, columns, until) {
    const extremes = this.extremes.get(moments) ?? new Extremes(moments);
    this.extremes.set(moments, extremes);
    return envelope(extremes, scale.from, scale.nsPerPx, columns, until);
  }

  /** The values, as text. @param {Curve[]} curves @param {number} more @param {number} at @param {string} when */
  #tell(curves, more, at, when) {
    const texts = curves.map(({ name, what, moments, most, why, missing }) => {
      const hidden = missing ? valueAt(missing, at) : 0;
      return [name, why || `${valueAt(moments, at)} ${what}${hidden > 0 ? `, ${hidden} not seen` : ''}`, why ? '' : `at most ${most}${when}`];
    });
    const key = `${texts.join('|')} ${more}`;
    if (key === this.said) return;
    this.said = key;
    this.words.replaceChildren(
      ...texts.map(([name, value, most]) => node('div', { class: 'gt-curve', title: name }, node('dt', {}, name), node('dd', {}, value, node('small', {}, most)))),
      ...(more > 0 ? [node('div', { class: 'gt-curve' }, node('dt', {}, `${more} more`), node('dd', {}, 'in their rows'))] : []),
    );
  }
}
