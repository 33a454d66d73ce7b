// Where the reader is: the view as the page's address tells it, and the views before it, to go back to.

import { formatAddress, parseAddress } from './address.js';
import { rowAt, RULER_PX } from '../model/layout.js';
import { Trail } from './trail.js';
import { Viewport } from './viewport.js';

/**
 * @typedef {import('./stage.js').Stage} Stage
 * @typedef {import('./address.js').View} View
 * @typedef {HTMLElement & {phase?: import('../panels/status.js').Phase}} Timeline
 * @typedef {{place: number | undefined, open: (step: number, visit: boolean) => void}} Tour
 */

const PAUSE_MS = 300;

export class Places {
  /** @param {Timeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    this.trail = new Trail();
    /** @type {Stage | null} */
    this.stage = null;
    /** @type {Tour | null} */
    this.tour = null;
    /** Which panel below the reader has chosen; empty: none. */
    this.panel = '';
    /** @type {string | null} what this timeline has put into the address itself */
    this.own = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Another recording is looked at: there is nothing to go back to. @param {Stage} stage @param {Tour} tour */
  begin(stage, tour) {
    this.stage = stage;
    this.tour = tour;
    this.trail = new Trail();
    this.panel = '';
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** Beside others, the address is the page's. */
  get #beside() {
    return this.timeline.hasAttribute('beside');
  }

  /** The page goes back, for all of them. @param {'rest' | 'back' | 'forth'} where */
  #tell(where) {
    this.timeline.dispatchEvent(new CustomEvent('gil-place', { detail: where }));
  }

  /** The view is one to come back to. */
  rest() {
    if (this.#beside) this.#tell('rest');
    else if (this.stage && !this.stage.camera.following && this.timeline.phase !== 'loading') this.trail.rest(formatAddress(viewOf(this.stage)));
  }

  /** @param {'back' | 'forth'} where */
  go(where) {
    if (this.#beside) {
      this.#tell(where);
      return;
    }
    this.rest();
    const address = this.trail[where]();
    if (address !== null) look(/** @type {Stage} */ (this.stage), parseAddress(address), true);
  }

  /** Take the view from the address: a stretch, a moment, a track; with a track, its span there is selected. */
  restore() {
    if (this.stage && location.hash !== this.own && !this.#beside) {
      const view = parseAddress(location.hash);
      look(this.stage, view, false);
      if (view.panel) this.panel = view.panel;
      if (view.tour !== undefined && this.timeline.phase === 'ended') this.tour?.open(view.tour, view.from === undefined);
    }
    this.rest();
  }

  /** A link on the page leads to another view: go there, with the keys. */
  follow() {
    if (location.hash === this.own || location.hash === '') return;
    this.restore();
    this.stage?.focus();
    this.stage?.element.scrollIntoView({ block: 'nearest' });
  }

  /** Put the view into the address, when it has come to rest. */
  remember() {
    const { phase } = this.timeline;
    if ((phase !== 'ended' && phase !== 'running') || this.#beside) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { stage } = this;
      if (!stage || stage.camera.following || this.timeline.phase === 'loading') return;
      if (!stage.camera.playback.playing) this.rest();
      const hash = formatAddress({ ...viewOf(stage), tour: this.tour?.place, panel: this.panel });
      // A page that shows the newest recording has another one tomorrow: a link to a view names its own.
      const next = hash === '' ? location.pathname + location.search : `${this.timeline.dataset.address ?? ''}#${hash}`;
      if (hash === location.hash.slice(1)) return;
      history.replaceState(history.state, '', next);
      this.own = location.hash;
    }, PAUSE_MS);
  }
}

/** All of what is looked at, as its address tells it. @param {Stage} stage @returns {View} */
export function viewOf({ arrangement, camera, layout, model, scroll, selected, top: coming }) {
  const { at, untouched, viewport } = camera;
  const stretch = untouched ? {} : { from: viewport.from, to: viewport.to };
  const chosen = selected && { track: selected.track.id, ...(selected.track.spanAt(Math.round(at), model.duration)?.first === selected.first ? {} : { span: selected.from }) };
  const top = coming ?? (scroll.scrollTop > 0 ? rowAt(layout, scroll.scrollTop + RULER_PX)?.track.id : undefined);
  return { ...stretch, ...(at !== camera.opening || selected ? { at } : {}), ...chosen, ...(top === undefined ? {} : { top }), ...arrangement.told };
}

/** What a view selects. @param {Stage} stage @param {View} view @param {number | undefined} at where it is, unless the view says where */
export function chosenBy({ model }, { track: id, span }, at) {
  const track = id === undefined ? undefined : model.tracks[id];
  const moment = span ?? at;
  return track && moment !== undefined ? track.spanAt(moment, model.duration) : null;
}

/** Go to a view. @param {Stage} stage @param {View} view @param {boolean} whole what it doesn't tell is as at the beginning; else as it is now */
export function look(stage, view, whole) {
  const { from, to, track: id, at: moment, top } = view;
  if (whole || view.fold || view.pin || view.only || view.find || view.quiet || view.curves || view.path || view.range) stage.arrange((arrangement) => arrangement.take(view));
  if (whole) {
    stage.act((camera) => (from === undefined ? camera.open() : undefined));
    stage.act((camera) => camera.seek(moment ?? camera.opening));
    if (id === undefined) stage.select(null);
    stage.scroll.scrollTop = 0;
  }
  const stretch = from === undefined || to === undefined ? null : new Viewport(from, to);
  if (stretch) stage.act((camera) => camera.look(stretch));
  const at = moment ?? (id !== undefined && stretch ? (stretch.from + stretch.to) / 2 : undefined);
  if (at !== undefined) stage.act((camera) => camera.seek(at, !stretch));
  if (id !== undefined && (view.span ?? at) !== undefined) stage.select(chosenBy(stage, view, at));
  if (top !== undefined) stage.top = top;
}
