// One frame of a stage: what has changed since the last one is worked out anew and drawn, and nothing else.

import { Finder } from '../model/find.js';
import { EMPTY_PX, layOut, OVERVIEW_PX, RULER_PX } from '../model/layout.js';
import { resolveColours } from '../drawing/painter.js';
import { readPalette } from '../drawing/palette.js';
import { COARSE_PX } from '../drawing/raster.js';

/** @typedef {import('./stage.js').Stage} Stage */

/** How long an arrow stays bright that the playhead has passed. */
const FLASH_MS = 350;

/** @param {Stage} stage which has a size @param {number} now ms @returns {boolean} the next frame has more to draw */
export function drawFrame(stage, now) {
  const { dirty, names, overview, painter } = stage;
  if (stage.shape !== stage.model.shape) arrangeRows(stage);
  if (stage.top !== null) scrollTo(stage, stage.top);
  if (dirty.palette) {
    dirty.palette = false;
    painter.dress(readPalette(stage.probe, resolveColours, painter.ratio, stage.arrangement.states));
    dirty.ground = true;
    overview.key = '';
  }
  tellBelow(stage);
  const first = stage.first && stage.model.rowCount > 0;
  const frame = frameOf(stage);
  if (dirty.ground) painter.drawGround(frame);
  names.update(stage.layout, stage.scroll.scrollTop, stage.heightPx, stage.selected?.track.id ?? 0, stage.model.rowCount);
  painter.over.draw(frame);
  if (painter.palette) painter.playhead.draw(frame, painter.palette, painter.ratio);
  if (!first) drawOverview(stage, frame, now);
  if (painter.palette) stage.curves.draw(frame, painter.palette, painter.ratio);
  stage.camera.zooming = false;
  if (first) stage.first = false;
  const { coarse } = painter.tracks;
  dirty.ground = coarse;
  dirty.overlay = false;
  return coarse || first;
}

/** @param {Stage} stage @returns {import('../drawing/painter.js').Frame} */
function frameOf(stage) {
  return {
    model: stage.model,
    layout: stage.layout,
    ...stage.painter.look(stage.camera.viewport, stage.namesPx),
    columnPx: stage.camera.zooming || stage.first ? COARSE_PX : 1,
    widthPx: stage.widthPx,
    heightPx: stage.heightPx,
    namesPx: stage.namesPx,
    scrollPx: stage.scroll.scrollTop,
    at: stage.camera.at,
    passing: stage.calm.matches ? null : stage.camera.passing(FLASH_MS),
    selected: stage.selected,
    hovered: stage.hovered,
    story: stage.story,
    path: stage.path,
    found: stage.finder,
    range: stage.arrangement.range,
    marks: stage.marks?.all ?? [],
  };
}

/** @param {Stage} stage @param {import('../drawing/painter.js').Frame} frame @param {number} now ms */
function drawOverview({ model, namesPx, overview, painter, strip, widthPx }, frame, now) {
  if (strip.clientHeight === 0) return;
  const summary = overview.update(model, Math.max(1, Math.round((widthPx - namesPx) * painter.ratio)), now);
  if (summary) painter.over.summarise(summary.shares, summary.wide);
  painter.over.drawOverview(frame);
}

/** The tracks are others, or arranged otherwise: which rows there are, and how tall. @param {Stage} stage */
function arrangeRows(stage) {
  const { arrangement, curves, element, heightPx, model, more } = stage;
  stage.shape = model.shape;
  const finder = arrangement.find ? new Finder(model, arrangement.find) : null;
  stage.finder = finder;
  const layout = layOut(model, { ...arrangement, keeps: finder && ((track) => finder.keeps(track)), fitPx: heightPx });
  stage.layout = layout;
  const tracks = layout.rows.map(({ track }) => track);
  stage.found = finder && { spans: finder.count(tracks), tracks: tracks.filter((track) => finder.keeps(track)).length };
  // Tracks that could be scrolled by a hair would keep a finger from scrolling the page.
  const fits = layout.heightPx - EMPTY_PX <= heightPx;
  stage.space.style.height = `${fits ? heightPx : layout.heightPx}px`;
  const curvesPx = curves.heightPx(model, arrangement.curves);
  element.style.setProperty('--gt-curves', `${curvesPx}px`);
  element.style.setProperty('--gt-roomy', `${layout.roomyPx + OVERVIEW_PX + 2 + curvesPx}px`);
  const { quiet, moreTopPx } = layout;
  more.hidden = moreTopPx === 0;
  more.style.top = `${moreTopPx + 6}px`;
  more.textContent = `${arrangement.quiet ? 'Hide' : 'Show'} ${quiet} quiet ${quiet === 1 ? 'track' : 'tracks'}`;
  more.title = 'Threads and cores that did nothing, things that nobody held, locks inside other things';
  more.setAttribute('aria-expanded', String(arrangement.quiet));
  stage.dirty.ground = true;
}

/** A track is the first in sight. @param {Stage} stage @param {number} id */
function scrollTo(stage, id) {
  stage.top = null;
  const row = stage.layout.rowOf.get(id);
  if (row) stage.scroll.scrollTop = row.topPx - RULER_PX;
}

/** The reader is led to a track that doesn't show: it does from now on. @param {Stage} stage @param {number} id */
export function bringRow(stage, id) {
  stage.arrangement.led.add(id);
  arrangeRows(stage);
}

/** How many tracks are out of sight further down. @param {Stage} stage */
function tellBelow({ below, heightPx, layout, scroll }) {
  const bottom = scroll.scrollTop + heightPx;
  const count = layout.rows.filter((row) => row.barTopPx + row.barPx > bottom).length;
  const text = count === 0 ? '' : `↓ ${count} more below`;
  if (below.textContent === text) return;
  below.textContent = text;
  below.hidden = count === 0;
}
