// The patterns that tell states apart without colour, as small tiles of pixels.

/** Side of a tile in CSS pixels; every pattern repeats within it. */
export const TILE_PX = 12;

/** @typedef {[number, number, number]} Rgb */
/** @typedef {Readonly<{side: number, plain: boolean, pixels: Uint32Array}>} Tile */
/** @typedef {'plain' | 'hatch' | 'dots' | 'bars' | 'broken' | 'dashes' | 'sparse'} Pattern */

/**
 * @param {Rgb} rgb
 * @param {number} [alpha] 0 to 255
 * @returns {number} as a little-endian pixel of an ImageData
 */
export function pixel([red, green, blue], alpha = 255) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * @param {Rgb} a
 * @param {Rgb} b
 * @param {number} part of b, 0 to 1
 * @returns {Rgb}
 */
export function blend(a, b, part) {
  return /** @type {Rgb} */ (a.map((value, n) => Math.round(value + (b[n] - value) * part)));
}

/**
 * How much of the ground shines through at a point: 0 the colour itself, 1 the ground.
 * @type {Readonly<Record<Pattern, (x: number, y: number) => number>>}
 */
const GROUND = Object.freeze({
  plain: () => 0,
  hatch: (x, y) => ((x + y) % 6 < 2.4 ? 0 : 0.48),
  dots: (x, y) => (((x % 6) - 3) ** 2 + ((y % 6) - 3) ** 2 < 1.3 ? 0.72 : 0),
  bars: (x) => (x % 4 < 2 ? 0 : 0.42),
  broken: (x, y) => (y % 6 < 1.5 && (x + 2 * y) % 12 < 7 ? 0.1 : 0.66),
  dashes: (x, y) => ((x + y) % 12 < 7 ? 0 : 0.66),
  sparse: (x, y) => ((x - y + 12) % 6 < 1.5 ? 0.25 : 0.82),
});

/**
 * One tile of a pattern, row by row.
 * @param {Pattern} pattern
 * @param {Rgb} colour
 * @param {Rgb} ground
 * @param {number} ratio device pixels to a CSS pixel
 * @returns {Tile}
 */
export function tile(pattern, colour, ground, ratio) {
  const side = TILE_PX * Math.max(1, Math.round(ratio));
  const step = TILE_PX / side;
  const pixels = new Uint32Array(side * side);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const part = GROUND[pattern]((x + 0.5) * step, (y + 0.5) * step);
      pixels[y * side + x] = pixel(blend(colour, ground, part));
    }
  }
  return { side, plain: pattern === 'plain', pixels };
}
