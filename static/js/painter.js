// Draws the tracks, the ruler and what lies over them. The only file with a canvas context.

import { State, STATE_TEXT } from './schema.js';
import { formatMoment } from './format.js';
import { OVERVIEW_PX, RULER_PX, STRIP_PX } from './layout.js';
import { STATES } from './lod.js';
import { Flow } from './flows.js';
import { SpanList, collect } from './spans.js';
import { ticks } from './ticks.js';
import { TimeScale } from './time_scale.js';

/**
 * @typedef {import('./layout.js').Layout} Layout
 * @typedef {import('./layout.js').Row} Row
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('./model.js').Span} Span
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {object} Frame what is to be drawn
 * @property {Model} model
 * @property {Layout} layout
 * @property {{from: number, to: number}} viewport
 * @property {number} widthPx CSS pixels, of the canvas
 * @property {number} heightPx
 * @property {number} namesPx width of the column of names
 * @property {number} scrollPx how far the tracks are scrolled up
 * @property {number} at the playhead, ns
 * @property {boolean} following the playhead is the live edge
 * @property {Span | null} selected
 * @property {Span | null} hovered
 * @property {(row: Row) => string} note the second line of a track's name
 */

const LETTER_PX = 22;
/** A letter covers a part of the pattern: enough of it must be left. */
const PATTERNED_LETTER_PX = 36;
const WORD_PX = 120;
const ARROW_PX = 9;
/** Over which time a handoff must be seen to be drawn as an arrow at all. */
const ARROWS_UP_TO_NS_PER_PX = 4e6;

/** @param {HTMLCanvasElement} canvas */
function context(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
}

/** The states in the order in which a column of mixed ones stacks them, from its top. */
const STACK = Object.freeze([
  State.RUNNING, State.STALLED, State.NATIVE, State.HELD, State.CONTENDED, State.BUSY, State.RUNNABLE,
  State.GIL_WAIT, State.BLOCKED, State.STARTING, State.ALIVE, State.OUTSIDE, State.UNKNOWN,
]);

/** @type {OffscreenCanvasRenderingContext2D | null} */
let resolver = null;

/**
 * What a canvas makes of a CSS colour.
 * @param {string} css
 * @returns {import('./patterns.js').Rgb}
 */
export function resolveColour(css) {
  resolver ??= /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  );
  resolver.clearRect(0, 0, 1, 1);
  resolver.fillStyle = css;
  resolver.fillRect(0, 0, 1, 1);
  const [red, green, blue] = resolver.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

export class Painter {
  /**
   * @param {HTMLCanvasElement} ground everything that only changes with the view
   * @param {HTMLCanvasElement} overlay playhead, pointer, selection
   * @param {HTMLCanvasElement} overview the strip of the whole recording
   */
  constructor(ground, overlay, overview) {
    this.ground = ground;
    this.overlay = overlay;
    this.overview = overview;
    this.overviewCtx = context(overview);
    /** @type {OffscreenCanvas | null} the strip without what lies over it */
    this.summary = null;
    this.ctx = context(ground);
    this.over = context(overlay);
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
    /** @type {Map<string, number>} */
    this.widths = new Map();
    /** @type {{text: string, leftPx: number, rightPx: number, yPx: number, colour: string, plate: string | null}[]} */
    this.labels = [];
  }

