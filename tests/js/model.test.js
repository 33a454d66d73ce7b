import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Kind, State, TrackKind } from '../../static/js/model/schema.js';
import { Flow } from '../../static/js/model/flows.js';
import { STATES, TimeByState } from '../../static/js/model/lod.js';
import { Columns } from '../../static/js/model/columns.js';
import { Model } from '../../static/js/model/model.js';
import { SpanList, collect } from '../../static/js/model/spans.js';
import { TimeScale } from '../../static/js/drawing/time_scale.js';
import { summarise } from '../../static/js/drawing/overview.js';
import { isSeen } from '../../static/js/view/watching.js';
import { labelOf } from '../../static/js/view/names.js';
import { layOut, rowAt } from '../../static/js/model/layout.js';
import { RecordingReader } from '../../static/js/feed/reader.js';
import { decodeChunk } from '../../static/js/feed/recording.js';
import { predicate, note, sentence } from '../../static/js/text/sentences.js';
import { revealRow, spanOf, stepRow, stepSpan } from '../../static/js/view/selection.js';
import { rowsChunk } from './encode.js';

const [PROCESS, GIL, ONE, TWO, LOCK, INNER, CORE, SLEEP] = [1, 2, 3, 4, 5, 6, 7, 8];
const TRACKS = [
  { id: PROCESS, kind: TrackKind.PROCESS, name: 'python', parent: 0 },
  { id: CORE, kind: TrackKind.CORE, name: 'core 0', parent: 0 },
  { id: LOCK, kind: TrackKind.LOCK, name: 'cache', parent: PROCESS },
  { id: INNER, kind: TrackKind.LOCK, name: 'inner', parent: PROCESS, internal: true },
  { id: ONE, kind: TrackKind.THREAD, name: 'worker-1', parent: PROCESS },
  { id: TWO, kind: TrackKind.THREAD, name: 'worker-2', parent: PROCESS },
  { id: GIL, kind: TrackKind.GIL, name: 'GIL', parent: PROCESS },
  { id: SLEEP, kind: TrackKind.SLEEP, name: 'time.sleep', parent: PROCESS },
];
const { UNKNOWN, RUNNING, GIL_WAIT, BLOCKED, OUTSIDE, EXITED, FREE, HELD, CONTENDED } = State;

/** worker-2 waits for the GIL, gets it, then for the lock that worker-1 holds. */
const STORY = [
  { at: 0, track: GIL, state: FREE },
  { at: 0, track: LOCK, state: FREE },
  { at: 100, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 1 },
  { at: 100, track: GIL, kind: Kind.RESOURCE, state: HELD, thing: ONE },
  { at: 100, track: CORE, kind: Kind.RESOURCE, state: State.BUSY, thing: ONE },
  { at: 150, track: ONE, kind: Kind.LOCK_ACQUIRE, state: RUNNING, thing: LOCK, line: 2, value: 1 },
  { at: 150, track: LOCK, kind: Kind.RESOURCE, state: HELD, thing: ONE },
  { at: 200, track: TWO, kind: Kind.GIL_WAIT, state: GIL_WAIT, thing: GIL, line: 1 },
  { at: 200, track: GIL, kind: Kind.RESOURCE, state: CONTENDED, thing: ONE },
  { at: 700, track: TWO, kind: Kind.GIL_DROP_REQUEST, state: GIL_WAIT, thing: GIL, line: 1 },
  { at: 800, track: ONE, kind: Kind.GIL_RELEASE, flags: 1, state: OUTSIDE, thing: GIL, line: 3 },
  { at: 800, track: GIL, kind: Kind.RESOURCE, state: FREE },
  { at: 810, track: TWO, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 1 },
  { at: 810, track: GIL, kind: Kind.RESOURCE, state: HELD, thing: TWO },
  { at: 820, track: TWO, kind: Kind.LOCK_WAIT, state: RUNNING, thing: LOCK, line: 2 },
  { at: 830, track: TWO, kind: Kind.GIL_RELEASE, state: BLOCKED, thing: LOCK, line: 2 },
  { at: 830, track: GIL, kind: Kind.RESOURCE, state: FREE },
  { at: 830, track: LOCK, kind: Kind.RESOURCE, state: CONTENDED, thing: ONE },
  { at: 900, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 4 },
  { at: 950, track: ONE, kind: Kind.LOCK_RELEASE, state: RUNNING, thing: LOCK, line: 5 },
  { at: 950, track: LOCK, kind: Kind.RESOURCE, state: FREE },
  { at: 960, track: TWO, kind: Kind.GIL_WAIT, state: GIL_WAIT, thing: GIL, line: 2 },
  { at: 990, track: ONE, kind: Kind.THREAD_END, state: EXITED, line: 6 },
  { at: 990, track: ONE, kind: Kind.GIL_RELEASE, state: EXITED, thing: GIL },
  { at: 995, track: TWO, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 2 },
  { at: 996, track: TWO, kind: Kind.LOCK_ACQUIRE, state: RUNNING, thing: LOCK, line: 2, value: 1 },
];

