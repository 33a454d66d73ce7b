import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Kind, State, TrackKind } from '../../static/js/model/schema.js';
import { STATES } from '../../static/js/model/lod.js';
import { parseAddress, formatAddress } from '../../static/js/view/address.js';
import { Arrangement } from '../../static/js/view/arrangement.js';
import { Finder } from '../../static/js/model/find.js';
import { Trail } from '../../static/js/view/trail.js';
import { layOut, rowAt, rowsBetween } from '../../static/js/model/layout.js';
import { note } from '../../static/js/text/sentences.js';
import { drawDepths, merge } from '../../static/js/model/strips.js';
import { Model } from '../../static/js/model/model.js';
import { TimeScale } from '../../static/js/drawing/time_scale.js';

const { PROCESS, THREAD, CORE, GIL, LOCK, QUEUE, LOOP, TASK } = TrackKind;

/** @param {[number, number, string, number?][]} tracks id, kind, name, parent @param {[number, number, number][]} rows at, track, state */
function told(tracks, rows) {
  const model = new Model();
  model.tellMeta({ tracks: tracks.map(([id, kind, name, parent]) => ({ id, kind, name, parent })) });
  const zeros = new Uint8Array(rows.length);
  const column = (/** @type {number} */ n) => rows.map((row) => row[n]);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column(0), track: column(1), state: column(2), thing: zeros, kind: zeros, flags: zeros, line: zeros, value: zeros }));
  return model;
}

/** The tree as text: a dash a level. @param {Model} model @param {Parameters<typeof layOut>[1]} [wish] */
function drawn(model, wish) {
  return layOut(model, wish).rows.map((row) => `${'- '.repeat(row.level - 1)}${row.track.name}${row.foldable ? (row.folded ? ` (${row.merged.length})` : ':') : ''}`);
}

/** Two processes; one with a loop of three tasks, and five locks that were contended for different times. */
function program() {
  /** @type {[number, number, string, number?][]} */
  const tracks = [[1, PROCESS, 'python'], [2, THREAD, 'MainThread', 1], [3, GIL, 'GIL', 1], [4, LOOP, 'loop', 1], [20, PROCESS, 'child', 1], [21, THREAD, 'worker', 20], [22, THREAD, 'idler', 20]];
  /** @type {[number, number, number][]} */
  const rows = [[0, 1, State.ALIVE], [0, 2, State.RUNNING], [0, 3, State.HELD], [0, 4, State.BUSY], [0, 20, State.ALIVE], [0, 21, State.RUNNING], [0, 22, State.OUTSIDE]];
  for (let n = 0; n < 3; n += 1) {
    tracks.push([5 + n, TASK, `task-${n}`, 4]);
    rows.push([n * 10, 5 + n, State.RUNNING], [n * 10 + 10, 5 + n, State.DONE]);
  }
  for (let n = 0; n < 5; n += 1) {
    tracks.push([10 + n, n === 4 ? QUEUE : LOCK, `lock-${n}`, 1]);
    rows.push([100, 10 + n, State.CONTENDED], [100 + n * 10, 10 + n, State.FREE]);
  }
  for (let n = 0; n < 2; n += 1) {
    tracks.push([30 + n, CORE, `core ${n}`]);
    rows.push([0, 30 + n, State.BUSY]);
  }
  rows.sort((a, b) => a[0] - b[0]);
  return told(tracks, rows);
}

test('what belongs together stands together; the longest contended first, once that is known', () => {
  const model = program();
  const locks = drawn(model).filter((name) => name.includes('lock-')).map((name) => name.slice(-1));
  assert.deepEqual(locks, ['0', '1', '2', '3', '4']);
  model.tellEnd({ verdict: 'ok', sentence: '', duration_ns: 200 });
  assert.deepEqual(drawn(model), [
    'python:', '- GIL', '- MainThread', '- loop:', '- - task-0', '- - task-1', '- - task-2',
    '- Locks and queues:', '- - lock-4', '- - lock-3', '- - lock-2', '- - lock-1', '- - lock-0',
    'child:', '- worker', 'core 0', 'core 1',
  ]);
  assert.equal(layOut(model).quiet, 1);
  assert.ok(drawn(model, { quiet: true }).includes('- idler'));
});

