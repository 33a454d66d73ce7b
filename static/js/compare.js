// The page of recordings beside each other: one view for all of them, how they are aligned, the table, and the address.

import './main.js';
import { makeBar } from './compare_bar.js';
import { FiguresTable } from './compare_table.js';
import { CHOSEN, momentOf, Ways } from './compare_ways.js';
import { Alignment, align, extent, partOf } from './view/alignment.js';
import { formatAddress, parseAddress } from './view/address.js';
import { chosenBy, viewOf } from './view/places.js';
import { formatDuration } from './text/format.js';
import { node } from './nodes.js';
import { Playback } from './view/playback.js';
import { rangeOf } from './drawing/range.js';
import { Trail } from './view/trail.js';
import { Viewport } from './view/viewport.js';

/**
 * @typedef {import('./element.js').GilTimeline} GilTimeline
 * @typedef {import('./view/stage.js').Stage} Stage
 * @typedef {import('./model/model.js').Model} Model
 * @typedef {{id: string, timeline: GilTimeline, stage: Stage, model: Model, moments: Record<string, Record<string, number>>, alignment: Alignment}} Pane
 */

const ADDRESS_PAUSE_MS = 300;
/** What is narrower isn't seen. */
const SEEN_PX = 3;

class Comparison {
  /** @param {HTMLElement} root @param {Pane[]} panes all of them loaded */
  constructor(root, panes) {
    this.root = root;
    this.panes = panes;
    this.way = 'start';
    /** @type {Map<string, number>} by recording, the moment in its own time that the reader has chosen */
    this.chosen = new Map();
    /** While moments are chosen, each has a view of its own. */
    this.loose = false;
    /** What the reader looked at before. */
    this.trail = new Trail();
    this.leading = panes[0];
    this.busy = false;
    const playback = new Playback();
    for (const pane of panes) {
      pane.stage.camera.playback = playback;
      pane.timeline.addEventListener('gil-view', () => this.#follow(pane));
      pane.timeline.addEventListener('gil-marks', () => this.#mark(pane));
      pane.timeline.addEventListener('gil-place', (event) => this.#place(/** @type {CustomEvent} */ (event).detail));
    }
    this.toolbar = makeBar({
      lead: () => this.leading.stage,
      each: (change) => this.#each(change),
      place: (where) => this.#place(where),
      ranged: () => this.table.range !== null,
      changed: () => this.#tell(),
    });
    root.querySelector('#bar')?.replaceChildren(this.toolbar.element, this.toolbar.zoom);
    this.ways = new Ways(/** @type {HTMLSelectElement} */ (root.querySelector('#align')), panes);
    this.choose = /** @type {HTMLButtonElement} */ (root.querySelector('#choose'));
    this.hint = /** @type {HTMLElement} */ (root.querySelector('#choose-hint'));
    this.table = new FiguresTable(root, () => this.#settle());
    this.ways.select.addEventListener('change', () => {
      this.#loosen(false);
      this.align(this.ways.select.value);
    });
    this.choose.addEventListener('click', () => this.#choose());
    root.addEventListener('click', (event) => this.#carry(event));
    root.addEventListener('submit', (event) => this.#carry(event));
    panes.forEach(({ timeline }) => {
      const button = timeline.closest('.pane')?.querySelector('[data-mark]');
      if (!(button instanceof HTMLButtonElement)) return;
      button.hidden = false;
      button.addEventListener('click', () => timeline.around?.ask('mark'));
    });
    root.addEventListener('gil-select', () => this.#settle());
    root.addEventListener('scroll', () => this.#settle(), { capture: true, passive: true });
    this.restore(location.hash);
    window.addEventListener('hashchange', () => {
      if (location.hash !== this.ownHash) this.restore(location.hash);
    });
  }

  /** A recording has other marks now: they may be what all are aligned by. @param {Pane} pane */
  #mark(pane) {
    if (!this.ways.mark(pane)) return;
    if (this.way.startsWith('mark:')) this.align(this.way);
    else this.ways.select.value = this.way;
  }

  /** @param {Pane} pane @returns {number | undefined} */
  #moment(pane) {
    return this.way === CHOSEN ? this.chosen.get(pane.id) : momentOf(pane, this.way);
  }

  /** @param {string} way as the list has it */
  align(way) {
    this.way = this.ways.has(way) && (way !== CHOSEN || this.chosen.size > 0) ? way : 'start';
    this.ways.select.value = this.way;
    const told = this.panes.map((pane) => ({ duration: pane.model.duration, moment: this.#moment(pane) }));
    const alignments = align(this.#plain, told);
    const all = extent(told, alignments);
    this.panes.forEach((pane, n) => {
      pane.alignment = alignments[n];
      pane.stage.camera.extent = { from: pane.alignment.toOwn(all.from), to: pane.alignment.toOwn(all.to) };
    });
    const { stage } = this.leading;
    stage.act((camera) => camera.fit());
    if (this.#plain === 'moments') stage.act((camera) => camera.seek(this.leading.alignment.toOwn(0)));
    this.#follow(this.leading);
  }

  /** What kind of alignment it is. @returns {import('./view/alignment.js').Way} */
  get #plain() {
    return this.way === 'start' || this.way === 'end' || this.way === 'stretch' ? this.way : 'moments';
  }

  /** The others go where one has gone. @param {Pane} pane */
  #follow(pane) {
    const { range } = pane.stage.arrangement;
    this.#lead(pane, (other) => range && rangeOf(convert(pane, other, range.from), convert(pane, other, range.to), other.model.duration));
  }

  /** Change each of them; its range is its own. @param {(pane: Pane) => void} change */
  #each(change) {
    this.busy = true;
    this.panes.forEach(change);
    this.busy = false;
    this.#keep();
  }

  /** All go where the first to go has gone, and have the ranges that they have. */
  #keep() {
    this.#lead(this.leading, ({ stage: { arrangement } }) => arrangement.range);
    // It may lie where only others are.
    const ranged = this.panes.find(({ stage: { arrangement } }) => arrangement.range);
    const range = ranged?.stage.arrangement.range;
    this.table.select(ranged && range ? { from: ranged.alignment.toCommon(range.from), to: ranged.alignment.toCommon(range.to) } : null);
    this.#tell();
  }

  /** @param {Pane} pane where the others go @param {(other: Pane) => import('./drawing/range.js').Range | null} ranged what is selected in another */
  #lead(pane, ranged) {
    if (this.busy) return;
    this.busy = true;
    this.leading = pane;
    const { viewport, at, untouched } = pane.stage.camera;
    for (const other of this.loose ? [] : this.panes) {
      if (other === pane) continue;
      const view = { viewport: new Viewport(convert(pane, other, viewport.from), convert(pane, other, viewport.to)), at: convert(pane, other, at), untouched };
      other.stage.take(view, ranged(other));
    }
    this.busy = false;
    const { alignment, stage: { arrangement: { range } } } = pane;
    this.table.select(range && { from: alignment.toCommon(range.from), to: alignment.toCommon(range.to) });
    this.#tell();
    this.#settle();
  }

  /** Choose a moment in each: first each has its own view, then they are aligned by their playheads. */
  #choose() {
    this.#loosen(!this.loose);
    if (this.loose) {
      this.#settle();
      return;
    }
    this.chosen = new Map(this.panes.map((pane) => [pane.id, Math.round(Math.min(Math.max(pane.stage.camera.at, 0), pane.model.duration))]));
    this.align(CHOSEN);
  }

  /** @param {boolean} loose */
  #loosen(loose) {
    this.loose = loose;
    this.choose.setAttribute('aria-pressed', String(loose));
    this.choose.textContent = loose ? 'Align at the playheads' : 'Choose moments';
    this.hint.hidden = !loose;
  }

  #tell() {
    for (const pane of this.panes) tellShort(pane);
    const { stage } = this.leading;
    const { arrangement, camera } = stage;
    this.toolbar.update({
      playing: camera.playback.playing,
      slowness: camera.playback.slowness,
      position: this.loose ? '' : `${formatDuration(camera.viewport.width)} in view`,
      running: false,
      following: false,
      states: new Set(this.panes.flatMap((pane) => [...pane.model.threadStates])),
      chosen: arrangement.states,
      canBack: this.trail.past.length > 0,
      canForth: this.trail.ahead.length > 0,
      tour: 'none',
      curves: arrangement.curves,
      path: arrangement.path,
      range: this.table.range !== null,
    });
  }

  /** When the view has come to rest: the address, and the table of what is in view. */
  #settle() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (this.leading.stage.camera.playback.playing) {
        this.#settle();
        return;
      }
      const { address } = this;
      this.trail.rest(address);
      if (`#${address}` !== location.hash) history.replaceState(history.state, '', address ? `#${address}` : location.pathname + location.search);
      this.ownHash = location.hash;
      this.#tell();
      this.#figures();
    }, ADDRESS_PAUSE_MS);
  }

