// How long threads stood at each line of a file, and in which state.

import { LINE_REACH } from './model.js';
import { State } from './schema.js';
import { STATES } from './lod.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {Map<number, Float64Array>} Times by id of a location, 0 for no known one: ns in each state */

/**
 * What all threads did between two moments, divided by where each stood: all of their time but what comes after their end.
 * @param {Model} model
 * @param {number} from ns
 * @param {number} to ns
 * @returns {Times}
 */
export function timesByPlace(model, from, to) {
  /** @type {Times} */
  const times = new Map();
  for (const track of model.all) {
    if (!track.isThread) continue;
    const { at, state, line, count } = track.rows;
    const first = Math.max(track.rows.rowAt(from), 0);
    let place = count > 0 ? track.lineAt(first) : 0;
    let told = first;
    while (place !== 0 && line[told] === 0) told -= 1;
    for (let row = first; row < count && at[row] < to; row += 1) {
      if (line[row] !== 0) [place, told] = [line[row], row];
      else if (row - told >= LINE_REACH) place = 0;
      const spent = Math.min(row + 1 < count ? at[row + 1] : model.duration, to) - Math.max(at[row], from);
      if (spent <= 0 || state[row] === State.EXITED) continue;
      let there = times.get(place);
      if (!there) times.set(place, (there = new Float64Array(STATES)));
      there[state[row]] += spent;
    }
  }
  return times;
}

/**
 * Of one file, by line.
 * @param {Model} model @param {Times} times @param {string} file
 * @returns {Map<number, Float64Array>}
 */
export function timesOfFile(model, times, file) {
  /** @type {Map<number, Float64Array>} */
  const lines = new Map();
  for (const [id, spent] of times) {
    const place = model.locations.get(id);
    if (place?.file !== file) continue;
    const known = lines.get(place.line);
    lines.set(place.line, known ? known.map((part, state) => part + spent[state]) : spent);
  }
  return lines;
}
