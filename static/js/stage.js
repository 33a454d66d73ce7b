// The tracks on screen: what is looked at, and one loop that draws when something changed.

import { layOut, rowAt, OVERVIEW_PX, RULER_PX } from './layout.js';
import { Overview } from './overview.js';
import { Painter, resolveColour } from './painter.js';
import { Playback } from './playback.js';
import { TimeScale } from './time_scale.js';
import { Viewport } from './viewport.js';
import { listen, listenToStrip } from './gestures.js';
import { node } from './nodes.js';
import { note } from './sentences.js';
import { readPalette } from './palette.js';
import { revealRow, stepSpan, stepTrack } from './selection.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Span} Span
 * @typedef {import('./gestures.js').Command} Command
 */

const NAMES_PX = 190;
const NARROW_NAMES_PX = 104;
const NARROW_PX = 640;
/** How much of the past is seen while following a run, until one zooms. */
const FOLLOW_NS = 1e9;
const FIRST_FOLLOW_NS = 50e6;
/** The edge glides after what has come, instead of leaping with each message. */
const GLIDE_MS = 90;
const HOLD = 0.72;

export class Stage {
  /**
   * @param {Model} model
   * @param {{changed: () => void, selected: () => void, hovered: (span: Span | null, xPx: number, yPx: number) => void, help: () => void}} events
   */
  constructor(model, events) {
    this.model = model;
    this.events = events;
    this.playback = new Playback();
    this.viewport = Viewport.fit(0);
    this.at = 0;
    this.following = false;
    this.running = false;
    this.followNs = FOLLOW_NS;
    this.edge = 0;
    /** @type {Span | null} */
    this.selected = null;
    /** @type {Span | null} */
    this.hovered = null;
    this.expanded = false;
    /** Rows become lower rather than be out of sight. */
    this.fits = false;
    this.untouched = true;
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');

    this.ground = node('canvas', { class: 'gt-ground', 'aria-hidden': 'true' });
    this.canvas = node('canvas', { class: 'gt-overlay', tabindex: '0', role: 'application' });
    this.more = node('button', { type: 'button', class: 'gt-more', hidden: true });
    this.sheet = node('div', { class: 'gt-sheet' }, this.ground, this.canvas);
    this.space = node('div', { class: 'gt-space' }, this.sheet, this.more);
    this.scroll = node('div', { class: 'gt-scroll', tabindex: '-1' }, this.space);
    this.strip = node('canvas', { class: 'gt-overview', 'aria-hidden': 'true' });
    this.overview = new Overview();
    this.probe = node('span', { class: 'gt-probe', 'aria-hidden': 'true' });
    this.element = node('div', { class: 'gt-stage' }, this.strip, this.scroll, this.probe);

    this.painter = new Painter(this.ground, this.canvas, this.strip);
    this.layout = layOut(model);
    this.shape = -1;
    this.widthPx = 0;
    this.heightPx = 0;
    this.namesPx = NAMES_PX;
    this.dirty = { ground: true, overlay: true, palette: true };
    this.frame = 0;
    this.last = 0;
    this.visible = true;
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
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => this.redress(), { signal });
    }
    document.addEventListener('visibilitychange', () => this.touch(), { signal });
    this.#watchRatio(signal);
    this.scroll.addEventListener('scroll', () => this.touch(), { signal, passive: true });
    this.more.addEventListener('click', () => {
      this.expanded = !this.expanded;
      this.shape = -1;
      this.touch();
    }, { signal });
    document.fonts?.ready.then(() => this.redress());
    listenToStrip(this.strip, (xPx) => this.#lookAround(xPx), signal);
    listen(this.canvas, this.#actions(), () => this.namesPx, signal);
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
      this.redress();
      this.#watchRatio(signal);
    }, { once: true, signal });
  }

  #measure() {
    this.widthPx = this.scroll.clientWidth;
    this.heightPx = this.scroll.clientHeight;
    this.namesPx = this.widthPx < NARROW_PX ? NARROW_NAMES_PX : NAMES_PX;
    this.sheet.style.height = `${this.heightPx}px`;
    this.shape = -1;
    this.painter.resize(this.widthPx, this.heightPx, Math.min(devicePixelRatio || 1, 3));
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
    if (this.frame !== 0 || this.ending.signal.aborted || document.hidden || !this.visible) return;
    this.frame = requestAnimationFrame((now) => this.#draw(now));
  }

  /** @param {number} now ms */
  #draw(now) {
    this.frame = 0;
    const passed = this.last === 0 ? 16 : Math.min(now - this.last, 100);
    this.last = now;
    const moving = this.#advance(now, passed);
    if (this.widthPx === 0 || this.heightPx === 0) return;
    if (this.shape !== this.model.shape) this.#relayout();
    if (this.dirty.palette) {
      this.dirty.palette = false;
      this.painter.dress(readPalette(this.probe, resolveColour, this.painter.ratio));
      this.dirty.ground = true;
      this.overview.key = '';
    }
    const frame = this.#frameNow();
    if (this.dirty.ground) this.painter.drawGround(frame);
    this.painter.drawOverlay(frame);
    this.#drawOverview(frame, now);
    this.dirty.ground = false;
    this.dirty.overlay = false;
    this.events.changed();
    if (moving) this.#schedule();
  }

  /** @param {import('./painter.js').Frame} frame @param {number} now ms */
  #drawOverview(frame, now) {
    if (this.strip.clientHeight === 0) return;
    const shares = this.overview.update(this.model, Math.max(1, Math.round((this.widthPx - this.namesPx) * this.painter.ratio)), now);
    if (shares) this.painter.summarise(shares);
    this.painter.drawOverview(frame);
  }

  /** Bring the moment at a place of the strip into the middle. @param {number} xPx */
  #lookAround(xPx) {
    const at = new TimeScale(0, Math.max(this.model.duration, 1), this.namesPx, Math.max(1, this.widthPx - this.namesPx)).pxToTime(xPx);
    this.look(this.viewport.pan(at - (this.viewport.from + this.viewport.to) / 2, this.model.duration));
  }

  #frameNow() {
    return {
      model: this.model,
      layout: this.layout,
      viewport: this.viewport,
      widthPx: this.widthPx,
      heightPx: this.heightPx,
      namesPx: this.namesPx,
      scrollPx: this.scroll.scrollTop,
      at: this.at,
      following: this.following,
      selected: this.selected,
      hovered: this.hovered,
      note: (/** @type {import('./layout.js').Row} */ row) => note(this.model, row.track),
    };
  }

  /**
   * Move what moves by itself: the live edge, the playhead.
   * @param {number} now ms
   * @param {number} passed ms since the last frame
   * @returns {boolean} whether it goes on moving
   */
  #advance(now, passed) {
    if (this.following) return this.#follow(passed);
    if (!this.playback.playing) return false;
    this.at = this.playback.step(this.at, now, this.model.duration);
    if (!this.playback.playing && this.running) this.setFollowing(true);
    const hold = this.viewport.from + this.viewport.width * HOLD;
    if (this.at > hold && this.at < this.viewport.to + this.viewport.width) this.#look(this.viewport.pan(this.at - hold, this.model.duration));
    else if (!this.viewport.contains(this.at)) this.#look(this.viewport.reveal(this.at, 0.3));
    this.dirty.overlay = true;
    return true;
  }

  /** @param {number} passed ms */
  #follow(passed) {
    const target = this.model.until;
    const gap = target - this.edge;
    const width = Math.min(this.followNs, Math.max(target, FIRST_FOLLOW_NS));
    const still = Math.abs(gap) < width / Math.max(this.widthPx, 1) / 2;
    this.edge = still || this.calm.matches ? target : this.edge + gap * (1 - Math.exp(-passed / GLIDE_MS));
    this.at = this.edge;
    const to = Math.max(this.edge, Math.min(width, FIRST_FOLLOW_NS)) + width * 0.02;
    this.#look(new Viewport(to - width * 1.02, to));
    return !still;
  }

  #relayout() {
    this.shape = this.model.shape;
    this.layout = layOut(this.model, { expanded: this.expanded, fitPx: this.fits ? this.heightPx : 0 });
    this.space.style.height = `${Math.max(this.layout.heightPx, this.heightPx)}px`;
    this.element.style.flexBasis = `${this.layout.heightPx + OVERVIEW_PX + 2}px`;
    const { hidden, moreTopPx } = this.layout;
    this.more.hidden = moreTopPx === 0;
    this.more.style.top = `${moreTopPx + 6}px`;
    this.more.textContent = hidden > 0 ? `Show ${hidden} more` : 'Show fewer';
    this.more.title = 'Locks inside other things, and things that nobody held';
    this.more.setAttribute('aria-expanded', String(hidden === 0));
    this.dirty.ground = true;
  }

  /** @param {Viewport} viewport */
  #look(viewport) {
    this.viewport = viewport;
    this.dirty.ground = true;
  }

  /** Look at something by the reader's own will: the view no longer follows. @param {Viewport} viewport */
  look(viewport) {
    if (viewport === this.viewport) return;
    this.following = false;
    this.untouched = false;
    this.#look(viewport);
    this.touch();
  }

  /** The model has grown, or got another shape. */
  grown() {
    if (this.untouched && !this.following) this.#look(Viewport.fit(this.model.duration));
    if (this.selected) this.selected = this.selected.track.spanOfRow(this.selected.first, this.model.duration);
    this.touch();
  }

  /** @param {boolean} following */
  setFollowing(following) {
    if (following) {
      this.playback.set(false);
      this.edge = Math.max(this.edge, this.model.until - this.followNs);
    }
    this.following = following;
    this.touch();
  }

  get scale() {
    return new TimeScale(this.viewport.from, this.viewport.to, this.namesPx, Math.max(1, this.widthPx - this.namesPx));
  }

  /** @param {number} factor @param {number} [xPx] */
  zoom(factor, xPx) {
    if (this.following) {
      // The edge stays where it is; how much of the past is seen changes.
      const before = Math.min(this.followNs, Math.max(this.model.until, FIRST_FOLLOW_NS));
      this.followNs = Math.max(before / factor, 1e5);
      this.touch();
      return this.followNs !== before;
    }
    const about = xPx === undefined ? this.#focus() : this.scale.pxToTime(xPx);
    const next = this.viewport.zoom(factor, about, this.model.duration);
    const moved = next !== this.viewport;
    this.look(next);
    return moved;
  }

  /** What keys and buttons zoom about. */
  #focus() {
    if (this.selected && this.viewport.contains(this.selected.from) && this.viewport.contains(this.selected.to)) return (this.selected.from + this.selected.to) / 2;
    return this.viewport.contains(this.at) ? this.at : (this.viewport.from + this.viewport.to) / 2;
  }

  fit() {
    this.look(Viewport.fit(this.model.duration));
    this.untouched = true;
  }

  /** @param {number} at ns @param {boolean} [reveal] */
  seek(at, reveal = false) {
    this.following = false;
    this.at = Math.min(Math.max(at, 0), this.model.duration);
    if (reveal && !this.viewport.contains(this.at)) this.look(this.viewport.reveal(this.at).clamp(this.model.duration));
    this.touchOverlay();
  }

  togglePlay() {
    const { playback } = this;
    if (this.following) {
      this.setFollowing(false);
      return;
    }
    if (!playback.playing) {
      if (this.at >= this.model.duration) this.seek(0, true);
      this.setPace(playback.slowness);
    }
    playback.set(!playback.playing);
    this.touch();
  }

  /** @param {number} slowness */
  setPace(slowness) {
    this.playback.slowness = slowness;
    this.playback.last = null;
    const width = this.playback.fittingWidth(this.viewport.width);
    if (width < this.viewport.width && !this.following) this.look(this.viewport.reveal(this.at, 0.3).zoom(this.viewport.width / width, this.at, this.model.duration));
    this.touch();
  }

  /** @param {Span | null} span @param {boolean} [reveal] */
  select(span, reveal = false) {
    this.selected = span;
    if (span && reveal) {
      this.seek(span.from);
      if (!this.viewport.contains(span.from) && !this.viewport.contains(span.to)) this.look(this.viewport.reveal(span.from, 0.3).clamp(this.model.duration));
      const row = this.layout.rowOf.get(span.track.id);
      if (row) revealRow(this.scroll, row, RULER_PX);
    }
    this.touch();
    this.events.selected();
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
    return {
      pan: (px) => this.look(this.viewport.pan(-this.scale.pxToDuration(px), this.model.duration)),
      zoom: (factor, xPx) => this.zoom(factor, Math.max(xPx, this.namesPx)),
      scroll: (dyPx) => {
        this.scroll.scrollTop += dyPx;
      },
      scrub: (xPx) => {
        this.playback.set(false);
        this.seek(this.scale.pxToTime(xPx));
      },
      pick: (xPx, yPx) => this.#pick(xPx, yPx),
      open: (xPx, yPx) => {
        const span = this.#spanUnder(xPx, yPx);
        if (span) this.look(Viewport.around(span.from, span.to, this.model.duration));
      },
      hover: (xPx, yPx) => {
        const span = xPx === null ? null : this.#spanUnder(xPx, yPx);
        if (span?.first !== this.hovered?.first || span?.track !== this.hovered?.track) this.touchOverlay();
        this.hovered = span;
        this.events.hovered(span, xPx ?? 0, yPx);
      },
      command: (command) => this.command(command),
    };
  }

  /** @param {number} xPx @param {number} yPx */
  #pick(xPx, yPx) {
    if (yPx < RULER_PX) return;
    if (xPx < this.namesPx) {
      const row = rowAt(this.layout, yPx + this.scroll.scrollTop);
      if (row) this.select(row.track.spanAt(this.at, this.model.duration));
      return;
    }
    const span = this.#spanUnder(xPx, yPx);
    if (!this.playback.playing) this.seek(this.scale.pxToTime(xPx));
    this.select(span);
  }

  /** @param {Command} command */
  command(command) {
    const { model, viewport } = this;
    switch (command) {
      case 'zoom-in': this.zoom(1.5); break;
      case 'zoom-out': this.zoom(1 / 1.5); break;
      case 'earlier': this.look(viewport.pan(-viewport.width * 0.15, model.duration)); break;
      case 'later': this.look(viewport.pan(viewport.width * 0.15, model.duration)); break;
      case 'previous': this.select(stepSpan(model, this.layout, this.selected, this.at, -1), true); break;
      case 'next': this.select(stepSpan(model, this.layout, this.selected, this.at, 1), true); break;
      case 'up': this.select(stepTrack(model, this.layout, this.selected, this.at, -1), true); break;
      case 'down': this.select(stepTrack(model, this.layout, this.selected, this.at, 1), true); break;
      case 'fit': this.fit(); break;
      case 'fit-selection': this.#fitSelection(); break;
      case 'play': this.togglePlay(); break;
      case 'start': this.seek(0, true); break;
      case 'end': this.seek(model.duration, true); break;
      case 'help': this.events.help(); break;
      case 'escape': this.select(null); break;
    }
  }

  #fitSelection() {
    const { selected, model } = this;
    const near = selected && Viewport.around(selected.from, selected.to, model.duration);
    if (!near || (near.from === this.viewport.from && near.to === this.viewport.to)) this.fit();
    else this.look(near);
  }
}
