import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Blocks, blockWidth } from '../../static/js/drawing/blocks.js';
import { Bars } from '../../static/js/drawing/bars.js';
import { Columns } from '../../static/js/model/columns.js';
import { joined } from '../../static/js/drawing/labels.js';
import { layOut, RULER_PX } from '../../static/js/model/layout.js';
import { STATES, TimeByState } from '../../static/js/model/lod.js';
import { Model } from '../../static/js/model/model.js';
import { Overview, summarise } from '../../static/js/drawing/overview.js';
import { pixel } from '../../static/js/drawing/patterns.js';
import { readPalette } from '../../static/js/drawing/palette.js';
import { Raster } from '../../static/js/drawing/raster.js';
import { Kind, State, TrackKind } from '../../static/js/model/schema.js';
import { Grid, ticks } from '../../static/js/drawing/time_scale.js';

const WIDTH = 900;
const HEIGHT = 400;
Object.assign(globalThis, {
  ImageData: class {
    constructor(/** @type {number} */ width, /** @type {number} */ height) {
      Object.assign(this, { width, height, data: new Uint8ClampedArray(width * height * 4) });
    }
  },
  getComputedStyle: (/** @type {any} */ { style }) => style,
});

/** Numbers from 0 to 1, always the same. */
function dice(seed = 1) {
  return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}

/** A colour of its own for each role. */
function palette(ratio = 1) {
  const known = new Map();
  return readPalette(/** @type {any} */ ({ style: {} }), (all) => all.map((css) => {
    if (!known.has(css)) known.set(css, known.size + 1);
    return [known.get(css) * 9, 255 - known.get(css) * 5, 99];
  }), ratio);
}

/** Threads, their GIL and a lock, of which no row has come yet. */
function begun() {
  const model = new Model();
  const kinds = [TrackKind.PROCESS, TrackKind.GIL, TrackKind.LOCK, TrackKind.CORE, TrackKind.THREAD, TrackKind.THREAD, TrackKind.THREAD];
  model.tellMeta({ tracks: kinds.map((kind, n) => ({ id: n + 1, kind, name: `track ${n + 1}`, parent: 1 })) });
  return model;
}

/** Append random rows: short spans and long ones, storms and rests. @param {Model} model @param {() => number} random @param {number} count @param {number} [rests] their share */
function append(model, random, count, rests = 0.03) {
  const states = { 2: [State.FREE, State.HELD, State.CONTENDED], 3: [State.FREE, State.HELD, State.CONTENDED], 4: [State.IDLE, State.BUSY] };
  const threads = [State.RUNNING, State.GIL_WAIT, State.BLOCKED, State.OUTSIDE, State.NATIVE, State.STALLED];
  let at = model.until;
  const rows = Array.from({ length: count }, () => {
    at += Math.floor(random() < rests ? random() * 3e6 : random() * 2e4);
    const track = 2 + Math.floor(random() * 6);
    const choice = /** @type {Record<number, number[]>} */ (states)[track] ?? threads;
    const kind = track > 4 && random() < 0.2 ? [Kind.CORE_ON, Kind.CORE_OFF, Kind.GC_BEGIN, Kind.GC_END][Math.floor(random() * 4)] : 0;
    return { at, track, kind, state: choice[Math.floor(random() * choice.length)], thing: 5 + Math.floor(random() * 3), value: Math.floor(random() * 2) };
  });
  const column = (/** @type {string} */ name) => rows.map((row) => /** @type {any} */ (row)[name] ?? 0);
  model.addRows(/** @type {any} */ ({ count, first: model.rowCount, ...Object.fromEntries(['at', 'track', 'kind', 'flags', 'state', 'thing', 'line', 'value'].map((name) => [name, column(name)])) }));
}

