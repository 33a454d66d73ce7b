// The tracks on screen: what is looked at, and one loop that draws when something changed.

import { Arrangement } from './arrangement.js';
import { Camera } from './camera.js';
import { run } from './commands.js';
import { bringRow, drawFrame } from './frames.js';
import { Names } from './names.js';
import { listenOn, scrub } from './pointing.js';
import { revealRow } from './selection.js';
import { NAMES_PX, watch } from './watching.js';
import { Curves } from '../drawing/curves.js';
import { Overview } from '../drawing/overview.js';
import { Painter } from '../drawing/painter.js';
import { PlayheadPainter } from '../drawing/playhead.js';
import { TimeScale } from '../drawing/time_scale.js';
import { layOut, RULER_PX } from '../model/layout.js';
import { node } from '../nodes.js';
import { note, spoken } from '../text/sentences.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Span} Span
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('./gestures.js').Command} Command
 * @typedef {import('./viewport.js').Viewport} Viewport
 */

export class Stage {
  /**
   * @param {Model} model
   * @param {{changed: () => void, selected: () => void, hovered: (span: Span | null, row: Row | null, xPx: number, yPx: number) => void, ask: (what: 'help' | 'why' | 'find' | 'events' | 'back' | 'forth' | 'tour' | 'next-step' | 'previous-step' | 'mark') => void, leaving: () => void, moved: () => void}} events
   */
  constructor(model, events) {
    this.model = model;
    this.events = events;
    this.camera = new Camera(model);
    /** @type {Span | null} */
    this.selected = null;
    /** @type {Span | null} */
    this.hovered = null;
    /** @type {import('../panels/story.js').Story | null} why the selected span is as it is */
    this.story = null;
    /** @type {import('../drawing/path_painter.js').Path | null} the critical path, while it shows */
    this.path = null;
    /** @type {import('../panels/marks.js').Marks | null} what readers have set */
    this.marks = null;
    this.arrangement = new Arrangement();
    /** @type {number | null} the track that is to stand at the top, from the next frame on */
    this.top = null;
    /** @type {import('../model/find.js').Finder | null} */
    this.finder = null;
    /** @type {{spans: number, tracks: number} | null} what it found */
    this.found = null;
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');

    this.ground = node('canvas', { class: 'gt-ground', 'aria-hidden': 'true' });
    this.canvas = node('canvas', { class: 'gt-overlay', 'aria-hidden': 'true' });
    this.names = new Names(
      { note: (row) => note(model, row.track), sentence: (row) => this.#sentence(row) },
      {
        fold: (track) => this.arrange((arrangement) => arrangement.fold(track.id)),
        pin: (track) => this.arrange((arrangement) => arrangement.pin(track.id)),
        focused: (track) => this.show(track.id),
      },
    );
    this.more = node('button', { type: 'button', class: 'gt-more', hidden: true });
    this.below = node('button', { type: 'button', class: 'gt-more gt-more-below', hidden: true });
    this.moment = node('canvas', { class: 'gt-moment', 'aria-hidden': 'true' });
    const line = node('div', { class: 'gt-playhead', 'aria-hidden': 'true', hidden: true });
    this.sheet = node('div', { class: 'gt-sheet' }, this.ground, this.canvas, line, this.moment, this.names.element);
    this.space = node('div', { class: 'gt-space' }, this.sheet, this.more);
    this.scroll = node('div', { class: 'gt-scroll', tabindex: '-1' }, this.space);
    this.strip = node('canvas', { class: 'gt-overview', 'aria-hidden': 'true', title: 'The whole recording: what all threads together did. Press or drag to look somewhere else.' });
    this.overview = new Overview();
    this.curves = new Curves((xPx) => scrub(this, xPx), () => this.touchOverlay());
    this.probe = node('span', { class: 'gt-probe', 'aria-hidden': 'true' });
    this.element = node('div', { class: 'gt-stage' }, this.strip, this.scroll, this.curves.element, this.below, this.probe);

    this.painter = new Painter(this.ground, this.canvas, this.strip, new PlayheadPainter(line, this.moment));
    this.layout = layOut(model);
    this.shape = -1;
    this.widthPx = 0;
    this.heightPx = 0;
    this.namesPx = NAMES_PX;
    this.dirty = { ground: true, overlay: true, palette: true };
    this.frame = 0;
    this.last = 0;
    /** @type {Viewport | null} the view that the ground was last drawn in */
    this.drawn = null;
    /** What was last told to those who go with it: the view, the range, how slowly it plays. @type {{viewport: Viewport, at: number, range: import('../drawing/range.js').Range | null, pace: number}} */
    this.told = { viewport: this.camera.viewport, at: 0, range: null, pace: 0 };
    this.visible = true;
    /** No rows have been drawn yet. */
    this.first = true;
    /** The browser has taken a canvas away, as it does when graphics memory runs out. */
    this.lost = false;
    this.ending = new AbortController();
  }

  /** Begin to listen and to draw. */
  connect() {
    this.ending = new AbortController();
    const { signal } = this.ending;
    watch(this, signal);
    listenOn(this, signal);
    this.redress();
  }

  disconnect() {
    this.ending.abort();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  /** The colours may have changed. */
  redress() {
    this.dirty.palette = true;
    this.touch();
  }

  /** Everything may have changed: draw with the next frame. */
  touch() {
    this.dirty.ground = true;
    this.#schedule();
  }

  /** Only what lies over the tracks has changed. */
  touchOverlay() {
    this.dirty.overlay = true;
    this.#schedule();
  }

  #schedule() {
    this.#tellMove();
    if (this.frame !== 0 || this.ending.signal.aborted || document.hidden || !this.visible) return;
    this.frame = requestAnimationFrame((now) => this.#draw(now));
  }

  #tellMove() {
    const { camera: { viewport, at, playback }, arrangement: { range }, told } = this;
    const pace = playback.playing ? playback.slowness : 0;
    if (viewport === told.viewport && at === told.at && range === told.range && pace === told.pace) return;
    this.told = { viewport, at, range, pace };
    this.events.moved();
  }

  /** @param {number} now ms */
  #draw(now) {
    this.frame = 0;
    const passed = this.last === 0 ? 16 : Math.min(now - this.last, 100);
    this.last = now;
    const moving = this.camera.advance(now, passed, this.widthPx, this.calm.matches);
    this.#tellMove();
    if (this.camera.viewport !== this.drawn) this.dirty.ground = true;
    this.drawn = this.camera.viewport;
    if (this.widthPx === 0 || this.heightPx === 0) return;
    const coarse = drawFrame(this, now);
    this.events.changed();
    if (moving || coarse) this.#schedule();
  }

