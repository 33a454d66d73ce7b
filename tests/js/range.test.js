// A range: its edges, its address, and what is copied of it.

import assert from 'node:assert/strict';
import test from 'node:test';

import { formatAddress, parseAddress } from '../../static/js/view/address.js';
import { Arrangement } from '../../static/js/view/arrangement.js';
import { commandOf } from '../../static/js/view/gestures.js';
import { rangeFrom, rangeOf } from '../../static/js/drawing/range.js';
import { asCsv, asMarkdown, inShort } from '../../static/js/panels/range_text.js';
import { unasked } from '../../static/js/panels/status.js';
import { Story } from '../../static/js/panels/story.js';

const NAMES = ['', 'main', 'worker "2", the | other'];
const name = (id) => NAMES[id];
const FIGURES = {
  from: 1000,
  to: 4000,
  handoffs: { count: 1, forced: 0 },
  parallelism: { most: 2, mean: 1.5, together_ns: 9 },
  cores: { count: 2, busy_ns: 3000, by_core: [{ id: 9, name: 'core 0', busy_ns: 3000 }] },
  bounds_ns: [10, 20],
  waits: [
    { thing: 1, name: 'main', kind: 'lock', internal: false, wait_ns: 30, count: 2, histogram: [1, 0, 1], p50_ns: 15, p95_ns: 25, p99_ns: null },
    { thing: 3, name: 'inner lock', kind: 'lock', internal: true, wait_ns: 30, count: 1, histogram: [0, 0, 1], p50_ns: 30, p95_ns: 30, p99_ns: 30 },
    { thing: 4, name: 'idle', kind: 'lock', internal: false, wait_ns: 0, count: 0, histogram: [0, 0, 0], p50_ns: null, p95_ns: null, p99_ns: null },
  ],
  tracks: [{ id: 1, name: 'main', kind: 'thread', lifetime_ns: 3000, states: { running: 3000, blocked: 0 } }],
  blame: [
    { thread: 1, reason: 'running', thing: 0, culprit: 0, ns: 3000, sentence: 'ran Python' },
    { thread: 2, reason: 'lock', thing: 1, culprit: 1, ns: 30, sentence: 'waited for the lock main, which main had' },
  ],
};

test('a range lies within the recording, from the earlier to the later moment', () => {
  assert.deepEqual(rangeOf(7.6, 3.2, 10), { from: 3, to: 8 });
  assert.deepEqual(rangeOf(-5, 99, 10), { from: 0, to: 10 });
  assert.equal(rangeOf(4.1, 4.2, 10), null);
  assert.equal(rangeOf(12, 20, 10), null);
});

test('it begins and ends at the playhead; the other end stays, or is that of the view', () => {
  const view = { from: 2, to: 8 };
  assert.deepEqual(rangeFrom('range-begin', 5, null, view, 10), { from: 5, to: 8 });
  assert.deepEqual(rangeFrom('range-begin', 5, { from: 1, to: 6 }, view, 10), { from: 5, to: 6 });
  assert.deepEqual(rangeFrom('range-begin', 9, { from: 1, to: 6 }, view, 10), { from: 9, to: 10 });
  assert.deepEqual(rangeFrom('range-end', 5, null, view, 10), { from: 2, to: 5 });
  assert.deepEqual(rangeFrom('range-end', 5, { from: 4, to: 9 }, view, 10), { from: 4, to: 5 });
  assert.deepEqual(rangeFrom('range-end', 1, { from: 4, to: 9 }, view, 10), { from: 0, to: 1 });
});

test('range and critical path are a part of the address', () => {
  const view = { from: 0, to: 9, path: true, range: { from: 3, to: 8 } };
  assert.equal(formatAddress(view), 'from=0&to=9&path=1&range=3,8');
  assert.deepEqual(parseAddress(formatAddress(view)), view);
  for (const wrong of ['range=8,3', 'range=3', 'range=a,b', 'range=-3,8', 'path=yes']) assert.deepEqual(parseAddress(wrong), {});
  const arrangement = new Arrangement();
  assert.deepEqual(arrangement.told, {});
  arrangement.take(view);
  assert.deepEqual(arrangement.told, { path: true, range: { from: 3, to: 8 } });
});

