import { test } from 'node:test';
import assert from 'node:assert/strict';
import { State, TrackKind } from '../../static/js/model/schema.js';
import { Moments } from '../../static/js/model/columns.js';
import { curvesOf } from '../../static/js/drawing/curves.js';
import { Model } from '../../static/js/model/model.js';
import { Extremes, Tally, envelope, valueAt } from '../../static/js/model/tally.js';

/** Numbers that look like chance, the same each time. @param {number} seed */
function chance(seed) {
  let state = seed;
  return (/** @type {number} */ most) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * most);
  };
}

/** What a column has at the least and at the most, looked for value by value. @param {Moments} moments @param {number} from @param {number} to */
function looked(moments, from, to) {
  const values = [valueAt(moments, from)];
  for (let row = 0; row < moments.count; row += 1) if (moments.at[row] > from && moments.at[row] < to) values.push(moments.thing[row]);
  return [Math.min(...values), Math.max(...values)];
}

test('the envelope of a curve is the exact least and most of each column, at every zoom, also while it grows', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const any = chance(seed);
    const moments = new Moments();
    const extremes = new Extremes(moments);
    let at = any(50);
    for (let part = 0; part < 3; part += 1) {
      for (let n = any(2500); n > 0; n -= 1) {
        moments.push(at, any(9) * any(9));
        at += 1 + any(40) ** (1 + any(2));
      }
      const until = at + 100;
      for (const nsPerPx of [1, 7.3, 400, until / 60, until * 2]) {
        const from = any(until) - until / 4;
        const { low, high } = envelope(extremes, from, nsPerPx, 50, until);
        for (let column = 0; column < 50; column += 1) {
          const [left, right] = [from + column * nsPerPx, from + (column + 1) * nsPerPx];
          const expected = right > 0 && left < until ? looked(moments, left, right) : [NaN, NaN];
          assert.deepEqual([low[column], high[column]], expected, `seed ${seed}, ${nsPerPx} ns a pixel, column ${column}`);
        }
      }
    }
  }
});

test('what comes and goes at one moment was never there, and what comes later is seen', () => {
  const tally = new Tally();
  for (const [at, by] of [[5, 1], [5, 1], [9, -1], [9, 1], [12, -2]]) tally.change(at, by);
  const { moments } = tally;
  assert.deepEqual([...moments.at.slice(0, moments.count)], [5, 9, 12]);
  assert.deepEqual([...moments.thing.slice(0, moments.count)], [2, 2, 0]);
  assert.deepEqual([4, 5, 8, 12, 99].map((at) => valueAt(moments, at)), [0, 2, 2, 0, 0]);
});

/** @param {[number, number, number][]} rows at, track, state */
function told(rows) {
  const model = new Model();
  const { THREAD, LOOP, TASK, QUEUE } = TrackKind;
  model.tellMeta({ tracks: [[1, THREAD, 'a'], [2, THREAD, 'b'], [3, LOOP, 'loop'], [4, TASK, 't', 3], [5, TASK, 'u', 3], [6, QUEUE, 'q']].map(([id, kind, name, parent]) => ({ id, kind, name, parent })) });
  const zeros = new Uint8Array(rows.length);
  const column = (/** @type {number} */ n) => rows.map((row) => row[n]);
  model.addRows(/** @type {any} */ ({ count: rows.length, at: column(0), track: column(1), state: column(2), thing: zeros, kind: zeros, flags: zeros, line: zeros, value: zeros }));
  return model;
}

test('every queue has a curve, and what there are too many of is counted', () => {
  const { THREAD, QUEUE } = TrackKind;
  for (const [count, shown, more] of [[7, 8, 0], [39, 40, 0], [45, 40, 6]]) {
    const model = new Model();
    const queues = Array.from({ length: count }, (_, n) => n + 10);
    model.tellMeta({ tracks: [{ id: 1, kind: THREAD, name: 'a' }, ...queues.map((id) => ({ id, kind: QUEUE, name: `q${id}` }))] });
    for (const id of queues) model.tracks[id]?.depths.push(id, 1);
    const told = curvesOf(model);
    assert.deepEqual([told.curves.length, told.more], [shown, more]);
    assert.deepEqual(told.curves.slice(1).map(({ name }) => name), queues.slice(0, shown - 1).map((id) => `q${id}`));
  }
});

test('how many run at once is how many threads are in such a state, and who isn’t seen is counted apart', () => {
  const { RUNNING, NATIVE, STALLED, UNKNOWN, EXITED, READY, SUSPENDED } = State;
  const model = told([[0, 1, RUNNING], [5, 2, NATIVE], [6, 4, READY], [7, 5, READY], [10, 1, STALLED], [11, 4, RUNNING], [12, 2, UNKNOWN], [14, 5, SUSPENDED], [20, 2, EXITED], [20, 1, NATIVE]]);
  const pairs = (/** @type {Moments} */ moments) => [...moments.at.slice(0, moments.count)].map((at, n) => `${at}:${moments.thing[n]}`).join(' ');
  assert.equal(pairs(model.atWork.moments), '0:1 5:2 10:1 12:0 20:1');
  assert.equal(pairs(model.unseen.moments), '12:1 20:0');
  const { curves, more } = curvesOf(model);
  assert.deepEqual(curves.map(({ name, what, most, why }) => [name, what, most, why]), [['At once', 'run', 2, ''], ['loop', 'ready', 2, '']]);
  assert.equal(pairs(curves[1].moments), '6:1 7:2 11:1 14:0');
  assert.equal(more, 0);
  model.header = { layers: { gil: { measured: false }, cores: { measured: false } } };
  assert.equal(curvesOf(model).curves[0].why, 'not measured');
});
