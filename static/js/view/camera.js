// What is looked at: the visible stretch, the playhead, and how both move by themselves.

import { Playback } from './playback.js';
import { Viewport } from './viewport.js';

/** @typedef {import('../model/model.js').Model} Model */
/** @typedef {import('../model/model.js').Span} Span */

/** How much of the past is seen while following a run, until one zooms. */
const FOLLOW_NS = 1e9;
const FIRST_FOLLOW_NS = 50e6;
const SHORTEST_FOLLOW_NS = 1e5;
/** The edge glides after what has come, instead of leaping with each message. */
const GLIDE_MS = 90;
/** So long a journey to another view takes. */
const JOURNEY_MS = 420;
/** Where in the view a playing playhead is held. */
const HOLD = 0.72;
/** Where motion is to be reduced, what moves by itself does so in steps, and a view that is crossed turns like a page. */
const CALM_MS = 500;
const PAGE = 0.05;

export class Camera {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.playback = new Playback();
    this.viewport = Viewport.fit(0);
    this.at = 0;
    /** The view goes with the end of a run that grows. */
    this.following = false;
    /** The run goes on. */
    this.running = false;
    /** Nobody has chosen a view yet: it shows the recording from its opening on. */
    this.untouched = true;
    /** It has been zoomed since the last frame. */
    this.zooming = false;
    this.followNs = FOLLOW_NS;
    this.edge = 0;
    /** When the edge moved last, ms. */
    this.stepped = -Infinity;
    /** @type {{from: Viewport, to: Viewport, passed: number} | null} to a view that isn't reached yet */
    this.journey = null;
    /** Where others stand beside it, all that there is to see: from the first's beginning to the last's end. @type {{from: number, to: number} | null} */
    this.extent = null;
  }

  /** Where what there is to see begins, and ends. */
  get since() {
    return this.extent?.from ?? 0;
  }

  /** Where the first view begins: what a scenario imports isn't what it is about. */
  get opening() {
    return this.extent?.from ?? this.model.opening;
  }

  get until() {
    return this.extent?.to ?? this.model.duration;
  }

  /**
   * Move what moves by itself: the live edge, the playhead.
   * @param {number} now ms
   * @param {number} passed ms since the last step
   * @param {number} widthPx of the view
   * @param {boolean} calm nothing glides
   * @returns {boolean} whether it goes on moving
   */
  advance(now, passed, widthPx, calm) {
    if (this.following) return this.#follow(now, passed, widthPx, calm);
    if (this.journey) return this.#travel(passed, calm);
    if (!this.playback.playing) return false;
    this.at = this.playback.step(this.at, now, this.until, calm ? CALM_MS : 0);
    if (!this.playback.playing && this.running) this.follow(true);
    const hold = this.viewport.from + this.viewport.width * HOLD;
    if (!calm && this.at > hold && this.at < this.viewport.to + this.viewport.width) this.viewport = this.viewport.pan(this.at - hold, this.until, this.since);
    else if (!this.viewport.contains(this.at)) this.viewport = this.viewport.reveal(this.at, calm ? PAGE : 0.3);
    return true;
  }

  /** @param {number} now ms @param {number} passed ms @param {number} widthPx @param {boolean} calm */
  #follow(now, passed, widthPx, calm) {
    if (calm) {
      if (now - this.stepped < CALM_MS) return true;
      this.stepped = now;
    }
    const target = this.model.until;
    const gap = target - this.edge;
    const width = Math.min(this.followNs, Math.max(target, FIRST_FOLLOW_NS));
    const still = Math.abs(gap) < width / Math.max(widthPx, 1) / 2;
    this.edge = still || calm ? target : this.edge + gap * (1 - Math.exp(-passed / GLIDE_MS));
    this.at = this.edge;
    const to = Math.max(this.edge, Math.min(width, FIRST_FOLLOW_NS)) + width * 0.02;
    this.viewport = new Viewport(to - width * 1.02, to);
    return !still && !calm;
  }

  /** @param {number} passed ms @param {boolean} calm */
  #travel(passed, calm) {
    const { journey } = this;
    if (!journey) return false;
    journey.passed += passed;
    if (calm || journey.passed >= JOURNEY_MS) {
      this.viewport = journey.to;
      this.journey = null;
      return false;
    }
    const part = journey.passed / JOURNEY_MS;
    this.viewport = journey.from.toward(journey.to, part * part * (3 - 2 * part));
    return true;
  }

  /**
   * What the moving playhead has passed in the last moments; null while it rests.
   * @param {number} ms on the wall
   */
  passing(ms) {
    const { playing, slowness } = this.playback;
    if (!playing && !this.following) return null;
    return { from: this.at - (ms * 1e6) / (this.following ? 1 : slowness), to: this.at };
  }

  /** @param {boolean} following */
  follow(following) {
    if (following) {
      this.playback.set(false);
      this.edge = Math.max(this.edge, this.model.until - this.followNs);
    }
    this.following = following;
  }

  /** Look at something by the reader's own will: the view no longer follows. @param {Viewport} viewport */
  look(viewport) {
    this.journey = null;
    this.following = false;  // also where there is nothing more to see in that direction
    if (viewport === this.viewport) return;
    this.untouched = false;
    this.viewport = viewport;
  }

  /** Travel to another view, unless the reader goes elsewhere meanwhile. @param {Viewport} viewport */
  glide(viewport) {
    this.playback.set(false);
    this.look(this.viewport);
    this.untouched = false;
    this.journey = { from: this.viewport, to: viewport, passed: 0 };
  }

  /** There is more of the recording than before. */
  grown() {
    if (this.untouched && !this.following) this.viewport = Viewport.fit(this.until, this.opening);
  }

  /** Be where another camera is. @param {{viewport: Viewport, at: number, untouched: boolean}} view */
  take({ viewport, at, untouched }) {
    this.following = false;
    this.journey = null;
    this.viewport = viewport;
    this.at = at;
    this.untouched = untouched;
  }

  /** The view that comes first, with the playhead at its beginning. */
  open() {
    this.look(Viewport.fit(this.until, this.opening));
    this.untouched = true;
    this.at = this.opening;
  }

  /** Everything. */
  fit() {
    this.look(Viewport.fit(this.until, this.since));
    this.untouched = this.opening === this.since;
  }

  /** @param {number} ns */
  pan(ns) {
    this.look(this.viewport.pan(ns, this.until, this.since));
  }

  /**
   * @param {number} factor above 1 shows less time
   * @param {number} about the moment that stays where it is
   * @returns {boolean} false at a limit
   */
  zoom(factor, about) {
    if (this.following) {
      // The edge stays where it is; how much of the past is seen changes.
      const before = Math.min(this.followNs, Math.max(this.model.until, FIRST_FOLLOW_NS));
      this.followNs = Math.max(before / factor, SHORTEST_FOLLOW_NS);
      return this.followNs !== before;
    }
    const next = this.viewport.zoom(factor, about, this.until, this.since);
    const moved = next !== this.viewport;
    this.zooming ||= moved;
    this.look(next);
    return moved;
  }

  /** What keys and buttons zoom about. @param {Span | null} selected */
  focus(selected) {
    const { viewport } = this;
    if (selected && viewport.contains(selected.from) && viewport.contains(selected.to)) return (selected.from + selected.to) / 2;
    return viewport.contains(this.at) ? this.at : (viewport.from + viewport.to) / 2;
  }

  /** Zoom to a span; from there, to the whole recording. @param {Span | null} span */
  fitSpan(span) {
    const near = span && Viewport.around(span.from, span.to, this.model.duration);
    if (!near || (near.from === this.viewport.from && near.to === this.viewport.to)) this.fit();
    else this.look(near);
  }

  /** Move the playhead. @param {number} at ns @param {boolean} [reveal] and make it visible */
  seek(at, reveal = false) {
    this.following = false;
    this.at = Math.min(Math.max(at, this.since), this.until);
    if (reveal) this.reveal(this.at, 0.5);
  }

  /** @param {number} at ns @param {number} part where in the view it is to lie */
  reveal(at, part) {
    if (!this.viewport.contains(at)) this.look(this.viewport.reveal(at, part).clamp(this.until, this.since));
  }

  togglePlay() {
    if (this.following) {
      this.follow(false);
      return;
    }
    if (!this.playback.playing) {
      if (this.at >= this.until) this.seek(this.since, true);
      this.setPace(this.playback.slowness);
    }
    this.playback.set(!this.playback.playing);
  }

  /** Choose a pace; where the playhead would hardly move, the view becomes narrower. @param {number} slowness */
  setPace(slowness) {
    const { playback, viewport } = this;
    playback.slowness = slowness;
    playback.last = null;
    const width = playback.fittingWidth(viewport.width);
    if (width < viewport.width && !this.following) this.look(viewport.reveal(this.at, 0.3).zoom(viewport.width / width, this.at, this.until, this.since));
  }
}
