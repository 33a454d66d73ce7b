// Moving the selection by keys: along a track, and from track to track.

import { State } from './schema.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Span} Span
 * @typedef {import('./layout.js').Layout} Layout
 * @typedef {import('./layout.js').Row} Row
 */

/** Spans in which there is nothing to see. */
/** @type {ReadonlySet<number>} */
const EMPTY = new Set([State.FREE, State.IDLE, State.DONE]);

/**
 * The span to begin with: of the first thread, at the playhead.
 * @param {Model} model @param {Layout} layout @param {number} at
 * @returns {Span | null}
 */
function firstSpan(model, layout, at) {
  const row = layout.rows.find((one) => one.kind === 'thread' && one.track.rows.count > 0) ?? layout.rows[0];
  if (!row || row.track.rows.count === 0) return null;
  return row.track.spanAt(at, model.duration) ?? row.track.spanOfRow(0, model.duration);
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
 * The span on the next track, up or down, at the time of the selected one.
 * @param {Model} model @param {Layout} layout @param {Span | null} selected @param {number} at @param {1 | -1} step
 * @returns {Span | null}
 */
export function stepTrack(model, layout, selected, at, step) {
  if (!selected) return firstSpan(model, layout, at);
  const here = layout.rows.findIndex((row) => row.track === selected.track);
  const moment = Math.min(Math.max(at, selected.from), selected.to);
  for (let n = here + step; n >= 0 && n < layout.rows.length; n += step) {
    const { track } = layout.rows[n];
    if (track.rows.count > 0) return track.spanAt(moment, model.duration) ?? track.spanOfRow(0, model.duration);
  }
  return selected;
}

/**
 * Scroll the tracks, not the page, so far that a row is seen.
 * @param {HTMLElement} scroll @param {Row} row @param {number} coveredPx at its top
 */
export function revealRow(scroll, row, coveredPx) {
  const top = row.topPx - coveredPx;
  const bottom = row.topPx + row.heightPx - scroll.clientHeight;
  if (scroll.scrollTop > top) scroll.scrollTop = top;
  else if (scroll.scrollTop < bottom) scroll.scrollTop = bottom;
}
