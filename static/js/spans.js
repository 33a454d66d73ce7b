// What of one track is seen in a view: wide spans as rectangles, narrow ones as columns of a strip.

import { State } from './schema.js';
import { STATES } from './lod.js';

/**
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('./columns.js').Columns} Columns
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 */

/** Spans narrower than this many device pixels go into the strip. */
const NARROW_PX = 1.5;
/** With more rows than this for each pixel, columns are computed from totals instead of rows. */
const ROWS_A_PIXEL = 3;
/** A column that is in one state for this share is that state. */
const PURE = 0.999;

/** Nothing to draw in these. */
/** @type {ReadonlySet<number>} */
const UNSEEN = new Set([State.EXITED, State.FREE, State.IDLE, State.DONE]);

/**
 * What to draw of one track; the same object is filled again for each.
 * Positions are device pixels from the left of the plot.
 */
export class SpanList {
  constructor() {
    this.count = 0;
    this.leftPx = new Float32Array(1024);
    this.rightPx = new Float32Array(1024);
    this.state = new Uint8Array(1024);
    this.row = new Uint32Array(1024);
    /** Share of each state in each column that has narrow spans. */
    this.mix = new Float32Array(0);
    /** 1 where a column has narrow spans. */
    this.mixed = new Uint8Array(0);
    this.mixedCount = 0;
    this.widthPx = 0;
    /** Computed from totals: a rectangle may stand for many spans of one state. */
    this.dense = false;
  }

  /** @param {number} widthPx */
  begin(widthPx) {
    this.count = 0;
    this.widthPx = widthPx;
    this.dense = false;
    if (this.mixed.length < widthPx) {
      this.mix = new Float32Array(widthPx * STATES);
      this.mixed = new Uint8Array(widthPx);
    } else if (this.mixedCount > 0) {
      this.mix.fill(0);
      this.mixed.fill(0);
    }
    this.mixedCount = 0;
  }

  /** @param {number} leftPx @param {number} rightPx @param {number} state @param {number} row */
  push(leftPx, rightPx, state, row) {
    const n = this.count;
    if (n === this.leftPx.length) {
      for (const name of /** @type {const} */ (['leftPx', 'rightPx', 'state', 'row'])) {
        const larger = new /** @type {any} */ (this[name].constructor)(n * 2);
        larger.set(this[name]);
        this[name] = larger;
      }
    }
    this.leftPx[n] = leftPx;
    this.rightPx[n] = rightPx;
    this.state[n] = state;
    this.row[n] = row;
    this.count = n + 1;
  }

  /**
   * Add a narrow span to the columns that it lies in.
   * @param {number} leftPx @param {number} rightPx @param {number} state
   */
  addNarrow(leftPx, rightPx, state) {
    const first = Math.max(0, Math.floor(leftPx));
    const last = Math.min(this.widthPx - 1, Math.floor(rightPx));
    for (let column = first; column <= last; column += 1) {
      const part = Math.min(rightPx, column + 1) - Math.max(leftPx, column);
      // A span of no length still happened.
      this.#mix(column, state, Math.max(part, column === first ? 1e-9 : 0));
    }
  }

  /** @param {number} column @param {number} state @param {number} part */
  #mix(column, state, part) {
    if (part <= 0) return;
    if (this.mixed[column] === 0) {
      this.mixed[column] = 1;
      this.mixedCount += 1;
    }
    this.mix[column * STATES + state] += part;
  }

  /** Set a whole column. @param {number} column @param {Float64Array} before @param {Float64Array} after @param {number} total @param {readonly number[]} present */
  setColumn(column, before, after, total, present) {
    this.mixed[column] = 1;
    this.mixedCount += 1;
    const start = column * STATES;
    for (const s of present) this.mix[start + s] = (after[s] - before[s]) / total;
  }
}

/**
 * Fill `list` with what is seen of a track.
 * @param {Track} track
 * @param {TimeScale} scale in device pixels, its left at 0
 * @param {number} until where the last span ends
 * @param {SpanList} list
 */
export function collect(track, scale, until, list) {
  const widthPx = Math.ceil(scale.widthPx);
  list.begin(widthPx);
  const { rows } = track;
  const to = Math.min(scale.to, until);
  if (rows.count === 0 || rows.at[0] > to) return;
  const first = Math.max(rows.rowAt(scale.from), 0);
  const last = rows.rowAt(to, first);
  if (last - first > ROWS_A_PIXEL * widthPx) collectColumns(track, scale, to, list, first);
  else collectRows(track, scale, to, until, list, first);
}

/** @param {Track} track @param {TimeScale} scale @param {number} to @param {number} until @param {SpanList} list @param {number} first */
function collectRows(track, scale, to, until, list, first) {
  const { rows } = track;
  const { at, state, count } = rows;
  let row = first;
  while (row < count && at[row] <= to) {
    let next = row + 1;
    while (next < count && at[next] <= to && track.sameSpan(row, next)) next += 1;
    const left = scale.timeToPx(at[row]);
    const right = scale.timeToPx(next < count ? at[next] : until);
    if (right - left < NARROW_PX) list.addNarrow(left, right, state[row]);
    else if (!UNSEEN.has(state[row])) list.push(left, right, state[row], row);
    row = next;
  }
}

const before = new Float64Array(STATES);
const after = new Float64Array(STATES);

/** @param {Track} track @param {TimeScale} scale @param {number} to @param {SpanList} list @param {number} first */
function collectColumns(track, scale, to, list, first) {
  list.dense = true;
  before.fill(0);
  after.fill(0);
  const widthPx = Math.ceil(scale.widthPx);
  let row = track.times.upTo(scale.from, before, first);
  let pureState = -1;
  let pureFrom = 0;
  let pureRow = 0;
  const flush = (/** @type {number} */ column) => {
    if (pureState >= 0 && !UNSEEN.has(pureState)) list.push(pureFrom, column, pureState, pureRow);
    pureState = -1;
  };
  for (let column = 0; column < widthPx; column += 1) {
    const end = Math.min(scale.pxToTime(column + 1), to);
    const begin = scale.pxToTime(column);
    if (begin >= to) {
      flush(column);
      return;
    }
    row = track.times.upTo(end, after, Math.max(row, 0));
    let total = 0;
    let most = 0;
    let mostState = 0;
    for (const s of track.times.present) {
      const part = after[s] - before[s];
      total += part;
      if (part > most) {
        most = part;
        mostState = s;
      }
    }
    if (total > 0) {
      const pure = most >= PURE * total;
      if (!pure || mostState !== pureState) flush(column);
      if (pure && pureState < 0) [pureState, pureFrom, pureRow] = [mostState, column, Math.max(row, 0)];
      if (!pure) list.setColumn(column, before, after, total, track.times.present);
    }
    before.set(after);
  }
  flush(widthPx);
}
