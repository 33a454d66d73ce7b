// The pixels of what happens on the tracks: spans, holds, strips, cores and pauses, drawn into a raster.

import { State, TrackKind } from '../model/schema.js';
import { RULER_PX, STRIP_PX } from '../model/layout.js';
import { COARSE_PX } from './raster.js';
import { SpanList, collect } from '../model/spans.js';
import { drawDepths, drawFolded } from '../model/strips.js';

/**
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./raster.js').Raster} Raster
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 * @typedef {object} Piece something that is wide enough for a label, or may be with its neighbour
 * @property {Row} row
 * @property {'span' | 'hold' | 'core'} kind
 * @property {number} state of a span
 * @property {number} at row of the track that it begins with
 * @property {number} holder track of who has it; of a core, its number
 * @property {number} leftPx on the frame's grid
 * @property {number} rightPx
 * @property {boolean} dense it may stand for many spans of one state
 */

/** Below this width there is never a label, CSS pixels. */
const WIDE_PX = 20;
/** So far beyond its edges what is drawn is known, for its corners, CSS pixels. */
export const MARGIN_PX = 24;
const PAUSE_PX = 3;

/** The states in the order in which a column of mixed ones stacks them, from its top. */
export const STACK = Object.freeze([
  State.RUNNING, State.STALLED, State.NATIVE, State.HELD, State.CONTENDED, State.BUSY, State.RUNNABLE,
  State.READY, State.GIL_WAIT, State.BLOCKED, State.STARTING, State.ALIVE, State.SUSPENDED, State.FAILED, State.CANCELLED,
  State.OUTSIDE, State.UNKNOWN,
]);

export class Bars {
  constructor() {
    this.list = new SpanList();
    /** Of one column: how high each part is, and which of the states it is. */
    this.heights = new Float64Array(STACK.length);
    this.parts = new Uint8Array(STACK.length);
    this.ratio = 1;
    /** @type {Palette | null} */
    this.palette = null;
    this.raster = /** @type {Raster} */ (/** @type {unknown} */ (null));
    this.offsetPx = 0;
    /** @type {Piece[]} */
    this.pieces = [];
    /** Something of what was drawn last stands in columns of several pixels. */
    this.coarse = false;
  }

  /**
   * @param {Frame} frame
   * @param {Row[]} rows that are in sight
   * @param {TimeScale} scale in device pixels, its left at 0
   * @param {number} offsetPx where that lies on the frame's grid
   * @param {Raster} raster as wide as the scale
   * @returns {Piece[]} from left to right on each row
   */
  draw(frame, rows, scale, offsetPx, raster) {
    this.list.columnPx = frame.columnPx;
    this.coarse = false;
    this.raster = raster;
    this.offsetPx = offsetPx;
    this.pieces = [];
    this.#tracks(frame, rows, scale);
    return this.pieces;
  }

  /** @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale */
  #tracks(frame, rows, scale) {
    const { list } = this;
    const until = frame.model.duration;
    for (const row of rows) {
      const top = this.#y(frame, row.barTopPx);
      const bottom = this.#y(frame, row.barTopPx + row.barPx);
      this.raster.lay(this.#y(frame, row.topPx + row.heightPx));
      const palette = /** @type {Palette} */ (this.palette);
      if (row.merged.length > 0) {
        drawFolded(this.raster, palette, STACK, row.merged, scale, until, top, bottom - top);
        continue;
      }
      collect(row.track, scale, until, list, MARGIN_PX * this.ratio);
      this.coarse ||= list.dense && list.columnPx > 1;
      if (row.track.kind === TrackKind.POOL) this.#pool(row, top);
      if (row.track.depths.count > 0) drawDepths(this.raster, palette, row.track, scale, until, bottom, bottom - top, Math.max(1, Math.round(this.ratio)));
      if (row.kind === 'thread' || row.kind === 'task' || row.kind === 'process') this.#spans(row, top);
      else if (row.track.kind !== TrackKind.POOL) this.#holds(frame, row, top);
      if (list.mixedCount > 0) this.#stripOf(row, top);
      if (row.stripTopPx > 0) this.#cores(frame, row, scale, until);
      if (row.track.pauses.count > 0) this.#pauses(frame, row, scale, until);
    }
    this.raster.lay();
  }

