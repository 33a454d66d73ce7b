// The words over the bars: of spans, of who has a thing, of cores. Whole, or not at all.

import { State, STATE_TEXT, TrackKind } from '../model/schema.js';
import { STRIP_PX } from '../model/layout.js';

/**
 * @typedef {import('./bars.js').Piece} Piece
 * @typedef {import('./palette.js').Palette} Palette
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {{text: string, leftPx: number, rightPx: number, yPx: number, colour: string, plate: string | null}} Label device pixels
 */

const LETTER_PX = 22;
/** A letter covers a part of the pattern: enough of it must be left. */
const PATTERNED_LETTER_PX = 36;
const WORD_PX = 120;
/** Beside a core's name, enough of the strip must be left. */
const CORE_WORD_PX = 112;
/** On a lower bar a letter would hide it: only words, where there is room for more than them. */
const LETTERED_PX = 11;

/**
 * Pieces of several blocks: what goes on from one to the next is one.
 * @param {{pieces: Piece[]}[]} blocks from left to right
 * @returns {Piece[]}
 */
export function joined(blocks) {
  /** @type {Map<number, Piece>} by track and kind */
  const last = new Map();
  const all = [];
  for (const { pieces } of blocks) {
    for (const piece of pieces) {
      const key = piece.row.track.id * 2 + (piece.kind === 'core' ? 1 : 0);
      const before = last.get(key);
      // What isn't dense is known to both blocks; a dense one ends at the edge.
      const same = before?.dense === piece.dense && (piece.dense ? before.state === piece.state && piece.leftPx <= before.rightPx + 0.5 : piece.leftPx < before.rightPx - 0.5);
      // Of one span, a block with much else on that row knows only columns: where another knows the span itself, that has the place.
      if (before && before.dense !== piece.dense && before.state === piece.state) {
        if (before.dense) before.rightPx = Math.min(before.rightPx, piece.leftPx);
        else if (piece.rightPx <= before.rightPx + 1) continue;
      }
      if (before && same) before.rightPx = Math.max(before.rightPx, piece.rightPx);
      else {
        const own = { ...piece };
        last.set(key, own);
        all.push(own);
      }
    }
  }
  return all;
}

export class Labels {
  constructor() {
    this.ratio = 1;
    /** @type {Palette | null} */
    this.palette = null;
  }

  /**
   * What there is room for.
   * @param {Frame} frame @param {Piece[]} pieces @param {number} widthPx of the plot
   * @returns {Label[]}
   */
  of(frame, pieces, widthPx) {
    const gap = Math.max(1, Math.round(this.ratio / 2));
    /** @type {Label[]} */
    const labels = [];
    for (const piece of pieces) {
      const left = Math.round(piece.leftPx - frame.originPx);
      const right = Math.round(piece.rightPx - frame.originPx) - gap;
      if (right - left <= LETTER_PX * this.ratio || right <= 0 || left >= widthPx) continue;
      const label = piece.kind === 'core' ? this.#core(frame, piece, left, right) : piece.kind === 'hold' ? this.#hold(frame, piece, left, right) : this.#span(frame, piece, left, right, widthPx);
      if (label) labels.push(label);
    }
    return labels;
  }

  /** The middle of a row's bar. @param {Frame} frame @param {Piece} piece */
  #middle(frame, { row }) {
    return Math.round((row.barTopPx - frame.scrollPx) * this.ratio) + (row.barPx * this.ratio) / 2;
  }

  /** @param {Frame} frame @param {Piece} piece @param {number} left @param {number} right @param {number} widthPx @returns {Label | null} */
  #span(frame, piece, left, right, widthPx) {
    const { row, state } = piece;
    const px = this.ratio;
    const palette = /** @type {Palette} */ (this.palette);
    const yPx = this.#middle(frame, piece);
    const visible = Math.min(right, widthPx) - Math.max(left, 0);
    const style = palette.states[state];
    if (state === State.OUTSIDE) return visible < WORD_PX * px ? null : this.#away(frame, piece, left, right, yPx);
    const height = Math.max(Math.round(row.barPx * px * style.tall), Math.round(2 * px));
    const least = height < LETTERED_PX * px ? WORD_PX : style.pattern === 'plain' ? LETTER_PX : PATTERNED_LETTER_PX;
    if (visible < least * px || row.kind === 'process') return null;
    if (state === State.UNKNOWN && frame.model.damages.length > 0) return null;
    /** @type {string} */
    let text = STATE_TEXT[state].letter;
    if (visible > WORD_PX * px) {
      const thing = piece.dense ? '' : frame.model.name(row.track.rows.thing[piece.at]);
      text = (state === State.BLOCKED || state === State.SUSPENDED) && thing ? `${STATE_TEXT[state].label} · ${thing}` : STATE_TEXT[state].label;
    }
    const calm = state === State.SUSPENDED;
    const plate = calm ? palette.css.bg : style.pattern === 'plain' ? null : style.css;
    return { text, leftPx: calm ? left + LETTER_PX * px : left, rightPx: right, yPx, colour: calm ? palette.css.dim : palette.css.bg, plate };
  }

  /**
   * Away from Python is a thin line: it has a label only where it is known in what.
   * @param {Frame} frame @param {Piece} piece @param {number} left @param {number} right @param {number} yPx
   * @returns {Label | null}
   */
  #away(frame, { row, at, dense }, left, right, yPx) {
    const { css } = /** @type {Palette} */ (this.palette);
    if (dense) return null;
    const inside = frame.model.name(row.track.rows.thing[at]) || frame.model.call(State.OUTSIDE, row.track.lineAt(at));
    return inside ? { text: `outside · ${inside.split('.').slice(-1)[0]}`, leftPx: left, rightPx: right, yPx, colour: css.dim, plate: css.bg } : null;
  }

  /** Who has it. @param {Frame} frame @param {Piece} piece @param {number} left @param {number} right @returns {Label | null} */
  #hold(frame, piece, left, right) {
    const { css } = /** @type {Palette} */ (this.palette);
    const { kind } = piece.row;
    const text = piece.row.track.kind === TrackKind.SHARED_MEMORY ? '' : frame.model.name(piece.holder); // nobody alone has that
    const colour = kind === 'resource' || kind === 'gil' ? css[`${kind}-holder`] : css.holder;
    return text ? { text, leftPx: left, rightPx: right, yPx: this.#middle(frame, piece), colour, plate: kind === 'resource' ? css.bg : null } : null;
  }

  /** @param {Frame} frame @param {Piece} piece @param {number} left @param {number} right @returns {Label | null} */
  #core(frame, { row, holder }, left, right) {
    const px = this.ratio;
    const { css } = /** @type {Palette} */ (this.palette);
    if (right - left <= CORE_WORD_PX * px) return null;
    const yPx = Math.round((row.stripTopPx - frame.scrollPx) * px) + Math.round(STRIP_PX * px) / 2;
    return { text: `core ${holder}`, leftPx: left + 16 * px, rightPx: right - 8 * px, yPx, colour: css.dim, plate: css.bg };
  }
}
