// Draws what happens on the tracks: spans, holds, strips, cores, losses, arrows, and their labels.

import { State, STATE_TEXT } from './schema.js';
import { ARROW_PX, Arrows } from './arrows.js';
import { RULER_PX, STRIP_PX } from './layout.js';
import { Raster } from './raster.js';
import { SpanList, collect } from './spans.js';
import { TimeScale } from './time_scale.js';

/**
 * @typedef {import('./layout.js').Row} Row
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./model.js').Span} Span
 */

const LETTER_PX = 22;
/** A letter covers a part of the pattern: enough of it must be left. */
const PATTERNED_LETTER_PX = 36;
const WORD_PX = 120;
const PAUSE_PX = 3;
/** Beside a core's name, enough of the strip must be left. */
const CORE_WORD_PX = 112;
/** On a lower bar a letter would hide it: only words, where there is room for more than them. */
const LETTERED_PX = 11;

/** The states in the order in which a column of mixed ones stacks them, from its top. */
export const STACK = Object.freeze([
  State.RUNNING, State.STALLED, State.NATIVE, State.HELD, State.CONTENDED, State.BUSY, State.RUNNABLE,
  State.READY, State.GIL_WAIT, State.BLOCKED, State.STARTING, State.ALIVE, State.SUSPENDED, State.FAILED, State.CANCELLED,
  State.OUTSIDE, State.UNKNOWN,
]);

