// What each command does to a stage, whether it came from a key or from a button: move the view, the playhead, the selection, the rows.

import { rangeFrom, rangeOf } from '../drawing/range.js';
import { firstSpan, spanOf, stepEvent, stepRow, stepSpan } from './selection.js';

/**
 * @typedef {import('./stage.js').Stage} Stage
 * @typedef {import('./gestures.js').Command} Command
 */

/** So much of the view is gone at once. */
const STEP = 0.15;
const ZOOM = 1.5;

/** @param {Stage} stage @param {Command} command */
export function run(stage, command) {
  const { arrangement, camera, layout, model, names, selected } = stage;
  const step = camera.viewport.width * STEP;
  switch (command) {
    case 'zoom-in': camera.zoom(ZOOM, camera.focus(selected)); break;
    case 'zoom-out': camera.zoom(1 / ZOOM, camera.focus(selected)); break;
    case 'earlier': camera.pan(-step); break;
    case 'later': camera.pan(step); break;
    case 'previous': stage.select(stepSpan(model, layout, selected, camera.at, -1), true); break;
    case 'next': stage.select(stepSpan(model, layout, selected, camera.at, 1), true); break;
    case 'up': toRow(stage, -1); break;
    case 'down': toRow(stage, 1); break;
    case 'fold': fold(stage); break;
    case 'pin': stage.arrange(() => names.current > 0 && arrangement.pin(names.current)); break;
    case 'enter': enter(stage); break;
    case 'fit': camera.fit(); break;
    case 'fit-selection': camera.fitSpan(selected); break;
    case 'play': camera.togglePlay(); break;
    case 'start': camera.seek(camera.since, true); break;
    case 'end': camera.seek(camera.until, true); break;
    case 'next-match': stage.look(1); break;
    case 'previous-match': stage.look(-1); break;
    case 'cause': toCause(stage); break;
    case 'event-before': toEvent(stage, -1); break;
    case 'event-after': toEvent(stage, 1); break;
    case 'curves': stage.arrange(() => { arrangement.curves = !arrangement.curves; }); break;
    case 'path': stage.arrange(() => { arrangement.path = !arrangement.path; }); break;
    case 'range-begin': case 'range-end': stage.setRange(rangeFrom(command, camera.at, arrangement.range, camera.viewport, model.duration)); break;
    case 'range-view': stage.setRange(rangeOf(camera.viewport.from, camera.viewport.to, model.duration)); break;
    case 'help': case 'find': case 'events': case 'back': case 'forth': case 'mark': case 'tour': case 'next-step': case 'previous-step': stage.events.ask(command); break;
    case 'escape': escape(stage); break;
  }
  stage.touch();
}

/** To the next moment at which anything happens, or back. @param {Stage} stage @param {1 | -1} step */
function toEvent(stage, step) {
  const { camera, layout, model } = stage;
  camera.playback.set(false);
  const event = stepEvent(model, layout, camera.at, step);
  if (!event) return;
  stage.select(event.span);
  camera.seek(event.at, true);
}

/** To what made the selected span end, or a running one begin. @param {Stage} stage */
function toCause(stage) {
  const { camera, model, selected } = stage;
  if (!selected) return;
  const { track, from, to } = selected;
  const cause = model.flows.cause(track.id, from, to) ?? model.flows.cause(track.id, from - 1e6, from);
  const span = cause && model.tracks[cause.track]?.spanAt(cause.at, model.duration);
  if (!span) return;
  stage.leap(span);
  camera.seek(cause.at);
}

/** One row up or down; with it goes the selection, where there is something to select. @param {Stage} stage @param {1 | -1} step */
function toRow(stage, step) {
  const { camera, layout, model, names, selected } = stage;
  const row = selected || names.current < 0 ? stepRow(layout, names.current, step) : layout.rowOf.get(firstSpan(model, layout, camera.at)?.track.id ?? 0);
  if (!row) return;
  const moment = selected ? Math.min(Math.max(camera.at, selected.from), selected.to) : camera.at;
  const span = spanOf(model, row, moment);
  if (span) stage.select(span, true);
  else {
    stage.show(row.track.id);
    stage.focusRow(row.track.id);
  }
}

/** Fold or unfold the row that has the focus, or what it stands under. @param {Stage} stage */
function fold(stage) {
  const { layout: { rows }, names } = stage;
  let n = rows.findIndex((row) => row.track.id === names.current);
  if (n < 0) return;
  if (!rows[n].foldable) {
    const { level } = rows[n];
    while (n > 0 && rows[n].level >= level) n -= 1;
  }
  const row = rows[n];
  if (!row.foldable) return;
  stage.arrange((arrangement) => arrangement.fold(row.track.id));
  stage.focusRow(row.track.id);
}

/** Select what happens in the row that has the focus; once it is, go to the reason why. @param {Stage} stage */
function enter(stage) {
  const row = stage.layout.rowOf.get(stage.names.current);
  if (!row) return;
  if (stage.selected?.track === row.track) stage.events.ask('why');
  else if (row.foldable && row.track.rows.count === 0) fold(stage);
  else stage.select(spanOf(stage.model, row, stage.camera.at), true);
}

/** Forget what was chosen last: the range, the path, the selection. @param {Stage} stage */
function escape(stage) {
  const { arrangement } = stage;
  if (arrangement.range) stage.setRange(null);
  else if (arrangement.path) run(stage, 'path');
  else stage.select(null);
}
