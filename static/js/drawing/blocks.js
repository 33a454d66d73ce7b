// The bars as blocks of pixels that are kept while the view moves: only what comes into sight, or grows, is drawn.

import { MARGIN_PX } from './bars.js';
import { TILE_PX } from './patterns.js';
import { Raster } from './raster.js';

/**
 * @typedef {import('./bars.js').Bars} Bars
 * @typedef {import('./bars.js').Piece} Piece
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('./painter.js').Frame} Frame
 * @typedef {import('./time_scale.js').TimeScale} TimeScale
 * @typedef {object} Block
 * @property {number} leftPx on the frame's grid
 * @property {Raster} raster
 * @property {Piece[]} pieces what is wide enough for a label
 * @property {boolean} whole nothing that is still to come can change it
 * @property {boolean} coarse it has columns of several pixels
 * @property {string} known how much of the recording was known when it was drawn
 */

/** So many blocks make up a view that begins where one does. */
const BLOCKS = 6;

/**
 * Width of the blocks of a view: patterns repeat within them.
 * @param {number} widthPx of the view @param {number} ratio device pixels to a CSS pixel @param {number} [count] how many make up a view
 */
export function blockWidth(widthPx, ratio, count = BLOCKS) {
  const side = TILE_PX * Math.max(1, Math.round(ratio));
  return Math.ceil(widthPx / count / side) * side;
}

export class Blocks {
  /** @param {Bars} bars @param {number} [count] how many make up a view: where nothing can be kept, one costs least */
  constructor(bars, count = BLOCKS) {
    this.bars = bars;
    this.count = count;
    /** @type {Map<number, Block>} by number on the grid */
    this.made = new Map();
    /** @type {Raster[]} of blocks that went out of sight */
    this.spare = [];
    /** @type {Map<import('./patterns.js').Tile, Uint32Array>} */
    this.lines = new Map();
    /** What they are blocks of. @type {import('./time_scale.js').Grid | null} */
    this.grid = null;
    /** @type {unknown[]} what all blocks were drawn for */
    this.drawnFor = [];
  }

  /** Everything looks different from now on. */
  clear() {
    for (const { raster } of this.made.values()) this.spare.push(raster);
    this.made.clear();
    this.lines.clear();
  }

  /** Nothing of it is needed for now: give its memory back. */
  release() {
    this.clear();
    this.spare = [];
  }

  /**
   * The blocks that a view lies in, from left to right.
   * @param {Frame} frame
   * @param {Row[]} rows that are in sight
   * @param {number} widthPx @param {number} heightPx of the plot, device pixels
   * @param {(scale: TimeScale) => Uint32Array} ground what one line is under everything
   * @returns {Block[]}
   */
  cover(frame, rows, widthPx, heightPx, ground) {
    const blockPx = blockWidth(widthPx, this.bars.ratio, this.count);
    // How much is in a queue is drawn against the most that ever was.
    const deepest = rows.reduce((sum, row) => sum + row.track.deepest, 0);
    const drawnFor = [blockPx, deepest, frame.grid, frame.layout, frame.scrollPx, heightPx, frame.model, frame.model.damages.length];
    if (drawnFor.some((value, n) => value !== this.drawnFor[n])) this.clear();
    this.drawnFor = drawnFor;
    this.grid = frame.grid;
    const first = Math.floor(frame.originPx / blockPx);
    const last = Math.floor((frame.originPx + widthPx - 1) / blockPx);
    for (const [number, { raster }] of this.made) {
      if (number >= first && number <= last) continue;
      this.made.delete(number);
      this.spare.push(raster);
    }
    const known = `${frame.model.rowCount} ${frame.model.duration}`;
    const blocks = [];
    for (let number = first; number <= last; number += 1) {
      let block = this.made.get(number);
      if (!block || (block.coarse && frame.columnPx === 1) || !(block.whole || block.known === known)) {
        block = this.#draw(frame, rows, number * blockPx, blockPx, block?.raster ?? this.spare.pop() ?? new Raster(this.lines), heightPx, ground, known);
        this.made.set(number, block);
      }
      blocks.push(block);
    }
    return blocks;
  }

  /**
   * @param {Frame} frame @param {Row[]} rows @param {number} leftPx @param {number} widthPx @param {Raster} raster @param {number} heightPx
   * @param {(scale: TimeScale) => Uint32Array} ground @param {string} known
   * @returns {Block}
   */
  #draw(frame, rows, leftPx, widthPx, raster, heightPx, ground, known) {
    const scale = frame.grid.scale(leftPx, widthPx);
    raster.begin(ground(scale), heightPx);
    const pieces = this.bars.draw(frame, rows, scale, leftPx, raster);
    const whole = frame.grid.timeOf(leftPx + widthPx + 2 * MARGIN_PX * this.bars.ratio) <= frame.model.until;
    return { leftPx, raster, pieces, whole, coarse: this.bars.coarse, known };
  }
}
