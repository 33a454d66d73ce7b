import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Camera } from '../../static/js/view/camera.js';
import { Viewport } from '../../static/js/view/viewport.js';

const model = (/** @type {number} */ until) => /** @type {any} */ ({ until, duration: until, opening: 0 });

test('following, the newest moment stays at the right edge, also while it is zoomed', () => {
  const growing = model(2e9);
  const camera = new Camera(growing);
  camera.follow(true);
  for (let now = 0; camera.advance(now, 16, 1000, false); now += 16) assert.ok(now < 5000);
  assert.equal(camera.at, 2e9);
  assert.ok(Math.abs(camera.viewport.width - 1.02e9) < 1);
  assert.equal(camera.zoom(4, 1.5e9), true);
  growing.until = 2.5e9;
  growing.duration = 2.5e9;
  assert.equal(camera.advance(0, 16, 1000, true), false);
  assert.deepEqual([camera.following, camera.at, Math.round(camera.viewport.width)], [true, 2.5e9, 255e6]);
  assert.ok(camera.viewport.to > 2.5e9 && camera.viewport.to < 2.51e9);
});

test('the edge glides towards what has come, and never beyond it', () => {
  const camera = new Camera(model(1e9));
  camera.follow(true);
  let last = -1;
  for (let now = 0; camera.advance(now, 16, 1000, false); now += 16) {
    assert.ok(camera.at > last && camera.at <= 1e9);
    last = camera.at;
  }
});

test('moving by one’s own will ends the following; the run’s growth leaves the view alone', () => {
  const growing = model(1e9);
  const camera = new Camera(growing);
  camera.follow(true);
  camera.advance(0, 16, 1000, true);
  camera.pan(-1e8);
  const { viewport } = camera;
  growing.until = growing.duration = 9e9;
  camera.grown();
  camera.advance(16, 16, 1000, true);
  assert.deepEqual([camera.following, camera.viewport], [false, viewport]);
});

test('moving to where there is nothing more to see ends the following, too', () => {
  const camera = new Camera(model(1e6));
  camera.follow(true);
  const { viewport } = camera;
  camera.look(viewport);
  assert.deepEqual([camera.following, camera.viewport], [false, viewport]);
});

test('a replay that reaches the edge of a run that goes on follows it', () => {
  const camera = new Camera(model(1e6));
  camera.running = true;
  camera.setPace(1);
  camera.togglePlay();
  for (let now = 0; camera.playback.playing; now += 50) camera.advance(now, 50, 1000, true);
  assert.equal(camera.following, true);
});

test('with less motion the playhead goes in steps, and the view turns like a page', () => {
  const camera = new Camera(model(10e9));
  camera.look(new Viewport(0, 1.2e9));
  camera.setPace(1);
  camera.togglePlay();
  const seen = [];
  for (let now = 0; now <= 1600; now += 100) {
    camera.advance(now, 100, 1000, true);
    seen.push(`${Math.round(camera.at / 1e6)}@${Math.round(camera.viewport.from / 1e6)}`);
  }
  assert.equal(seen.join(' '), `${'0@0 '.repeat(5)}${'500@0 '.repeat(5)}${'1000@0 '.repeat(5)}1500@1440 1500@1440`);
});

test('with less motion the edge of a run is moved twice a second', () => {
  const growing = model(0);
  const camera = new Camera(growing);
  camera.follow(true);
  const seen = [];
  for (let now = 0; now <= 1200; now += 100) {
    growing.until = growing.duration = now * 1e6;
    camera.advance(now, 100, 1000, true);
    seen.push(camera.at / 1e6);
  }
  assert.deepEqual(seen, [0, 0, 0, 0, 0, 500, 500, 500, 500, 500, 1000, 1000, 1000]);
});

test('a slow pace narrows a wide view around the playhead, a narrow one stays', () => {
  const camera = new Camera(model(421e6));
  camera.fit();
  camera.seek(100e6);
  camera.setPace(1000);
  assert.ok(camera.viewport.width <= 20.001e6 && camera.viewport.contains(100e6));
  const { viewport } = camera;
  camera.setPace(10);
  assert.equal(camera.viewport, viewport);
});