  /**
   * @param {Palette} palette
   */
  dress(palette) {
    this.palette = palette;
    this.widths.clear();
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
   * @param {number} widthPx CSS pixels
   * @param {number} heightPx
   * @param {number} ratio device pixels to a CSS pixel
   */
  resize(widthPx, heightPx, ratio) {
    this.ratio = ratio;
    for (const canvas of [this.ground, this.overlay]) {
      canvas.width = Math.max(1, Math.round(widthPx * ratio));
      canvas.height = Math.max(1, Math.round(heightPx * ratio));
    }
    this.overview.width = Math.max(1, Math.round(widthPx * ratio));
    this.overview.height = Math.round(OVERVIEW_PX * ratio);
  }

  /** @param {Frame} frame */
  drawGround(frame) {
    const { ctx, palette } = this;
    if (!palette) return;
    const { css } = palette;
    const px = this.ratio;
    const width = this.ground.width;
    const height = this.ground.height;
    const left = Math.round(frame.namesPx * px);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = css.bg;
    ctx.fillRect(0, 0, width, height);
    // Device pixels from the left of the plot.
    const scale = new TimeScale(frame.viewport.from, frame.viewport.to, 0, Math.max(1, width - left));
    const marks = ticks(scale, 96 * px);

    ctx.save();
    ctx.translate(left, 0);
    this.#grid(scale, marks, height);
    ctx.beginPath();
    ctx.rect(0, RULER_PX * px, scale.widthPx, height);
    ctx.clip();
    this.labels.length = 0;
    const rows = frame.layout.rows.filter((row) => {
      const top = row.topPx - frame.scrollPx;
      return top + row.heightPx > RULER_PX && top < frame.heightPx;
    });
    this.#tracks(frame, rows, scale);
    this.#losses(frame, rows, scale);
    this.#flows(frame, scale);
    this.#labels();
    ctx.restore();

    this.#names(frame, rows, left);
    this.#ruler(frame, scale, marks, left);
  }

  /** @param {TimeScale} scale @param {ReturnType<typeof ticks>} marks @param {number} height */
  #grid(scale, marks, height) {
    const { ctx } = this;
    const { css } = /** @type {Palette} */ (this.palette);
    const top = RULER_PX * this.ratio;
    const line = Math.max(1, Math.round(this.ratio));
    ctx.fillStyle = css.fine;
    for (const at of marks.minor) ctx.fillRect(Math.round(scale.timeToPx(at)), top, line, height);
    ctx.fillStyle = css.grid;
    for (const { at } of marks.major) ctx.fillRect(Math.round(scale.timeToPx(at)), top, line, height);
  }

