// What the pointer does on a stage: which span lies under it, and what dragging, clicking and hovering there mean.

import { rowAt, RULER_PX } from '../model/layout.js';
import { rangeOf } from '../drawing/range.js';
import { TimeScale } from '../drawing/time_scale.js';
import { listen, listenToStrip } from './gestures.js';
import { spanOf } from './selection.js';
import { Viewport } from './viewport.js';

/**
 * @typedef {import('./stage.js').Stage} Stage
 * @typedef {import('../model/model.js').Span} Span
 */

/** @param {Stage} stage @param {AbortSignal} signal ends it */
export function listenOn(stage, signal) {
  const { below, more, scroll, sheet, strip } = stage;
  more.addEventListener('click', () => stage.arrange((arrangement) => {
    arrangement.quiet = !arrangement.quiet;
  }), { signal });
  below.addEventListener('click', () => scroll.scrollBy(0, stage.heightPx - RULER_PX), { signal });
  listenToStrip(strip, { look: (xPx) => lookAround(stage, xPx), range: (fromPx, toPx) => selectRange(stage, stripScale(stage), fromPx, toPx) }, signal);
  listen(sheet, actionsOn(stage), () => stage.namesPx, signal);
}

/** Move the playhead. @param {Stage} stage @param {number} xPx */
export function scrub(stage, xPx) {
  stage.camera.playback.set(false);
  stage.camera.seek(stage.scale.pxToTime(xPx));
  stage.touchOverlay();
}

/** @param {Stage} stage @returns {import('./gestures.js').Actions} */
function actionsOn(stage) {
  const { camera } = stage;
  return {
    begin: () => stage.focus(),
    pan: (px) => {
      camera.pan(-stage.scale.pxToDuration(px));
      stage.touch();
    },
    zoom: (factor, xPx) => {
      const zoomed = camera.zoom(factor, stage.scale.pxToTime(Math.max(xPx, stage.namesPx)));
      stage.touch();
      return zoomed;
    },
    scroll: (dyPx) => {
      stage.scroll.scrollTop += dyPx;
    },
    scrub: (xPx) => scrub(stage, xPx),
    range: (fromPx, toPx) => selectRange(stage, stage.scale, fromPx, Math.max(toPx, stage.namesPx)),
    pick: (xPx, yPx) => pick(stage, xPx, yPx),
    open: (xPx, yPx) => {
      const span = spanUnder(stage, xPx, yPx);
      if (span) camera.look(Viewport.around(span.from, span.to, stage.model.duration));
      stage.touch();
    },
    hover: (xPx, yPx) => {
      const span = xPx === null ? null : spanUnder(stage, xPx, yPx);
      if (span?.first !== stage.hovered?.first || span?.track !== stage.hovered?.track) stage.touchOverlay();
      stage.hovered = span;
      const named = xPx !== null && xPx < stage.namesPx ? rowUnder(stage, yPx) : null;
      stage.events.hovered(span, named?.kind === 'heading' ? null : named, xPx ?? 0, yPx);
    },
    command: (command) => stage.command(command),
  };
}

/** @param {Stage} stage @param {number} yPx */
function rowUnder({ layout, scroll }, yPx) {
  return yPx < RULER_PX ? null : rowAt(layout, yPx + scroll.scrollTop);
}

/** @param {Stage} stage @param {number} xPx @param {number} yPx @returns {Span | null} */
function spanUnder(stage, xPx, yPx) {
  const row = rowUnder(stage, yPx);
  if (!row || xPx < stage.namesPx) return null;
  const at = stage.scale.pxToTime(xPx);
  return at > stage.model.duration ? null : row.track.spanAt(at, stage.model.duration);
}

/** @param {Stage} stage @param {number} xPx @param {number} yPx */
function pick(stage, xPx, yPx) {
  if (yPx < RULER_PX) return;
  const { camera, model } = stage;
  if (xPx < stage.namesPx) {
    const row = rowUnder(stage, yPx);
    if (row) stage.focusRow(row.track.id);
    if (row) stage.select(spanOf(model, row, camera.at));
    return;
  }
  const span = spanUnder(stage, xPx, yPx);
  if (!camera.playback.playing) camera.seek(stage.scale.pxToTime(xPx));
  stage.select(span);
}

/** Of the whole recording, or of what is in view. @param {Stage} stage @param {TimeScale} scale @param {number} fromPx @param {number} toPx */
function selectRange(stage, scale, fromPx, toPx) {
  stage.setRange(rangeOf(scale.pxToTime(fromPx), scale.pxToTime(toPx), stage.model.duration));
}

/** @param {Stage} stage */
function stripScale({ model, namesPx, widthPx }) {
  return new TimeScale(0, Math.max(model.duration, 1), namesPx, Math.max(1, widthPx - namesPx));
}

/** Bring the moment at a place of the strip into the middle. @param {Stage} stage @param {number} xPx */
function lookAround(stage, xPx) {
  const { viewport } = stage.camera;
  stage.camera.pan(stripScale(stage).pxToTime(xPx) - (viewport.from + viewport.to) / 2);
  stage.touch();
}