/** @param {Model} model @param {Grid} grid @param {number} originPx */
function frame(model, grid, originPx) {
  return /** @type {any} */ ({ model, grid, originPx, columnPx: 1, layout: LAYOUTS.get(model), scrollPx: 0, heightPx: HEIGHT, widthPx: WIDTH, namesPx: 0 });
}
const LAYOUTS = new WeakMap();

/** @param {import('../../static/js/drawing/time_scale.js').TimeScale} scale */
function ground(scale) {
  const line = new Uint32Array(scale.widthPx).fill(pixel([1, 2, 3]));
  for (const { at } of ticks(scale).major) line[Math.round(scale.timeToPx(at))] = pixel([7, 7, 7]);
  return line;
}

function bars(ratio = 1) {
  return Object.assign(new Bars(), { palette: palette(ratio), ratio });
}

/** What a view shows, line by line. @param {Blocks} blocks @param {ReturnType<typeof frame>} view */
function picture(blocks, view) {
  const all = new Uint32Array(WIDTH * HEIGHT);
  const found = blocks.cover(view, view.layout.rows, WIDTH, HEIGHT, ground);
  for (const { leftPx, raster } of found) {
    for (let x = Math.max(0, leftPx - view.originPx); x < Math.min(WIDTH, leftPx - view.originPx + raster.width); x += 1) {
      for (let y = 0; y < HEIGHT; y += 1) all[y * WIDTH + x] = raster.pixels[y * raster.width + x + view.originPx - leftPx];
    }
  }
  return { all, labels: joined(found).map(({ row, leftPx, rightPx, state }) => [row.track.id, leftPx, rightPx, state]) };
}

/** Where two pictures differ first, in words. @param {Uint32Array} a @param {Uint32Array} b */
function difference(a, b) {
  const n = a.findIndex((value, at) => value !== b[at]);
  return n < 0 ? '' : `pixel ${n % WIDTH}, ${Math.floor(n / WIDTH)}`;
}

for (const [name, pxPerNs, count] of /** @type {const} */ ([['many spans a pixel', 2e-6, 30_000], ['some spans a pixel', 3e-5, 3000], ['wide spans', 1e-3, 3000]])) {
  test(`a view that was moved, while more came, is the same as one drawn afresh, pixel by pixel: ${name}`, () => {
    const random = dice(7);
    const model = begun();
    append(model, random, count, 60 / count);
    LAYOUTS.set(model, layOut(model, { fitPx: HEIGHT }));
    const grid = new Grid(model.until * 0.4, pxPerNs);
    let seen = 0;
    const moved = new Blocks(bars());
    let originPx = 0;
    for (let step = 0; step < 12; step += 1) {
      // To and fro, mostly where the recording grows.
      originPx += Math.floor((random() - 0.5) * 500);
      const edge = Math.floor((model.until - grid.anchor) * pxPerNs);
      if (Math.abs(edge - originPx - WIDTH / 2) > WIDTH / 2) originPx = edge - Math.floor(random() * WIDTH);
      if (random() < 0.5) append(model, random, Math.floor(random() * 400));
      if (step === 6) model.seen -= 9; // the next rows come with a gap before them
      const fresh = picture(new Blocks(bars()), frame(model, grid, originPx));
      const kept = picture(moved, frame(model, grid, originPx));
      assert.equal(difference(kept.all, fresh.all), '', `step ${step}`);
      seen += new Set(kept.all).size > 4 ? 1 : 0;
    }
    assert.ok(seen > 6, 'there is something to see');
  });
}

test('one block covers a view in which nothing can be kept', () => {
  const model = begun();
  append(model, dice(5), 60_000, 0);
  LAYOUTS.set(model, layOut(model, { fitPx: HEIGHT }));
  const at = { ...frame(model, new Grid(0, WIDTH / model.until), 0), columnPx: 3 };
  const whole = new Blocks(bars(), 1);
  const seen = picture(whole, at).all;
  assert.equal(whole.made.size, 1);
  assert.ok(new Set(seen).size > 8);
  assert.ok(seen.every((colour) => colour !== 0), 'every pixel');
  whole.release();
  assert.deepEqual([whole.made.size, whole.spare.length], [0, 0], 'and gives its memory back');
});