async function story() {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS, locations: [1, 2, 3, 4, 5, 6].map((id) => ({ id, file: 'a.py', line: id + 10, function: 'worker' })) });
  for (let n = 0; n < STORY.length; n += 7) {
    const { rows } = await decodeChunk(rowsChunk(n, STORY.slice(n, n + 7)));
    model.addRows(/** @type {any} */ (rows));
  }
  model.tellEnd({ verdict: 'ok', sentence: '', duration_ns: 1000 });
  return model;
}

/** A pseudo-random track, always the same. */
function storm(rows = 5000) {
  const columns = new Columns();
  const times = new TimeByState(columns);
  let at = 0;
  let seed = 12345;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  for (let n = 0; n < rows; n += 1) {
    columns.add(at, 0, [1, 2, 3, 4, 5, 6, 7, 16, 17][Math.floor(random() * 9)], 0, 0, 0);
    at += Math.floor(random() * (n % 50 === 0 ? 1e6 : 500));
    if (n % 7 === 0) times.update();
  }
  times.update();
  return { columns, times, end: at };
}

test('time by state is exact between any two moments, against counting row by row', () => {
  const { columns, times, end } = storm(700);
  for (let from = -50; from < end; from += end / 37) {
    for (const length of [0, 1, 333, end / 10, end * 2]) {
      const expected = new Float64Array(STATES);
      for (let row = 0; row < columns.count; row += 1) {
        const next = row + 1 < columns.count ? columns.at[row + 1] : Infinity;
        const part = Math.min(next, from + length) - Math.max(columns.at[row], from);
        if (part > 0) expected[columns.state[row]] += part;
      }
      const found = times.between(from, from + length);
      for (let s = 0; s < STATES; s += 1) assert.ok(Math.abs(found[s] - expected[s]) < 1e-3, `${s}: ${found[s]} ≠ ${expected[s]}`);
    }
  }
});

test('columns of pixels together hold all the time there is, in each state', async () => {
  const { columns, times, end } = storm(20_000);
  const track = /** @type {any} */ ({ rows: columns, times, sameSpan: () => false });
  const scale = new TimeScale(0, end, 0, 900);
  const list = new SpanList();
  collect(track, scale, end, list);
  assert.equal(list.dense, true);
  const found = new Float64Array(STATES);
  for (let n = 0; n < list.count; n += 1) found[list.state[n]] += Math.min(list.rightPx[n], 900) - Math.max(list.leftPx[n], 0);
  for (let column = 0; column < 900; column += 1) {
    if (!list.mixed[column]) continue;
    for (let s = 0; s < STATES; s += 1) found[s] += list.share(column, s);
  }
  const expected = times.between(0, end);
  for (let s = 0; s < STATES; s += 1) assert.ok(Math.abs(found[s] - (expected[s] / end) * 900) < 1, `${s}: ${found[s]}`);
});

test('a span of a nanosecond in a second is still seen', async () => {
  const columns = new Columns();
  columns.add(0, 0, State.OUTSIDE, 0, 0, 0);
  columns.add(5e8, 0, State.RUNNING, 0, 0, 0);
  columns.add(5e8 + 1, 0, State.OUTSIDE, 0, 0, 0);
  const times = new TimeByState(columns);
  times.update();
  const track = /** @type {any} */ ({ rows: columns, times, sameSpan: () => false });
  const list = new SpanList();
  collect(track, new TimeScale(0, 1e9, 0, 1000), 1e9, list);
  assert.equal(list.mixed[500], 1);
  assert.ok(list.share(500, State.RUNNING) > 0);
  assert.deepEqual([...list.state.subarray(0, list.count)], [State.OUTSIDE, State.OUTSIDE]);
});