  /** The model has grown, or got another shape. */
  grown() {
    this.camera.grown();
    if (this.selected) this.selected = this.selected.track.spanOfRow(this.selected.first, this.model.duration);
    this.touch();
  }

  get scale() {
    return new TimeScale(this.camera.viewport.from, this.camera.viewport.to, this.namesPx, Math.max(1, this.widthPx - this.namesPx));
  }

  /** Change what is looked at. @param {(camera: Camera) => void} change */
  act(change) {
    change(this.camera);
    this.touch();
  }

  /** @param {boolean} following the end of a run that goes on */
  follow(following) {
    this.act((camera) => camera.follow(following));
  }

  /**
   * Look where another stage looks, and at its range, without telling it again.
   * @param {{viewport: Viewport, at: number, untouched: boolean}} view @param {import('../drawing/range.js').Range | null} range
   */
  take(view, range) {
    this.camera.take(view);
    this.arrangement.range = range;
    this.told = { ...this.told, viewport: view.viewport, at: view.at, range };
    this.touch();
  }

  /** @param {import('../drawing/range.js').Range | null} range */
  setRange(range) {
    this.arrangement.range = range;
    this.touchOverlay();
  }

  /** Arrange the tracks otherwise. @param {(arrangement: Arrangement) => void} change */
  arrange(change) {
    change(this.arrangement);
    this.shape = -1;
    this.redress();
    this.events.moved();
  }

  /** @param {Span | null} span @param {boolean} [seek] go to its beginning */
  select(span, seek = false) {
    this.selected = span;
    if (span && seek) {
      this.camera.seek(span.from);
      if (!this.camera.viewport.contains(span.to)) this.camera.reveal(span.from, 0.3);
    }
    if (span) {
      this.show(span.track.id);
      this.focusRow(span.track.id, true);
    }
    this.touch();
    this.events.selected();
  }

  /** Go to the next or previous place of what is looked for. @param {1 | -1} step */
  look(step) {
    const { camera, finder, layout, selected } = this;
    const span = finder?.next(layout.rows.map(({ track }) => track), selected, camera.at, step);
    if (span) this.leap(span);
  }

  /** Draw the chain of causes, or none. @param {import('../panels/story.js').Story | null} story */
  tell(story) {
    this.story = story;
    this.touchOverlay();
  }

  /** Draw the critical path, or none. @param {import('../drawing/path_painter.js').Path | null} path */
  drawPath(path) {
    this.path = path;
    this.touchOverlay();
  }

  /** Go to what a track did in a stretch. @param {number} track @param {number} begin @param {number} end @returns {Span | null} */
  visit(track, begin, end) {
    const span = this.model.tracks[track]?.spanAt((begin + end) / 2, this.model.duration) ?? null;
    if (!span) return null;
    this.leap(span);
    this.camera.seek(Math.max(begin, span.from));
    return span;
  }

  /** Go to a hop of the story. @param {import('../panels/story.js').Story} story @param {number} n */
  walk(story, n) {
    const { track, begin, end } = story.hops[n];
    const span = this.model.tracks[track]?.spanAt((begin + end) / 2, this.model.duration);
    if (!span) return;
    story.walk(n, span);
    this.visit(track, begin, end);
  }

  /** Select a span elsewhere; the view before it is one that one can go back to. @param {Span} span */
  leap(span) {
    this.events.leaving();
    this.select(span, true);
  }

  /** Scroll to a track's row; one that didn't show is there from now on. @param {number} id */
  show(id) {
    if (!this.layout.rowOf.has(id)) bringRow(this, id);
    const row = this.layout.rowOf.get(id);
    if (row) revealRow(this.scroll, row, RULER_PX);
  }

  /** The row of a track takes the focus; with `only`, from another row alone. @param {number} id @param {boolean} [only] */
  focusRow(id, only = false) {
    // It must be there to take it.
    this.names.update(this.layout, this.scroll.scrollTop, this.heightPx, this.selected?.track.id ?? 0, this.model.rowCount);
    this.names.focus(id, only);
  }

  /** The keys are the timeline's. */
  focus() {
    this.focusRow(this.names.current);
  }

  /** What happens in a row: what is selected there, or else at the playhead. @param {Row} row */
  #sentence({ track, merged }) {
    if (merged.length > 0 || track.rows.count === 0) return merged.length > 0 ? `${merged.length} tracks in one strip` : '';
    if (this.camera.at > this.model.duration) return `${track.name}: the recording has ended`;
    const span = this.selected?.track === track ? this.selected : track.spanAt(this.camera.at, this.model.duration);
    return span ? spoken(this.model, span) : `${track.name} has not begun`;
  }

  /** What a key or a button stands for. @param {Command} command */
  command(command) {
    run(this, command);
  }
}