  /** The view is one to come back to; or go back to the one before, or forth. @param {'rest' | 'back' | 'forth'} where */
  #place(where) {
    this.trail.rest(this.address);
    const address = where === 'rest' ? null : this.trail[where]();
    if (address !== null) this.restore(address);
  }

  /** All of what is looked at: in common time, and what each recording has of its own under its id. */
  get address() {
    const { stage, alignment } = this.leading;
    const { viewport, at, untouched, since } = stage.camera;
    const told = new URLSearchParams();
    if (this.way !== 'start') told.set('align', this.way);
    if (this.table.scope !== 'whole') told.set('table', this.table.scope);
    for (const [id, moment] of this.way === CHOSEN ? this.chosen : []) told.set(`moment.${id}`, String(moment));
    if (this.loose) told.set('loose', '1');
    const shared = this.loose ? '' : formatAddress({
      ...(untouched ? {} : { from: alignment.toCommon(viewport.from), to: alignment.toCommon(viewport.to) }),
      ...(at === since && this.#plain !== 'moments' ? {} : { at: alignment.toCommon(at) }),
    });
    for (const pane of this.panes) {
      const { from, to, at: own, ...more } = viewOf(pane.stage);
      const text = formatAddress(this.loose ? { from, to, at: own, ...more } : more);
      if (text) told.set(`view.${pane.id}`, text);
    }
    return [told.toString(), shared].filter(Boolean).join('&');
  }

  /** @param {string} hash */
  restore(hash) {
    const told = new URLSearchParams(hash.replace(/^#/, ''));
    this.chosen = new Map(this.panes.flatMap(({ id }) => {
      const moment = told.get(`moment.${id}`) ?? '';
      return /^\d{1,16}$/.test(moment) ? [/** @type {[string, number]} */ ([id, Number(moment)])] : [];
    }));
    this.leading = this.panes[0];
    this.#loosen(false);
    this.busy = true;
    this.align(told.get('align') ?? 'start');
    const { from, to, at } = parseAddress(hash);
    const { stage, alignment } = this.leading;
    stage.act((camera) => camera.seek(at === undefined && this.#plain !== 'moments' ? camera.since : alignment.toOwn(at ?? 0)));
    if (from !== undefined && to !== undefined) stage.act((camera) => camera.look(new Viewport(alignment.toOwn(from), alignment.toOwn(to))));
    for (const pane of this.panes) {
      const own = parseAddress(told.get(`view.${pane.id}`) ?? '');
      pane.stage.arrange((arrangement) => arrangement.take(own));
      pane.stage.selected = chosenBy(pane.stage, own, own.at ?? (at === undefined ? 0 : pane.alignment.toOwn(at)));
      pane.stage.scroll.scrollTop = 0;
      pane.stage.top = own.top ?? null;
    }
    this.busy = false;
    this.#keep();
    if (told.get('loose') === '1') this.#restoreEach(told);
    this.table.choose(told.get('table') ?? 'whole');
    this.#tell();
    this.#figures();
  }

  /** Each has a view of its own. @param {URLSearchParams} told */
  #restoreEach(told) {
    this.#loosen(true);
    this.busy = true;
    for (const { id, stage } of this.panes) {
      const { from, to, at } = parseAddress(told.get(`view.${id}`) ?? '');
      stage.act((camera) => (from === undefined || to === undefined ? camera.fit() : camera.look(new Viewport(from, to))));
      stage.act((camera) => camera.seek(at ?? camera.since));
    }
    this.busy = false;
  }

  /** The table of what is looked at. */
  #figures() {
    const { alignment: leading, stage: { camera } } = this.leading;
    const view = { from: leading.toCommon(camera.viewport.from), to: leading.toCommon(camera.viewport.to) };
    const parts = this.panes.map(({ alignment, model, stage }) => {
      if (this.table.scope === 'range' && this.table.range) return stage.arrangement.range ?? partOf(this.table.range, alignment, model.duration);
      return this.loose ? partOf(stage.camera.viewport, new Alignment(0), model.duration) : partOf(view, alignment, model.duration);
    });
    const moments = this.panes.map((pane) => (this.#plain === 'moments' ? this.#moment(pane) ?? 0 : 0));
    void this.table.update(this.panes.map(({ id }) => id), parts, this.way, moments);
  }

  /** Links to the same page with other recordings keep the view, and so does the one to a recording's own page. @param {Event} event */
  #carry(event) {
    const target = /** @type {Element} */ (event.target);
    const link = target.closest('a[data-carry]');
    if (link instanceof HTMLAnchorElement) link.hash = this.address;
    const own = target.closest('.pane-head h2 a');
    const pane = this.panes.find(({ timeline }) => own?.closest('.pane')?.contains(timeline));
    if (own instanceof HTMLAnchorElement && pane) own.hash = formatAddress(viewOf(pane.stage));
    if (event.type === 'submit' && target instanceof HTMLFormElement && target.matches('[data-carry]')) {
      event.preventDefault();
      const query = new URLSearchParams([...new FormData(target)].map(([name, value]) => [name, String(value)]));
      location.assign(`${target.action}?${query}#${this.address}`);
    }
  }
}

/** Beside one that is much longer, a recording may be too short to be seen: that is said, or it would seem to be empty. @param {Pane} pane */
function tellShort({ model, stage, timeline }) {
  const { viewport } = stage.camera;
  const there = viewport.from < model.duration && viewport.to > 0;
  const short = there && (model.duration / viewport.width) * (stage.widthPx - stage.namesPx) < SEEN_PX;
  const facts = timeline.closest('.pane')?.querySelector('.pane-facts');
  const said = facts?.querySelector('.pane-short');
  if (short && !said) facts?.append(node('span', { class: 'pane-short' }, 'too short to be seen at this zoom'));
  else if (!short) said?.remove();
}

/** A moment of one in the time of another. @param {Pane} pane @param {Pane} other @param {number} moment */
function convert(pane, other, moment) {
  return other.alignment.toOwn(pane.alignment.toCommon(moment));
}

/** Begin when every recording is read: what they have in common isn't known before. */
function begin() {
  const root = document.querySelector('#main');
  const timelines = /** @type {GilTimeline[]} */ ([...document.querySelectorAll('gil-timeline[beside]')]);
  if (!(root instanceof HTMLElement) || timelines.length === 0) return;
  const start = () => {
    if (!timelines.every(({ phase }) => phase === 'ended' || phase === 'failed')) return;
    loading.disconnect();
    const panes = timelines.filter(({ phase }) => phase === 'ended').map((timeline) => ({
      id: timeline.getAttribute('recording') ?? '',
      timeline,
      stage: /** @type {Stage} */ (timeline.stage),
      model: /** @type {Model} */ (timeline.model),
      moments: JSON.parse(timeline.dataset.moments ?? '{}'),
      alignment: new Alignment(0),
    }));
    if (panes.length > 0) new Comparison(root, panes);
    root.dataset.ready = '';
  };
  const loading = new MutationObserver(start);
  loading.observe(root, { subtree: true, attributeFilter: ['data-phase'] });
  start();
}

begin();