test('the same list drawn twice is the same: nothing of the last track is left', () => {
  const busy = storm(20_000);
  const list = new SpanList();
  const of = (/** @type {Columns} */ rows) => /** @type {any} */ ({ rows, times: new TimeByState(rows), sameSpan: () => false });
  collect(/** @type {any} */ ({ ...of(busy.columns), times: busy.times }), new TimeScale(0, busy.end, 0, 300), busy.end, list);
  assert.ok(list.mixedCount > 0);
  collect(of(new Columns()), new TimeScale(0, 1, 0, 300), 1, list);
  assert.deepEqual([list.count, list.mixedCount, list.mixed.includes(1), list.mix.some((part) => part !== 0)], [0, 0, false, false]);
});

test('a span goes from transition to transition; marks inside it don’t cut it', async () => {
  const model = await story();
  const span = model.tracks[TWO]?.spanAt(500, model.duration);
  assert.deepEqual([span?.from, span?.to, span?.state, span?.thing], [200, 810, GIL_WAIT, GIL]);
  assert.equal(model.tracks[TWO]?.spanAt(50, model.duration), null);
  assert.equal(model.tracks[TWO]?.spanAt(999, model.duration)?.to, 1000);
});

test('handoffs and wakes are those that the rows prove', async () => {
  const { flows } = await story();
  const found = Array.from({ length: flows.count }, (_, n) => [flows.kind[n], flows.fromTrack[n], flows.fromAt[n], flows.toTrack[n], flows.toAt[n]]);
  assert.deepEqual(found, [
    [Flow.HANDOFF, ONE, 800, TWO, 810],
    [Flow.HANDOFF, ONE, 990, TWO, 995],
    [Flow.WAKE, ONE, 950, TWO, 960],
  ]);
});

test('who didn’t wait when the GIL was released wasn’t handed it', async () => {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS });
  const rows = [
    { at: 1, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL },
    { at: 2, track: ONE, kind: Kind.GIL_RELEASE, state: OUTSIDE, thing: GIL },
    { at: 9, track: TWO, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  assert.equal(model.flows.count, 0);
});

test('a submitted call leads to the worker that begins it, of a real run', async () => {
  const reader = new RecordingReader();
  reader.push(new Uint8Array(readFileSync(new URL('../../recordings/straggler.gilscope', import.meta.url))));
  const model = new Model();
  for (let part = await reader.next(true); part; part = await reader.next(true)) {
    const chunk = /** @type {any} */ (part).chunk;
    if (chunk?.json?.tracks) model.tellMeta(chunk.json);
    if (chunk?.rows) model.addRows(chunk.rows);
  }
  const { flows } = model;
  const found = Array.from({ length: flows.count }, (_, n) => n).filter((n) => flows.kind[n] === Flow.SUBMIT);
  const told = found.map((n) => [flows.fromTrack[n], flows.fromAt[n], flows.toTrack[n], flows.toAt[n]]);
  const works = model.all.filter((track) => track.isWork).map(({ rows }) => {
    const runs = Array.from({ length: rows.count }, (_, n) => n).find((n) => rows.kind[n] === Kind.WORK_RUN) ?? -1;
    return [model.all.find(({ name }) => name === 'MainThread')?.id, rows.at[0], rows.thing[runs], rows.at[runs]];
  });
  assert.ok(works.length > 1);
  assert.deepEqual(told, works.sort((a, b) => Number(a[3]) - Number(b[3])));
  for (const n of found) {
    const cause = flows.cause(flows.toTrack[n], flows.toAt[n], flows.toAt[n]);
    assert.ok(!cause || cause.at !== flows.fromAt[n], 'when it begins is up to the worker');
  }
});

