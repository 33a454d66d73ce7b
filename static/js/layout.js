// Which tracks are shown, in what order, and where: rectangles in CSS pixels.

import { TrackKind } from './schema.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Track} Track
 * @typedef {'process' | 'gil' | 'thread' | 'loop' | 'task' | 'resource' | 'core'} RowKind
 * @typedef {object} Row
 * @property {Track} track
 * @property {RowKind} kind
 * @property {number} topPx
 * @property {number} heightPx
 * @property {number} barTopPx
 * @property {number} barPx height of what is tall
 * @property {number} stripTopPx of the core strip, 0 without one
 * @typedef {{rows: Row[], rowsPx: number, heightPx: number, hidden: number, moreTopPx: number, rowOf: Map<number, Row>, notes: boolean, roomyPx: number}} Layout `roomyPx`: how high it would be where there is room for all
 */

export const RULER_PX = 30;
export const STRIP_PX = 5;
const STRIP_GAP_PX = 4;
/** Height of the strip of the whole recording, above the ruler. */
export const OVERVIEW_PX = 26;
export const MORE_PX = 36;

/**
 * How roomy the rows can be; the first that fits is taken. By kind of row: height, gap above the bar, height of the bar.
 * @typedef {Readonly<Record<RowKind, readonly [number, number, number]> & {notes: boolean}>} Density
 * @type {readonly Density[]}
 */
const DENSITIES = Object.freeze([
  { notes: true, process: [32, 8, 16], gil: [72, 16, 34], thread: [76, 14, 40], loop: [48, 12, 24], task: [56, 12, 30], resource: [60, 14, 28], core: [32, 6, 20] },
  { notes: true, process: [30, 8, 14], gil: [58, 14, 26], thread: [60, 10, 30], loop: [42, 10, 20], task: [46, 10, 24], resource: [50, 12, 22], core: [26, 5, 16] },
  { notes: true, process: [28, 7, 14], gil: [46, 9, 24], thread: [46, 6, 24], loop: [36, 8, 18], task: [38, 7, 20], resource: [40, 9, 20], core: [24, 4, 16] },
  // Too low for a second line to each name.
  { notes: false, process: [26, 6, 14], gil: [38, 8, 22], thread: [36, 4, 22], loop: [26, 4, 18], task: [28, 4, 20], resource: [30, 5, 20], core: [22, 3, 16] },
  { notes: false, process: [22, 4, 14], gil: [26, 3, 20], thread: [27, 2, 16], loop: [22, 2, 16], task: [22, 2, 16], resource: [24, 2, 18], core: [20, 2, 16] },
]);

/**
 * @param {Track} track
 * @returns {RowKind}
 */
function rowKind(track) {
  if (track.kind === TrackKind.PROCESS) return 'process';
  if (track.kind === TrackKind.GIL) return 'gil';
  if (track.kind === TrackKind.CORE) return 'core';
  if (track.kind === TrackKind.LOOP || track.kind === TrackKind.POOL) return 'loop';
  if (track.isTask || track.isWork) return 'task';
  return track.kind === TrackKind.THREAD ? 'thread' : 'resource';
}

/** More works than this in one pool hide, as quiet things do: the pool's own row tells how many are queued. */
const MOST_WORKS = 50;
/** Tasks stand with their loop, works with their pool. */
const ORDER = Object.freeze({ process: 0, gil: 1, thread: 2, loop: 3, task: 3, resource: 4, core: 5 });
/** Only names what others wait for. @type {ReadonlySet<number>} */
const NAMES = new Set([TrackKind.SLEEP, TrackKind.FUTURE, TrackKind.TYPE]);

/**
 * A resource that says nothing at first sight: a lock inside another thing, or one that nobody ever held.
 * @param {Track} track
 */
function isQuiet(track) {
  return track.isResource && (track.internal || !track.everHeld);
}

/**
 * Works that hide: those inside of other things, and those of a pool that has many.
 * @param {Track[]} tracks
 * @returns {Set<Track>}
 */