for (const ratio of [1, 2]) {
  test(`while one zooms, columns are three pixels wide where there are more spans than one can see; the next view draws all that at rest: ${ratio} to a pixel`, () => {
    const model = begun();
    append(model, dice(5), 30_000, 0.002);
    LAYOUTS.set(model, layOut(model, { fitPx: HEIGHT }));
    const at = frame(model, new Grid(0, WIDTH / model.until), 0);
    const rest = picture(new Blocks(bars(ratio)), at);
    const blocks = new Blocks(bars(ratio));
    const moving = picture(blocks, { ...at, columnPx: 3 });
    const [narrow, wide] = [rest, moving].map(({ all }) => all.reduce((sum, colour, n) => sum + (n % 3 === 0 && colour === all[n + 1] && colour === all[n + 2] ? 1 : 0), 0) / (all.length / 3));
    assert.ok(wide > narrow + 0.1, `${narrow} and ${wide} of the columns are of one colour`);
    assert.equal(difference(picture(blocks, at).all, rest.all), '');
    assert.ok([...blocks.made.values()].every(({ coarse }) => !coarse));
    // What is fine already stays.
    assert.equal(difference(picture(blocks, { ...at, columnPx: 3 }).all, rest.all), '');
  });
}

test('a span that one block knows, and the block beside it only as columns, is labelled once', () => {
  const row = /** @type {any} */ ({ track: { id: 1 } });
  const piece = (/** @type {number} */ leftPx, /** @type {number} */ rightPx, /** @type {boolean} */ dense) => ({ row, kind: 'span', state: State.RUNNING, at: 0, holder: 0, leftPx, rightPx, dense });
  const drawn = (/** @type {any[][]} */ ...blocks) => joined(blocks.map((pieces) => ({ pieces }))).filter(({ leftPx, rightPx }) => rightPx > leftPx + 1).map(({ leftPx, rightPx, dense }) => [leftPx, rightPx, dense]);
  const [columns, known] = [piece(72, 144, true), piece(71.8, 303, false)];
  assert.deepEqual(drawn([columns], [known]), [[71.8, 303, false]]);
  assert.deepEqual(drawn([known], [piece(288, 303, true)]), [[71.8, 303, false]]);
  assert.deepEqual(drawn([piece(20, 144, true)], [known]), [[20, 71.8, true], [71.8, 303, false]]);
  assert.deepEqual(drawn([columns], [piece(144, 200, true)]), [[72, 200, true]]);
});

test('a storm of handoffs never looks calm: however shortly others wait each time, it shows everywhere', () => {
  /** The GIL goes from one to the other every 10 µs; others wait for a part of each. @param {number} waited */
  const drawnOf = (waited) => {
    const model = begun();
    const each = [{ state: State.HELD, ns: 10_000 - waited }, ...(waited > 0 ? [{ state: State.CONTENDED, ns: waited }] : [])];
    const rows = Array.from({ length: 20_000 }, (_, n) => ({ at: Math.floor(n / each.length) * 10_000 + (n % each.length) * each[0].ns, track: 2, state: each[n % each.length].state, thing: 5 + (Math.floor(n / each.length) % 2) }));
    const column = (/** @type {string} */ name) => rows.map((row) => /** @type {any} */ (row)[name] ?? 0);
    model.addRows(/** @type {any} */ ({ count: rows.length, ...Object.fromEntries(['at', 'track', 'kind', 'flags', 'state', 'thing', 'line', 'value'].map((name) => [name, column(name)])) }));
    LAYOUTS.set(model, layOut(model, { fitPx: HEIGHT }));
    const row = /** @type {any} */ (LAYOUTS.get(model)).rowOf.get(2);
    const { all } = picture(new Blocks(bars()), frame(model, new Grid(0, WIDTH / 9e7), 0));
    const top = row.barTopPx - RULER_PX;
    return Array.from({ length: WIDTH }, (_, x) => Array.from({ length: row.barPx }, (_, y) => all[(top + y) * WIDTH + x]).join());
  };
  const calm = drawnOf(0);
  assert.equal(new Set(calm.slice(0, -20)).size, 1, 'nobody waits: one bar');
  for (const waited of [3, 50, 500, 5000]) {
    const differs = drawnOf(waited).map((column) => (column === calm[0] ? '.' : 'x')).join('');
    assert.equal(differs.indexOf('......'), -1, `${waited} ns of each 10 µs, in every six columns, which is the pattern's width: ${differs}`);
  }
});