test('processes stand in the order of their starts; what libraries start for themselves stands together, until one is led there', () => {
  const model = told(
    [[1, PROCESS, 'python'], [2, THREAD, 'Thread-1 (_handle_workers)', 1], [3, THREAD, 'Thread-2 (mine)', 1], [4, THREAD, 'QueueFeederThread', 1], [5, PROCESS, 'second', 1], [6, PROCESS, 'first', 1], [7, THREAD, 'Thread-3 (process_request_thread)', 1], [8, LOCK, 'cache', 1]],
    [[0, 1, State.ALIVE], [0, 2, State.RUNNING], [1, 3, State.RUNNING], [2, 4, State.RUNNING], [3, 6, State.STARTING], [4, 5, State.STARTING], [5, 7, State.RUNNING], [5, 8, State.HELD]],
  );
  assert.deepEqual(drawn(model), ['python:', '- Thread-2 (mine)', '- Threads of libraries (3)', '- cache', 'first', 'second']);
  assert.deepEqual(drawn(model, { led: new Set([4]) }).slice(2, 6), ['- Threads of libraries:', '- - Thread-1 (_handle_workers)', '- - QueueFeederThread', '- - Thread-3 (process_request_thread)']);
  assert.deepEqual(drawn(model, { led: new Set([4]), folded: new Set([-6]) }).slice(2, 4), ['- Threads of libraries (3)', '- cache']);
});

test('a process that serves others with many threads is one strip, until one is led there', () => {
  const threads = Array.from({ length: 7 }, (_, n) => n);
  const model = (/** @type {number} */ parent) => told(
    [[1, PROCESS, 'python'], [2, PROCESS, 'server', parent], [3, PROCESS, 'client', 1], [4, THREAD, 'asks', 3], ...threads.map((n) => /** @type {[number, number, string, number]} */ ([10 + n, THREAD, `answer ${n}`, 2]))],
    [[0, 1, State.ALIVE], [1, 2, State.STARTING], [2, 3, State.STARTING], [3, 4, State.RUNNING], ...threads.map((n) => /** @type {[number, number, number]} */ ([3, 10 + n, State.RUNNING]))],
  );
  assert.deepEqual(drawn(model(1)), ['python', 'server (7)', 'client:', '- asks']);
  assert.equal(drawn(model(1), { led: new Set([12]) }).length, 11);
  assert.equal(drawn(model(0)).length, 11);
});

test('an interpreter in which no thread is at home has its GIL beside the first one; cores come last', () => {
  const model = told(
    [[1, PROCESS, 'python'], [2, THREAD, 'MainThread', 1], [3, GIL, 'GIL', 1], [4, GIL, 'GIL 1', 1], [5, GIL, 'GIL 2', 1], [6, THREAD, 'guest', 1], [7, CORE, 'core 0']],
    [[0, 2, State.RUNNING], [0, 3, State.HELD], [0, 4, State.HELD], [0, 5, State.HELD], [0, 6, State.RUNNING], [0, 7, State.BUSY]],
  );
  for (const [id, interpreter] of [[4, 1], [5, 2], [6, 2]]) /** @type {any} */ (model.tracks[id]).interpreter = interpreter;
  assert.deepEqual(drawn(model), ['GIL', 'GIL 1', 'MainThread', 'GIL 2', 'guest', 'core 0']);
});

test('what did nothing shows once one is led there', () => {
  assert.deepEqual(drawn(program(), { led: new Set([22]) }).slice(-4), ['- worker', '- idler', 'core 0', 'core 1']);
});

test('what a loop makes for itself is quiet', () => {
  const model = program();
  model.tellMeta({ tracks: [{ id: 6, kind: TASK, name: 'task-1', parent: 4, internal: true }] });
  assert.ok(!drawn(model).includes('- - task-1'));
  assert.equal(layOut(model).quiet, 2);
  assert.ok(drawn(model, { quiet: true }).includes('- - task-1'));
});