function quietWorks(tracks) {
  /** @type {Map<number, number>} */
  const count = new Map();
  const works = tracks.filter((track) => track.isWork);
  for (const { parent } of works) count.set(parent, (count.get(parent) ?? 0) + 1);
  return new Set(works.filter(({ parent, internal }) => internal || (count.get(parent) ?? 0) > MOST_WORKS));
}

/** A thread, a task, a loop or a core of which nothing is known but its name. @param {Track} track */
function isUnseen(track) {
  return track.rows.count === 0 && ['thread', 'core', 'loop', 'task'].includes(rowKind(track));
}

/**
 * @param {Model} model
 * @param {{expanded?: boolean, fitPx?: number}} [wish] `expanded` shows the quiet tracks too;
 *   `fitPx` is a height that lower rows are worth fitting into, 0 for any
 * @returns {Layout}
 */
export function layOut(model, wish = {}) {
  const shown = model.all.filter((track) => !NAMES.has(track.kind) && !isUnseen(track));
  const processes = shown.filter((track) => track.kind === TrackKind.PROCESS);
  const several = processes.length > 1;
  const hiding = quietWorks(shown);
  const quiet = shown.filter((track) => isQuiet(track) || hiding.has(track));
  const visible = shown.filter((track) => {
    if (track.kind === TrackKind.PROCESS) return several;
    return wish.expanded || !(isQuiet(track) || hiding.has(track));
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
  // What processes share stands after all of them, as the cores do.
  const group = (/** @type {Track} */ track) => (track.kind === TrackKind.CORE ? Infinity : several ? processOf(track) || Infinity : 0);
  const place = (/** @type {Track} */ track) => ORDER[rowKind(track)];
  visible.sort((a, b) => {
    const [groupA, groupB] = [group(a), group(b)];
    if (groupA !== groupB) return groupA < groupB ? -1 : 1;
    return a.interpreter - b.interpreter || place(a) - place(b) || loopOf(a) - loopOf(b) || Number(rowKind(a) === 'task') - Number(rowKind(b) === 'task') || Number(isQuiet(a)) - Number(isQuiet(b)) || coreNumber(a) - coreNumber(b) || a.id - b.id;
  });
  const hidden = wish.expanded ? 0 : quiet.length;
  const layouts = DENSITIES.map((density) => stack(visible, hidden, quiet.length, density));
  const { fitPx = 0 } = wish;
  // Where it is tight, the button below the rows may lie out of sight.
  const fits = (/** @type {typeof layouts[0]} */ layout) => (layout.notes ? layout.heightPx : layout.rowsPx) <= fitPx;
  const fitting = fitPx > 0 ? layouts.find(fits) ?? layouts[layouts.length - 1] : layouts[1];
  return { ...fitting, roomyPx: layouts[0].heightPx };
}

/** The loop or pool that a row stands with; 0 for what has none. @param {Track} track */
function loopOf(track) {
  if (track.kind === TrackKind.LOOP || track.kind === TrackKind.POOL) return track.id;
  return track.isTask || track.isWork ? track.parent : 0;
}

/** @param {Track} track */
function coreNumber(track) {
  return track.kind === TrackKind.CORE ? Number(/\d+/.exec(track.name)?.[0] ?? 0) : 0;
}

/**
 * @param {Track[]} tracks in the order of the screen
 * @param {number} hidden
 * @param {number} quiet
 * @param {Density} density
 * @returns {Omit<Layout, 'roomyPx'>}
 */
function stack(tracks, hidden, quiet, density) {
  /** @type {Row[]} */
  const rows = [];
  let top = RULER_PX;
  for (const track of tracks) {
    const kind = rowKind(track);
    const [height, gap, bar] = density[kind];
    const barTop = top + gap;
    const stripTop = kind === 'thread' && track.cores.count > 0 ? barTop + bar + STRIP_GAP_PX : 0;
    rows.push({ track, kind, topPx: top, heightPx: height, barTopPx: barTop, barPx: bar, stripTopPx: stripTop });
    top += height;
  }
  return {
    rows,
    rowsPx: top,
    heightPx: top + (quiet > 0 ? MORE_PX : 8),
    hidden,
    moreTopPx: quiet > 0 ? top : 0,
    rowOf: new Map(rows.map((row) => [row.track.id, row])),
    notes: density.notes,
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