test('a queue that gets deeper than it ever was is drawn anew, also where nothing else changes', () => {
  const model = begun();
  append(model, dice(2), 500);
  const lock = /** @type {any} */ (model.tracks[3]);
  const deepen = (/** @type {number} */ at, /** @type {number} */ depth) => {
    lock.depths.push(at, depth);
    lock.deepest = Math.max(lock.deepest, depth);
  };
  deepen(10, 2);
  LAYOUTS.set(model, layOut(model, { fitPx: HEIGHT }));
  const [blocks, view] = [new Blocks(bars()), frame(model, new Grid(0, WIDTH / 2 / model.until), 0)];
  const before = picture(blocks, view).all;
  deepen(model.until, 9);
  const after = picture(blocks, view).all;
  assert.equal(difference(after, picture(new Blocks(bars()), view).all), '');
  assert.notEqual(difference(after, before), '');
});

for (const ratio of [1, 2]) {
  test(`blocks have no seams: together they are what one raster would be, at ${ratio} pixels a pixel`, () => {
    const model = begun();
    append(model, dice(3), 4000);
    LAYOUTS.set(model, layOut(model, { fitPx: HEIGHT }));
    const layout = /** @type {any} */ (LAYOUTS.get(model));
    const blockPx = blockWidth(WIDTH, ratio);
    let labelled = 0;
    for (const [pxPerNs, part] of [2e-4, 1e-3, 5e-3].flatMap((pxPerNs) => [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map((part) => [pxPerNs, part]))) {
      const grid = new Grid(0, pxPerNs);
      const first = Math.floor((model.until * part * pxPerNs) / blockPx);
      const view = frame(model, grid, first * blockPx);
      const scale = grid.scale(view.originPx, 8 * blockPx);
      const wide = new Raster();
      wide.begin(ground(scale), HEIGHT);
      const pieces = bars(ratio).draw(view, layout.rows, scale, view.originPx, wide);
      const { all, labels } = picture(new Blocks(bars(ratio)), view);
      const whole = new Uint32Array(WIDTH * HEIGHT);
      for (let y = 0; y < HEIGHT; y += 1) whole.set(wide.pixels.subarray(y * 8 * blockPx, y * 8 * blockPx + WIDTH), y * WIDTH);
      assert.equal(difference(all, whole), '');
      // The labels are the same, too.
      const told = (/** @type {any[]} */ [id, left, right]) => `${id}: ${Math.round(left * 100)} to ${Math.round(right * 100)}`;
      const inside = (/** @type {any[]} */ [, left, right]) => left > view.originPx && right < view.originPx + 5 * blockPx;
      const found = labels.filter(inside).map(told);
      assert.deepEqual(found.sort(), pieces.map(({ row, leftPx, rightPx }) => [row.track.id, leftPx, rightPx]).filter(inside).map(told).sort());
      labelled += found.length;
    }
    assert.ok(labelled > 30);
  });
}

test('live, the strip of the whole recording is made a part with each frame, and is what it would be at once', () => {
  const model = begun();
  append(model, dice(13), 3000);
  const overview = new Overview();
  const live = () => ({ shares: summarise(model, 75, model.duration), wide: 4 });
  assert.deepEqual(overview.update(model, 300, 0), live(), 'the first at once');
  append(model, dice(14), 2000);
  const then = live();
  const made = [];
  for (let now = 0; now <= 250; now += 25) {
    if (now === 100) append(model, dice(15), 500);
    made.push(overview.update(model, 300, now));
  }
  assert.deepEqual(made.slice(0, 8).map((shares) => shares !== null), [...Array(7).fill(false), true], 'the third of three threads is begun after two thirds of the time');
  assert.deepEqual(made[7], then);
  assert.notDeepEqual(then, live(), 'more has come meanwhile');
  model.tellEnd({ verdict: 'ok', sentence: '', duration_ns: 0 });
  assert.deepEqual(overview.update(model, 300, 260), { shares: summarise(model, 300, model.duration), wide: 1 }, 'and at the end at once, each pixel of its own');
  assert.equal(overview.update(model, 300, 9999), null);
});

test('a grid keeps a view that is moved by any way on whole pixels, and lets go of one of another width', () => {
  const random = dice(5);
  const grid = new Grid(6e10, 1000 / 3.3e6);
  for (let turn = 0; turn < 500; turn += 1) {
    const from = 6e10 + (random() - 0.5) * 1e9;
    const origin = /** @type {number} */ (grid.originOf({ from, to: from + 3.3e6 }, 1000));
    const scale = grid.scale(origin, 1000);
    assert.ok(Number.isInteger(origin));
    assert.ok(Math.abs(scale.timeToPx(from)) <= 0.5 + 1e-4);
    assert.ok(Math.abs(grid.scale(origin + 7, 1000).timeToPx(from) - (scale.timeToPx(from) - 7)) < 1e-4);
    assert.equal(grid.originOf({ from, to: from + 3.4e6 }, 1000), null);
  }
});

test('time by state is conserved to the nanosecond, in whatever batches rows come', () => {
  const random = dice(11);
  for (let turn = 0; turn < 20; turn += 1) {
    const rows = new Columns();
    const times = new TimeByState(rows);
    const spent = new Float64Array(STATES);
    let at = Math.floor(random() * 1e6);
    let before = -1;
    for (let n = 0; n < 1500; n += 1) {
      const passed = random() < 0.1 ? 0 : Math.floor(random() ** 4 * 1e9);
      if (before >= 0) spent[before] += passed;
      at += before >= 0 ? passed : 0;
      before = Math.floor(random() * (2 + turn));
      rows.add(at, 0, before, 0, 0, 0);
      if (random() < 0.02) times.update();
    }
    times.update();
    const found = times.between(rows.at[0], at);
    assert.deepEqual([...found], [...spent]);
    assert.equal(found.reduce((sum, part) => sum + part), at - rows.at[0]);
    // Any two neighbouring stretches together are the stretch that they make.
    for (let cut = 0; cut < 20; cut += 1) {
      const middle = Math.floor(rows.at[0] + random() * (at - rows.at[0]));
      const [left, right] = [times.between(rows.at[0], middle), times.between(middle, at)];
      assert.deepEqual([...left].map((part, state) => part + right[state]), [...spent]);
      const walked = new Float64Array(STATES);
      for (let row = 0; row < rows.count && rows.at[row] < middle; row += 1) walked[rows.state[row]] += Math.min(rows.at[row + 1] ?? at, middle) - rows.at[row];
      assert.deepEqual([...left], [...walked]);
    }
    // So do columns, however many, by either way of counting.
    for (const count of [3, 17, 700]) {
      const columns = new Float64Array(count * times.present.length);
      times.columns(rows.at[0], (at - rows.at[0]) / count, count, at, columns);
      times.present.forEach((state, n) => {
        let sum = 0;
        for (let column = 0; column < count; column += 1) sum += columns[column * times.present.length + n];
        assert.ok(Math.abs(sum - spent[state]) < 1e-3, `${count} columns, state ${state}: ${sum} ≠ ${spent[state]}`);
      });
    }
  }
});
