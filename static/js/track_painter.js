// Draws what happens on the tracks: spans, holds, strips, cores, losses, arrows, and their labels.

import { State, STATE_TEXT } from './schema.js';
import { ARROW_PX, Arrows } from './arrows.js';
import { RULER_PX, STRIP_PX } from './layout.js';
import { STATES } from './lod.js';
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
/** Beside a core's name, enough of the strip must be left. */
const PAUSE_PX = 3;
const CORE_WORD_PX = 112;
/** On a lower bar a letter would hide it: only words, where there is room for more than them. */
const LETTERED_PX = 11;

/** The states in the order in which a column of mixed ones stacks them, from its top. */
export const STACK = Object.freeze([
  State.RUNNING, State.STALLED, State.NATIVE, State.HELD, State.CONTENDED, State.BUSY, State.RUNNABLE,
  State.GIL_WAIT, State.BLOCKED, State.STARTING, State.ALIVE, State.OUTSIDE, State.UNKNOWN,
]);

export class TrackPainter {
  /** @param {CanvasRenderingContext2D} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    this.strip = new OffscreenCanvas(1, 1);
    this.stripCtx = /** @type {OffscreenCanvasRenderingContext2D} */ (this.strip.getContext('2d'));
    /** @type {ImageData | null} */
    this.image = null;
    this.list = new SpanList();
    this.ratio = 1;
    /** @type {Palette | null} */
    this.palette = null;
    /** @type {CanvasPattern[]} by state */
    this.patterns = [];
    /** @type {{text: string, leftPx: number, rightPx: number, yPx: number, colour: string, plate: string | null}[]} */
    this.labels = [];
  }

  /** @param {Palette} palette */
  dress(palette) {
    this.palette = palette;
    this.patterns = palette.states.map(({ tile }) => {
      const canvas = new OffscreenCanvas(tile.side, tile.side);
      const ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
      const image = new ImageData(tile.side, tile.side);
      new Uint32Array(image.data.buffer).set(tile.pixels);
      ctx.putImageData(image, 0, 0);
      return /** @type {CanvasPattern} */ (this.ctx.createPattern(canvas, 'repeat'));
    });
  }

  /**
   * @param {Frame} frame
   * @param {Row[]} rows that are in sight
   * @param {TimeScale} scale in device pixels, its left at 0
   */
  draw(frame, rows, scale) {
    this.labels.length = 0;
    this.#tracks(frame, rows, scale);
    this.#losses(frame, rows, scale);
    this.#flows(frame, scale);
    this.#labels();
  }

  /** @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale */
  #tracks(frame, rows, scale) {
    const { list } = this;
    const until = frame.model.duration;
    /** @type {(Path2D | undefined)[]} */
    const paths = [];
    for (const row of rows) {
      collect(row.track, scale, until, list);
      const top = (row.barTopPx - frame.scrollPx) * this.ratio;
      if (row.kind === 'thread' || row.kind === 'process') this.#spans(frame, row, top, paths);
      else this.#holds(frame, row, top);
      if (list.mixedCount > 0) this.#stripOf(row, top);
      if (row.stripTopPx > 0) this.#cores(frame, row, scale, until);
    }
    this.#fill(paths);
    for (const row of rows) if (row.track.pauses.count > 0) this.#pauses(frame, row, scale, until);
  }

  /** @param {(Path2D | undefined)[]} paths by state */
  #fill(paths) {
    const { ctx } = this;
    const palette = /** @type {Palette} */ (this.palette);
    paths.forEach((path, state) => {
      if (!path) return;
      ctx.fillStyle = palette.states[state].pattern === 'plain' ? palette.states[state].css : this.patterns[state];
      ctx.fill(path);
      if (state === State.STALLED) {
        ctx.strokeStyle = palette.states[state].css;
        ctx.lineWidth = 2 * this.ratio;
        ctx.setLineDash([6 * this.ratio, 4 * this.ratio]);
        ctx.stroke(path);
        ctx.setLineDash([]);
      }
    });
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

  /** @param {Frame} frame @param {Row} row @param {number} top @param {(Path2D | undefined)[]} paths */
  #spans(frame, row, top, paths) {
    const { list } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const bar = row.barPx * this.ratio;
    for (let n = 0; n < list.count; n += 1) {
      const state = list.state[n];
      const style = palette.states[state];
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[n]);
      const height = Math.max(Math.round(bar * style.tall), Math.round(2 * this.ratio));
      const y = Math.round(top + (bar - height) / 2);
      const path = (paths[state] ??= new Path2D());
      if (width > 6 * this.ratio && height > 6 * this.ratio) path.roundRect(left, y, width, height, 2 * this.ratio);
      else path.rect(left, y, width, height);
      this.#letter(frame, row, n, left, left + width, top + bar / 2, height);
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
      text = state === State.BLOCKED && thing ? `${STATE_TEXT[state].label} · ${thing}` : STATE_TEXT[state].label;
    }
    this.labels.push({ text, leftPx: left, rightPx: right, yPx: y, colour: palette.css.bg, plate: style.pattern === 'plain' ? null : style.css });
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
    const y = Math.round((row.barTopPx + row.barPx - frame.scrollPx) * px) - height;
    this.ctx.fillStyle = /** @type {Palette} */ (this.palette).css.ink;
    let drawnTo = -Infinity;
    for (let n = Math.max(pauses.rowAt(scale.from), 0); n < pauses.count && pauses.at[n] <= scale.to; n += 1) {
      const left = Math.round(scale.timeToPx(pauses.at[n]));
      const right = Math.max(Math.round(scale.timeToPx(n + 1 < pauses.count ? pauses.at[n + 1] : until)), left + Math.round(px));
      if (pauses.thing[n] === 0) continue;
      if (right <= drawnTo) {
        n = Math.max(n, pauses.rowAt(scale.pxToTime(drawnTo + 0.5), n) - 1);
        continue;
      }
      this.ctx.fillRect(left, y, right - left, height);
      drawnTo = right;
    }
  }

  /** Who has the GIL, a lock or a core. @param {Frame} frame @param {Row} row @param {number} top */
  #holds(frame, row, top) {
    const { ctx, list } = this;
    const { css, rgb } = /** @type {Palette} */ (this.palette);
    const { thing } = row.track.rows;
    const px = this.ratio;
    const height = Math.round(row.barPx * px);
    for (let n = 0; n < list.count; ) {
      if (list.state[n] === State.UNKNOWN) {
        const [left, width] = this.#snap(list.leftPx[n], list.rightPx[n]);
        ctx.fillStyle = this.patterns[State.UNKNOWN];
        ctx.fillRect(left, Math.round(top + height / 4), width, Math.round(height / 2));
        n += 1;
        continue;
      }
      const holder = list.dense ? 0 : thing[list.row[n]];
      let last = n;
      while (!list.dense && last + 1 < list.count && thing[list.row[last + 1]] === holder && list.leftPx[last + 1] - list.rightPx[last] < 0.5) last += 1;
      const [left, width] = this.#snap(list.leftPx[n], list.rightPx[last]);
      const y = Math.round(top);
      const shape = new Path2D();
      const round = width > 6 * px ? Math.min((row.kind === 'resource' ? 4 : 2) * px, width / 5) : 0;
      if (row.kind === 'resource' && width > 3 * px) shape.roundRect(left + px / 2, y + px / 2, width - px, height - px, round);
      else shape.roundRect(left, y, width, height, round);
      if (row.kind === 'gil') ctx.fillStyle = css[`gil-${list.dense ? 1 : (frame.model.holders.get(holder) ?? 0) % 3}`];
      else if (row.kind === 'core') ctx.fillStyle = css.core;
      else ctx.fillStyle = width > 3 * px ? `rgb(${rgb.blocked.join(' ')} / 0.16)` : css.blocked;
      ctx.fill(shape);
      for (let part = n; part <= last; part += 1) {
        if (list.state[part] === State.CONTENDED) this.#contended(row, list.leftPx[part], list.rightPx[part], y, height);
      }
      if (row.kind === 'resource' && width > 3 * px) {
        ctx.strokeStyle = css.blocked;
        ctx.lineWidth = 1.5 * px;
        ctx.stroke(shape);
      }
      const name = frame.model.name(holder);
      const colour = row.kind === 'resource' ? css.blocked : row.kind === 'gil' ? css['gil-ink'] : css.ink;
      const plate = row.kind === 'resource' ? css.bg : null;
      if (name) this.labels.push({ text: name, leftPx: left, rightPx: left + width, yPx: y + height / 2, colour, plate });
      n = last + 1;
    }
  }

  /** Others wait meanwhile. @param {Row} row @param {number} leftPx @param {number} rightPx @param {number} y @param {number} height */
  #contended(row, leftPx, rightPx, y, height) {
    const { ctx } = this;
    const [left, width] = this.#snap(leftPx, rightPx);
    const thick = Math.round(3 * this.ratio);
    ctx.fillStyle = this.patterns[row.kind === 'gil' ? State.GIL_WAIT : State.CONTENDED];
    if (row.kind === 'gil') ctx.fillRect(left, y + height - thick, width, thick);
    else if (row.kind === 'resource') {
      ctx.save();
      ctx.globalAlpha = 0.36;
      ctx.fillRect(left + this.ratio, y + this.ratio, width - 2 * this.ratio, height - 2 * this.ratio);
      ctx.restore();
    }
  }

  /** Columns that hold more spans than one can see: their states, stacked by their share. @param {Row} row @param {number} top */
  #stripOf(row, top) {
    const { list } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const width = list.widthPx;
    const height = Math.round(row.barPx * this.ratio);
    if (this.strip.width < width || this.strip.height < height) {
      this.strip.width = Math.max(width, this.strip.width);
      this.strip.height = Math.max(height, this.strip.height);
    }
    if (this.image?.width !== width || this.image.height !== height) this.image = new ImageData(width, height);
    const { image } = this;
    const pixels = new Uint32Array(image.data.buffer);
    pixels.fill(0);
    const styles = row.kind === 'gil' ? palette.gilStates : palette.states;
    const top0 = Math.round(top);
    const stack = STACK.filter((state) => row.track.times.present.includes(state));
    for (let column = 0; column < width; column += 1) {
      if (list.mixed[column] === 1) stackColumn(pixels, width, height, column, list.mix, stack, styles, top0);
    }
    this.stripCtx.putImageData(image, 0, 0);
    this.ctx.drawImage(this.strip, 0, 0, width, height, 0, top0, width, height);
  }

  /** The cores that a thread was on. @param {Frame} frame @param {Row} row @param {TimeScale} scale @param {number} until */
  #cores(frame, row, scale, until) {
    const { ctx } = this;
    const { css } = /** @type {Palette} */ (this.palette);
    const { cores } = row.track;
    const px = this.ratio;
    const y = Math.round((row.stripTopPx - frame.scrollPx) * px);
    const height = Math.round(STRIP_PX * px);
    ctx.fillStyle = css.core;
    const ofOdd = new Path2D();
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
      const width = Math.max(1, right - left - (right - left > 4 * px ? px : 0));
      if (core % 2 === 1) ofOdd.rect(left, y + height / 4, width, height / 2);
      else ctx.fillRect(left, y, width, height);
      drawnTo = left + width;
      if (right - left > CORE_WORD_PX * px) this.labels.push({ text: `core ${core}`, leftPx: left + 16 * px, rightPx: right - 8 * px, yPx: y + height / 2, colour: css.dim, plate: css.bg });
    }
    ctx.fill(ofOdd);
  }

  /** What was lost, or can't be read. @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale */
  #losses(frame, rows, scale) {
    const { ctx } = this;
    const { css } = /** @type {Palette} */ (this.palette);
    const mark = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ y, /** @type {number} */ height, /** @type {string} */ text) => {
      const left = Math.round(scale.timeToPx(from));
      const width = Math.max(3 * this.ratio, Math.round(scale.timeToPx(to)) - left);
      if (left > scale.widthPx || left + width < 0) return;
      ctx.fillStyle = this.patterns[State.UNKNOWN];
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

/**
 * Draw one column of a strip: each state as high as its own height times its share, around the middle.
 * @param {Uint32Array} pixels @param {number} width @param {number} height @param {number} column
 * @param {Float32Array} mix @param {readonly number[]} stack @param {readonly import('./palette.js').Style[]} styles @param {number} top where the strip begins, for the pattern
 */
function stackColumn(pixels, width, height, column, mix, stack, styles, top) {
  const start = column * STATES;
  let sum = 0;
  for (let s = 0; s < STATES; s += 1) sum += mix[start + s];
  let total = 0;
  for (const state of stack) {
    const share = mix[start + state] / sum;
    if (share > 0) total += Math.max(share * styles[state].tall * height, 1);
  }
  let y = Math.max(0, (height - total) / 2);
  for (const state of stack) {
    const share = mix[start + state] / sum;
    if (share <= 0) continue;
    const { tile, tall } = styles[state];
    const end = y + Math.max(share * tall * height, 1);
    for (let row = Math.round(y), last = Math.min(Math.round(end), height); row < last; row += 1) {
      pixels[row * width + column] = tile.pixels[((row + top) % tile.side) * tile.side + (column % tile.side)];
    }
    y = end;
  }
}
