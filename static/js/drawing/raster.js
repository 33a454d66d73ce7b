// The pixels of all bars: rectangles, patterned or plain, written into one image that is put on the canvas at once.

/** @typedef {import('./patterns.js').Tile} Tile */

/** From this width on, copying is faster than writing pixel by pixel. */
const WIDE_PX = 24;
/**
 * While one zooms, nothing can be kept from frame to frame, and the first picture is waited for. Where there are more spans than one can see, columns
 * are so wide then: their shares are exact, of that much more time. The next frame in which nobody zooms draws every pixel, so what comes to rest is
 * always fine.
 */
export const COARSE_PX = 3;
/** Up to this width, a rectangle is written pixel by pixel in one go. */
const FEW_PX = 4;

/** How many pixels a rounded corner takes off a line that lies so far from the edge. @param {number} radius @param {number} line */
function inset(radius, line) {
  const up = radius - line - 0.5;
  return up <= 0 ? 0 : Math.round(radius - Math.sqrt(radius * radius - up * up));
}

export class Raster {
  /** @param {Map<Tile, Uint32Array>} [lines] a tile's lines, repeated to the whole width; rasters of one width share them */
  constructor(lines = new Map()) {
    /** @type {ImageData | null} */
    this.image = null;
    this.pixels = new Uint32Array(0);
    this.width = 0;
    this.height = 0;
    this.lines = lines;
    /** @type {Uint32Array} */
    this.ground = this.pixels;
    /** So many lines have their ground. */
    this.laid = 0;
  }

  /**
   * Begin anew: nothing of what there was is left, once the ground is laid.
   * @param {Uint32Array} ground that is the same in every line, as wide as the image
   * @param {number} height
   */
  begin(ground, height) {
    const width = ground.length;
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.width = width;
      this.height = height;
    }
    this.ground = ground;
    this.laid = 0;
  }

  /**
   * Lay the ground down to a line, just before something is drawn there: the processor then still has those lines at hand.
   * @param {number} [to]
   */
  lay(to = this.height) {
    for (const last = Math.min(to, this.height); this.laid < last; this.laid += 1) this.pixels.set(this.ground, this.laid * this.width);
  }

  /**
   * @param {number} left whole pixels, also out of sight @param {number} top @param {number} width @param {number} height
   * @param {Tile} tile
   * @param {number} [radius] of its corners
   */
  rect(left, top, width, height, tile, radius = 0) {
    if (left >= this.width || left + width <= 0) return;
    const last = Math.min(top + height, this.height);
    if (width <= FEW_PX && tile.plain && radius === 0) {
      // Most are: without a call for each line.
      const { pixels, width: line } = this;
      const colour = tile.pixels[0];
      const from = Math.max(left, 0);
      const count = Math.min(left + width, line) - from;
      for (let y = Math.max(top, 0), at = y * line + from; y < last; y += 1, at += line) {
        for (let x = 0; x < count; x += 1) pixels[at + x] = colour;
      }
      return;
    }
    for (let y = Math.max(top, 0); y < last; y += 1) {
      const cut = radius === 0 ? 0 : inset(radius, Math.min(y - top, top + height - 1 - y));
      this.#line(y, Math.max(left + cut, 0), Math.min(left + width - cut, this.width), tile);
    }
  }

  /**
   * The edge of a rectangle.
   * @param {number} left @param {number} top @param {number} width @param {number} height
   * @param {number} thick
   * @param {Tile} tile
   * @param {number} [radius]
   */
  frame(left, top, width, height, thick, tile, radius = 0) {
    const last = Math.min(top + height, this.height);
    for (let y = Math.max(top, 0); y < last; y += 1) {
      const edge = Math.min(y - top, top + height - 1 - y);
      const cut = radius === 0 ? 0 : inset(radius, edge);
      const [from, to] = [left + cut, left + width - cut];
      if (edge < thick) this.#line(y, Math.max(from, 0), Math.min(to, this.width), tile);
      else {
        const inner = edge < radius ? Math.max(thick, inset(radius, edge - 1) - cut) : thick;
        this.#line(y, Math.max(from, 0), Math.min(from + inner, this.width), tile);
        this.#line(y, Math.max(to - inner, 0), Math.min(to, this.width), tile);
      }
    }
  }

  /** @param {number} y @param {number} from @param {number} to @param {Tile} tile */
  #line(y, from, to, tile) {
    if (to <= from) return;
    const { pixels } = this;
    const start = y * this.width;
    if (tile.plain) {
      const colour = tile.pixels[0];
      if (to - from > WIDE_PX) pixels.fill(colour, start + from, start + to);
      else for (let x = from; x < to; x += 1) pixels[start + x] = colour;
      return;
    }
    const lines = this.lines.get(tile) ?? this.#repeat(tile);
    const line = (y % tile.side) * this.width;
    if (to - from > WIDE_PX) pixels.set(lines.subarray(line + from, line + to), start + from);
    else for (let x = from; x < to; x += 1) pixels[start + x] = lines[line + x];
  }

  /** @param {Tile} tile */
  #repeat(tile) {
    const { side } = tile;
    const lines = new Uint32Array(side * this.width);
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < this.width; x += 1) lines[y * this.width + x] = tile.pixels[y * side + (x % side)];
    }
    this.lines.set(tile, lines);
    return lines;
  }

  /**
   * A column of one pixel, or of `COARSE_PX`: each part as high as told, from the top down; what has a share is at least a pixel high.
   * @param {number} x of a coarse one, a multiple of its width
   * @param {number} top
   * @param {number} height of all that may be written to
   * @param {Float64Array} heights of the parts
   * @param {readonly Tile[]} tiles whose side is a multiple of that width, too
   * @param {Uint8Array} parts which of the tiles each has
   * @param {number} count of parts
   * @param {boolean} [coarse]
   */
  column(x, top, height, heights, tiles, parts, count, coarse = false) {
    const { pixels, width } = this;
    let total = 0;
    let tallest = 0;
    for (let n = 0; n < count; n += 1) {
      total += heights[n];
      if (heights[n] > heights[tallest]) tallest = n;
    }
    // What has a pixel though its share is less takes it from the tallest.
    if (total > height) heights[tallest] -= total - height;
    const end = Math.min(top + height, this.height);
    let from = top + Math.max(0, (height - total) / 2) + 0.5;
    let y = Math.max(from | 0, 0);
    let at = y * width + x;
    for (let n = 0; n < count; n += 1) {
      from += heights[n];
      const last = Math.min(from | 0, end);
      const { side, plain, pixels: tile } = tiles[parts[n]];
      const all = side * side;
      let within = (y % side) * side + (x % side);
      if (coarse) {
        for (; y < last; y += 1, at += width) {
          pixels[at] = tile[within];
          pixels[at + 1] = tile[within + 1];
          pixels[at + 2] = tile[within + 2];
          within += side;
          if (within >= all) within -= all;
        }
      } else if (plain) for (const colour = tile[0]; y < last; y += 1, at += width) pixels[at] = colour;
      else {
        for (; y < last; y += 1, at += width) {
          pixels[at] = tile[within];
          within += side;
          if (within >= all) within -= all;
        }
      }
    }
  }
}
