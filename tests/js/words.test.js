import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Kind, State, STATE_TEXT, TrackKind } from '../../static/js/model/schema.js';
import { STATES } from '../../static/js/model/lod.js';
import { layOut } from '../../static/js/model/layout.js';
import { Model } from '../../static/js/model/model.js';
import { LOOKS } from '../../static/js/drawing/palette.js';
import { KIND_WORDS, about, predicate, sentence, thingWords } from '../../static/js/text/sentences.js';
import { explained } from '../../static/js/text/explained.js';
import { STACK } from '../../static/js/drawing/bars.js';
import { EXPLAINED } from '../../static/js/panels/toolbar.js';
import { decodeChunk } from '../../static/js/feed/recording.js';
import { rowsChunk } from './encode.js';

test('every state of the schema has a look, a place in a stack where it is seen, a letter of its own, and words', () => {
  const css = readFileSync(new URL('../../static/css/timeline.css', import.meta.url), 'utf8');
  for (const [name, state] of Object.entries(State)) {
    assert.ok(LOOKS[state], `${name} has no look`);
    assert.ok(STATE_TEXT[state].sentence, `${name} has no sentence`);
    assert.equal(STACK.includes(state), LOOKS[state][2] > 0, `${name} in a column of mixed states`);
    const span = /** @type {any} */ ({ from: 0, to: 5, first: 0, last: -1, state, thing: 0, line: 0, track: track(TrackKind.TASK) });
    assert.ok(!predicate(new Model(), span).includes('without a name'), name);
  }
  assert.equal(STATES, Object.keys(State).length);
  assert.equal(new Set(STATE_TEXT.map(({ letter }) => letter)).size, STATES);
  for (const state of EXPLAINED) assert.ok(css.includes(`.gt-s-${state} {`) || css.includes(`.gt-s-${state},`), `state ${state} has no swatch`);
});

/** @param {number} kind @returns {import('../../static/js/model/model.js').Track} */
function track(kind) {
  const model = new Model();
  model.tellMeta({ tracks: [{ id: 1, kind, name: 'it' }] });
  return /** @type {any} */ (model.tracks[1]);
}

test('every kind of track has a word and an explanation', () => {
  for (const [name, kind] of Object.entries(TrackKind)) {
    assert.ok(KIND_WORDS[kind], `${name} has no word`);
    assert.ok(!about(track(kind)).includes('is a track'), name);
  }
});

test('what a state means is told of the one track that is in it', () => {
  const said = (/** @type {number} */ kind, /** @type {number} */ state, /** @type {any} */ more = {}) => {
    const model = new Model();
    model.tellMeta({ tracks: [{ id: 1, kind, name: 'it' }, { id: 2, kind: TrackKind.CORE, name: 'core 0' }], lost: more.lost ?? [] });
    if (more.damages) model.damages = more.damages;
    const span = /** @type {any} */ ({ from: 10, to: 30, first: 0, last: -1, state, thing: 0, line: 0, track: model.tracks[1] });
    return `it ${predicate(model, span)}. ${explained(model, span)}`;
  };
  const { CORE, LOOP, POOL, QUEUE, LOCK, THREAD } = TrackKind;
  assert.equal(said(CORE, State.IDLE), 'it is idle for 20 ns. No thread of this run is on it.');
  assert.equal(said(LOOP, State.IDLE), 'it is idle for 20 ns. It has nothing to run, and waits for input, output or the clock.');
  assert.equal(said(POOL, State.IDLE), 'it has nothing to do for 20 ns. Nothing is queued in it, and nothing runs.');
  assert.equal(said(LOCK, State.FREE), 'it is free for 20 ns. Nobody holds it.');
  assert.equal(said(QUEUE, State.FREE), 'it has nobody waiting for it for 20 ns. Nobody waits for it.');
  const lost = (/** @type {number} */ track) => ({ lost: [{ track, from: 20, to: 25, count: 3 }] });
  assert.match(said(THREAD, State.UNKNOWN), /This stretch was not measured|this stretch was not measured/);
  assert.match(said(THREAD, State.UNKNOWN, lost(1)), /Its events came faster than they could be read/);
  assert.match(said(THREAD, State.UNKNOWN, lost(2)), /The kernel’s records of core 0 were lost here/);
  assert.match(said(THREAD, State.UNKNOWN, { damages: [{ from: 5, to: 12 }] }), /What the file has of this stretch is damaged/);
});

test('of a thing that is called as its kind is, the kind is said once', () => {
  const model = new Model();
  model.tellMeta({
    tracks: [['lock', TrackKind.LOCK], ['lock 2', TrackKind.RLOCK], ['lock_2', TrackKind.LOCK], ['loop 1', TrackKind.LOOP]].map(([name, kind], n) => ({ id: n + 1, kind, name })),
  });
  assert.deepEqual([1, 2, 3, 4].map((id) => thingWords(model, id)), ['lock', 'reentrant lock 2', 'lock lock_2', 'event loop 1']);
});

