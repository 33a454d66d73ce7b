import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { STATES } from '../../static/js/model/lod.js';
import { Model } from '../../static/js/model/model.js';
import { RecordingReader } from '../../static/js/feed/reader.js';
import { State, TrackKind } from '../../static/js/model/schema.js';
import { timesByPlace, timesOfFile } from '../../static/js/model/line_times.js';

/** A real one. */
async function convoy() {
  const model = new Model();
  const reader = new RecordingReader();
  reader.push(new Uint8Array(readFileSync(new URL('recordings/convoy.gilscope', import.meta.url))));
  for (let part = await reader.next(true); part; part = await reader.next(true)) {
    if (part.chunk?.rows) model.addRows(part.chunk.rows);
    else if (part.chunk?.json?.verdict) model.tellEnd(part.chunk.json);
    else if (part.chunk) model.tellMeta(part.chunk.json);
  }
  return model;
}

test('the times at all lines add up to what all threads spent, in each state, in any stretch', async () => {
  const model = await convoy();
  const threads = model.all.filter((track) => track.isThread && track.rows.count > 0);
  assert.ok(threads.length > 2);
  const { duration } = model;
  for (const [from, to] of [[0, duration], [duration * 0.2, duration * 0.7], [duration * 0.41, duration * 0.4101], [duration * 0.9, duration]].map((pair) => pair.map(Math.round))) {
    const sums = new Float64Array(STATES);
    for (const spent of timesByPlace(model, from, to).values()) spent.forEach((part, state) => (sums[state] += part));
    const expected = new Float64Array(STATES);
    for (const { times } of threads) times.between(from, to).forEach((part, state) => (expected[state] += part));
    expected[State.EXITED] = 0;
    // What is before a thread's first row isn't its own.
    for (let state = 1; state < STATES; state += 1) assert.equal(sums[state], expected[state], `state ${state} from ${from} to ${to}`);
  }
});

test('a thread stands where its last row with a place says, and a file’s lines have what is its own', () => {
  const model = new Model();
  model.tellMeta({
    tracks: [{ id: 1, kind: TrackKind.THREAD, name: 'a' }, { id: 2, kind: TrackKind.THREAD, name: 'b' }],
    locations: [{ id: 7, file: 'x.py', line: 12, function: 'f' }, { id: 8, file: 'x.py', line: 12, function: 'g' }, { id: 9, file: 'y.py', line: 3, function: 'h' }],
  });
  const { RUNNING, BLOCKED, EXITED } = State;
  const rows = [[0, 1, RUNNING, 0], [10, 1, RUNNING, 7], [30, 1, BLOCKED, 0], [40, 2, RUNNING, 8], [60, 1, RUNNING, 9], [70, 2, EXITED, 0], [100, 1, EXITED, 0]];
  const zeros = new Uint8Array(rows.length);
  const column = (/** @type {number} */ n) => rows.map((row) => row[n]);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column(0), track: column(1), state: column(2), line: column(3), thing: zeros, kind: zeros, flags: zeros, value: zeros }));
  const told = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ file) =>
    [...timesOfFile(model, timesByPlace(model, from, to), file)].map(([line, spent]) => `${line}: ${spent[RUNNING]} running, ${spent[BLOCKED]} blocked`);
  assert.deepEqual(told(0, 100, 'x.py'), ['12: 50 running, 30 blocked']);
  assert.deepEqual(told(0, 100, 'y.py'), ['3: 40 running, 0 blocked']);
  assert.deepEqual(told(35, 45, 'x.py'), ['12: 5 running, 10 blocked']);
  assert.deepEqual(told(0, 10, 'x.py'), []);
});
