import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Kind, State, TrackKind } from '../../static/js/model/schema.js';
import { Model } from '../../static/js/model/model.js';
import { Ring, apart, bent, free } from '../../static/js/panels/ring.js';
import { timesOf, waitsAt } from '../../static/js/model/waits.js';
import { circleWords, waitWords } from '../../static/js/panels/waits_panel.js';

const { THREAD, LOCK, SEMAPHORE, QUEUE, TASK, LOOP, POOL, WORK, FUTURE } = TrackKind;

/** @param {[number, number, string, number?][]} tracks id, kind, name, parent @param {[number, number, number, number?][]} rows at, track, state, thing */
function told(tracks, rows) {
  const model = new Model();
  model.tellMeta({ tracks: tracks.map(([id, kind, name, parent]) => ({ id, kind, name, parent })) });
  const zeros = new Uint8Array(rows.length);
  const column = (/** @type {number} */ n) => rows.map((row) => row[n] ?? 0);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column(0), track: column(1), state: column(2), thing: column(3), kind: zeros, flags: zeros, line: zeros, value: zeros }));
  return model;
}

/** @param {Model} model @param {number} at */
function said(model, at) {
  const { waits, circles } = waitsAt(model, at);
  return [waits.map((wait) => waitWords(model, wait)), circles.map((circle) => circle.map(({ from }) => model.name(from)).join(' '))];
}

/** Two threads, two locks: from 40 on each has one and waits for the other's; who waits for both isn't in the circle. */
function deadlock() {
  return told(
    [[1, THREAD, 'a'], [2, THREAD, 'b'], [3, THREAD, 'main'], [11, LOCK, 'left'], [12, LOCK, 'right']],
    [
      [0, 1, State.RUNNING], [0, 2, State.RUNNING], [0, 3, State.BLOCKED, 1], [10, 11, State.HELD, 1], [20, 12, State.HELD, 2],
      [30, 1, State.BLOCKED, 12], [30, 12, State.CONTENDED, 2], [40, 2, State.BLOCKED, 11], [40, 11, State.CONTENDED, 1],
      [90, 1, State.EXITED], [90, 2, State.EXITED],
    ],
  );
}

test('two locks taken crosswise: the circle is there from its last wait on, and stays; who waits outside of it isn’t in it', () => {
  const model = deadlock();
  model.tellEnd({ verdict: 'ok', sentence: '', duration_ns: 100 });
  assert.deepEqual(said(model, 5), [['main waits for a to end'], []]);
  assert.deepEqual(said(model, 39), [['a waits for lock right, which b has', 'main waits for a to end'], []]);
  const closed = [['a waits for lock right, which b has', 'b waits for lock left, which a has', 'main waits for a to end'], ['a b']];
  assert.deepEqual(said(model, 40), closed);
  assert.deepEqual(said(model, 89), closed);
  const [circle] = waitsAt(model, 50).circles;
  assert.deepEqual(timesOf(circle), { from: 40, to: 90, went: false, timed: false });
  assert.equal(circleWords(model, circle), 'a waits for b waits for a: none of them can go on before another one does. It is so from 40 ns on, to the end.');
});

test('a lock that one takes twice is a circle of one, unless another thread releases it for that', () => {
  const held = (/** @type {{internal?: boolean, kind?: number}} */ { internal = false, kind = Kind.NONE }) => {
    const model = new Model();
    model.tellMeta({ tracks: [{ id: 1, kind: THREAD, name: 'a' }, { id: 11, kind: LOCK, name: 'gate', internal }] });
    const zeros = new Uint8Array(4);
    model.addRows(/** @type {any} */ ({ count: 4, at: [0, 5, 20, 21], track: [11, 1, 1, 1], state: [State.HELD, State.BLOCKED, State.GIL_WAIT, State.RUNNING], thing: [1, 11, 0, 11], kind: [0, 0, 0, kind], flags: zeros, line: zeros, value: zeros }));
    return said(model, 10);
  };
  assert.deepEqual(held({}), [['a waits for lock gate, which a has'], ['a']]);
  assert.deepEqual(held({ kind: Kind.LOCK_TIMEOUT }), [['a waits for lock gate, which a has'], ['a']]);
  assert.deepEqual(held({ kind: Kind.LOCK_ACQUIRE }), [['a waits for lock gate'], []]);
  assert.deepEqual(held({ internal: true }), [['a waits for lock gate'], []]);
});

test('a thing that anybody may end, or that has no holder, makes no circle', () => {
  const model = told(
    [[1, THREAD, 'a'], [2, THREAD, 'b'], [11, SEMAPHORE, 'permits'], [12, LOCK, 'right'], [13, QUEUE, 'orders']],
    [[0, 1, State.BLOCKED, 11], [0, 11, State.CONTENDED, 2], [0, 2, State.BLOCKED, 12], [0, 12, State.CONTENDED, 1], [10, 2, State.BLOCKED, 13]],
  );
  assert.deepEqual(said(model, 5), [['a waits for semaphore permits, which b has', 'b waits for lock right, which a has'], []]);
  assert.deepEqual(said(model, 10), [['a waits for semaphore permits, which b has', 'b waits for queue orders'], []]);
});