test('playing, the playhead stays in view', () => {
  const camera = new Camera(model(421e6));
  camera.look(new Viewport(0, 10e6));
  camera.setPace(10);
  camera.togglePlay();
  for (let now = 0; now < 2000; now += 40) {
    camera.advance(now, 40, 1000, false);
    assert.ok(camera.viewport.contains(camera.at), `${camera.at}`);
  }
  assert.ok(camera.at > 190e6);
});

test('at the end, play begins again; F goes to the span, then to the whole', () => {
  const camera = new Camera(model(1e6));
  camera.seek(1e6);
  camera.togglePlay();
  assert.equal(camera.at, 0);
  const span = /** @type {any} */ ({ from: 2e5, to: 3e5 });
  camera.fitSpan(span);
  assert.deepEqual([camera.viewport.from, camera.viewport.to], [175_000, 325_000]);
  camera.fitSpan(span);
  assert.equal(camera.untouched, true);
  camera.fitSpan(null);
  assert.equal(camera.untouched, true);
});

test('the first view begins with what the scenario is about; the whole is one command away', () => {
  const camera = new Camera(/** @type {any} */ ({ until: 500, duration: 500, opening: 300 }));
  const seen = () => [camera.viewport.from, camera.viewport.to, camera.at, camera.untouched];
  camera.open();
  assert.deepEqual(seen(), [298, 502, 300, true]);
  camera.grown();
  assert.deepEqual(seen(), [298, 502, 300, true]);
  camera.fit();
  assert.deepEqual(seen(), [-5, 505, 300, false]);
  camera.extent = { from: 100, to: 500 };  // beside others, all begin where the first one does
  camera.open();
  assert.deepEqual(seen(), [96, 504, 100, true]);
});

test('what the playhead has just passed is measured on the wall, and nothing while it rests', () => {
  const camera = new Camera(model(1e9));
  camera.seek(5e8);
  assert.equal(camera.passing(100), null);
  camera.setPace(1000);
  camera.togglePlay();
  assert.deepEqual(camera.passing(100), { from: 5e8 - 1e5, to: 5e8 });
  camera.togglePlay();
  assert.equal(camera.passing(100), null);
  camera.follow(true);
  camera.advance(0, 16, 1000, true);
  assert.deepEqual(camera.passing(100), { from: 9e8, to: 1e9 });
});

test('a journey ends where it is to end, shows what lies between, and gives way to the reader', () => {
  const camera = new Camera(model(1e9));
  camera.fit();
  const there = new Viewport(4e8, 4.001e8);
  camera.glide(there);
  let last = camera.viewport;
  let frames = 0;
  for (let now = 0; camera.advance(now, 16, 1000, false); now += 16) {
    assert.ok(now < 5000);
    assert.ok(camera.viewport.width < last.width && camera.viewport.from > last.from && camera.viewport.contains(4.0005e8));
    last = camera.viewport;
    frames += 1;
  }
  assert.ok(frames > 10);
  assert.equal(camera.viewport, there);
  camera.glide(Viewport.fit(1e9));
  assert.equal(camera.advance(0, 16, 1000, true), false);
  assert.deepEqual(camera.viewport, Viewport.fit(1e9));
  camera.glide(there);
  camera.advance(0, 16, 1000, false);
  camera.look(new Viewport(0, 5e8));
  assert.equal(camera.advance(0, 16, 1000, false), false);
  assert.deepEqual(camera.viewport, new Viewport(0, 5e8));
});

test('between two views of one width it goes at an even pace', () => {
  const from = new Viewport(0, 100);
  assert.deepEqual([0, 0.25, 1].map((part) => from.toward(new Viewport(400, 500), part)), [from, new Viewport(100, 200), new Viewport(400, 500)]);
  const half = new Viewport(0, 400).toward(new Viewport(0, 100), 0.5);
  assert.deepEqual([half.from, half.to], [0, 200]);
});