test('groups fold, tracks are pinned, and a filter leaves what it keeps with its parents', () => {
  const model = program();
  assert.deepEqual(drawn(model, { folded: new Set([4, -3, 20]) }).slice(3), ['- loop (3)', '- Locks and queues (5)', 'child (1)', 'core 0', 'core 1']);
  const pinned = drawn(model, { pinned: [21, 4, 22] });
  assert.deepEqual(pinned.slice(0, 6), ['worker', 'loop:', '- task-0', '- task-1', '- task-2', 'idler']);
  assert.deepEqual(pinned.slice(6, 9), ['python:', '- GIL', '- MainThread']);
  const keeps = (/** @type {any} */ track) => ['task-1', 'lock-3'].includes(track.name);
  // Also what is folded is looked into.
  assert.deepEqual(drawn(model, { keeps, folded: new Set([4]), pinned: [31] }), ['core 1', 'python:', '- loop:', '- - task-1', '- Locks and queues:', '- - lock-3']);
});

test('rows know their place among those beside them, and are found by their height', () => {
  const layout = layOut(program(), { fitPx: 1 });
  assert.deepEqual(layout.rows.filter((row) => row.kind === 'task').map(({ place, places }) => `${place} of ${places}`), ['1 of 3', '2 of 3', '3 of 3']);
  const { rows } = layout;
  for (const [n, row] of rows.entries()) {
    assert.equal(rowAt(layout, row.topPx), row);
    assert.deepEqual(rowsBetween(layout, row.topPx, row.topPx + row.heightPx + 1), rows.slice(n, n + 2));
  }
  assert.deepEqual([rowAt(layout, rows[0].topPx - 1), rowAt(layout, layout.rowsPx + 1)], [null, null]);
});

test('folded into one strip, all time of all members is there, in each state and column', () => {
  /** @type {[number, number, number][]} */
  const rows = [];
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  let at = 0;
  for (let n = 0; n < 4000; n += 1, at += Math.floor(random() * 400)) rows.push([at, n % 50 === 0 ? 2 : 1, [1, 2, 3, 4, 5, 6][Math.floor(random() * 6)]]);
  const model = told([[1, THREAD, 'dense'], [2, THREAD, 'sparse']], rows);
  const tracks = model.all;
  const scale = new TimeScale(at * 0.1, at * 1.05, 0, 300);
  const shares = merge(tracks, scale, at);
  for (let column = 0; column < 300; column += 7) {
    const ends = [scale.pxToTime(column), scale.pxToTime(column + 1)].map((time) => Math.min(time, at));
    const expected = tracks.map(({ times }) => times.between(ends[0], ends[1]));
    for (let state = 0; state < STATES; state += 1) {
      const sum = expected.reduce((total, spent) => total + spent[state], 0) / scale.nsPerPx;
      assert.ok(Math.abs(shares[column * STATES + state] - sum) < 1e-3, `${column} ${state}: ${shares[column * STATES + state]} ≠ ${sum}`);
    }
  }
});