test('work that waits in its own pool: a circle only when no worker of it can go on', () => {
  const tracks = /** @type {[number, number, string, number?][]} */ ([[1, THREAD, 'w1'], [2, THREAD, 'w2'], [5, POOL, 'pool'], [6, WORK, 'outer 1', 5], [7, WORK, 'outer 2', 5], [8, WORK, 'inner 1', 5], [9, WORK, 'inner 2', 5]]);
  const model = told(tracks, [
    [0, 1, State.BLOCKED, 8], [0, 2, State.RUNNING], [0, 5, State.CONTENDED], [0, 6, State.RUNNING, 1], [0, 7, State.RUNNING, 2], [0, 8, State.READY, 5],
    [10, 9, State.READY, 5], [10, 2, State.BLOCKED, 9],
  ]);
  const inner = 'w1 waits for work inner 1, for which';
  assert.deepEqual(said(model, 5), [[`${inner} w1 might be free`, `${inner} w2 might be free`], []]);
  assert.equal(said(model, 10)[1].length, 1);
});

test('tasks: a ready one waits for whom its loop runs, a sleeping one for nobody', () => {
  const model = told(
    [[1, LOOP, 'loop'], [2, TASK, 'busy', 1], [3, TASK, 'ready', 1], [4, TASK, 'sleepy', 1], [5, TASK, 'waiter', 1], [6, FUTURE, 'asyncio.sleep']],
    [[0, 1, State.BUSY, 2], [0, 2, State.RUNNING], [0, 3, State.READY], [0, 4, State.SUSPENDED, 6], [0, 5, State.SUSPENDED, 4]],
  );
  assert.deepEqual(said(model, 1), [['ready could run, and waits for event loop, which runs busy', 'waiter waits for sleepy to end'], []]);
});

test('who is on the ring keeps the place there, whoever comes and goes', () => {
  const ring = new Ring(4);
  const places = () => [1, 2, 3, 4, 5].map((id) => ring.places.indexOf(id));
  ring.seat([1, 2]);
  ring.seat([2, 3]);
  ring.seat([3, 1, 4]);
  assert.deepEqual(places(), [0, 1, 2, 3, -1]);
  ring.seat([5, 4, 3, 1]);
  assert.deepEqual(places(), [0, -1, 2, 3, 1]);
  const points = [1, 5, 3, 4].map((id) => ring.placeOf(id, 200, 100));
  assert.deepEqual(points.map((point) => [Math.round((point?.x ?? NaN) / 50) + 0, Math.round((point?.y ?? NaN) / 25) + 0]), [[-2, 0], [0, -2], [2, 0], [0, 2]]);
  assert.equal(ring.placeOf(2, 200, 100), null);
});

test('an arrow runs from edge to edge, and one back doesn’t cover it', () => {
  const box = (/** @type {number} */ x) => ({ x, y: 0, halfWidth: 20, halfHeight: 10 });
  const there = bent(box(0), box(200));
  const back = bent(box(200), box(0));
  for (const { x, y } of [...there, ...back]) assert.ok(!(Math.abs(x) <= 20 && Math.abs(y) <= 10) && !(Math.abs(x - 200) <= 20 && Math.abs(y) <= 10));
  assert.ok(there[there.length >> 1].y > 20 && back[back.length >> 1].y < -20);
  assert.deepEqual(bent(box(0), box(10)), []);
});

test('nodes never cover each other, nor labels them, where there is room for all: ten long names in a low panel', () => {
  for (const [width, height, count] of [[360, 190, 10], [340, 180, 8], [560, 240, 10], [300, 220, 6]]) {
    const ring = new Ring(10);
    const ids = Array.from({ length: count }, (_, n) => n + 1);
    ring.seat(ids);
    const boxes = ids.map((id) => ({ .../** @type {{x: number, y: number}} */ (ring.placeOf(id, width - 140, height - 68)), halfWidth: 58 + (id % 3) * 4, halfHeight: 14 }));
    apart(boxes, width, height);
    for (const [n, one] of boxes.entries()) {
      assert.ok(Math.abs(one.x) + one.halfWidth <= width / 2 + 0.01 && Math.abs(one.y) + one.halfHeight <= height / 2 + 0.01, `out of ${width} × ${height}`);
      for (const other of boxes.slice(n + 1)) assert.ok(!covers(one, other), `${JSON.stringify(one)} covers ${JSON.stringify(other)} in ${width} × ${height}`);
    }
  }
});

test('a label stands where it covers nothing, near where it is wanted', () => {
  const points = Array.from({ length: 21 }, (_, n) => ({ x: n * 10, y: 0 }));
  const there = [{ x: 80, y: 0, halfWidth: 30, halfHeight: 10 }];
  const label = free(points, 0.4, 20, 10, there);
  assert.ok(!covers(label, there[0]) && Math.abs(label.x - 80) === 50, JSON.stringify(label));
  assert.equal(free(points, 0.4, 20, 10, []).x, 80);
  const crowded = points.map(({ x, y }) => ({ x, y, halfWidth: x === 150 ? 1 : 30, halfHeight: 10 }));
  assert.ok(Number.isFinite(free(points, 0.4, 20, 10, crowded).x));
});

/** @param {{x: number, y: number, halfWidth: number, halfHeight: number}} one @param {{x: number, y: number, halfWidth: number, halfHeight: number}} other */
function covers(one, other) {
  return Math.abs(one.x - other.x) < one.halfWidth + other.halfWidth - 0.01 && Math.abs(one.y - other.y) < one.halfHeight + other.halfHeight - 0.01;
}
