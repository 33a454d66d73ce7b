// What a reader looks for: tracks by name, spans by state, thing or line.

import { LINE_REACH } from './model.js';
import { STATE_TEXT, TrackKind } from './schema.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('./model.js').Span} Span
 */

/** By kind of track: its word. @type {readonly string[]} */
const KINDS = Object.entries(TrackKind).reduce((words, [word, kind]) => Object.assign(words, { [kind]: word.toLowerCase().replaceAll('_', ' ') }), /** @type {string[]} */ ([]));
/** Two moments in ns that are surely the same. */
const INSTANT = 1e-3;

/** Where on a track something is looked for: from row to row, those in `first` to before those in `after`. It grows as the track does. */
class Places {
  constructor() {
    /** @type {number[]} */
    this.first = [];
    /** @type {number[]} */
    this.after = [];
    /** So many rows were looked at; the line that the last of them stood at, and the row that told it. */
    this.rows = 0;
    this.line = 0;
    this.told = 0;
  }

  /** The first that begins after a moment; all do: 0. @param {import('./columns.js').Columns} rows @param {number} at */
  begunAfter({ at: times }, at) {
    return lowest(this.first.length, (n) => times[this.first[n]] > at);
  }

  /** The first that ends after a moment. @param {import('./columns.js').Columns} rows @param {number} at */
  endAfter({ at: times, count }, at) {
    return lowest(this.after.length, (n) => this.after[n] >= count || times[this.after[n]] > at);
  }
}

/** The first number below another one for which something holds, from there on. @param {number} end @param {(n: number) => boolean} holds */
function lowest(end, holds) {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export class Finder {
  /**
   * @param {Model} model
   * @param {string} text a part of a name, a state, a thing that is waited for ("lock cache"), or a line: "file.py:12", "line 12"
   */
  constructor(model, text) {
    this.model = model;
    const wanted = text.trim().toLowerCase();
    const has = (/** @type {string} */ words) => words.toLowerCase().includes(wanted);
    this.states = Uint8Array.from(STATE_TEXT, ({ label }) => Number(has(label)));
    /** @type {Set<number>} */
    this.things = new Set();
    /** @type {Set<number>} tracks of which all is looked for */
    this.named = new Set();
    for (const { id, kind, name, function: does } of model.all) {
      const named = has(name) || has(`${KINDS[kind]} ${name}`);
      if (named) this.things.add(id);
      if (named || (does && has(does))) this.named.add(id);
    }
    /** @type {Set<number>} */
    this.lines = new Set();
    for (const { id, file, line, function: does } of model.locations.values()) {
      const place = `${file.split('/').pop()}:${line}`.toLowerCase();
      if (place === wanted || `line ${line}` === wanted || (!/:\d+$/.test(wanted) && (has(does) || has(file.split('/').pop() ?? '')))) this.lines.add(id);
    }
    /** @type {Map<Track, Places>} */
    this.known = new Map();
  }

  /** A row of a track is one of those that are looked for. @param {Track} track @param {number} row @param {number} line at which the track stands */
  #isFound({ rows, isThread, isTask, isWork }, row, line) {
    if (this.states[rows.state[row]] === 1) return true;
    // What a thread waits for is its reason; who holds a thing is what its row is about anyway.
    if ((isThread || isTask || isWork) && rows.thing[row] !== 0 && this.things.has(rows.thing[row])) return true;
    return line !== 0 && this.lines.has(line);
  }

  /** @param {Track} track @param {number} row */
  finds(track, row) {
    return this.named.has(track.id) || this.#isFound(track, row, track.rows.line[row]);
  }

  /** All that is looked for on a track; of one that is looked for itself, where it begins, too. @param {Track} track @returns {Places} */
  places(track) {
    const { rows } = track;
    const places = this.known.get(track) ?? new Places();
    this.known.set(track, places);
    const { first, after } = places;
    const stays = track.isThread || track.isTask;
    for (; places.rows < rows.count; places.rows += 1) {
      const row = places.rows;
      // A thread stands at a line until it tells another one.
      if (rows.line[row] !== 0 || !stays) [places.line, places.told] = [rows.line[row], row];
      else if (row - places.told >= LINE_REACH) places.line = 0;
      const found = this.#isFound(track, row, places.line);
      if (!found && !(row === 0 && this.named.has(track.id))) continue;
      if (found && after[after.length - 1] === row && track.sameSpan(row - 1, row)) after[after.length - 1] = row + 1;
      else {
        first.push(row);
        after.push(row + 1);
      }
    }
    return places;
  }

  /** @param {Track} track */
  keeps(track) {
    return this.named.has(track.id) || this.places(track).first.length > 0;
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
      const places = this.places(track);
      // Of those that begin at the same moment, the ones further on count.
      const here = (n - place) * step > 0 ? begin - step * INSTANT : step > 0 ? begin : begin - INSTANT;
      const row = places.first[places.begunAfter(track.rows, here) - (step > 0 ? 0 : 1)];
      if (row !== undefined && before(track.rows.at[row], n)) best = { time: track.rows.at[row], n, row };
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
    return tracks.reduce((sum, track) => sum + this.places(track).first.length, 0);
  }
}