test('what is looked for: names, states, what is waited for, lines; round and round', () => {
  const model = new Model();
  model.tellMeta({
    tracks: [{ id: 1, kind: THREAD, name: 'worker-1' }, { id: 2, kind: THREAD, name: 'worker-2' }, { id: 3, kind: LOCK, name: 'cache' }, { id: 4, kind: THREAD, name: 'poller' }],
    locations: [{ id: 1, file: '/x/convoy.py', line: 12, function: 'worker' }, { id: 2, file: '/x/convoy.py', line: 120, function: 'poll' }],
  });
  const rows = [[0, 1, State.RUNNING, 0, 1], [0, 2, State.RUNNING, 0, 1], [0, 4, State.OUTSIDE, 0, 2], [5, 3, State.HELD, 1, 0], [10, 2, State.BLOCKED, 3, 1], [20, 2, State.RUNNING, 0, 1], [20, 1, State.BLOCKED, 3, 1], [30, 1, State.RUNNING, 0, 0]];
  const column = (/** @type {number} */ n) => rows.map((row) => row[n]);
  const zeros = new Uint8Array(rows.length);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column(0), track: column(1), state: column(2), thing: column(3), line: column(4), kind: zeros, flags: zeros, value: zeros }));
  const tracks = model.all;
  const walk = (/** @type {string} */ text, /** @type {1 | -1} */ step = 1) => {
    const finder = new Finder(model, text);
    const found = [];
    for (let n = 0, span = finder.next(tracks, null, -1, step); n < 4 && span; n += 1, span = finder.next(tracks, span, 0, step)) found.push(`${span.track.name}@${span.from}`);
    return [finder.count(tracks), found.join(' '), tracks.filter((track) => finder.keeps(track)).map(({ name }) => name).join()];
  };
  assert.deepEqual(walk('cache'), [3, 'cache@5 worker-2@10 worker-1@20 cache@5', 'worker-1,worker-2,cache']);
  assert.deepEqual(walk('BLOCKED'), [2, 'worker-2@10 worker-1@20 worker-2@10 worker-1@20', 'worker-1,worker-2']);
  assert.deepEqual(walk('poller'), [1, 'poller@0 poller@0 poller@0 poller@0', 'poller']);
  assert.deepEqual(walk('convoy.py:120')[2], 'poller');
  assert.deepEqual(walk('convoy.py:12')[2], 'worker-1,worker-2');
  assert.deepEqual(walk('nothing'), [0, '', '']);
  assert.deepEqual(walk('lock cache'), walk('cache'));
  // A thread stays at its line until it tells another one: where it goes on from a wait, too.
  assert.deepEqual(walk('line 12'), [6, 'worker-1@0 worker-2@0 worker-2@10 worker-1@20', 'worker-1,worker-2']);
  assert.deepEqual(walk('convoy.py:12', -1)[1], 'worker-1@30 worker-2@20 worker-1@20 worker-2@10');
  assert.equal(walk('blocked', -1)[1], 'worker-1@20 worker-2@10 worker-1@20 worker-2@10');
});

test('what is looked for is found in rows that come later, too', () => {
  const model = told([[1, THREAD, 'worker'], [2, THREAD, 'poller']], [[0, 1, State.BLOCKED], [5, 1, State.RUNNING], [9, 1, State.BLOCKED]]);
  const finder = new Finder(model, 'blocked');
  const [track] = model.all;
  const found = () => finder.places(track).first.map((first, n) => [first, finder.places(track).after[n]]);
  assert.deepEqual(found(), [[0, 1], [2, 3]]);
  const zeros = new Uint8Array(3);
  model.addRows(/** @type {any} */ ({ count: 3, at: [9, 12, 20], track: [1, 1, 1], state: [State.BLOCKED, State.RUNNING, State.BLOCKED], thing: zeros, kind: zeros, flags: zeros, line: zeros, value: zeros }));
  assert.deepEqual(found(), [[0, 1], [2, 4], [5, 6]]);
  assert.equal(finder.places(track).endAfter(track.rows, 11), 1);
  assert.equal(finder.places(track).endAfter(track.rows, 12), 2);
  assert.equal(finder.places(track).begunAfter(track.rows, 9), 2);
});

test('an address tells the arrangement exactly; an old one tells none', () => {
  const view = { from: 1, to: 2, at: 1, track: 4, fold: [4, -3], pin: [21], only: [5], find: 'a & b=ü#', quiet: true };
  assert.deepEqual(parseAddress(`#${formatAddress(view)}`), view);
  assert.deepEqual(parseAddress('#from=1&to=2&at=1&track=4'), { from: 1, to: 2, at: 1, track: 4 });
  const elsewhere = { at: 9, track: 4, span: 2, top: 21, panel: 'waits' };
  assert.deepEqual(parseAddress(`#${formatAddress(elsewhere)}`), elsewhere);
  assert.deepEqual(parseAddress('#fold=x,1e3&only=&find=&quiet=0'), {});
  const arrangement = new Arrangement();
  assert.deepEqual(arrangement.told, {});
  arrangement.take(view);
  assert.deepEqual(arrangement.told, { fold: [4, -3], pin: [21], only: [5], find: 'a & b=ü#', quiet: true });
});

