// Which tracks are shown, in what order, and where: rectangles in CSS pixels.

import { TrackKind } from './schema.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Track} Track
 * @typedef {'process' | 'gil' | 'thread' | 'resource' | 'core'} RowKind
 * @typedef {object} Row
 * @property {Track} track
 * @property {RowKind} kind
 * @property {number} topPx
 * @property {number} heightPx
 * @property {number} barTopPx
 * @property {number} barPx height of what is tall
 * @property {number} stripTopPx of the core strip, 0 without one
 * @typedef {{rows: Row[], heightPx: number, hidden: number, moreTopPx: number, rowOf: Map<number, Row>, compact: boolean}} Layout
 */

export const RULER_PX = 30;
export const STRIP_PX = 5;
/** Height of the strip of the whole recording, above the ruler. */
export const OVERVIEW_PX = 26;
export const MORE_PX = 36;

/** By kind of row: height, gap above the bar, height of the bar. */
const SIZES = Object.freeze({
  process: [30, 8, 14],
  gil: [58, 14, 26],
  thread: [60, 10, 30],
  resource: [50, 12, 22],
  core: [26, 5, 16],
});
const COMPACT = Object.freeze({
  process: [26, 6, 14],
  gil: [38, 8, 22],
  thread: [36, 4, 22],
  resource: [30, 5, 20],
  core: [22, 3, 16],
});
/** More threads than this are shown lower, without a second line to their names. */
const ROOMY_THREADS = 10;

/**
 * @param {Track} track
 * @returns {RowKind}
 */
function rowKind(track) {
  if (track.kind === TrackKind.PROCESS) return 'process';
  if (track.kind === TrackKind.GIL) return 'gil';
  if (track.kind === TrackKind.CORE) return 'core';
  return track.kind === TrackKind.THREAD ? 'thread' : 'resource';
}

const ORDER = Object.freeze({ process: 0, gil: 1, thread: 2, resource: 3, core: 4 });

/**
 * A resource that says nothing at first sight: a lock inside another thing, or one that nobody ever held.
 * @param {Track} track
 */
function isQuiet(track) {
  return track.isResource && (track.internal || !track.everHeld);
}

/**
 * @param {Model} model
 * @param {{expanded?: boolean, fitPx?: number}} [wish] `expanded` shows the quiet tracks too;
 *   `fitPx` is a height that lower rows are worth fitting into
 * @returns {Layout}
 */
export function layOut(model, wish = {}) {
  const shown = model.all.filter((track) => track.kind !== TrackKind.SLEEP);
  const processes = shown.filter((track) => track.kind === TrackKind.PROCESS);
  const several = processes.length > 1;
  const quiet = shown.filter(isQuiet);
  const visible = shown.filter((track) => {
    if (track.kind === TrackKind.PROCESS) return several;
    return wish.expanded || !isQuiet(track);
  });
  const processOf = (/** @type {Track} */ track) => {
    let owner = track;
    for (let hops = 0; owner.kind !== TrackKind.PROCESS && hops < 8; hops += 1) {
      const parent = model.tracks[owner.parent];
      if (!parent) break;
      owner = parent;
    }
    return owner.kind === TrackKind.PROCESS ? owner.id : 0;
  };
  const group = (/** @type {Track} */ track) => (track.kind === TrackKind.CORE ? Infinity : several ? processOf(track) : 0);
  const place = (/** @type {Track} */ track) => ORDER[rowKind(track)];
  visible.sort((a, b) => {
    const [groupA, groupB] = [group(a), group(b)];
    if (groupA !== groupB) return groupA < groupB ? -1 : 1;
    return place(a) - place(b) || Number(isQuiet(a)) - Number(isQuiet(b)) || coreNumber(a) - coreNumber(b) || a.id - b.id;
  });
  const hidden = wish.expanded ? 0 : quiet.length;
  const many = visible.filter((track) => track.isThread).length > ROOMY_THREADS;
  const layout = stack(visible, hidden, quiet.length, many);
  return wish.fitPx && layout.heightPx > wish.fitPx ? stack(visible, hidden, quiet.length, true) : layout;
}

/** @param {Track} track */
function coreNumber(track) {
  return track.kind === TrackKind.CORE ? Number(/\d+/.exec(track.name)?.[0] ?? 0) : 0;
}

/**
 * @param {Track[]} tracks in the order of the screen
 * @param {number} hidden
 * @param {number} quiet
 * @param {boolean} compact
 * @returns {Layout}
 */
function stack(tracks, hidden, quiet, compact) {
  const sizes = compact ? COMPACT : SIZES;
  /** @type {Row[]} */
  const rows = [];
  let top = RULER_PX;
  for (const track of tracks) {
    const kind = rowKind(track);
    const [height, gap, bar] = sizes[kind];
    const barTop = top + gap;
    const stripTop = kind === 'thread' && track.cores.count > 0 ? barTop + bar + 5 : 0;
    rows.push({ track, kind, topPx: top, heightPx: height, barTopPx: barTop, barPx: bar, stripTopPx: stripTop });
    top += height;
  }
  const moreTopPx = top;
  return {
    rows,
    heightPx: top + (quiet > 0 ? MORE_PX : 8),
    hidden,
    moreTopPx: quiet > 0 ? moreTopPx : 0,
    rowOf: new Map(rows.map((row) => [row.track.id, row])),
    compact,
  };
}

/**
 * The row at a height, if any.
 * @param {Layout} layout
 * @param {number} yPx from the top of all tracks
 */
export function rowAt(layout, yPx) {
  return layout.rows.find((row) => yPx >= row.topPx && yPx < row.topPx + row.heightPx) ?? null;
}