test('a work that is cancelled, or was submitted unseen, has no arrow', async () => {
  const model = new Model();
  model.tellMeta({ tracks: [...TRACKS, { id: 20, kind: TrackKind.WORK, name: 'load', parent: PROCESS }, { id: 21, kind: TrackKind.WORK, name: 'save', parent: PROCESS }] });
  const rows = [
    { at: 1, track: ONE, kind: Kind.WORK_NEW, state: RUNNING, thing: 20 },
    { at: 2, track: ONE, kind: Kind.WORK_CANCEL, state: RUNNING, thing: 20 },
    { at: 3, track: TWO, kind: Kind.WORK_RUN, state: RUNNING, thing: 20 },
    { at: 4, track: TWO, kind: Kind.WORK_RUN, state: RUNNING, thing: 21 },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  assert.equal(model.flows.count, 0);
});

test('dense flows are thinned to one in a stretch', async () => {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS });
  const rows = [];
  for (let n = 0; n < 4000; n += 1) {
    const [to, from] = n % 2 ? [ONE, TWO] : [TWO, ONE];
    rows.push({ at: n * 100, track: to, kind: Kind.GIL_WAIT, state: GIL_WAIT, thing: GIL });
    rows.push({ at: n * 100 + 50, track: from, kind: Kind.GIL_RELEASE, state: OUTSIDE, thing: GIL });
    rows.push({ at: n * 100 + 60, track: to, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL });
  }
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  assert.equal(model.flows.count, 4000);
  for (const every of [1000, 10_000]) {
    const { chosen, thinned } = model.flows.visible(100_000, 300_000, every);
    assert.ok(thinned);
    assert.ok(chosen.length <= 200_000 / every + 1 && chosen.length >= 200_000 / every / 2, String(chosen.length));
    const times = chosen.map((n) => model.flows.toAt[n]);
    assert.deepEqual(times, [...times].sort((a, b) => a - b));
  }
  assert.equal(model.flows.visible(100_000, 101_000, 1).chosen.length, 10);
});

test('tracks stand as GIL, threads, locks, cores; what says nothing is hidden until asked for', async () => {
  const model = await story();
  const names = (/** @type {ReturnType<typeof layOut>} */ layout) => layout.rows.map(({ track }) => track.name);
  const first = layOut(model);
  assert.deepEqual([names(first), first.quiet], [['GIL', 'worker-1', 'worker-2', 'cache', 'core 0'], 1]);
  const all = layOut(model, { quiet: true });
  assert.deepEqual([names(all), all.quiet], [['GIL', 'worker-1', 'worker-2', 'cache', 'inner', 'core 0'], 1]);
  for (const row of all.rows) assert.equal(rowAt(all, row.topPx + 1), row);
  assert.equal(rowAt(all, 1e6), null);
});

test('a thread is on its core no longer than it lives, also where the kernel tells no more of it', async () => {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS });
  const told = [
    { at: 10, track: ONE, kind: Kind.CORE_ON, state: RUNNING, value: 1 },
    { at: 20, track: ONE, kind: Kind.CORE_OFF, state: OUTSIDE, value: 1 },
    { at: 30, track: ONE, kind: Kind.CORE_ON, state: RUNNING, value: 1 },
    { at: 34, track: ONE, kind: Kind.CORE_LOST, state: UNKNOWN, value: 0 },
    { at: 36, track: ONE, kind: Kind.CORE_ON, state: RUNNING, value: 1 },
    { at: 40, track: ONE, kind: Kind.THREAD_END, state: EXITED },
    { at: 50, track: TWO, kind: Kind.CORE_ON, state: RUNNING, value: 1 },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, told))).rows));
  const cores = /** @type {any} */ (model.tracks[ONE]).cores;
  assert.deepEqual([[...cores.at.slice(0, cores.count)], [...cores.thing.slice(0, cores.count)]], [[10, 20, 30, 34, 36, 40], [2, 0, 2, 0, 2, 0]]);
});

test('spans are told in sentences, with who was the reason', async () => {
  const model = await story();
  const told = (/** @type {number} */ track, /** @type {number} */ at) => {
    const span = model.tracks[track]?.spanAt(at, model.duration);
    return span ? sentence(model, span) : '';
  };
  assert.deepEqual([told(TWO, 500), told(TWO, 840), told(ONE, 300), told(LOCK, 840), told(ONE, 995)], [
    'worker-2 waits 610 ns for the GIL, held by worker-1, and asked for it; line 11, in worker',
    'worker-2 waits 130 ns for lock cache, held by worker-1; line 12, in worker',
    'worker-1 runs Python for 700 ns; line 11, in worker',
    'lock cache is held by worker-1 for 120 ns while others wait for it',
    'worker-1 has finished; line 16, in worker',
  ]);
  assert.equal(note(model, /** @type {any} */ (model.tracks[ONE])), '89 % has · 0 % wants');
});