  /** @param {Row} row @param {'span' | 'hold'} kind @param {number} first @param {number} last parts of the list @param {number} holder */
  #piece(row, kind, first, last, holder) {
    const { list, offsetPx } = this;
    const [left, right] = [list.leftPx[first], list.rightPx[last]];
    // What is cut by an edge goes on in the next block.
    const cut = list.dense && (left <= 0 || right >= list.widthPx);
    if ((right - left < WIDE_PX * this.ratio && !cut) || right <= 0 || left >= list.widthPx) return;
    const [from, to] = list.dense ? [Math.max(left, 0), Math.min(right, list.widthPx)] : [left, right];
    this.pieces.push({ row, kind, state: list.state[first], at: list.row[first], holder, leftPx: offsetPx + from, rightPx: offsetPx + to, dense: list.dense });
  }

  /** Where a height among the tracks lies in the raster. @param {Frame} frame @param {number} px */
  #y(frame, px) {
    return Math.round((px - frame.scrollPx - RULER_PX) * this.ratio);
  }

  /**
   * A rectangle's edges on whole pixels, with a gap to its neighbour where there is room for one.
   * @param {number} leftPx @param {number} rightPx
   * @returns {[number, number]} left and width
   */
  #snap(leftPx, rightPx) {
    const left = Math.round(Math.max(leftPx, -64));
    const right = Math.round(Math.min(rightPx, this.list.widthPx + 64));
    const gap = right - left >= 4 * this.ratio ? Math.max(1, Math.round(this.ratio / 2)) : 0;
    return [left, Math.max(1, right - left - gap)];
  }

  /** @param {Row} row @param {number} top in the raster */
  #spans(row, top) {
    const { list, raster, ratio } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const bar = row.barPx * ratio;
    for (let n = 0; n < list.count; n += 1) {
      const state = list.state[n];
      const { tile, tall, edge } = palette.states[state];
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[n]);
      const height = Math.max(Math.round(bar * tall), Math.round(2 * ratio));
      const y = Math.round(top + (bar - height) / 2);
      const radius = width > 6 * ratio && height > 6 * ratio ? Math.round(2 * ratio) : 0;
      raster.rect(left, y, width, height, tile, radius);
      if (edge) raster.frame(left, y, width, height, Math.max(1, Math.round(1.5 * ratio)), edge, radius);
      this.#piece(row, 'span', n, n, 0);
    }
  }

  /** When a pool had work: a ground for how much of it is queued. @param {Row} row @param {number} top in the raster */
  #pool(row, top) {
    const { list, raster, ratio } = this;
    const { tiles, states } = /** @type {Palette} */ (this.palette);
    const height = Math.round(row.barPx * ratio);
    for (let n = 0; n < list.count; n += 1) {
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[n]);
      const unknown = list.state[n] === State.UNKNOWN;
      raster.rect(left, top + (unknown ? Math.round(height / 4) : 0), width, unknown ? Math.round(height / 2) : height, unknown ? states[State.UNKNOWN].tile : tiles.core);
    }
  }

  /** Where a thread collected garbage: a thin mark along the lower edge of its bar. @param {Frame} frame @param {Row} row @param {TimeScale} scale @param {number} until */
  #pauses(frame, row, scale, until) {
    const { pauses } = row.track;
    const px = this.ratio;
    const height = Math.round(PAUSE_PX * px);
    const y = this.#y(frame, row.barTopPx + row.barPx) - height;
    const { ink } = /** @type {Palette} */ (this.palette).tiles;
    let drawnTo = -Infinity;
    for (let n = Math.max(pauses.rowAt(scale.from), 0); n < pauses.count && pauses.at[n] <= scale.to; n += 1) {
      const left = Math.round(scale.timeToPx(pauses.at[n]));
      const right = Math.max(Math.round(scale.timeToPx(n + 1 < pauses.count ? pauses.at[n + 1] : until)), left + Math.round(px));
      if (pauses.thing[n] === 0) continue;
      if (right <= drawnTo) {
        n = Math.max(n, pauses.rowAt(scale.pxToTime(drawnTo + 0.5), n) - 1);
        continue;
      }
      this.raster.rect(left, y, right - left, height, ink);
      drawnTo = right;
    }
  }

  /** Who has the GIL, a lock or a core. @param {Frame} frame @param {Row} row @param {number} top in the raster */
  #holds(frame, row, top) {
    const { list } = this;
    const { thing } = row.track.rows;
    const height = Math.round(row.barPx * this.ratio);
    for (let n = 0; n < list.count; ) {
      const holder = list.dense ? 0 : thing[list.row[n]];
      let last = n;
      while (!list.dense && last + 1 < list.count && thing[list.row[last + 1]] === holder && list.leftPx[last + 1] - list.rightPx[last] < 0.5) last += 1;
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[last]);
      this.#hold(frame, row, holder, left, top, width, height, n, last);
      this.#piece(row, 'hold', n, last, holder);
      n = last + 1;
    }
  }

  /**
   * One stretch in which the same one has it, while others wait or not: parts `first` to `last` of the list.
   * @param {Frame} frame @param {Row} row @param {number} holder
   * @param {number} left @param {number} y @param {number} width @param {number} height @param {number} first @param {number} last
   */
  #hold(frame, row, holder, left, y, width, height, first, last) {
    const { list, raster, ratio: px } = this;
    const { tiles, states } = /** @type {Palette} */ (this.palette);
    if (list.state[first] === State.UNKNOWN) {
      raster.rect(left, y + Math.round(height / 4), width, Math.round(height / 2), states[State.UNKNOWN].tile);
      return;
    }
    const radius = width > 6 * px ? Math.round(Math.min((row.kind === 'resource' ? 4 : 2) * px, width / 5)) : 0;
    const narrow = width <= 3 * px;
    if (row.kind === 'gil') raster.rect(left, y, width, height, tiles[`gil-${list.dense ? 1 : (frame.model.holders.get(holder) ?? 0) % 3}`], radius);
    else if (row.kind !== 'resource') raster.rect(left, y, width, height, tiles.core, radius);
    else raster.rect(left, y, width, height, narrow ? tiles.blocked : tiles.held, radius);
    const thick = Math.round(3 * px);
    for (let part = first; part <= last; part += 1) {
      if (list.state[part] !== State.CONTENDED || (row.kind === 'resource' && narrow)) continue;
      const [from, length] = this.#snap(list.leftPx[part], list.rightPx[part]);
      if (row.kind === 'gil') raster.rect(from, y + height - thick, length, thick, states[State.GIL_WAIT].tile);
      else if (row.kind === 'resource') raster.rect(from, y, length, height, tiles.contended, radius);
    }
    if (row.kind === 'resource' && !narrow) raster.frame(left, y, width, height, Math.max(1, Math.round(1.2 * px)), tiles.blocked, radius);
  }

  /** Columns that hold more spans than one can see: their states, stacked by their share. @param {Row} row @param {number} top in the raster */
  #stripOf(row, top) {
    const { list, raster, heights, parts } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const height = Math.round(row.barPx * this.ratio);
    const styles = row.kind === 'gil' ? palette.gilStates : palette.states;
    const { mix, mixed, widthPx } = list;
    const columnPx = list.dense ? list.columnPx : 1;
    const { present, place } = row.track.times;
    const stack = STACK.filter((state) => present.includes(state));
    const tiles = stack.map((state) => styles[state].tile);
    const tall = Float64Array.from(stack, (state) => styles[state].tall * height);
    const places = Uint8Array.from(stack, (state) => place[state]);
    const states = present.length;
    for (let column = 0, start = 0; column * columnPx < widthPx; column += 1, start += states) {
      if (mixed[column] === 0) continue;
      let sum = 0;
      for (let n = 0; n < states; n += 1) sum += mix[start + n];
      const share = 1 / sum;
      let count = 0;
      for (let n = 0; n < places.length; n += 1) {
        const part = mix[start + places[n]];
        if (part <= 0) continue;
        const high = part * share * tall[n];
        heights[count] = high > 1 ? high : 1;
        parts[count] = n;
        count += 1;
      }
      raster.column(column * columnPx, top, height, heights, tiles, parts, count, columnPx === COARSE_PX);
    }
  }

  /** The cores that a thread was on. @param {Frame} frame @param {Row} row @param {TimeScale} scale @param {number} until */
  #cores(frame, row, scale, until) {
    const { list, raster, ratio: px } = this;
    const { tiles } = /** @type {Palette} */ (this.palette);
    const least = list.dense ? list.columnPx : 1;
    const { cores } = row.track;
    const { at, thing, count } = cores;
    const y = this.#y(frame, row.stripTopPx);
    const height = Math.round(STRIP_PX * px);
    const thin = Math.round(height / 2);
    const inset = Math.floor((height - thin) / 2);
    const { from, pxPerNs } = scale;
    let drawnTo = -Infinity;
    const to = Math.min(scale.to, until);
    const nsPerPx = 1 / pxPerNs;
    const wide = WIDE_PX * px;
    for (let n = Math.max(cores.rowAt(from), 0); n < count && at[n] <= to; n += 1) {
      if (thing[n] === 0) continue;
      const right = Math.round(((n + 1 < count ? at[n + 1] : until) - from) * pxPerNs);
      if (right <= drawnTo) {
        // Everything up to the next pixel is already drawn: leap there.
        n = Math.max(n, cores.rowAt(from + (drawnTo + 0.5) * nsPerPx, n) - 1);
        continue;
      }
      const left = Math.round((at[n] - from) * pxPerNs);
      const core = thing[n] - 1;
      const width = Math.max(least, right - left - (right - left > 4 * px ? Math.round(px) : 0));
      if (core % 2 === 1) raster.rect(left, y + inset, width, thin, tiles.core);
      else raster.rect(left, y, width, height, tiles.core);
      drawnTo = left + width;
      if (right - left > wide) this.pieces.push({ row, kind: 'core', state: 0, at: n, holder: core, leftPx: this.offsetPx + left, rightPx: this.offsetPx + right, dense: false });
    }
  }
}
