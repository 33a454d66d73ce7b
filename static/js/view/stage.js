// The tracks on screen: what is looked at, and one loop that draws when something changed.

import { Arrangement } from './arrangement.js';
import { Finder } from '../model/find.js';
import { layOut, rowAt, OVERVIEW_PX, RULER_PX } from '../model/layout.js';
import { Overview } from '../drawing/overview.js';
import { Painter, resolveColour } from '../drawing/painter.js';
import { Camera } from './camera.js';
import { Curves } from '../drawing/curves.js';
import { TimeScale } from '../drawing/time_scale.js';
import { Viewport } from './viewport.js';
import { listen, listenToStrip } from './gestures.js';
import { node } from '../nodes.js';
import { Names } from './names.js';
import { note, spoken } from '../text/sentences.js';
import { readPalette } from '../drawing/palette.js';
import { rangeFrom, rangeOf } from '../drawing/range.js';
import { firstSpan, revealRow, spanOf, stepEvent, stepRow, stepSpan } from './selection.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Span} Span
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('./gestures.js').Command} Command
 */

const NAMES_PX = 190;
const NARROW_NAMES_PX = 104;
const NARROW_PX = 640;
/** How long an arrow stays bright that the playhead has passed. */
const FLASH_MS = 350;

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
    /** @type {Finder | null} */
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
        focused: (track) => this.#show(track.id),
      },
    );
    this.more = node('button', { type: 'button', class: 'gt-more', hidden: true });
    this.below = node('button', { type: 'button', class: 'gt-more gt-more-below', hidden: true });
    this.sheet = node('div', { class: 'gt-sheet' }, this.ground, this.canvas, this.names.element);
    this.space = node('div', { class: 'gt-space' }, this.sheet, this.more);
    this.scroll = node('div', { class: 'gt-scroll', tabindex: '-1' }, this.space);
    this.strip = node('canvas', { class: 'gt-overview', 'aria-hidden': 'true', title: 'The whole recording: what all threads together did. Press or drag to look somewhere else.' });
    this.overview = new Overview();
    this.curves = new Curves((xPx) => this.#scrub(xPx), () => this.touchOverlay());
    this.probe = node('span', { class: 'gt-probe', 'aria-hidden': 'true' });
    this.element = node('div', { class: 'gt-stage' }, this.strip, this.scroll, this.curves.element, this.below, this.probe);

    this.painter = new Painter(this.ground, this.canvas, this.strip);
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
    /** The browser has taken a canvas away, as it does when graphics memory runs out. */
    this.lost = false;
    this.ending = new AbortController();
  }

  /** Begin to listen and to draw. */
  connect() {
    this.ending = new AbortController();
    const { signal } = this.ending;
    const sized = new ResizeObserver(() => this.#measure());
    sized.observe(this.scroll);
    const seen = new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      this.touch();
    });
    seen.observe(this.element);
    const dressed = new MutationObserver(() => this.redress());
    for (const root of [document.documentElement, document.body]) {
      dressed.observe(root, { attributes: true, attributeFilter: ['class', 'data-theme', 'style'] });
    }
    signal.addEventListener('abort', () => {
      sized.disconnect();
      seen.disconnect();
      dressed.disconnect();
    });
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)']) {
      matchMedia(query).addEventListener('change', () => this.redress(), { signal });
    }
    document.addEventListener('visibilitychange', () => this.touch(), { signal });
    this.#watchRatio(signal);
    for (const canvas of [this.ground, this.canvas, this.strip]) {
      canvas.addEventListener('contextlost', () => this.#lose(true), { signal });
      canvas.addEventListener('contextrestored', () => this.#lose(false), { signal });
    }
    this.scroll.addEventListener('scroll', () => this.touch(), { signal, passive: true });
    this.more.addEventListener('click', () => this.arrange((arrangement) => {
      arrangement.quiet = !arrangement.quiet;
    }), { signal });
    this.below.addEventListener('click', () => this.scroll.scrollBy(0, this.heightPx - RULER_PX), { signal });
    document.fonts?.ready.then(() => this.redress());
    listenToStrip(this.strip, { look: (xPx) => this.#lookAround(xPx), range: (fromPx, toPx) => this.#selectRange(this.#stripScale, fromPx, toPx) }, signal);
    listen(this.sheet, this.#actions(), () => this.namesPx, signal);
    this.redress();
  }

  disconnect() {
    this.ending.abort();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  /** A window moved to another screen, or zoomed: the resolution changes. @param {AbortSignal} signal */
  #watchRatio(signal) {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener('change', () => {
      this.#measure();
      this.#watchRatio(signal);
    }, { once: true, signal });
  }

  /** A canvas that comes back is empty. @param {boolean} lost */
  #lose(lost) {
    this.lost = lost;
    this.dirty.palette = true;
    this.#measure();
  }

  #measure() {
    this.widthPx = this.scroll.clientWidth;
    this.heightPx = this.scroll.clientHeight;
    this.namesPx = this.widthPx < NARROW_PX ? NARROW_NAMES_PX : NAMES_PX;
    this.element.style.setProperty('--gt-names-width', `${this.namesPx}px`);
    this.sheet.style.height = `${this.heightPx}px`;
    this.shape = -1;
    const ratio = Math.min(devicePixelRatio || 1, 3);
    if (ratio !== this.painter.ratio) this.dirty.palette = true;
    this.painter.resize(this.widthPx, this.heightPx, ratio);
    this.touch();
  }

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
    if (this.shape !== this.model.shape) this.#relayout();
    if (this.dirty.palette) {
      this.dirty.palette = false;
      this.painter.dress(readPalette(this.probe, resolveColour, this.painter.ratio, this.arrangement.states));
      this.dirty.ground = true;
      this.overview.key = '';
    }
    this.#tellBelow();
    const frame = this.#frameNow();
    if (this.dirty.ground) this.painter.drawGround(frame);
    this.names.update(this.layout, this.scroll.scrollTop, this.heightPx, this.selected?.track.id ?? 0);
    this.painter.over.draw(frame);
    this.#drawOverview(frame, now);
    if (this.painter.palette) this.curves.draw(frame, this.painter.palette, this.painter.ratio);
    this.dirty.ground = false;
    this.dirty.overlay = false;
    this.events.changed();
    if (moving) this.#schedule();
  }

  /** @param {import('../drawing/painter.js').Frame} frame @param {number} now ms */
  #drawOverview(frame, now) {
    if (this.strip.clientHeight === 0) return;
    const shares = this.overview.update(this.model, Math.max(1, Math.round((this.widthPx - this.namesPx) * this.painter.ratio)), now);
    if (shares) this.painter.over.summarise(shares);
    this.painter.over.drawOverview(frame);
  }

  /** Bring the moment at a place of the strip into the middle. @param {number} xPx */
  #lookAround(xPx) {
    const at = this.#stripScale.pxToTime(xPx);
    const { viewport } = this.camera;
    this.camera.pan(at - (viewport.from + viewport.to) / 2);
    this.touch();
  }

  get #stripScale() {
    return new TimeScale(0, Math.max(this.model.duration, 1), this.namesPx, Math.max(1, this.widthPx - this.namesPx));
  }

  /** Of the whole recording, or of what is in view. @param {TimeScale} scale @param {number} fromPx @param {number} toPx */
  #selectRange(scale, fromPx, toPx) {
    this.setRange(rangeOf(scale.pxToTime(fromPx), scale.pxToTime(toPx), this.model.duration));
  }

  /** @param {import('../drawing/range.js').Range | null} range */
  setRange(range) {
    this.arrangement.range = range;
    this.touchOverlay();
  }

  #frameNow() {
    return {
      model: this.model,
      layout: this.layout,
      ...this.painter.look(this.camera.viewport, this.namesPx),
      widthPx: this.widthPx,
      heightPx: this.heightPx,
      namesPx: this.namesPx,
      scrollPx: this.scroll.scrollTop,
      at: this.camera.at,
      passing: this.calm.matches ? null : this.camera.passing(FLASH_MS),
      selected: this.selected,
      hovered: this.hovered,
      story: this.story,
      path: this.path,
      range: this.arrangement.range,
      marks: this.marks?.all ?? [],
    };
  }

  #relayout() {
    this.shape = this.model.shape;
    const { arrangement } = this;
    const finder = arrangement.find ? new Finder(this.model, arrangement.find) : null;
    this.finder = finder;
    this.layout = layOut(this.model, { ...arrangement, keeps: finder && ((track) => finder.keeps(track)), fitPx: this.heightPx });
    const tracks = this.layout.rows.map(({ track }) => track);
    this.found = finder && { spans: finder.count(tracks), tracks: tracks.filter((track) => finder.keeps(track)).length };
    this.space.style.height = `${Math.max(this.layout.heightPx, this.heightPx)}px`;
    const curvesPx = this.curves.heightPx(this.model, arrangement.curves);
    this.element.style.setProperty('--gt-curves', `${curvesPx}px`);
    this.element.style.setProperty('--gt-roomy', `${this.layout.roomyPx + OVERVIEW_PX + 2 + curvesPx}px`);
    const { quiet, moreTopPx } = this.layout;
    this.more.hidden = moreTopPx === 0;
    this.more.style.top = `${moreTopPx + 6}px`;
    this.more.textContent = `${arrangement.quiet ? 'Hide' : 'Show'} ${quiet} quiet ${quiet === 1 ? 'track' : 'tracks'}`;
    this.more.title = 'Threads and cores that did nothing, things that nobody held, locks inside other things';
    this.more.setAttribute('aria-expanded', String(arrangement.quiet));
    this.dirty.ground = true;
  }

  /** Arrange the tracks otherwise. @param {(arrangement: Arrangement) => void} change */
  arrange(change) {
    change(this.arrangement);
    this.shape = -1;
    this.redress();
  }

  /** Go to the next or previous place of what is looked for. @param {1 | -1} step */
  look(step) {
    const { camera, finder, layout, selected } = this;
    const span = finder?.next(layout.rows.map(({ track }) => track), selected, camera.at, step);
    if (span) this.#leap(span);
  }

  /** To the next moment at which anything happens, or back. @param {1 | -1} step */
  #stepEvent(step) {
    const { camera, layout, model } = this;
    camera.playback.set(false);
    const event = stepEvent(model, layout, camera.at, step);
    if (!event) return;
    this.select(event.span);
    camera.seek(event.at, true);
  }

  /** Go to what made the selected span end, or a running one begin. */
  #cause() {
    const { model, selected } = this;
    if (!selected) return;
    const { track, from, to } = selected;
    const cause = model.flows.cause(track.id, from, to) ?? model.flows.cause(track.id, from - 1e6, from);
    const span = cause && model.tracks[cause.track]?.spanAt(cause.at, model.duration);
    if (!span) return;
    this.#leap(span);
    this.camera.seek(cause.at);
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
    this.#leap(span);
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
  #leap(span) {
    this.events.leaving();
    this.select(span, true);
  }

  /** What happens in a row: what is selected there, or else at the playhead. @param {Row} row */
  #sentence({ track, merged }) {
    if (merged.length > 0 || track.rows.count === 0) return merged.length > 0 ? `${merged.length} tracks in one strip` : '';
    if (this.camera.at > this.model.duration) return `${track.name}: the recording has ended`;
    const span = this.selected?.track === track ? this.selected : track.spanAt(this.camera.at, this.model.duration);
    return span ? spoken(this.model, span) : `${track.name} has not begun`;
  }

  /** Scroll to a track's row. @param {number} id */
  #show(id) {
    const row = this.layout.rowOf.get(id);
    if (row) revealRow(this.scroll, row, RULER_PX);
  }

  /** How many tracks are out of sight further down. */
  #tellBelow() {
    const bottom = this.scroll.scrollTop + this.heightPx;
    const count = this.layout.rows.filter((row) => row.barTopPx + row.barPx > bottom).length;
    const text = count === 0 ? '' : `↓ ${count} more below`;
    if (this.below.textContent === text) return;
    this.below.textContent = text;
    this.below.hidden = count === 0;
  }

  /** The model has grown, or got another shape. */
  grown() {
    this.camera.grown();
    if (this.selected) this.selected = this.selected.track.spanOfRow(this.selected.first, this.model.duration);
    this.touch();
  }

  /** All of what is looked at, as its address tells it. @returns {import('./address.js').View} */
  get view() {
    const { arrangement, camera, selected } = this;
    const { at, untouched, viewport } = camera;
    const stretch = untouched ? {} : { from: viewport.from, to: viewport.to };
    return { ...stretch, ...(at !== camera.since || selected ? { at } : {}), ...(selected ? { track: selected.track.id } : {}), ...arrangement.told };
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

  get scale() {
    return new TimeScale(this.camera.viewport.from, this.camera.viewport.to, this.namesPx, Math.max(1, this.widthPx - this.namesPx));
  }

  /** @param {Span | null} span @param {boolean} [seek] go to its beginning */
  select(span, seek = false) {
    this.selected = span;
    if (span && seek) {
      this.camera.seek(span.from);
      if (!this.camera.viewport.contains(span.to)) this.camera.reveal(span.from, 0.3);
    }
    if (span) {
      this.#show(span.track.id);
      this.#focus(span.track.id, true);
    }
    this.touch();
    this.events.selected();
  }

  /** The row of a track takes the focus; with `only`, from another row alone. @param {number} id @param {boolean} [only] */
  #focus(id, only = false) {
    // It must be there to take it.
    this.names.update(this.layout, this.scroll.scrollTop, this.heightPx, this.selected?.track.id ?? 0);
    this.names.focus(id, only);
  }

  /** The keys are the timeline's. */
  focus() {
    this.#focus(this.names.current);
  }

  /** One row up or down; with it goes the selection, where there is something to select. @param {1 | -1} step */
  #stepRow(step) {
    const { camera, layout, model, names, selected } = this;
    const row = selected || names.current < 0 ? stepRow(layout, names.current, step) : layout.rowOf.get(firstSpan(model, layout, camera.at)?.track.id ?? 0);
    if (!row) return;
    const moment = selected ? Math.min(Math.max(camera.at, selected.from), selected.to) : camera.at;
    const span = spanOf(model, row, moment);
    if (span) this.select(span, true);
    else {
      this.#show(row.track.id);
      this.#focus(row.track.id);
    }
  }

  /** Fold or unfold the row that has the focus, or what it stands under. */
  #fold() {
    const { rows } = this.layout;
    let n = rows.findIndex((row) => row.track.id === this.names.current);
    if (n < 0) return;
    if (!rows[n].foldable) {
      const { level } = rows[n];
      while (n > 0 && rows[n].level >= level) n -= 1;
    }
    const row = rows[n];
    if (!row.foldable) return;
    this.arrange((arrangement) => arrangement.fold(row.track.id));
    this.#focus(row.track.id);
  }

  /** @param {number} xPx @param {number} yPx @returns {Span | null} */
  #spanUnder(xPx, yPx) {
    if (yPx < RULER_PX) return null;
    const row = rowAt(this.layout, yPx + this.scroll.scrollTop);
    if (!row || xPx < this.namesPx) return null;
    const at = this.scale.pxToTime(xPx);
    return at > this.model.duration ? null : row.track.spanAt(at, this.model.duration);
  }

  /** @returns {import('./gestures.js').Actions} */
  #actions() {
    const { camera } = this;
    return {
      begin: () => this.focus(),
      pan: (px) => {
        camera.pan(-this.scale.pxToDuration(px));
        this.touch();
      },
      zoom: (factor, xPx) => {
        const zoomed = camera.zoom(factor, this.scale.pxToTime(Math.max(xPx, this.namesPx)));
        this.touch();
        return zoomed;
      },
      scroll: (dyPx) => {
        this.scroll.scrollTop += dyPx;
      },
      scrub: (xPx) => this.#scrub(xPx),
      range: (fromPx, toPx) => this.#selectRange(this.scale, fromPx, Math.max(toPx, this.namesPx)),
      pick: (xPx, yPx) => this.#pick(xPx, yPx),
      open: (xPx, yPx) => {
        const span = this.#spanUnder(xPx, yPx);
        if (span) camera.look(Viewport.around(span.from, span.to, this.model.duration));
        this.touch();
      },
      hover: (xPx, yPx) => {
        const span = xPx === null ? null : this.#spanUnder(xPx, yPx);
        if (span?.first !== this.hovered?.first || span?.track !== this.hovered?.track) this.touchOverlay();
        this.hovered = span;
        const named = xPx !== null && xPx < this.namesPx && yPx > RULER_PX ? rowAt(this.layout, yPx + this.scroll.scrollTop) : null;
        this.events.hovered(span, named?.kind === 'heading' ? null : named, xPx ?? 0, yPx);
      },
      command: (command) => this.command(command),
    };
  }

  /** Move the playhead. @param {number} xPx */
  #scrub(xPx) {
    this.camera.playback.set(false);
    this.camera.seek(this.scale.pxToTime(xPx));
    this.touchOverlay();
  }

  /** @param {number} xPx @param {number} yPx */
  #pick(xPx, yPx) {
    if (yPx < RULER_PX) return;
    if (xPx < this.namesPx) {
      const row = rowAt(this.layout, yPx + this.scroll.scrollTop);
      if (row) this.#focus(row.track.id);
      if (row) this.select(spanOf(this.model, row, this.camera.at));
      return;
    }
    const span = this.#spanUnder(xPx, yPx);
    if (!this.camera.playback.playing) this.camera.seek(this.scale.pxToTime(xPx));
    this.select(span);
  }

  /** Select what happens in the row that has the focus; once it is, go to the reason why. */
  #enter() {
    const row = this.layout.rowOf.get(this.names.current);
    if (!row) return;
    if (this.selected?.track === row.track) this.events.ask('why');
    else if (row.foldable && row.track.rows.count === 0) this.#fold();
    else this.select(spanOf(this.model, row, this.camera.at), true);
  }

  /** Forget what was chosen last: the range, the path, the selection. */
  #escape() {
    const { arrangement } = this;
    if (arrangement.range) this.setRange(null);
    else if (arrangement.path) this.command('path');
    else this.select(null);
  }

  /** @param {Command} command */
  command(command) {
    const { camera, layout, model, names, selected } = this;
    const step = camera.viewport.width * 0.15;
    switch (command) {
      case 'zoom-in': camera.zoom(1.5, camera.focus(selected)); break;
      case 'zoom-out': camera.zoom(1 / 1.5, camera.focus(selected)); break;
      case 'earlier': camera.pan(-step); break;
      case 'later': camera.pan(step); break;
      case 'previous': this.select(stepSpan(model, layout, selected, camera.at, -1), true); break;
      case 'next': this.select(stepSpan(model, layout, selected, camera.at, 1), true); break;
      case 'up': this.#stepRow(-1); break;
      case 'down': this.#stepRow(1); break;
      case 'fold': this.#fold(); break;
      case 'pin': this.arrange((arrangement) => names.current > 0 && arrangement.pin(names.current)); break;
      case 'enter': this.#enter(); break;
      case 'fit': camera.fit(); break;
      case 'fit-selection': camera.fitSpan(selected); break;
      case 'play': camera.togglePlay(); break;
      case 'start': camera.seek(camera.since, true); break;
      case 'end': camera.seek(camera.until, true); break;
      case 'next-match': this.look(1); break;
      case 'previous-match': this.look(-1); break;
      case 'cause': this.#cause(); break;
      case 'event-before': this.#stepEvent(-1); break;
      case 'event-after': this.#stepEvent(1); break;
      case 'curves': this.arrange((arrangement) => { arrangement.curves = !arrangement.curves; }); break;
      case 'path': this.arrange((arrangement) => { arrangement.path = !arrangement.path; }); break;
      case 'range-begin': case 'range-end': this.setRange(rangeFrom(command, camera.at, this.arrangement.range, camera.viewport, model.duration)); break;
      case 'range-view': this.setRange(rangeOf(camera.viewport.from, camera.viewport.to, model.duration)); break;
      case 'help': case 'find': case 'events': case 'back': case 'forth': case 'mark': case 'tour': case 'next-step': case 'previous-step': this.events.ask(command); break;
      case 'escape': this.#escape(); break;
    }
    this.touch();
  }
}