test('keys move along a track and from track to track', async () => {
  const model = await story();
  const layout = layOut(model);
  let span = stepSpan(model, layout, null, 300, 1);
  const walked = [];
  for (let n = 0; n < 5 && span; n += 1, span = stepSpan(model, layout, span, 0, 1)) walked.push([span.track.name, span.state, span.from]);
  assert.deepEqual(walked, [['worker-1', RUNNING, 100], ['worker-1', OUTSIDE, 800], ['worker-1', RUNNING, 900], ['worker-1', EXITED, 990], ['worker-1', EXITED, 990]]);
  const down = stepRow(layout, ONE, 1);
  assert.deepEqual(down && [down.track.name, spanOf(model, down, 300)?.state], ['worker-2', GIL_WAIT]);
  assert.equal(stepRow(layout, GIL, -1)?.track.name, 'GIL');
});

test('names of 10,000 characters, rows of tracks that nobody told of, and no rows at all', async () => {
  const model = new Model();
  assert.equal(layOut(model).rows.length, 0);
  model.tellMeta({ tracks: [{ id: 1, kind: TrackKind.THREAD, name: 'x'.repeat(10_000) }] });
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, []))).rows));
  assert.equal(model.until, 0);
  assert.equal(layOut(model).rows.length, 0); // of that thread nothing is known but its name
  const shape = model.shape;
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(1, [{ at: 4, track: 1, state: RUNNING }, { at: 5, track: 9, state: RUNNING }]))).rows));
  assert.ok(model.shape > shape);
  assert.deepEqual(layOut(model).rows.map(({ track }) => track.name.length), [10_000, 7]);
  const span = model.tracks[9]?.spanAt(5, 10);
  assert.equal(span && predicate(model, span), 'runs Python for 5 ns');
});

test('what was lost and what is damaged has a place in time', async () => {
  const model = await story();
  model.end = null;
  model.tellMeta({ lost: [{ track: ONE, from: 300, to: 400, count: 7 }] });
  assert.deepEqual([model.lostCount, model.tracks[ONE]?.losses], [7, [{ from: 300, to: 400, count: 7 }]]);
  model.tellDamage('Chunk 9 is damaged.');
  model.tellDamage('Chunk 10 is damaged.');
  const after = async (/** @type {number} */ at, /** @type {number} */ missing) => model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(11, [{ at, track: ONE, state: RUNNING }], 1, model.seen + missing))).rows));
  await after(998, 0);
  assert.deepEqual(model.damages, [], 'what was damaged had no rows');
  await after(2000, 5);
  assert.deepEqual(model.damages, [{ from: 998, to: 2000 }]);
  assert.deepEqual(model.flaws, ['Chunk 9 is damaged.', 'Chunk 10 is damaged.']);
  const meanwhile = [GIL, ONE, TWO, LOCK].map((id) => model.tracks[id]?.spanAt(1500, 2000)?.state);
  assert.deepEqual(meanwhile, [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
  model.tellEnd({ verdict: 'ok', sentence: '', duration_ns: 3000 }, model.seen + 1);
  assert.deepEqual(model.damages[1], { from: 2000, to: 3000 });
  assert.equal(model.tracks[ONE]?.spanAt(2500, 3000)?.state, UNKNOWN);
});

test('nobody hands the GIL over a gap in what is known', async () => {
  const model = await story();
  model.end = null;
  const acquired = async (/** @type {boolean} */ gap) => {
    const before = model.flows.count;
    const at = model.until;
    const release = { at: at + 2, track: TWO, kind: Kind.GIL_RELEASE, state: OUTSIDE };
    model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(20, [{ at: at + 1, track: ONE, kind: Kind.GIL_WAIT, state: GIL_WAIT, thing: GIL }, release]))).rows));
    model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(22, [{ at: at + 3, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL }], 1, model.seen + (gap ? 3 : 0)))).rows));
    return model.flows.count - before;
  };
  assert.deepEqual([await acquired(false), await acquired(true)], [1, 0]);
});

test('the strip of the whole recording shares out each column among the threads that there are', async () => {
  const model = await story();
  const shares = summarise(model, 10, 1000);
  const column = (/** @type {number} */ n) => [RUNNING, GIL_WAIT, BLOCKED].map((state) => Math.round(shares[n * STATES + state] * 1000) / 1000);
  assert.deepEqual([column(0), column(1), column(3), column(8)], [[0, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0], [0.1, 0.05, 0.35]]);
  assert.ok(summarise(new Model(), 10, 0).every((share) => share === 0));
});