test('addresses of before lead where they led: each form as it was first written', () => {
  for (const [address, view] of /** @type {[string, object][]} */ ([
    ['#from=60000000&to=140000000&at=119340000&track=5', { from: 60_000_000, to: 140_000_000, at: 119_340_000, track: 5 }],
    ['#at=300000000', { at: 300_000_000 }],
    ['#from=-12&to=142000000', { from: -12, to: 142_000_000 }],
    ['#at=227396627&track=22&tour=3', { at: 227_396_627, track: 22, tour: 3 }],
    ['#from=1&to=2&fold=4,-3&pin=21&only=5&find=a%20%26%20b&quiet=1', { from: 1, to: 2, fold: [4, -3], pin: [21], only: [5], find: 'a & b', quiet: true }],
    ['#at=5&track=22&curves=1&path=1&range=126477651,321230968', { at: 5, track: 22, curves: true, path: true, range: { from: 126_477_651, to: 321_230_968 } }],
  ])) assert.deepEqual(parseAddress(address), view, address);
});

test('one goes back over all views, and forth until one looks elsewhere', () => {
  const trail = new Trail();
  assert.equal(trail.back(), null);
  for (const view of ['a', 'b', 'b', 'c']) trail.rest(view);
  assert.deepEqual([trail.back(), trail.back(), trail.back(), trail.forth(), trail.forth(), trail.forth()], ['b', 'a', null, 'b', 'c', null]);
  trail.back();
  trail.rest('b');
  assert.equal(trail.forth(), 'c');
  trail.back();
  trail.rest('d');
  assert.deepEqual([trail.forth(), trail.back(), trail.back()], [null, 'b', 'a']);
});

test('a queue says how much is in it, and is no longer quiet once something was', () => {
  const model = told([[1, THREAD, 'baker'], [2, QUEUE, 'shelf']], [[0, 1, State.RUNNING], [0, 2, State.FREE]]);
  assert.deepEqual(drawn(model), ['baker']);
  const [zeros, kinds, lengths] = [new Uint8Array(3), [Kind.PUT, Kind.PUT, Kind.GET], [1, 2, 1]];
  model.addRows(/** @type {any} */ ({ count: 3, at: [5, 6, 7], track: [1, 1, 1], state: [1, 1, 1], thing: [2, 2, 2], kind: kinds, value: lengths, flags: zeros, line: zeros }));
  assert.deepEqual(drawn(model), ['baker', 'shelf']);
  const shelf = /** @type {import('../../static/js/model/model.js').Track} */ (model.tracks[2]);
  assert.deepEqual([[...shelf.depths.at.slice(0, 3)], [...shelf.depths.thing.slice(0, 3)], shelf.deepest], [[5, 6, 7], lengths, 2]);
  assert.equal(note(model, shelf), 'queue · 2 at most');
  const lines = Array.from({ length: 4 }, () => '    ');
  const raster = { rect: (/** @type {number} */ left, /** @type {number} */ top, /** @type {number} */ width, /** @type {number} */ height, /** @type {string} */ tile) => {
    for (let y = top; y < top + height; y += 1) lines[y] = lines[y].slice(0, left) + tile.repeat(width) + lines[y].slice(left + width);
  } };
  drawDepths(/** @type {any} */ (raster), /** @type {any} */ ({ tiles: { held: '.', blocked: '-' } }), shelf, new TimeScale(4, 8, 0, 4), 8, 4, 4, 1);
  assert.deepEqual(lines, ['  - ', '  . ', ' -.-', ' ...']);
});
