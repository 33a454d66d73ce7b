import { test } from 'node:test';
import assert from 'node:assert/strict';
import { tickStep, ticks, TimeScale } from '../../static/js/drawing/time_scale.js';
import { SHORTEST, Viewport } from '../../static/js/view/viewport.js';
import { Playback } from '../../static/js/view/playback.js';
import { formatAddress, parseAddress } from '../../static/js/view/address.js';
import { formatCount, formatDuration, formatMoment, formatOrdinal, formatShare } from '../../static/js/text/format.js';

const close = (/** @type {number} */ a, /** @type {number} */ b, within = 1e-6) => assert.ok(Math.abs(a - b) <= within, `${a} is not within ${within} of ${b}`);

test('time to pixels and back is the same time', () => {
  for (const [from, to] of [[0, 1e9], [5e9, 5e9 + 200], [-1e6, 3e12]]) {
    const scale = new TimeScale(from, to, 180, 1100);
    for (const part of [0, 0.1, 0.5, 1, 1.5]) {
      const at = from + part * (to - from);
      close(scale.pxToTime(scale.timeToPx(at)), at, 1e-9 * Math.max(Math.abs(at), 1));
    }
    assert.equal(scale.timeToPx(from), 180);
    assert.equal(scale.rightPx, 1280);
  }
});

test('zooming in and out about a point cancel, and keep the point where it is', () => {
  const duration = 421e6;
  const view = new Viewport(62e6, 142e6);
  for (const about of [62e6, 100e6, 141e6]) {
    for (const factor of [1.2, 1.5, 3, 17]) {
      const near = view.zoom(factor, about, duration);
      close((about - near.from) / near.width, (about - view.from) / view.width, 1e-9);
      const back = near.zoom(1 / factor, about, duration);
      close(back.from, view.from);
      close(back.to, view.to);
    }
  }
});

test('zoom stops at the shortest view and at the whole recording', () => {
  assert.equal(new Viewport(0, 1e6).zoom(1e9, 5e5, 1e6).width, SHORTEST);
  const whole = Viewport.fit(1e6);
  assert.equal(whole.zoom(0.5, 3e5, 1e6), whole);
});

test('panning never loses the recording', () => {
  const view = new Viewport(0, 1e6);
  const late = view.pan(1e12, 5e6);
  close(late.from, 5e6 - 1e5);
  const early = view.pan(-1e12, 5e6);
  close(early.to, 1e5);
  close(late.width, 1e6);
});

test('an empty recording can be looked at', () => {
  const view = Viewport.fit(0);
  assert.ok(view.width > 0);
  assert.ok(ticks(new TimeScale(view.from, view.to, 0, 800)).major.length > 0);
});

test('ticks are 1-2-5 steps with one unit', () => {
  assert.deepEqual([0.3, 1, 1.1, 3, 12, 49, 51, 7e8].map(tickStep), [1, 1, 2, 5, 20, 50, 100, 1e9]);
  const { major, minor, step } = ticks(new TimeScale(62e6, 142e6, 0, 900));
  assert.deepEqual([step, major.map(({ label }) => label)], [1e7, ['70 ms', '80 ms', '90 ms', '100 ms', '110 ms', '120 ms', '130 ms', '140 ms']]);
  assert.deepEqual(minor.slice(0, 5), [62e6, 64e6, 66e6, 68e6, 72e6]);
});

test('deep inside a long recording, ticks count from a moment said once', () => {
  const { major, base, step } = ticks(new TimeScale(5_000_000_100, 5_000_001_100, 0, 1000));
  assert.deepEqual([step, base], [100, 5_000_000_000]);
  assert.deepEqual(major.slice(0, 3).map(({ at, label }) => [at, label]), [[5_000_000_100, '+0.1 µs'], [5_000_000_200, '+0.2 µs'], [5_000_000_300, '+0.3 µs']]);
});

test('ticks at every zoom are few, in order, and all different', () => {
  for (let width = 100; width < 1e13; width *= 3.7) {
    for (const from of [0, 123_456_789, 9e11]) {
      const { major } = ticks(new TimeScale(from, from + width, 0, 1200));
      const labels = major.map(({ label }) => label);
      assert.ok(major.length >= 1 && major.length <= 13, `${major.length} ticks for ${width} ns`);
      assert.equal(new Set(labels).size, labels.length, labels.join());
    }
  }
});

test('times have a unit and three digits', () => {
  const told = [0, 1, 830, 999.6, 1000, 5_120_000, 43_000_000, 139_800_000, 999_950_000, 1_240_000_000, 125e9, 3599.4e9, 11_100e9, -5_120_000];
  assert.deepEqual(told.map(formatDuration), ['0 ns', '1 ns', '830 ns', '1 µs', '1 µs', '5.12 ms', '43 ms', '140 ms', '1 s', '1.24 s', '2 min 05 s', '59 min 59 s', '3 h 05 min', '−5.12 ms']);
  assert.deepEqual([formatMoment(119_340_000, 1e5), formatMoment(119_340_000, 1e4), formatMoment(0, 1e5, 421e6)], ['119.3 ms', '119.34 ms', '0.0 ms']);
  assert.deepEqual([formatShare(0, 5), formatShare(1, 1000), formatShare(46, 100), formatShare(9999, 10000), formatShare(1, 1), formatShare(1, 0)], ['0 %', '<1 %', '46 %', '>99 %', '100 %', '0 %']);
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 102, 112].map(formatOrdinal), ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '112th']);
  assert.equal(formatCount(1234567), '1\u202f234\u202f567');
});

test('an address keeps the view, and nonsense in it is left out', () => {
  const view = { from: -12, to: 142_000_000, at: 119_340_000, track: 4, tour: 3 };
  assert.deepEqual(parseAddress(`#${formatAddress(view)}`), view);
  assert.deepEqual(parseAddress('#from=5&to=3&at=x&track='), {});
  assert.deepEqual(parseAddress('#from=5'), {});
  assert.deepEqual(parseAddress('#at=1e99&track=2'), { track: 2 });
  assert.equal(formatAddress({ at: 12.6, from: NaN }), 'at=13');
});

test('a replay at 1:1000 moves one millisecond a second, and stops at the end', () => {
  const playback = new Playback();
  playback.slowness = 1000;
  playback.set(true);
  let at = playback.step(0, 0, 1e6);
  for (let wall = 50; wall <= 500; wall += 50) at = playback.step(at, wall, 1e6);
  close(at, 5e5);
  // The tab slept for a minute: the playhead doesn't leap.
  at = playback.step(at, 60_500, 1e6);
  close(at, 6e5);
  for (let wall = 60_600; playback.playing; wall += 100) at = playback.step(at, wall, 1e6);
  assert.equal(at, 1e6);
});

test('a stretch has air on both sides, but little beyond the recording', () => {
  const around = (/** @type {number} */ from, /** @type {number} */ to) => {
    const { from: begin, to: end } = Viewport.withAir(from, to, 40, 500);
    return [begin, end];
  };
  assert.deepEqual([around(100, 200), around(0, 100), around(450, 500)], [[60, 240], [-10, 140], [410, 510]]);
});
