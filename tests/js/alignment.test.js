import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Alignment, align, extent, partOf } from '../../static/js/view/alignment.js';
import { Camera } from '../../static/js/view/camera.js';
import { Viewport } from '../../static/js/view/viewport.js';

const RECORDINGS = [{ duration: 400, moment: 100 }, { duration: 100, moment: 30 }, { duration: 200 }];

test('there and back again is the same moment, however one is aligned', () => {
  for (const alignment of [new Alignment(0), new Alignment(70), new Alignment(0, 4), new Alignment(-5, 0.25)]) {
    for (const at of [-10, 0, 33, 1e12]) assert.ok(Math.abs(alignment.toOwn(alignment.toCommon(at)) - at) < 1e-3);
  }
});

test('by their starts, their ends, a moment, or stretched: what belongs together is at one place', () => {
  /** @param {import('../../static/js/view/alignment.js').Way} way @param {number[]} own */
  const places = (way, own) => align(way, RECORDINGS).map((alignment, n) => alignment.toCommon(own[n]));
  assert.deepEqual(places('start', [0, 0, 0]), [0, 0, 0]);
  assert.deepEqual(places('end', [400, 100, 200]), [0, 0, 0]);
  assert.deepEqual(places('moments', [100, 30, 0]), [0, 0, 0]);
  assert.deepEqual(places('stretch', [0, 0, 0]), [0, 0, 0]);
  assert.deepEqual(places('stretch', [400, 100, 200]), [400, 400, 400]);
  assert.deepEqual(places('start', [400, 100, 200]), [400, 100, 200]);
});

test('what there is to see goes from the first’s beginning to the last’s end', () => {
  /** @param {import('../../static/js/view/alignment.js').Way} way */
  const all = (way) => extent(RECORDINGS, align(way, RECORDINGS));
  assert.deepEqual(all('start'), { from: 0, to: 400 });
  assert.deepEqual(all('end'), { from: -400, to: 0 });
  assert.deepEqual(all('moments'), { from: -100, to: 300 });
  assert.deepEqual(all('stretch'), { from: 0, to: 400 });
});

test('the part of a recording in a stretch is in whole ns of its own, and within it', () => {
  assert.deepEqual(partOf({ from: -50, to: 90 }, new Alignment(0), 100), { from: 0, to: 90 });
  assert.deepEqual(partOf({ from: 100, to: 390.9 }, new Alignment(0, 4), 100), { from: 25, to: 98 });
  assert.deepEqual(partOf({ from: 500, to: 900 }, new Alignment(30), 100), { from: 100, to: 100 });
  assert.deepEqual(align('stretch', [{ duration: 0 }, { duration: 5 }])[0], new Alignment(0, 1));
});

test('a camera beside others may look, zoom and go beyond its own recording, as far as they reach', () => {
  const camera = new Camera(/** @type {any} */ ({ until: 1e9, duration: 1e9 }));
  camera.extent = { from: -2e9, to: 3e9 };
  camera.fit();
  assert.deepEqual([camera.viewport.from, camera.viewport.to], [-2.05e9, 3.05e9]);
  camera.seek(-9e9);
  assert.equal(camera.at, -2e9);
  camera.seek(9e9);
  assert.equal(camera.at, 3e9);
  camera.zoom(0.5, 0);
  assert.equal(Math.round(camera.viewport.width), 5.1e9);
  camera.zoom(5.1, 0);
  camera.pan(-9e12);
  assert.ok(camera.viewport.to > -2e9 && camera.viewport.from < -2e9);
  camera.extent = null;
  camera.pan(9e12);
  assert.ok(camera.viewport.from < 1e9 && camera.viewport.to > 1e9);
  assert.equal(Viewport.fit(1e9).from, -1e7);
});