export class TrackPainter {
  /** @param {CanvasRenderingContext2D} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    this.raster = new Raster();
    this.list = new SpanList();
    this.heights = new Float64Array(STACK.length);
    this.ratio = 1;
    /** @type {Palette | null} */
    this.palette = null;
    /** @type {CanvasPattern | string} what can't be known */
    this.unknown = '';
    /** @type {{text: string, leftPx: number, rightPx: number, yPx: number, colour: string, plate: string | null}[]} */
    this.labels = [];
  }

  /** @param {Palette} palette */
  dress(palette) {
    this.palette = palette;
    this.raster.dress();
    const { tile } = palette.states[State.UNKNOWN];
    const canvas = new OffscreenCanvas(tile.side, tile.side);
    const image = new ImageData(tile.side, tile.side);
    new Uint32Array(image.data.buffer).set(tile.pixels);
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    this.unknown = this.ctx.createPattern(canvas, 'repeat') ?? '';
  }

  /**
   * @param {Frame} frame
   * @param {Row[]} rows that are in sight
   * @param {TimeScale} scale in device pixels, its left at 0
   * @param {Uint32Array} ground one line of the plot, with its grid
   * @param {number} leftPx of the plot on the canvas, device pixels
   */
  draw(frame, rows, scale, ground, leftPx) {
    this.labels.length = 0;
    const top = RULER_PX * this.ratio;
    this.raster.begin(ground, Math.max(1, this.ctx.canvas.height - top));
    this.#tracks(frame, rows, scale);
    this.ctx.putImageData(/** @type {ImageData} */ (this.raster.image), leftPx, top);
    this.#losses(frame, rows, scale);
    this.#flows(frame, scale);
    this.#labels();
  }

  /** @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale */
  #tracks(frame, rows, scale) {
    const { list } = this;
    const until = frame.model.duration;
    for (const row of rows) {
      collect(row.track, scale, until, list);
      const top = this.#y(frame, row.barTopPx);
      if (row.kind === 'thread' || row.kind === 'task' || row.kind === 'process') this.#spans(frame, row, top);
      else this.#holds(frame, row, top);
      if (list.mixedCount > 0) this.#stripOf(row, top);
      if (row.stripTopPx > 0) this.#cores(frame, row, scale, until);
      if (row.track.pauses.count > 0) this.#pauses(frame, row, scale, until);
    }
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

  /** @param {Frame} frame @param {Row} row @param {number} top in the raster */
  #spans(frame, row, top) {
    const { list, raster, ratio } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const bar = row.barPx * ratio;
    const middle = top + bar / 2 + RULER_PX * ratio;
    for (let n = 0; n < list.count; n += 1) {
      const state = list.state[n];
      const { tile, tall, edge } = palette.states[state];
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[n]);
      const height = Math.max(Math.round(bar * tall), Math.round(2 * ratio));
      const y = Math.round(top + (bar - height) / 2);
      const radius = width > 6 * ratio && height > 6 * ratio ? Math.round(2 * ratio) : 0;
      raster.rect(left, y, width, height, tile, radius);
      if (edge) raster.frame(left, y, width, height, Math.max(1, Math.round(1.5 * ratio)), edge, radius);
      if (width > LETTER_PX * ratio) this.#letter(frame, row, n, left, left + width, middle, height);
    }
  }

  /** @param {Frame} frame @param {Row} row @param {number} n @param {number} left @param {number} right @param {number} y @param {number} height */
  #letter(frame, row, n, left, right, y, height) {
    const { list } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const state = list.state[n];
    const visible = Math.min(right, list.widthPx) - Math.max(left, 0);
    const style = palette.states[state];
    if (state === State.OUTSIDE) return this.#away(frame, row, n, left, right, y, visible);
    const least = height < LETTERED_PX * this.ratio ? WORD_PX : style.pattern === 'plain' ? LETTER_PX : PATTERNED_LETTER_PX;
    if (visible < least * this.ratio || row.kind === 'process') return;
    if (state === State.UNKNOWN && frame.model.damages.length > 0) return;
    /** @type {string} */
    let text = STATE_TEXT[state].letter;
    if (visible > WORD_PX * this.ratio) {
      const thing = list.dense ? '' : frame.model.name(row.track.rows.thing[list.row[n]]);
      text = (state === State.BLOCKED || state === State.SUSPENDED) && thing ? `${STATE_TEXT[state].label} · ${thing}` : STATE_TEXT[state].label;
    }
    const calm = state === State.SUSPENDED;
    const plate = calm ? palette.css.bg : style.pattern === 'plain' ? null : style.css;
    this.labels.push({ text, leftPx: calm ? left + LETTER_PX * this.ratio : left, rightPx: right, yPx: y, colour: calm ? palette.css.dim : palette.css.bg, plate });
  }

  /**
   * Away from Python is a thin line: it has a label only where it is known in what.
   * @param {Frame} frame @param {Row} row @param {number} n @param {number} left @param {number} right @param {number} y @param {number} visible
   */
  #away(frame, row, n, left, right, y, visible) {
    const { css } = /** @type {Palette} */ (this.palette);
    if (visible < WORD_PX * this.ratio || this.list.dense) return;
    const { rows } = row.track;
    const at = this.list.row[n];
    const inside = frame.model.name(rows.thing[at]) || frame.model.call(State.OUTSIDE, row.track.lineAt(at));
    if (inside) this.labels.push({ text: `outside · ${inside.split('.').slice(-1)[0]}`, leftPx: left, rightPx: right, yPx: y, colour: css.dim, plate: css.bg });
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
    const { css } = /** @type {Palette} */ (this.palette);
    const { thing } = row.track.rows;
    const height = Math.round(row.barPx * this.ratio);
    for (let n = 0; n < list.count; ) {
      const holder = list.dense ? 0 : thing[list.row[n]];
      let last = n;
      while (!list.dense && last + 1 < list.count && thing[list.row[last + 1]] === holder && list.leftPx[last + 1] - list.rightPx[last] < 0.5) last += 1;
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[last]);
      this.#hold(frame, row, holder, left, top, width, height, n, last);
      const name = width > LETTER_PX * this.ratio ? frame.model.name(holder) : '';
      const colour = row.kind === 'resource' ? css.blocked : row.kind === 'gil' ? css['gil-ink'] : css.ink;
      const plate = row.kind === 'resource' ? css.bg : null;
      if (name) this.labels.push({ text: name, leftPx: left, rightPx: left + width, yPx: top + height / 2 + RULER_PX * this.ratio, colour, plate });
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
    const { list, raster, heights } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const height = Math.round(row.barPx * this.ratio);
    const styles = row.kind === 'gil' ? palette.gilStates : palette.states;
    const { mix, mixed, widthPx } = list;
    const { present, place } = row.track.times;
    const stack = STACK.filter((state) => present.includes(state));
    const tiles = stack.map((state) => styles[state].tile);
    const tall = stack.map((state) => styles[state].tall * height);
    const places = stack.map((state) => place[state]);
    const states = present.length;
    for (let column = 0, start = 0; column < widthPx; column += 1, start += states) {
      if (mixed[column] === 0) continue;
      let sum = 0;
      for (let n = 0; n < states; n += 1) sum += mix[start + n];
      for (let n = 0; n < places.length; n += 1) {
        const part = mix[start + places[n]];
        heights[n] = part > 0 ? Math.max((part / sum) * tall[n], 1) : 0;
      }
      raster.column(column, top, height, heights, tiles);
    }
  }

  /** The cores that a thread was on. @param {Frame} frame @param {Row} row @param {TimeScale} scale @param {number} until */
  #cores(frame, row, scale, until) {
    const { raster, ratio: px } = this;
    const { css, tiles } = /** @type {Palette} */ (this.palette);
    const { cores } = row.track;
    const y = this.#y(frame, row.stripTopPx);
    const height = Math.round(STRIP_PX * px);
    const thin = Math.round(height / 2);
    let drawnTo = -Infinity;
    const to = Math.min(scale.to, until);
    for (let n = Math.max(cores.rowAt(scale.from), 0); n < cores.count && cores.at[n] <= to; n += 1) {
      const left = Math.round(scale.timeToPx(cores.at[n]));
      const right = Math.round(scale.timeToPx(n + 1 < cores.count ? cores.at[n + 1] : until));
      if (cores.thing[n] === 0) continue;
      if (right <= drawnTo) {
        // Everything up to the next pixel is already drawn: leap there.
        n = Math.max(n, cores.rowAt(scale.pxToTime(drawnTo + 0.5), n) - 1);
        continue;
      }
      const core = cores.thing[n] - 1;
      const width = Math.max(1, right - left - (right - left > 4 * px ? Math.round(px) : 0));
      if (core % 2 === 1) raster.rect(left, y + Math.floor((height - thin) / 2), width, thin, tiles.core);
      else raster.rect(left, y, width, height, tiles.core);
      drawnTo = left + width;
      if (right - left > CORE_WORD_PX * px) this.labels.push({ text: `core ${core}`, leftPx: left + 16 * px, rightPx: right - 8 * px, yPx: y + height / 2 + RULER_PX * px, colour: css.dim, plate: css.bg });
    }
  }

  /** What was lost, or can't be read. @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale */
  #losses(frame, rows, scale) {
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
      this.labels.push({ text, leftPx: left, rightPx: left + width, yPx: y + height / 2, colour: css.ink, plate: css.bg });
    };
    for (const row of rows) {
      const y = Math.round((row.barTopPx - frame.scrollPx) * this.ratio);
      for (const loss of row.track.losses) mark(loss.from, loss.to, y, row.barPx * this.ratio, `${loss.count} lost`);
    }
    for (const damage of frame.model.damages) mark(damage.from, damage.to, RULER_PX * this.ratio, frame.heightPx * this.ratio, 'damaged');
  }

  /** Arrows from cause to effect. @param {Frame} frame @param {TimeScale} scale */
  #flows(frame, scale) {
    const { css } = /** @type {Palette} */ (this.palette);
    const { flows } = frame.model;
    const arrows = new Arrows(flows, frame.layout, frame.scrollPx, scale, this.ratio);
    if (!arrows.seen) return;
    const { chosen, thinned } = flows.visible(scale.from, scale.to, scale.pxToDuration(ARROW_PX * this.ratio));
    for (const n of chosen) arrows.add(n);
    arrows.draw(this.ctx, css.ink, 0.9, thinned ? 0.34 : 0.55, thinned ? 0.5 : 0.8);
  }

  /** Texts over spans: whole, or not at all. */
  #labels() {
    const { ctx } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const px = this.ratio;
    ctx.font = `500 ${12 * px}px ${palette.mono}`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    const perLetter = ctx.measureText('0').width;
    for (const label of this.labels) {
      const left = Math.max(label.leftPx, 0) + 7 * px;
      const room = Math.min(label.rightPx, this.list.widthPx) - left - 5 * px;
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
