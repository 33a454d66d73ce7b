import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Moments } from '../../static/js/model/columns.js';
import { drawDepths } from '../../static/js/model/strips.js';

test('a depth that lasts less than a column is as high as it was there, and nowhere else', () => {
  const depths = new Moments();
  for (const [at, depth] of [[0, 0], [10, 2], [10.1, 1], [10.2, 0], [30, 1], [30.1, 3], [40, 0]]) depths.push(at, depth);
  const high = new Array(50).fill(0);
  /** @param {number} left @param {number} top @param {number} width @param {number} height @param {string} tile */
  const rect = (left, top, width, height, tile) => {
    if (tile === 'held') for (let x = left; x < left + width; x += 1) high[x] = Math.max(high[x], height);
  };
  const scale = { from: 0, to: 50, timeToPx: (/** @type {number} */ at) => at };
  drawDepths(/** @type {any} */ ({ rect }), /** @type {any} */ ({ tiles: { held: 'held', blocked: 'blocked' } }), /** @type {any} */ ({ depths, deepest: 3 }), /** @type {any} */ (scale), 50, 9, 9, 1);
  const expected = new Array(50).fill(0);
  expected[10] = 6;
  expected.fill(9, 30, 40);
  assert.deepEqual(high, expected);
});