const TASKS = [
  { id: 1, kind: TrackKind.PROCESS, name: 'python' },
  { id: 2, kind: TrackKind.THREAD, name: 'MainThread', parent: 1 },
  { id: 3, kind: TrackKind.LOCK, name: 'cache', parent: 1 },
  { id: 4, kind: TrackKind.LOOP, name: 'loop 1', parent: 1 },
  { id: 5, kind: TrackKind.LOOP, name: 'loop 2', parent: 1 },
  { id: 6, kind: TrackKind.TASK, name: 'fetch-1', parent: 5, function: 'fetch', error: 'ValueError: no' },
  { id: 7, kind: TrackKind.TASK, name: 'fetch-2', parent: 4 },
  { id: 8, kind: TrackKind.FUTURE, name: 'asyncio.sleep', parent: 1 },
];

test('tasks stand with their loop, and say what they wait for and how they ended', () => {
  const model = new Model();
  model.tellMeta({ tracks: TASKS });
  const rows = [
    { at: 0, track: 2, state: State.RUNNING, thing: 0 },
    { at: 0, track: 4, state: State.BUSY, thing: 7 },
    { at: 0, track: 5, state: State.IDLE, thing: 0 },
    { at: 0, track: 6, state: State.SUSPENDED, thing: 3 },
    { at: 0, track: 7, state: State.RUNNING, thing: 0 },
    { at: 0, track: 3, state: State.HELD, thing: 7 },
    { at: 12e6, track: 6, state: State.SUSPENDED, thing: 8 },
    { at: 20e6, track: 6, state: State.READY, thing: 5 },
    { at: 21e6, track: 6, state: State.FAILED, thing: 0 },
    { at: 21e6, track: 4, state: 250, thing: 0 },
  ];
  const column = (/** @type {(row: any) => number} */ of) => rows.map(of);
  const zeros = new Uint8Array(rows.length);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column((row) => row.at), track: column((row) => row.track), state: column((row) => row.state), thing: column((row) => row.thing), kind: zeros, flags: zeros, line: zeros, value: zeros }));
  assert.deepEqual(layOut(model).rows.map((row) => row.track.name), ['MainThread', 'loop 1', 'fetch-2', 'loop 2', 'fetch-1', 'cache']);
  const said = (/** @type {number} */ id, /** @type {number} */ at) => {
    const span = /** @type {import('../../static/js/model/model.js').Track} */ (model.tracks[id]).spanAt(at, 30e6);
    return span && sentence(model, span);
  };
  assert.equal(said(6, 5), 'task fetch-1 is suspended for 12 ms on lock cache, held by fetch-2');
  assert.equal(said(6, 13e6), 'task fetch-1 is suspended for 8 ms on asyncio.sleep');
  assert.equal(said(6, 20e6), 'task fetch-1 could run, and waits 1 ms for its loop');
  assert.equal(said(6, 25e6), 'task fetch-1 failed: ValueError: no');
  assert.equal(said(4, 5), 'event loop 1 runs fetch-2 for 21 ms');
  assert.equal(said(4, 25e6), 'event loop 1 was not measured for 9 ms');
  assert.deepEqual([...model.threadStates].sort((a, b) => a - b), [State.RUNNING, State.READY, State.SUSPENDED, State.FAILED]);
});

test('what processes share stands after all of them, before the cores; a pipe that says nothing is hidden', () => {
  const model = new Model();
  model.tellMeta({
    tracks: [
      { id: 1, kind: TrackKind.PROCESS, name: 'python' },
      { id: 2, kind: TrackKind.CORE, name: 'core 0', parent: 1 },
      { id: 3, kind: TrackKind.LOCK, name: 'shared', parent: 0 },
      { id: 4, kind: TrackKind.PIPE, name: 'orders', parent: 0 },
      { id: 5, kind: TrackKind.PROCESS, name: 'child', parent: 1 },
      { id: 6, kind: TrackKind.GIL, name: 'GIL', parent: 5 },
      { id: 7, kind: TrackKind.THREAD, name: 'MainThread', parent: 5 },
      { id: 8, kind: TrackKind.TYPE, name: 'Order' },
    ],
  });
  const zeros = new Uint8Array(3);
  const some = { kind: zeros, flags: zeros, line: zeros, value: zeros };
  model.addRows(/** @type {any} */ ({ count: 3, at: [0, 0, 0], track: [2, 3, 7], state: [State.BUSY, State.HELD, State.RUNNING], thing: [7, 7, 0], ...some }));
  const { rows, quiet } = layOut(model);
  assert.deepEqual(rows.map((row) => row.track.name), ['python', 'child', 'GIL', 'MainThread', 'shared', 'core 0']);
  assert.equal(quiet, 1);
});

