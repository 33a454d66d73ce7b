// What of one track is seen in a view: wide spans as rectangles, narrow ones as columns of a strip.

import { State } from './schema.js';

/**
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('./columns.js').Columns} Columns
 * @typedef {import('../drawing/time_scale.js').TimeScale} TimeScale
 */

/** Spans narrower than this many device pixels go into the strip. */
const NARROW_PX = 1.5;
/** With more rows than this for each column, they are computed from totals instead of rows. */
const ROWS_A_COLUMN = 3;
/** A column that is in one state for this share is that state; not if somebody has to wait meanwhile, however shortly. */
const PURE = 0.999;
/** What is of one state up to an edge goes on there: it has no corner. */
const BEYOND_PX = 64;

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
    this.leftPx = new Float64Array(1024);
    this.rightPx = new Float64Array(1024);
    this.state = new Uint8Array(1024);
    this.row = new Uint32Array(1024);
    /** Share of each state that occurs on the track, in each column that has narrow spans. */
    this.mix = new Float64Array(0);
    /** @type {import('./lod.js').TimeByState | null} whose states they are */
    this.times = null;
    /** 1 where a column has narrow spans. */
    this.mixed = new Uint8Array(0);
    this.mixedCount = 0;
    /** So much of `mix` is in use. */
    this.used = 0;
    this.widthPx = 0;
    /** Computed from totals: a rectangle may stand for many spans of one state. */
    this.dense = false;
    /** So wide are columns that are computed from totals. */
    this.columnPx = 1;
  }

  /** @param {number} widthPx @param {import('./lod.js').TimeByState} times */
  begin(widthPx, times) {
    if (this.used > 0) {
      this.mix.fill(0, 0, this.used);
      this.mixed.fill(0);
    }
    const room = widthPx * times.present.length;
    if (this.mixed.length < widthPx) this.mixed = new Uint8Array(widthPx);
    if (this.mix.length < room) this.mix = new Float64Array(room);
    this.count = 0;
    this.widthPx = widthPx;
    this.times = times;
    this.dense = false;
    this.mixedCount = 0;
    this.used = 0;
  }

  /** The share of a state in a column of narrow spans. @param {number} column @param {number} state */
  share(column, state) {
    const { place, present } = /** @type {import('./lod.js').TimeByState} */ (this.times);
    return present.includes(state) ? this.mix[column * present.length + place[state]] : 0;
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
    const { present, place } = /** @type {import('./lod.js').TimeByState} */ (this.times);
    const first = Math.max(0, Math.floor(leftPx));
    const last = Math.min(this.widthPx - 1, Math.floor(rightPx));
    for (let column = first; column <= last; column += 1) {
      const part = Math.min(rightPx, column + 1) - Math.max(leftPx, column);
      // A span of no length still happened.
      this.#mix(column, column * present.length + place[state], Math.max(part, column === first ? 1e-9 : 0));
    }
  }

  /** @param {number} column @param {number} at its place in `mix` @param {number} part */
  #mix(column, at, part) {
    if (part <= 0) return;
    if (this.mixed[column] === 0) {
      this.mixed[column] = 1;
      this.mixedCount += 1;
      this.used = this.widthPx * /** @type {import('./lod.js').TimeByState} */ (this.times).present.length;
    }
    this.mix[at] += part;
  }
}

/**
 * Fill `list` with what is seen of a track.
 * @param {Track} track
 * @param {TimeScale} scale in device pixels, its left at 0
 * @param {number} until where the last span ends
 * @param {SpanList} list
 * @param {number} [marginPx] so far beyond both ends, too
 */
export function collect(track, scale, until, list, marginPx = 0) {
  const widthPx = Math.ceil(scale.widthPx);
  list.begin(widthPx, track.times);
  const { rows } = track;
  const to = Math.min(scale.to, until);
  if (rows.count === 0 || rows.at[0] > to || scale.from > until) return;
  const first = Math.max(rows.rowAt(scale.from), 0);
  const last = rows.rowAt(to, first);
  if (last - first > (ROWS_A_COLUMN * widthPx) / list.columnPx) collectColumns(track, scale, to, list, first);
  else collectRows(track, scale, until, list, scale.pxToDuration(marginPx), first);
}

/** @param {Track} track @param {TimeScale} scale @param {number} until @param {SpanList} list @param {number} margin ns @param {number} first */
function collectRows(track, scale, until, list, margin, first) {
  const { rows } = track;
  const { at, state, count } = rows;
  const [from, to] = [scale.from - margin, Math.min(scale.to + margin, until)];
  let row = first;
  while (row > 0 && at[row] > from) row -= 1;
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

/** @param {Track} track @param {TimeScale} scale @param {number} to @param {SpanList} list @param {number} first */
function collectColumns(track, scale, to, list, first) {
  list.dense = true;
  const { mix, mixed, widthPx } = list;
  const { times, rows } = track;
  const { present } = times;
  const states = present.length;
  const contended = present.indexOf(State.CONTENDED);
  const { columnPx } = list;
  const [step, perNs] = [scale.pxToDuration(columnPx), scale.pxPerNs];
  const seenPx = Math.min(widthPx, Math.ceil(scale.timeToPx(to)));
  const seen = Math.ceil(seenPx / columnPx);
  times.columns(scale.from, step, seen, to, mix);
  let pure = -1;
  let begin = 0;
  let strip = 0;
  for (let column = 0, start = 0; column < seen; column += 1, start += states) {
    let total = 0;
    let most = 0;
    let state = -1;
    for (let n = 0; n < states; n += 1) {
      const part = mix[start + n];
      total += part;
      if (part > most) {
        most = part;
        state = present[n];
      }
    }
    if (most < PURE * total || (contended >= 0 && state !== State.CONTENDED && mix[start + contended] > 0)) {
      mixed[column] = 1;
      strip += 1;
      state = -1;
      for (let n = 0; n < states; n += 1) mix[start + n] *= perNs;
    }
    if (state === pure) continue;
    if (pure >= 0 && !UNSEEN.has(pure)) list.push(begin || -BEYOND_PX, column * columnPx, pure, rows.rowAt(scale.pxToTime(begin + 1), first));
    pure = state;
    begin = column * columnPx;
  }
  const end = seenPx === widthPx && rows.at[rows.count - 1] > scale.to ? seenPx + BEYOND_PX : seenPx;
  if (pure >= 0 && !UNSEEN.has(pure)) list.push(begin || -BEYOND_PX, end, pure, rows.rowAt(scale.pxToTime(begin + 1), first));
  list.mixedCount = strip;
  list.used = seen * states;
}