  /** @param {Frame} frame @param {Row[]} rows @param {TimeScale} scale */
  #tracks(frame, rows, scale) {
    const { ctx, list } = this;
    const palette = /** @type {Palette} */ (this.palette);
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
      this.#letter(frame, row, n, left, left + width, top + bar / 2);
    }
  }

  /** @param {Frame} frame @param {Row} row @param {number} n @param {number} left @param {number} right @param {number} y */
  #letter(frame, row, n, left, right, y) {
    const { list } = this;
    const palette = /** @type {Palette} */ (this.palette);
    const state = list.state[n];
    const visible = Math.min(right, list.widthPx) - Math.max(left, 0);
    const style = palette.states[state];
    const least = style.pattern === 'plain' ? LETTER_PX : PATTERNED_LETTER_PX;
    if (visible < least * this.ratio || state === State.OUTSIDE || row.kind === 'process') return;
    /** @type {string} */
    let text = STATE_TEXT[state].letter;
    if (visible > WORD_PX * this.ratio) {
      const thing = list.dense ? '' : frame.model.name(row.track.rows.thing[list.row[n]]);
      text = state === State.BLOCKED && thing ? `${STATE_TEXT[state].label} · ${thing}` : STATE_TEXT[state].label;
    }
    this.labels.push({ text, leftPx: left, rightPx: right, yPx: y, colour: palette.css.bg, plate: style.pattern === 'plain' ? null : style.css });
  }

  /** Who has the GIL, a lock or a core. @param {Frame} frame @param {Row} row @param {number} top */
  #holds(frame, row, top) {
    const { ctx, list } = this;
    const { css, rgb } = /** @type {Palette} */ (this.palette);
    const { thing } = row.track.rows;
    const px = this.ratio;
    const height = Math.round(row.barPx * px);
    for (let n = 0; n < list.count; ) {
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
    for (let column = 0; column < width; column += 1) {
      if (list.mixed[column] === 1) stackColumn(pixels, width, height, column, list.mix, styles, top0);
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
      const text = `core ${core}`;
      this.labels.push({ text: right - left > 80 * px ? text : String(core), leftPx: left + 16 * px, rightPx: right - 8 * px, yPx: y + height / 2, colour: css.dim, plate: css.bg });
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
    for (const damage of frame.model.damages) mark(damage.from, damage.to, RULER_PX * this.ratio, this.ground.height, 'damaged: can’t be read');
  }

  /** Arrows from cause to effect. @param {Frame} frame @param {TimeScale} scale */
  #flows(frame, scale) {
    if (scale.nsPerPx * this.ratio > ARROWS_UP_TO_NS_PER_PX) return;
    const { ctx } = this;
    const { css } = /** @type {Palette} */ (this.palette);
    const { flows } = frame.model;
    const px = this.ratio;
    const { chosen, thinned } = flows.visible(scale.from, scale.to, scale.pxToDuration((ARROW_PX + 1) * px));
    const lines = new Path2D();
    const heads = new Path2D();
    for (const n of chosen) {
      const source = frame.layout.rowOf.get(flows.fromTrack[n]);
      const target = frame.layout.rowOf.get(flows.toTrack[n]);
      if (!source || !target || source === target) continue;
      const down = target.topPx > source.topPx;
      const fromY = ((down ? bottomOf(source) + 1 : source.barTopPx - 2) - frame.scrollPx) * px;
      const toY = (down ? target.barTopPx - 2 : bottomOf(target) + 2) * px - frame.scrollPx * px;
      const fromX = Math.round(scale.timeToPx(flows.fromAt[n])) + 0.5;
      const toX = Math.round(scale.timeToPx(flows.toAt[n])) + 0.5;
      const back = (down ? -6 : 6) * px;
      lines.moveTo(fromX, fromY);
      // Straight down where it happens at once; a bent line where time passes in between.
      if (Math.abs(toX - fromX) < 3 * px) lines.lineTo(fromX, toY + back);
      else lines.bezierCurveTo(fromX, (fromY + toY) / 2, toX, (fromY + toY) / 2, toX, toY + back);
      const half = (flows.kind[n] === Flow.HANDOFF ? 3.5 : 4.5) * px;
      const tipX = Math.abs(toX - fromX) < 3 * px ? fromX : toX;
      heads.moveTo(tipX, toY);
      heads.lineTo(tipX - half, toY + back);
      heads.lineTo(tipX + half, toY + back);
      heads.closePath();
    }
    ctx.save();
    ctx.globalAlpha = thinned ? 0.34 : 0.55;
    ctx.strokeStyle = css.ink;
    ctx.lineWidth = Math.max(1, px * 0.9);
    ctx.stroke(lines);
    ctx.globalAlpha = thinned ? 0.5 : 0.8;
    ctx.fillStyle = css.ink;
    ctx.fill(heads);
    ctx.restore();
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

  /** The column of names, which stays. @param {Frame} frame @param {Row[]} rows @param {number} left */
  #names(frame, rows, left) {
    const { ctx } = this;
    const { css, sans, mono } = /** @type {Palette} */ (this.palette);
    const px = this.ratio;
    ctx.fillStyle = css.bg;
    ctx.fillRect(0, 0, left, this.ground.height);
    ctx.textBaseline = 'alphabetic';
    ctx.textAlign = 'left';
    const indent = (frame.namesPx < 140 ? 10 : 24) * px;
    const room = left - indent - 8 * px;
    for (const row of rows) {
      const middle = (row.barTopPx + row.barPx / 2 - frame.scrollPx) * px;
      const note = frame.layout.compact || row.kind === 'core' || row.kind === 'process' ? '' : frame.note(row);
      const selected = frame.selected?.track === row.track;
      if (selected) {
        ctx.fillStyle = css.accent;
        ctx.fillRect(0, middle - 14 * px, 3 * px, 28 * px);
      }
      ctx.fillStyle = css.ink;
      ctx.font = `${row.kind === 'core' ? 400 : 600} ${(row.kind === 'core' ? 13 : 14) * px}px ${sans}`;
      ctx.fillText(this.#fit(ctx, row.track.name, room), indent, middle + (note ? -2 : 5) * px);
      if (!note) continue;
      ctx.fillStyle = css.dim;
      ctx.font = `400 ${12 * px}px ${mono}`;
      ctx.fillText(this.#fitParts(ctx, note, room), indent, middle + 14 * px);
    }
  }

  /**
   * As much of a text as there is room for.
   * @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} room
   * @returns {string}
   */
  #fit(ctx, text, room) {
    const key = `${ctx.font}|${text.length > 200 ? text.slice(0, 200) : text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 2000) this.widths.clear();
      width = ctx.measureText(text.slice(0, 200)).width;
      this.widths.set(key, width);
    }
    if (width <= room && text.length <= 200) return text;
    const kept = Math.max(1, Math.floor((Math.min(text.length, 200) * room) / width) - 1);
    return `${text.slice(0, kept)}…`;
  }

  /**
   * As many of a note's parts as there is room for; the first always.
   * @param {CanvasRenderingContext2D} ctx @param {string} note @param {number} room
   */
  #fitParts(ctx, note, room) {
    const parts = note.split(' · ');
    while (parts.length > 1 && this.#fit(ctx, parts.join(' · '), room).endsWith('…')) parts.pop();
    return this.#fit(ctx, parts.join(' · '), room);
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
      ctx.fillText(label, x + 5 * px, height / 2);
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

  /** @param {Frame} frame */
  drawOverlay(frame) {
    const { over, palette } = this;
    if (!palette) return;
    const { css } = palette;
    const px = this.ratio;
    const left = Math.round(frame.namesPx * px);
    over.setTransform(1, 0, 0, 1, 0, 0);
    over.clearRect(0, 0, this.overlay.width, this.overlay.height);
    const scale = new TimeScale(frame.viewport.from, frame.viewport.to, left, Math.max(1, this.overlay.width - left));
    over.save();
    over.beginPath();
    over.rect(left, RULER_PX * px, scale.widthPx, this.overlay.height);
    over.clip();
    if (frame.hovered) this.#outline(frame, frame.hovered, scale, css.dim, 1.5);
    if (frame.selected) this.#outline(frame, frame.selected, scale, css.ink, 2);
    over.restore();
    const x = scale.timeToPx(frame.at);
    if (x >= left - 1 && x <= scale.rightPx + 1) this.#playhead(frame, scale, Math.round(x), left);
  }

  /**
   * Draw the states' shares of the whole recording, to be kept until they change.
   * @param {Float32Array} shares `STATES` a column
   */
  summarise(shares) {
    const palette = /** @type {Palette} */ (this.palette);
    const width = Math.max(1, shares.length / STATES);
    const height = this.overview.height;
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let column = 0; column * STATES < shares.length; column += 1) {
      let y = height;
      for (const state of STACK) {
        const part = shares[column * STATES + state] * (height - 4 * this.ratio);
        const { tile } = palette.states[state];
        const end = part > 0 ? y - part : y;
        for (let row = Math.round(end), last = Math.round(y); row < last; row += 1) {
          if (row >= 0) pixels[row * width + column] = tile.pixels[(row % tile.side) * tile.side + (column % tile.side)];
        }
        y = end;
      }
    }
    this.summary = new OffscreenCanvas(width, height);
    /** @type {OffscreenCanvasRenderingContext2D} */ (this.summary.getContext('2d')).putImageData(image, 0, 0);
  }

  /** The strip, with the visible stretch and the playhead. @param {Frame} frame */
  drawOverview(frame) {
    const { overviewCtx: ctx, palette, summary } = this;
    if (!palette) return;
    const { css, rgb, mono } = palette;
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
    ctx.fillStyle = css.accent;
    ctx.fillRect(Math.round(scale.timeToPx(frame.at)) - px / 2, 0, Math.max(1, 1.5 * px), height);
    ctx.fillStyle = css.dim;
    ctx.font = `400 ${12 * px}px ${mono}`;
    ctx.textBaseline = 'middle';
    ctx.fillText(this.#fit(ctx, 'all threads', left - 24 * px), (frame.namesPx < 140 ? 10 : 24) * px, height / 2);
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

  /** @param {Frame} frame @param {TimeScale} scale @param {number} x @param {number} left */
  #playhead(frame, scale, x, left) {
    const { over } = this;
    const { css, mono } = /** @type {Palette} */ (this.palette);
    const px = this.ratio;
    over.fillStyle = css.accent;
    over.fillRect(x - px, (RULER_PX - 6) * px, 2 * px, this.overlay.height);
    over.font = `600 ${12 * px}px ${mono}`;
    const text = formatMoment(Math.max(frame.at, 0), scale.nsPerPx * px, Math.max(Math.abs(frame.viewport.from), frame.viewport.to));
    const width = over.measureText(text).width + 14 * px;
    const at = Math.min(Math.max(x - width / 2, left), scale.rightPx - width);
    over.beginPath();
    over.roundRect(at, 4 * px, width, (RULER_PX - 8) * px, 4 * px);
    over.fill();
    over.fillStyle = css.bg;
    over.textBaseline = 'middle';
    over.fillText(text, at + 7 * px, (RULER_PX / 2 + 0.5) * px);
  }
}

/** Where a row's bar, and its core strip, end. @param {Row} row */
function bottomOf(row) {
  return row.stripTopPx > 0 ? row.stripTopPx + STRIP_PX : row.barTopPx + row.barPx;
}

/**
 * Draw one column of a strip: each state as high as its own height times its share, around the middle.
 * @param {Uint32Array} pixels @param {number} width @param {number} height @param {number} column
 * @param {Float32Array} mix @param {readonly import('./palette.js').Style[]} styles @param {number} top where the strip begins, for the pattern
 */
function stackColumn(pixels, width, height, column, mix, styles, top) {
  const start = column * STATES;
  let sum = 0;
  for (let s = 0; s < STATES; s += 1) sum += mix[start + s];
  let total = 0;
  for (const state of STACK) {
    const share = mix[start + state] / sum;
    if (share > 0) total += Math.max(share * styles[state].tall * height, 1);
  }
  let y = Math.max(0, (height - total) / 2);
  for (const state of STACK) {
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
