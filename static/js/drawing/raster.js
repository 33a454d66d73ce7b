// The pixels of all bars: rectangles, patterned or plain, written into one image that is put on the canvas at once.

/** @typedef {import('./patterns.js').Tile} Tile */

/** From this width on, copying is faster than writing pixel by pixel. */
const WIDE_PX = 24;

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
  }

  /**
   * Begin with nothing but a ground that is the same in every line.
   * @param {Uint32Array} ground as wide as the image
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
    this.pixels.set(ground);
    for (let done = width; done < this.pixels.length; done *= 2) this.pixels.copyWithin(done, 0, Math.min(done, this.pixels.length - done));
  }

  /**
   * @param {number} left whole pixels, also out of sight @param {number} top @param {number} width @param {number} height
   * @param {Tile} tile
   * @param {number} [radius] of its corners
   */
  rect(left, top, width, height, tile, radius = 0) {
    if (left >= this.width || left + width <= 0) return;
    const last = Math.min(top + height, this.height);
    if (width === 1 && tile.plain) {
      // Most are: without a call for each line.
      const { pixels, width: line } = this;
      for (let y = Math.max(top, 0), at = y * line + left; y < last; y += 1, at += line) pixels[at] = tile.pixels[0];
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
   * One column, or two: each part as high as told, from the top down; what has a share is at least a pixel high.
   * @param {number} x
   * @param {number} top
   * @param {number} height of all that may be written to
   * @param {Float64Array} heights of the parts
   * @param {readonly Tile[]} tiles
   * @param {Uint8Array} parts which of the tiles each has
   * @param {number} count of parts
   * @param {boolean} [twin] the next column is the same; `x` is even
   */
  column(x, top, height, heights, tiles, parts, count, twin = false) {
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
      if (twin) {
        const all = side * side;
        let within = (y % side) * side + (x % side);
        // A tile has an even number of columns: the next one is in the same line.
        for (; y < last; y += 1, at += width) {
          pixels[at] = tile[within];
          pixels[at + 1] = tile[within + 1];
          within += side;
          if (within >= all) within -= all;
        }
      } else if (plain) for (const colour = tile[0]; y < last; y += 1, at += width) pixels[at] = colour;
      else {
        const all = side * side;
        let within = (y % side) * side + (x % side);
        for (; y < last; y += 1, at += width) {
          pixels[at] = tile[within];
          within += side;
          if (within >= all) within -= all;
        }
      }
    }
  }
}
