// Moving the selection by keys: along a track, and from track to track.

import { State } from '../model/schema.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Span} Span
 * @typedef {import('../model/layout.js').Layout} Layout
 * @typedef {import('../model/layout.js').Row} Row
 */

/** Spans in which there is nothing to see. */
/** @type {ReadonlySet<number>} */
const EMPTY = new Set([State.FREE, State.IDLE, State.DONE]);
/** The lowest names are covered by how many more there are, where there are more. */
const BELOW_PX = 32;

/**
 * The span to begin with: of the first thread, at the playhead.
 * @param {Model} model @param {Layout} layout @param {number} at
 * @returns {Span | null}
 */
export function firstSpan(model, layout, at) {
  const row = layout.rows.find((one) => one.kind === 'thread' && one.track.rows.count > 0) ?? layout.rows[0];
  return row ? spanOf(model, row, at) : null;
}

/**
 * The next or previous span on the selected track; the same one at the track's ends.
 * @param {Model} model @param {Layout} layout @param {Span | null} selected @param {number} at @param {1 | -1} step
 * @returns {Span | null}
 */
export function stepSpan(model, layout, selected, at, step) {
  if (!selected) return firstSpan(model, layout, at);
  const { track } = selected;
  let span = selected;
  for (;;) {
    const row = step > 0 ? span.last + 1 : span.first - 1;
    if (row < 0 || row >= track.rows.count) return EMPTY.has(span.state) ? selected : span;
    span = track.spanOfRow(row, model.duration);
    if (!EMPTY.has(span.state)) return span;
  }
}

/**
 * The row above or below another; the same one at the ends.
 * @param {Layout} layout @param {number} id of the track whose row it is @param {1 | -1} step
 * @returns {Row | null}
 */
export function stepRow(layout, id, step) {
  const here = layout.rows.findIndex((row) => row.track.id === id);
  return layout.rows[Math.min(Math.max(here + step, 0), layout.rows.length - 1)] ?? null;
}

/**
 * What happens on a track at a moment, or first, if that is later; null on a row that only names others.
 * @param {Model} model @param {Row} row @param {number} at
 * @returns {Span | null}
 */
export function spanOf(model, { track }, at) {
  if (track.rows.count === 0) return null;
  return track.spanAt(at, model.duration) ?? track.spanOfRow(0, model.duration);
}

/**
 * The nearest moment before or after another at which something happens on a track that shows, and the span that begins there, or holds it.
 * @param {Model} model @param {Layout} layout @param {number} at @param {1 | -1} step
 * @returns {{at: number, span: Span} | null}
 */
export function stepEvent(model, layout, at, step) {
  let best = step * Infinity;
  let found = null;
  for (const { track } of layout.rows) {
    const { rows } = track;
    let row = rows.rowAt(at) + (step > 0 ? 1 : 0);
    while (step < 0 && row >= 0 && rows.at[row] >= at) row -= 1;
    if (row < 0 || row >= rows.count || (rows.at[row] - best) * step >= 0) continue;
    best = rows.at[row];
    found = { track, row };
  }
  return found && { at: best, span: found.track.spanOfRow(found.row, model.duration) };
}

/**
 * Scroll the tracks, not the page, so far that a row is seen.
 * @param {HTMLElement} scroll @param {Row} row @param {number} coveredPx at its top
 */
export function revealRow(scroll, row, coveredPx) {
  const top = row.topPx - coveredPx;
  const bottom = row.topPx + row.heightPx + BELOW_PX - scroll.clientHeight;
  if (scroll.scrollTop > top) scroll.scrollTop = top;
  else if (scroll.scrollTop < bottom) scroll.scrollTop = bottom;
}
