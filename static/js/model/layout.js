// Which tracks are shown, in what order, and where: rectangles in CSS pixels.

import { grow } from './tree.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./tree.js').Branch} Branch
 * @typedef {import('./tree.js').RowKind} RowKind
 * @typedef {Branch & Place} Row
 * @typedef {object} Place
 * @property {number} topPx
 * @property {number} heightPx
 * @property {number} barTopPx
 * @property {number} barPx height of what is tall
 * @property {number} stripTopPx of the core strip, 0 without one
 * @typedef {{rows: Row[], rowsPx: number, heightPx: number, quiet: number, moreTopPx: number, rowOf: Map<number, Row>, notes: boolean, roomyPx: number}} Layout
 *   `quiet`: tracks that did nothing, shown or not; `roomyPx`: how high it would be where there is room for all
 */

export const RULER_PX = 30;
export const STRIP_PX = 5;
const STRIP_GAP_PX = 4;
/** Height of the strip of the whole recording, above the ruler. */
export const OVERVIEW_PX = 26;
export const MORE_PX = 36;
/** Below all tracks, at least so much is empty. */
export const EMPTY_PX = 4;

/**
 * How roomy the rows can be; the first that fits is taken. By kind of row: height, gap above the bar, height of the bar.
 * @typedef {Readonly<Record<RowKind, readonly [number, number, number]> & {notes: boolean}>} Density
 * @type {readonly Density[]}
 */
const DENSITIES = Object.freeze([
  { notes: true, heading: [34, 10, 16], process: [32, 8, 16], gil: [72, 16, 34], thread: [76, 14, 40], loop: [48, 12, 24], task: [56, 12, 30], resource: [60, 14, 28], core: [32, 6, 20] },
  { notes: true, heading: [30, 9, 14], process: [30, 8, 14], gil: [58, 14, 26], thread: [60, 10, 30], loop: [42, 10, 20], task: [46, 10, 24], resource: [50, 12, 22], core: [26, 5, 16] },
  { notes: true, heading: [28, 7, 14], process: [28, 7, 14], gil: [46, 9, 24], thread: [46, 6, 24], loop: [36, 8, 18], task: [38, 7, 20], resource: [40, 9, 20], core: [24, 4, 16] },
  // Too low for a second line to each name.
  { notes: false, heading: [26, 6, 14], process: [26, 6, 14], gil: [38, 8, 22], thread: [36, 4, 22], loop: [26, 4, 18], task: [28, 4, 20], resource: [30, 5, 20], core: [22, 3, 16] },
  { notes: false, heading: [24, 5, 14], process: [24, 5, 14], gil: [26, 3, 20], thread: [27, 2, 16], loop: [24, 3, 16], task: [22, 2, 16], resource: [24, 2, 18], core: [20, 2, 16] },
]);

/**
 * @param {Model} model
 * @param {Partial<import('./tree.js').Arrangement> & {fitPx?: number}} [wish] `fitPx` is a height that lower rows are
 *   worth fitting into, 0 for any
 * @returns {Layout}
 */
export function layOut(model, wish = {}) {
  const { branches, quiet } = grow(model, wish);
  const layouts = DENSITIES.map((density) => stack(branches, quiet, density));
  const { fitPx = 0 } = wish;
  // Where it is tight, the button below the rows may lie out of sight.
  const fits = (/** @type {typeof layouts[0]} */ layout) => (layout.notes ? layout.heightPx : layout.rowsPx) <= fitPx;
  const fitting = fitPx > 0 ? layouts.find(fits) ?? layouts[layouts.length - 1] : layouts[1];
  return { ...fitting, roomyPx: layouts[0].heightPx };
}

/**
 * @param {Branch[]} branches in the order of the screen
 * @param {number} quiet
 * @param {Density} density
 * @returns {Omit<Layout, 'roomyPx'>}
 */
function stack(branches, quiet, density) {
  /** @type {Row[]} */
  const rows = [];
  let top = RULER_PX;
  for (const branch of branches) {
    const [height, gap, bar] = density[branch.kind];
    const barTop = top + gap;
    const stripTop = branch.kind === 'thread' && branch.track.cores.count > 0 ? barTop + bar + STRIP_GAP_PX : 0;
    rows.push({ ...branch, topPx: top, heightPx: height, barTopPx: barTop, barPx: bar, stripTopPx: stripTop });
    top += height;
  }
  return {
    rows,
    rowsPx: top,
    heightPx: top + (quiet > 0 ? MORE_PX : 8),
    quiet,
    moreTopPx: quiet > 0 ? top : 0,
    rowOf: new Map(rows.map((row) => [row.track.id, row])),
    notes: density.notes,
  };
}

/**
 * The rows that a stretch of heights shows a part of.
 * @param {Layout} layout
 * @param {number} fromPx from the top of all tracks
 * @param {number} toPx
 */
export function rowsBetween({ rows }, fromPx, toPx) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle].topPx + rows[middle].heightPx > fromPx) high = middle;
    else low = middle + 1;
  }
  let last = low;
  while (last < rows.length && rows[last].topPx < toPx) last += 1;
  return rows.slice(low, last);
}

/**
 * The row at a height, if any.
 * @param {Layout} layout
 * @param {number} yPx from the top of all tracks
 */
export function rowAt(layout, yPx) {
  const row = rowsBetween(layout, yPx, yPx + 1)[0];
  return row && yPx >= row.topPx ? row : null;
}