test('the strip is full where most was going on, however many threads come after each other', async () => {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS });
  const rows = [
    { at: 0, track: ONE, state: RUNNING },
    { at: 500, track: ONE, state: EXITED },
    { at: 500, track: TWO, state: BLOCKED },
    { at: 900, track: TWO, state: OUTSIDE },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  const shares = summarise(model, 10, 1000);
  const full = [...Array(10).keys()].map((n) => [RUNNING, BLOCKED].map((state) => shares[n * STATES + state]));
  assert.deepEqual(full, [...Array(5).fill([1, 0]), ...Array(4).fill([0, 1]), [0, 0]]);
});

test('a scenario opens where its first thread comes from the top level of its file into a function', async () => {
  const opening = async (/** @type {string} */ scenario, /** @type {number[]} */ lines, duration = 900) => {
    const model = new Model();
    model.header = { scenario };
    const places = [['a.py', '<module>'], ['a.py', 'run'], ['/lib/enum.py', '__call__']];
    model.tellMeta({ tracks: TRACKS, sources: [{ file: 'a.py', text: '' }], locations: places.map(([file, name], n) => ({ id: n + 1, file, line: 9, function: name })) });
    const rows = [{ at: 1, track: GIL, state: HELD, line: 2 }, ...lines.map((line, n) => ({ at: 10 * n + 10, track: ONE, state: RUNNING, line }))];
    model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
    model.tellEnd({ verdict: 'ok', sentence: '', duration_ns: duration });
    return model.opening;
  };
  assert.equal(await opening('convoy', [3, 1, 3, 1, 2, 1]), 40);  // nothing was seen of it for longer than that
  assert.equal(await opening('convoy', [3, 1, 3, 1, 2, 1], 1e4), 50);
  assert.equal(await opening('convoy', [3, 2, 1]), 0);
  assert.equal(await opening('convoy', [1, 1]), 0);  // never seen in a function
  assert.equal(await opening('', [1, 2]), 0);  // of a program of one's own, all may be at the top level
});

test('a row is revealed whole: below the ruler, above the line that counts what is further down', () => {
  const scrolled = (/** @type {number} */ scrollTop, /** @type {number} */ topPx) => {
    const scroll = /** @type {any} */ ({ scrollTop, clientHeight: 300 });
    revealRow(scroll, /** @type {any} */ ({ topPx, heightPx: 28 }), 30);
    return scroll.scrollTop;
  };
  assert.deepEqual([scrolled(0, 240), scrolled(0, 260), scrolled(200, 210), scrolled(200, 230)], [0, 20, 180, 200]);
});

test('of several changes heard at once, the last says whether the tracks are seen', () => {
  const [away, there] = [{ isIntersecting: false }, { isIntersecting: true }];
  assert.deepEqual([isSeen([away]), isSeen([away, there]), isSeen([there, away])], [false, true, false]);
});

test('names keep their number in sight, and a task without a name says what it runs', () => {
  const label = (/** @type {any} */ told) => labelOf(/** @type {any} */ ({ function: '', isTask: false, ...told }), told.said ?? '');
  const said = ['Thread-12 (_handle_tasks)', 'Thread-3', 'ThreadPoolExecutor-0_3', 'counter 2', 'fork 2.1', 'cache'].map((name) => label({ name }).join('|'));
  assert.deepEqual(said, ['Thread-12 (_handle_tasks)|', 'Thread|-3', 'ThreadPoolExecutor|-0_3', 'counter| 2', 'fork| 2.1', 'cache|']);
  const tasks = [['Task-1', 'main'], ['Task-2', 'run.<locals>.talk'], ['client 1', 'main'], ['Task-3', '']];
  assert.deepEqual(tasks.map(([name, does]) => label({ name, function: does, isTask: true }).join('|')), ['Task-1 · main|', 'Task-2 · talk|', 'client| 1', 'Task|-3']);
  assert.equal(label({ name: 'Task-1', function: 'main', isTask: true, said: 'main' }).join('|'), 'Task|-1');
});

test('a running span says how long it collected garbage', async () => {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS });
  const rows = [
    { at: 0, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL },
    { at: 10, track: ONE, kind: Kind.GC_BEGIN, state: RUNNING, value: 2 },
    { at: 30, track: ONE, kind: Kind.GC_END, state: RUNNING, value: 7 },
    { at: 40, track: ONE, kind: Kind.GIL_RELEASE, state: OUTSIDE },
    { at: 50, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  const one = /** @type {import('../../static/js/model/model.js').Track} */ (model.tracks[ONE]);
  const said = [5, 55].map((at) => predicate(model, /** @type {any} */ (one.spanAt(at, 60))));
  assert.deepEqual(said, ['runs Python for 40 ns, 20 ns of it to collect garbage', 'runs Python for 10 ns']);
});