test('keys are at their places on every layout', () => {
  const keys = ['KeyK', 'KeyQ', 'KeyE', 'KeyB'].map((code) => commandOf(/** @type {any} */ ({ code, key: 'ж' })));
  assert.deepEqual(keys, ['path', 'range-begin', 'range-end', 'range-view']);
});

test('all figures as CSV, quoted, one a line', () => {
  assert.deepEqual(asCsv(/** @type {any} */ (FIGURES), name).split('\r\n'), [
    'figure,track,what,thing,culprit,value,unit,sentence',
    'range,,from,,,1000,ns,', 'range,,to,,,4000,ns,', 'range,,handoffs,,,1,,', 'range,,forced handoffs,,,0,,',
    'range,,"at once, most",,,2,threads,', 'range,,"at once, mean",,,1.5,threads,', 'core,core 0,busy,,,3000,ns,',
    'blame,main,running,,,3000,ns,ran Python',
    'blame,"worker ""2"", the | other",lock,main,main,30,ns,"waited for the lock main, which main had"',
    'wait,,waited,main,,30,ns,', 'wait,,waits,main,,2,,', 'wait,,p50,main,,15,ns,', 'wait,,p95,main,,25,ns,', 'wait,,p99,main,,,ns,',
    'histogram,,0,main,,1,waits,', 'histogram,,20,main,,1,waits,',
    'state,main,running,,,3000,ns,',
    '',
  ]);
});

test('all figures as Markdown', () => {
  assert.deepEqual(asMarkdown(/** @type {any} */ (FIGURES), name).split('\n'), [
    'From 1 µs to 4 µs, 3 µs: 1 handoff of the GIL, 0 forced; at most 2 threads ran or computed at the same instant, 1.50 on average while any did; 50 % of 2 cores used.',
    '', '| who | time | of the range | what |', '| :-- | --: | --: | :-- |', '| main | 3 µs | 100 % | ran Python |',
    '| worker "2", the \\| other | 30 ns | 1 % | waited for the lock main, which main had |',
    '', '| waited for | waited | waits | p50 | p95 | p99 |', '| :-- | --: | --: | --: | --: | --: |', '| main | 30 ns | 2 | 15 ns | 25 ns | – |',
    '', '| who | there for | running |', '| :-- | --: | --: |', '| main | 3 µs | 100 % |',
    '',
  ]);
  assert.ok(!asMarkdown(/** @type {any} */ ({ ...FIGURES, waits: [] }), name).includes('waited for |'));
});

test('in short: what was measured, and nothing else', () => {
  assert.deepEqual(inShort(/** @type {any} */ (FIGURES)), [
    '1 handoff of the GIL, 0 forced',
    'at most 2 threads ran or computed at the same instant, 1.50 on average while any did',
    '50 % of 2 cores used',
  ]);
  assert.equal(inShort(/** @type {any} */ ({ ...FIGURES, handoffs: null, cores: null })).length, 1);
});

test('a story goes on where the reader walked along it, and nowhere else', () => {
  const span = (/** @type {number} */ id, /** @type {number} */ first) => /** @type {any} */ ({ track: { id }, first });
  const story = new Story(/** @type {any} */ ([{}, {}]), span(1, 4));
  assert.equal(story.take(span(2, 0)), false);
  story.walk(1, span(2, 0));
  assert.deepEqual([story.at, story.take(span(1, 4)), story.at, story.take(span(2, 0)), story.at], [1, true, 0, true, 1]);
  assert.equal(story.take(span(2, 7)), false);
});

test('the server is asked about what it has, when all of it is there; else the reader is told why not', () => {
  assert.equal(unasked('x', true), '');
  assert.match(unasked('x', false), /^The run goes on\./);
  assert.match(unasked(null, false), /by the server that has the recording/);
});
