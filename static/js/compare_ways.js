// What recordings beside each other can be aligned by: what all of them have. The list of it, and where the moment is in each.

import { State, STATE_TEXT } from './model/schema.js';
import { node } from './nodes.js';
import { EXPLAINED } from './panels/toolbar.js';

/** @typedef {import('./compare.js').Pane} Pane */

/** A choice that is only in the list once it was made: the moments that the reader has chosen. */
export const CHOSEN = 'at';
const MARK = 'A mark';

export class Ways {
  /** @param {HTMLSelectElement} select @param {readonly Pane[]} panes */
  constructor(select, panes) {
    this.select = select;
    this.panes = panes;
    const states = EXPLAINED.filter((state) => state !== State.UNKNOWN && panes.every(({ model }) => firstOf(model, state) !== undefined));
    select.append(
      ...group('The first of a state', states.map((state) => [`state:${state}`, STATE_TEXT[state].label])),
      ...group('A finding', this.#common('finding')),
      ...group(MARK, this.#common('mark')),
      node('option', { value: CHOSEN, hidden: true }, 'Chosen moments'),
    );
  }

  /** @param {string} way */
  has(way) {
    return [...this.select.options].some(({ value }) => value === way);
  }

  /** A recording may have other marks now: the list follows. @param {Pane} pane @returns {boolean} whether it has */
  mark(pane) {
    const { marks } = /** @type {import('./panels/around.js').Around} */ (pane.timeline.around);
    const before = JSON.stringify(pane.moments.mark);
    pane.moments.mark = Object.fromEntries([...marks.all].reverse().map(({ text, at }) => [text, at]));
    if (before === JSON.stringify(pane.moments.mark)) return false;
    this.select.querySelector(`optgroup[label="${MARK}"]`)?.remove();
    this.select.lastElementChild?.before(...group(MARK, this.#common('mark')));
    return true;
  }

  /** What each has of a kind, as the list has it. @param {string} kind @returns {[string, string][]} */
  #common(kind) {
    const [first, ...others] = this.panes;
    return Object.keys(first.moments[kind]).filter((name) => others.every((pane) => name in pane.moments[kind])).map((name) => [`${kind}:${name}`, name]);
  }
}

/** Where a recording has what all are aligned by, ns. @param {Pane} pane @param {string} way @returns {number | undefined} */
export function momentOf({ model, moments }, way) {
  const [kind, what] = [way.split(':', 1)[0], way.slice(way.indexOf(':') + 1)];
  return kind === 'state' ? firstOf(model, Number(what)) : moments[kind]?.[what];
}

/** When a thread or task was first in a state. @param {import('./model/model.js').Model} model @param {number} state @returns {number | undefined} ns */
function firstOf(model, state) {
  let earliest = Infinity;
  for (const track of model.all) {
    if (!track.isThread && !track.isTask) continue;
    const row = track.rows.state.subarray(0, track.rows.count).indexOf(state);
    if (row >= 0) earliest = Math.min(earliest, track.rows.at[row]);
  }
  return earliest === Infinity ? undefined : earliest;
}

/** @param {string} label @param {readonly [string, string][]} options value and text */
function group(label, options) {
  return options.length === 0 ? [] : [node('optgroup', { label }, ...options.map(([value, text]) => node('option', { value }, text)))];
}
