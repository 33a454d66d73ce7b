// What a reader looks for: tracks by name, spans by state, thing or line.

import { STATE_TEXT } from './schema.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('./model.js').Span} Span
 */

export class Finder {
  /**
   * @param {Model} model
   * @param {string} text a part of a name, a state or a thing that is waited for, or "file.py:12"
   */
  constructor(model, text) {
    this.model = model;
    const wanted = text.trim().toLowerCase();
    const has = (/** @type {string} */ words) => words.toLowerCase().includes(wanted);
    this.states = Uint8Array.from(STATE_TEXT, ({ label }) => Number(has(label)));
    /** @type {Set<number>} */
    this.things = new Set();
    /** @type {Set<number>} */
    this.named = new Set();
    for (const { id, name, function: does } of model.all) {
      if (has(name)) this.things.add(id);
      if (has(name) || (does && has(does))) this.named.add(id);
    }
    /** @type {Set<number>} */
    this.lines = new Set();
    for (const { id, file, line, function: does } of model.locations.values()) {
      const place = `${file.split('/').pop()}:${line}`.toLowerCase();
      if (place === wanted || (!/:\d+$/.test(wanted) && (has(does) || has(file.split('/').pop() ?? '')))) this.lines.add(id);
    }
  }

  /** A row of a track is one of those that are looked for. @param {Track} track @param {number} row */
  #isFound({ rows, isThread, isTask, isWork }, row) {
    if (this.states[rows.state[row]] === 1) return true;
    // What a thread waits for is its reason; who holds a thing is what its row is about anyway.
    if ((isThread || isTask || isWork) && rows.thing[row] !== 0 && this.things.has(rows.thing[row])) return true;
    return this.lines.size > 0 && rows.line[row] !== 0 && this.lines.has(rows.line[row]);
  }

  /** @param {Track} track @param {number} row */
  finds(track, row) {
    return this.named.has(track.id) || this.#isFound(track, row);
  }

  /** @param {Track} track */
  keeps(track) {
    if (this.named.has(track.id)) return true;
    for (let row = 0; row < track.rows.count; row += 1) if (this.#isFound(track, row)) return true;
    return false;
  }

  /**
   * The first row after (or last before) a moment: of what is looked for, or where a track that is begins.
   * @param {Track} track @param {number} at @param {1 | -1} step
   * @returns {number} -1 for none
   */
  #rowFrom(track, at, step) {
    const { rows } = track;
    const here = rows.rowAt(at);
    for (let row = step > 0 ? here + 1 : rows.at[here] === at ? here - 1 : here; row >= 0 && row < rows.count; row += step) {
      if (this.#isFound(track, row) ? row === 0 || !track.sameSpan(row - 1, row) || !this.#isFound(track, row - 1) : row === 0 && this.named.has(track.id)) return row;
    }
    return -1;
  }

  /**
   * The next (or previous) span that is looked for, after another one: by time, then from track to track.
   * @param {readonly Track[]} tracks in the order of the screen
   * @param {Span | null} from @param {number} at where to begin without one
   * @param {1 | -1} step
   * @returns {Span | null} the first (or last) of all after the last one; null if there are none
   */
  next(tracks, from, at, step) {
    const begin = from ? from.from : at;
    const place = from ? tracks.indexOf(from.track) : step > 0 ? -1 : tracks.length;
    /** @type {{time: number, n: number, row: number} | null} */
    let best = null;
    const before = (/** @type {number} */ time, /** @type {number} */ n) => best === null || (time - best.time || n - best.n) * step < 0;
    tracks.forEach((track, n) => {
      // Of those that begin at the same moment, the ones further on count.
      const later = (n - place) * step > 0;
      const row = this.#rowFrom(track, later ? begin - step * 1e-3 : begin, step);
      if (row >= 0 && before(track.rows.at[row], n)) best = { time: track.rows.at[row], n, row };
    });
    if (best === null) return from === null && at === (step > 0 ? -1 : Infinity) ? null : this.#round(tracks, step);
    const { n, row } = /** @type {{n: number, row: number}} */ (best);
    return tracks[n].spanOfRow(row, this.model.duration);
  }

  /** @param {readonly Track[]} tracks @param {1 | -1} step @returns {Span | null} */
  #round(tracks, step) {
    return this.next(tracks, null, step > 0 ? -1 : Infinity, step);
  }

  /** How many spans are found on some tracks. @param {readonly Track[]} tracks */
  count(tracks) {
    let count = 0;
    for (const track of tracks) {
      for (let row = this.#rowFrom(track, -1, 1); row >= 0; row = this.#rowAfter(track, row)) count += 1;
    }
    return count;
  }

  /** @param {Track} track @param {number} row */
  #rowAfter(track, row) {
    for (let n = row + 1; n < track.rows.count; n += 1) {
      if (this.#isFound(track, n) && (!track.sameSpan(n - 1, n) || !this.#isFound(track, n - 1))) return n;
    }
    return -1;
  }
}