test('a block of shared memory says how many processes have it, since who opened or closed it', () => {
  const model = new Model();
  model.tellMeta({ tracks: [{ id: 1, kind: TrackKind.PROCESS, name: 'python' }, { id: 2, kind: TrackKind.PROCESS, name: 'worker', parent: 1 }, { id: 3, kind: TrackKind.SHARED_MEMORY, name: 'block', capacity: 4096 }] });
  const rows = [[0, State.BUSY, 1, Kind.MEMORY_OPENED, 1], [2e6, State.BUSY, 2, Kind.MEMORY_OPENED, 2], [5e6, State.BUSY, 2, Kind.MEMORY_CLOSED, 1], [6e6, State.IDLE, 1, Kind.MEMORY_CLOSED, 0]];
  const column = (/** @type {number} */ n) => rows.map((row) => row[n]);
  const zeros = new Uint8Array(rows.length);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column(0), track: zeros.fill(3).slice(), state: column(1), thing: column(2), kind: column(3), value: column(4), flags: zeros.fill(0), line: zeros }));
  const block = /** @type {import('../../static/js/model/model.js').Track} */ (model.tracks[3]);
  const said = [1, 3e6, 5.5e6, 7e6].map((at) => {
    const span = block.spanAt(at, 8e6);
    return span && sentence(model, span);
  });
  assert.deepEqual(said, [
    'shared memory block has 4\u202f096 bytes and is open in 1 process for 2 ms, since python opened it',
    'shared memory block has 4\u202f096 bytes and is open in 2 processes for 3 ms, since worker opened it',
    'shared memory block has 4\u202f096 bytes and is open in 1 process for 1 ms, since worker closed it',
    'shared memory block has 4\u202f096 bytes and is open in no process for 2 ms, since python closed it',
  ]);
  assert.ok(layOut(model).rows.some((row) => row.track === block));
});

test('works stand with their pool, and say who runs them; those of a pool that has many begin folded', () => {
  const model = new Model();
  const POOL = [{ id: 1, kind: TrackKind.PROCESS, name: 'python' }, { id: 2, kind: TrackKind.THREAD, name: 'w_0', parent: 1 }, { id: 3, kind: TrackKind.POOL, name: 'pool', parent: 1 }, { id: 4, kind: TrackKind.WORK, name: 'load', parent: 3, error: 'ValueError: no' }];
  const other = { id: 5, kind: TrackKind.POOL, name: 'large', parent: 1 };
  const many = Array.from({ length: 51 }, (_, n) => ({ id: 6 + n, kind: TrackKind.WORK, name: `many ${n}`, parent: 5 }));
  model.tellMeta({ tracks: [...POOL, other, ...many] });
  const rows = [
    { at: 0, track: 2, state: State.RUNNING }, { at: 0, track: 3, state: State.BUSY, value: 1 }, { at: 0, track: 4, state: State.READY, thing: 3 }, { at: 0, track: 5, state: State.IDLE }, ...many.map(({ id }) => ({ at: 0, track: id, state: State.READY, thing: 5 })),
    { at: 2e6, track: 3, state: State.CONTENDED, value: 2 }, { at: 3e6, track: 3, state: State.CONTENDED, value: 7 }, { at: 4e6, track: 3, state: State.CONTENDED, value: 0 }, { at: 5e6, track: 3, state: State.IDLE, value: 0 },
    { at: 4e6, track: 4, state: State.RUNNING, thing: 2 }, { at: 6e6, track: 4, state: State.SUSPENDED, kind: Kind.WORK_RETURN }, { at: 8e6, track: 4, state: State.FAILED },
  ];
  const column = (/** @type {(row: any) => number | undefined} */ of) => rows.map((row) => of(row) ?? 0);
  const zeros = new Uint8Array(rows.length);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column((row) => row.at), track: column((row) => row.track), state: column((row) => row.state), thing: column((row) => row.thing), kind: column((row) => row.kind), value: column((row) => row.value), flags: zeros, line: zeros }));
  assert.deepEqual(layOut(model).rows.map((row) => row.track.name), ['w_0', 'pool', 'load', 'large']);
  assert.ok(layOut(model, { folded: new Set([5]) }).rows.some((row) => row.track.name === 'many 0'));
  const said = (/** @type {number} */ id, /** @type {number} */ at) => {
    const span = /** @type {import('../../static/js/model/model.js').Track} */ (model.tracks[id]).spanAt(at, 9e6);
    return span && sentence(model, span);
  };
  assert.equal(said(4, 1), 'work load is queued for 4 ms: no worker of pool has taken it yet');
  assert.equal(said(4, 5e6), 'work load runs for 2 ms on w_0');
  assert.equal(said(4, 7e6), 'work load has run; its result is on its way back for 2 ms');
  assert.equal(said(4, 8e6), 'work load failed: ValueError: no');
  assert.equal(said(3, 1), 'pool has work for 2 ms, up to 1 queued');
  assert.equal(said(3, 3e6), 'pool has work for all of its workers for 3 ms, up to 7 queued');
  assert.equal(said(3, 6e6), 'pool has nothing to do for 4 ms');
  const depths = () => [.../** @type {any} */ (model.tracks[3]).depths.thing].slice(0, /** @type {any} */ (model.tracks[3]).depths.count);
  assert.deepEqual(depths(), [1, 2, 7, 0, 0]);
  const one = new Uint8Array(1);
  model.tellMeta({ tracks: [{ id: 99, kind: TrackKind.QUEUE, name: 'shelf', parent: 1 }] });
  model.addRows(/** @type {any} */ ({ count: 1, at: [9e6], track: [2], state: [State.RUNNING], thing: [99], kind: [Kind.PUT], value: [1], flags: one, line: one }));
  assert.equal(/** @type {any} */ (model.tracks[99]).deepest, 1);
});