test('away and blocked spans say the call that they are in', async () => {
  const model = new Model();
  model.tellMeta({ tracks: TRACKS, locations: [{ id: 1, file: 'a.py', line: 31, function: 'serve', call: 'connection.recv' }, { id: 2, file: 'a.py', line: 40, function: 'serve' }] });
  const rows = [
    { at: 0, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 1 },
    { at: 10, track: ONE, kind: Kind.GIL_RELEASE, state: State.NATIVE, line: 1 },
    { at: 15, track: ONE, kind: Kind.CORE_OFF, state: OUTSIDE },
    { at: 20, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 1 },
    { at: 30, track: ONE, kind: Kind.GIL_RELEASE, state: BLOCKED, thing: LOCK, line: 1 },
    { at: 40, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL, line: 2 },
    { at: 50, track: ONE, kind: Kind.GIL_RELEASE, state: OUTSIDE, line: 2 },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  const one = /** @type {import('../../static/js/model/model.js').Track} */ (model.tracks[ONE]);
  const said = () => [5, 12, 17, 35, 55].map((at) => predicate(model, /** @type {any} */ (one.spanAt(at, 60))).replace(/\d+ ns/, '…'));
  // Without the GIL measured, it isn't known where a thread is away.
  assert.deepEqual(said(), ['runs Python for …', 'computes … in C code, without the GIL', 'is away from Python for …', 'waits … in connection.recv for lock cache', 'is away from Python for …']);
  model.header = { layers: { gil: { measured: true } } };
  assert.deepEqual(said(), [
    'runs Python for …',
    'computes … in C code in connection.recv, without the GIL',
    'is away from Python for … in connection.recv',
    'waits … in connection.recv for lock cache',
    'is away from Python for …',
  ]);
});

test('messages lead from who wrote to who read, the n-th to the n-th, until something is unsure', async () => {
  const [PIPE, CHILD, THREE] = [20, 21, 22];
  const model = new Model();
  model.tellMeta({
    tracks: [
      ...TRACKS,
      { id: PIPE, kind: TrackKind.PIPE, name: 'results', parent: PROCESS },
      { id: CHILD, kind: TrackKind.PROCESS, name: 'worker', parent: PROCESS },
      { id: THREE, kind: TrackKind.THREAD, name: 'worker', parent: CHILD },
    ],
  });
  const add = async (/** @type {any[]} */ rows) => model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  const found = () => Array.from({ length: model.flows.count }, (_, n) => ['fromTrack', 'fromAt', 'toTrack', 'toAt', 'kind', 'bytes'].map((name) => /** @type {any} */ (model.flows)[name][n]));
  await add([
    { at: 0, track: ONE, kind: Kind.PROCESS_START, state: RUNNING, thing: CHILD },
    { at: 10, track: THREE, kind: Kind.PROCESS_BEGIN, state: RUNNING, thing: CHILD },
    { at: 20, track: ONE, kind: Kind.BLOCK, state: RUNNING, thing: PIPE },
    { at: 21, track: ONE, kind: Kind.GIL_RELEASE, state: BLOCKED, thing: PIPE },
    { at: 30, track: THREE, kind: Kind.CALL, state: RUNNING, thing: PIPE, value: 3 },
    { at: 31, track: THREE, kind: Kind.RETURN, state: RUNNING, thing: PIPE, value: 3, flags: 8 },
    { at: 32, track: THREE, kind: Kind.CALL, state: RUNNING, thing: PIPE, value: 1234 },
    { at: 33, track: ONE, kind: Kind.GIL_ACQUIRE, state: RUNNING, thing: GIL },
    { at: 34, track: ONE, kind: Kind.UNBLOCK, state: RUNNING, thing: PIPE, value: 1234 },
    { at: 35, track: THREE, kind: Kind.RETURN, state: RUNNING, thing: PIPE, value: 1234 },
    { at: 36, track: THREE, kind: Kind.CALL, state: RUNNING, thing: PIPE, value: 5 },
    { at: 37, track: THREE, kind: Kind.RETURN, state: RUNNING, thing: PIPE, value: 5 },
    { at: 40, track: ONE, kind: Kind.UNBLOCK, state: RUNNING, thing: PIPE, value: 0, flags: 32 },
    { at: 41, track: ONE, kind: Kind.UNBLOCK, state: RUNNING, thing: PIPE, value: 5 },
    { at: 50, track: ONE, kind: Kind.BLOCK, state: RUNNING, thing: CHILD },
    { at: 51, track: ONE, kind: Kind.GIL_RELEASE, state: BLOCKED, thing: CHILD },
    { at: 60, track: THREE, kind: Kind.THREAD_END, state: EXITED },
    { at: 65, track: ONE, kind: Kind.UNBLOCK, state: RUNNING, thing: CHILD },
  ]);
  assert.deepEqual(found(), [
    [ONE, 0, THREE, 10, Flow.START, 0],
    [THREE, 32, ONE, 34, Flow.MESSAGE, 1234],
    [THREE, 37, ONE, 41, Flow.MESSAGE, 5],
    [THREE, 60, ONE, 65, Flow.WAKE, 0],
  ]);
  const waits = model.tracks[ONE]?.spanAt(25, 100);
  assert.equal(waits && predicate(model, waits), 'waits 12 ns for a message from pipe results, until worker had sent 1\u202f234 bytes');
  const joins = model.tracks[ONE]?.spanAt(55, 100);
  assert.equal(joins && predicate(model, joins), 'waits 14 ns for worker to end');
  await add([
    { at: 70, track: ONE, kind: Kind.UNBLOCK, state: RUNNING, thing: PIPE, value: 7 },
    { at: 71, track: THREE, kind: Kind.CALL, state: RUNNING, thing: PIPE, value: 8 },
    { at: 72, track: ONE, kind: Kind.UNBLOCK, state: RUNNING, thing: PIPE, value: 8 },
  ]);
  assert.equal(found().length, 4);
});

test('a message that asks a manager for a call, and its answer, say which', async () => {
  const [THERE, BACK, CALL] = [20, 21, 22];
  const model = new Model();
  const pipes = [THERE, BACK].map((id) => ({ id, kind: TrackKind.PIPE, name: 'pipe', parent: PROCESS }));
  model.tellMeta({ tracks: [...TRACKS, ...pipes, { id: CALL, kind: TrackKind.TYPE, name: 'list.append()', parent: PROCESS }] });
  const message = (/** @type {number} */ at, /** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ pipe) => [
    { at, track: to, kind: Kind.BLOCK, state: BLOCKED, thing: pipe },
    { at: at + 1, track: from, kind: Kind.CALL, state: RUNNING, thing: pipe, value: 5 },
    { at: at + 2, track: from, kind: Kind.RETURN, state: RUNNING, thing: pipe, value: 5 },
    { at: at + 3, track: to, kind: Kind.UNBLOCK, state: RUNNING, thing: pipe, value: 5 },
  ];
  const rows = [...message(10, ONE, TWO, THERE), { at: 19, track: ONE, kind: Kind.REQUEST, state: RUNNING, thing: CALL }, ...message(20, ONE, TWO, THERE), ...message(30, TWO, ONE, BACK), ...message(40, TWO, ONE, BACK)];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  const said = [[TWO, 11], [TWO, 21], [ONE, 31], [ONE, 41]].map(([id, at]) => {
    const span = model.tracks[id]?.spanAt(at, 100);
    return span && predicate(model, span).replace(/.* had sent/u, '');
  });
  assert.deepEqual(said, [' 5 bytes', ' 5 bytes, a call of list.append()', ' 5 bytes, the answer to list.append()', ' 5 bytes']);
});

test('after a loss no message is known to be the one that was written', async () => {
  const model = new Model();
  model.tellMeta({ tracks: [...TRACKS, { id: 20, kind: TrackKind.PIPE, name: 'results', parent: PROCESS }] });
  const rows = [
    { at: 30, track: ONE, kind: Kind.CALL, state: RUNNING, thing: 20, value: 3 },
    { at: 31, track: TWO, kind: Kind.LOST, state: UNKNOWN, value: 1 },
    { at: 32, track: TWO, kind: Kind.UNBLOCK, state: RUNNING, thing: 20, value: 3 },
  ];
  model.addRows(/** @type {any} */ ((await decodeChunk(rowsChunk(0, rows))).rows));
  assert.equal(model.flows.count, 0);
});