const INTERPRETERS = [
  { id: 1, kind: TrackKind.PROCESS, name: 'python' },
  { id: 2, kind: TrackKind.THREAD, name: 'MainThread', parent: 1 },
  { id: 3, kind: TrackKind.GIL, name: 'GIL 1', parent: 1, interpreter: 1 },
  { id: 4, kind: TrackKind.THREAD, name: 'thread 9', parent: 1, interpreter: 1 },
  { id: 5, kind: TrackKind.GIL, name: 'GIL', parent: 1 },
  { id: 6, kind: TrackKind.LOCK, name: 'cache', parent: 1 },
];

/** @param {{at: number, track: number, kind?: number, state: number, thing?: number}[]} rows */
async function interpreters(rows) {
  const model = new Model();
  model.tellMeta({ tracks: INTERPRETERS });
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  return model;
}

const VISIT = [
  { at: 0, track: 2, kind: Kind.GIL_ACQUIRE, state: State.RUNNING, thing: 5 },
  { at: 5, track: 4, kind: Kind.GIL_WAIT, state: State.GIL_WAIT, thing: 3 },
  { at: 6, track: 6, kind: Kind.RESOURCE, state: State.HELD, thing: 2 },
  { at: 10, track: 2, kind: Kind.GIL_RELEASE, state: State.NATIVE, thing: 5 },
  { at: 11, track: 2, kind: Kind.GIL_ACQUIRE, state: State.RUNNING, thing: 3 },
  { at: 20, track: 2, kind: Kind.GIL_RELEASE, state: State.NATIVE, thing: 3 },
  { at: 21, track: 4, kind: Kind.GIL_ACQUIRE, state: State.RUNNING, thing: 3 },
  { at: 30, track: 4, kind: Kind.GIL_RELEASE, state: State.NATIVE, thing: 3 },
  { at: 31, track: 2, kind: Kind.GIL_ACQUIRE, state: State.RUNNING, thing: 5 },
];

test('a thread that visits an interpreter says so, and whoever waits there names its GIL', async () => {
  const model = await interpreters(VISIT);
  const said = (/** @type {number} */ id, /** @type {number} */ at) => predicate(model, /** @type {any} */ (model.tracks[id]?.spanAt(at, 40)));
  assert.deepEqual(
    [said(2, 5), said(2, 15), said(4, 7), said(4, 25)],
    ['runs Python for 10 ns', 'runs Python for 9 ns in interpreter 1', 'waits 16 ns for the GIL of interpreter 1', 'runs Python for 9 ns'],
  );
  assert.ok(about(/** @type {any} */ (model.tracks[3])).includes('in interpreter 1, of which locks'));
  assert.ok(about(/** @type {any} */ (model.tracks[4])).includes('of interpreter 1, of which locks'));
});

test('only the release of the same GIL hands it over', async () => {
  const { flows } = await interpreters(VISIT);
  const told = Array.from({ length: flows.count }, (_, n) => [flows.fromTrack[n], flows.fromAt[n], flows.toTrack[n], flows.toAt[n]]);
  assert.deepEqual(told, [[2, 20, 4, 21]]);
});

test('what belongs to an interpreter stands below what belongs to the main one', async () => {
  const layout = layOut(await interpreters(VISIT));
  assert.deepEqual(layout.rows.map(({ track }) => track.name), ['GIL', 'MainThread', 'cache', 'GIL 1', 'thread 9']);
});
