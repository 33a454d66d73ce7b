// The page of recordings beside each other: one view for all of them, how they are aligned, the table, and the address.

import './main.js';
import { Alignment, align, extent, partOf } from './view/alignment.js';
import { formatAddress, parseAddress } from './view/address.js';
import { formatDuration } from './text/format.js';
import { node } from './nodes.js';
import { Playback } from './view/playback.js';
import { rangeOf } from './drawing/range.js';
import { State, STATE_TEXT } from './model/schema.js';
import { EXPLAINED, Toolbar } from './panels/toolbar.js';
import { Viewport } from './view/viewport.js';

/**
 * @typedef {import('./element.js').GilTimeline} GilTimeline
 * @typedef {import('./view/stage.js').Stage} Stage
 * @typedef {import('./model/model.js').Model} Model
 * @typedef {{id: string, timeline: GilTimeline, stage: Stage, model: Model, moments: Record<string, Record<string, number>>, alignment: Alignment}} Pane
 */

const ADDRESS_PAUSE_MS = 300;
/** A choice that isn't in the list: at the moments that the reader has chosen. */
const CHOSEN = 'at';
const MARK = 'A mark';

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
    /** What the table is of. */
    this.scope = 'whole';
    /** What is selected, in common time. @type {{from: number, to: number} | null} */
    this.range = null;
    this.leading = panes[0];
    this.busy = false;
    /** What the table that is there was asked for. */
    this.shown = '';
    const playback = new Playback();
    for (const pane of panes) {
      pane.stage.camera.playback = playback;
      pane.timeline.addEventListener('gil-view', () => this.#follow(pane));
      pane.timeline.addEventListener('gil-marks', () => this.#mark(pane));
    }
    this.toolbar = this.#toolbar();
    this.select = /** @type {HTMLSelectElement} */ (root.querySelector('#align'));
    this.choose = /** @type {HTMLButtonElement} */ (root.querySelector('#choose'));
    this.hint = /** @type {HTMLElement} */ (root.querySelector('#choose-hint'));
    this.table = /** @type {HTMLElement} */ (root.querySelector('#table'));
    this.ranges = [.../** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll('[data-range]'))];
    this.#offer();
    this.select.addEventListener('change', () => this.align(this.select.value));
    this.choose.addEventListener('click', () => this.#choose());
    for (const button of this.ranges) button.addEventListener('click', () => this.#scope(button.dataset.range ?? 'whole'));
    root.addEventListener('click', (event) => this.#carry(event));
    root.addEventListener('submit', (event) => this.#carry(event));
    panes.forEach(({ timeline }) => {
      const button = timeline.closest('.pane')?.querySelector('[data-mark]');
      if (!(button instanceof HTMLButtonElement)) return;
      button.hidden = false;
      button.addEventListener('click', () => timeline.around?.ask('mark'));
    });
    root.addEventListener('gil-select', () => this.#settle());
    this.restore(location.hash);
    window.addEventListener('hashchange', () => {
      if (location.hash !== this.ownHash) this.restore(location.hash);
    });
  }

  #toolbar() {
    const lead = () => this.leading.stage;
    const toolbar = new Toolbar({
      start: () => lead().command('start'),
      play: () => lead().command('play'),
      end: () => lead().command('end'),
      pace: (slowness) => {
        lead().act((camera) => camera.setPace(slowness));
        this.#tell();
      },
      live: () => undefined,
      zoomIn: () => lead().command('zoom-in'),
      zoomOut: () => lead().command('zoom-out'),
      fit: () => lead().command('fit'),
      help: () => lead().command('help'),
      find: () => undefined,
      events: () => undefined,
      back: () => undefined,
      forth: () => undefined,
      tour: () => undefined,
      eventBefore: () => lead().command('event-before'),
      eventAfter: () => lead().command('event-after'),
      cause: () => undefined,
      curves: () => undefined,
      path: () => undefined,
      range: () => undefined,
      choose: (state) => {
        for (const { stage } of this.panes) stage.arrange((arrangement) => arrangement.choose(state));
        this.#settle();
        this.#tell();
      },
    });
    this.root.querySelector('#bar')?.replaceChildren(toolbar.element, toolbar.zoom);
    return toolbar;
  }

  /** What all of them have can be what they are aligned by. */
  #offer() {
    const states = EXPLAINED.filter((state) => state !== State.UNKNOWN && this.panes.every(({ model }) => firstOf(model, state) !== undefined));
    this.select.append(
      ...group('The first of a state', states.map((state) => [`state:${state}`, STATE_TEXT[state].label])),
      ...group('A finding', this.#common('finding')),
      ...group(MARK, this.#common('mark')),
      node('option', { value: CHOSEN, hidden: true }, 'Chosen moments'),
    );
  }

  /** What each has of a kind, as the list has it. @param {string} kind @returns {[string, string][]} */
  #common(kind) {
    const [first, ...others] = this.panes;
    return Object.keys(first.moments[kind]).filter((name) => others.every((pane) => name in pane.moments[kind])).map((name) => [`${kind}:${name}`, name]);
  }

  /** A recording has other marks now: they may be what all are aligned by. @param {Pane} pane */
  #mark(pane) {
    const { marks } = /** @type {NonNullable<GilTimeline['around']>} */ (pane.timeline.around);
    const before = JSON.stringify(pane.moments.mark);
    pane.moments.mark = Object.fromEntries([...marks.all].reverse().map(({ text, at }) => [text, at]));
    if (before === JSON.stringify(pane.moments.mark)) return;
    this.select.querySelector(`optgroup[label="${MARK}"]`)?.remove();
    this.select.lastElementChild?.before(...group(MARK, this.#common('mark')));
    if (this.way.startsWith('mark:')) this.align(this.way);
    else this.select.value = this.way;
  }

  /** @param {string} way as the list has it */
  align(way) {
    const known = [...this.select.options].some(({ value }) => value === way);
    this.way = known && (way !== CHOSEN || this.chosen.size > 0) ? way : 'start';
    this.select.value = this.way;
    const told = this.panes.map((pane) => ({ duration: pane.model.duration, moment: this.#moment(pane) }));
    const plain = this.way === 'start' || this.way === 'end' || this.way === 'stretch' ? this.way : 'moments';
    const alignments = align(plain, told);
    const all = extent(told, alignments);
    this.panes.forEach((pane, n) => {
      pane.alignment = alignments[n];
      pane.stage.camera.extent = { from: pane.alignment.toOwn(all.from), to: pane.alignment.toOwn(all.to) };
    });
    const { stage } = this.leading;
    stage.act((camera) => camera.fit());
    if (plain === 'moments') stage.act((camera) => camera.seek(this.leading.alignment.toOwn(0)));
    this.#follow(this.leading);
  }

  /** @param {Pane} pane @returns {number | undefined} */
  #moment(pane) {
    if (this.way === CHOSEN) return this.chosen.get(pane.id);
    const [kind, what] = [this.way.split(':', 1)[0], this.way.slice(this.way.indexOf(':') + 1)];
    if (kind === 'state') return firstOf(pane.model, Number(what));
    return pane.moments[kind]?.[what];
  }

  /** The others go where one has gone. @param {Pane} pane */
  #follow(pane) {
    if (this.busy) return;
    this.busy = true;
    this.leading = pane;
    const { viewport, at, untouched } = pane.stage.camera;
    const { range } = pane.stage.arrangement;
    const convert = (/** @type {Pane} */ other, /** @type {number} */ moment) => other.alignment.toOwn(pane.alignment.toCommon(moment));
    for (const other of this.loose ? [] : this.panes) {
      if (other === pane) continue;
      const view = { viewport: new Viewport(convert(other, viewport.from), convert(other, viewport.to)), at: convert(other, at), untouched };
      other.stage.take(view, range && rangeOf(convert(other, range.from), convert(other, range.to), other.model.duration));
    }
    this.busy = false;
    this.#select(range && { from: pane.alignment.toCommon(range.from), to: pane.alignment.toCommon(range.to) });
    this.#tell();
    this.#settle();
  }

  /** The table is of what was just selected; of something else, once nothing is. @param {{from: number, to: number} | null} range */
  #select(range) {
    const before = this.range;
    this.range = range;
    if (range && (range.from !== before?.from || range.to !== before.to)) this.scope = 'range';
    else if (!range && this.scope === 'range') this.scope = 'whole';
    this.#press();
  }

  /** Choose a moment in each: first each has its own view, then they are aligned by their playheads. */
  #choose() {
    this.loose = !this.loose;
    this.choose.setAttribute('aria-pressed', String(this.loose));
    this.choose.textContent = this.loose ? 'Align at the playheads' : 'Choose moments';
    this.hint.hidden = !this.loose;
    if (this.loose) return;
    this.chosen = new Map(this.panes.map((pane) => [pane.id, Math.round(Math.min(Math.max(pane.stage.camera.at, 0), pane.model.duration))]));
    this.align(CHOSEN);
  }

  #tell() {
    const { stage } = this.leading;
    const { camera } = stage;
    this.toolbar.update({
      playing: camera.playback.playing,
      slowness: camera.playback.slowness,
      position: this.loose ? '' : `${formatDuration(camera.viewport.width)} in view`,
      running: false,
      following: false,
      states: new Set(this.panes.flatMap((pane) => [...pane.model.threadStates])),
      chosen: stage.arrangement.states,
      canBack: false,
      canForth: false,
      tour: 'none',
      curves: false,
      path: false,
      range: false,
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
      const hash = `#${this.address}`;
      if (hash !== location.hash) history.replaceState(history.state, '', hash === '#' ? location.pathname + location.search : hash);
      this.ownHash = location.hash;
      this.#figures();
    }, ADDRESS_PAUSE_MS);
  }

  /** All of what is looked at: in common time, and what each recording has of its own under its id. */
  get address() {
    const { stage, alignment } = this.leading;
    const { viewport, at, untouched, since } = stage.camera;
    const told = new URLSearchParams();
    if (this.way !== 'start') told.set('align', this.way);
    if (this.scope !== 'whole') told.set('table', this.scope);
    for (const [id, moment] of this.way === CHOSEN ? this.chosen : []) told.set(`moment.${id}`, String(moment));
    const shared = formatAddress({
      ...(untouched ? {} : { from: alignment.toCommon(viewport.from), to: alignment.toCommon(viewport.to) }),
      ...(at === since ? {} : { at: alignment.toCommon(at) }),
    });
    for (const pane of this.panes) {
      const { from: _from, to: _to, at: _at, ...own } = pane.stage.view;
      const text = formatAddress(own);
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
    this.align(told.get('align') ?? 'start');
    const { from, to, at } = parseAddress(hash);
    const { stage, alignment } = this.leading;
    if (from !== undefined && to !== undefined) stage.act((camera) => camera.look(new Viewport(alignment.toOwn(from), alignment.toOwn(to))));
    if (at !== undefined) stage.act((camera) => camera.seek(alignment.toOwn(at)));
    this.busy = true;
    for (const pane of this.panes) {
      const own = parseAddress(told.get(`view.${pane.id}`) ?? '');
      pane.stage.arrange((arrangement) => arrangement.take(own));
      const track = own.track === undefined ? undefined : pane.model.tracks[own.track];
      const moment = at === undefined ? 0 : pane.alignment.toOwn(at);
      pane.stage.selected = track?.spanAt(moment, pane.model.duration) ?? null;
    }
    this.busy = false;
    // Its range may lie where only others are.
    this.#follow(this.panes.find((pane) => pane.stage.arrangement.range) ?? this.leading);
    const scope = told.get('table') ?? 'whole';
    if (scope === 'view' || scope === 'whole') this.scope = scope;
    this.#press();
    this.#figures();
  }

  /** @param {string} scope */
  #scope(scope) {
    this.scope = scope;
    this.#press();
    this.#settle();
  }

  #press() {
    for (const button of this.ranges) {
      button.setAttribute('aria-pressed', String(button.dataset.range === this.scope));
      if (button.dataset.range === 'range') button.disabled = !this.range;
    }
  }

  /** Fetch the table, if it is about something else now. */
  async #figures() {
    const { stage, alignment } = this.leading;
    const { viewport } = stage.camera;
    const stretch = this.scope === 'range' && this.range ? this.range : { from: alignment.toCommon(viewport.from), to: alignment.toCommon(viewport.to) };
    const parts = this.panes.map((pane) => {
      const { from, to } = partOf(stretch, pane.alignment, pane.model.duration);
      return `${from}-${to}`;
    });
    const query = new URLSearchParams({ ids: this.panes.map(({ id }) => id).join(',') });
    if (this.scope !== 'whole') query.set('parts', parts.join(','));
    const address = `/compare/table?${query}`;
    if (this.shown === address) return;
    this.shown = address;
    this.table.setAttribute('aria-busy', 'true');
    const text = await fetch(address, { headers: { 'HX-Request': 'true' } }).then((answer) => answer.text(), () => '<p class="quiet">The server can’t be reached. Is it still running?</p>');
    if (this.shown !== address) return;
    this.table.innerHTML = text;
    this.table.setAttribute('aria-busy', 'false');
  }

  /** Links to the same page with other recordings keep the view. @param {Event} event */
  #carry(event) {
    const target = /** @type {Element} */ (event.target);
    const link = target.closest('a[data-carry]');
    if (link instanceof HTMLAnchorElement) link.hash = this.address;
    if (event.type === 'submit' && target instanceof HTMLFormElement && target.matches('[data-carry]')) {
      event.preventDefault();
      const query = new URLSearchParams([...new FormData(target)].map(([name, value]) => [name, String(value)]));
      location.assign(`${target.action}?${query}#${this.address}`);
    }
  }
}

/** @param {string} label @param {readonly [string, string][]} options value and text */
function group(label, options) {
  return options.length === 0 ? [] : [node('optgroup', { label }, ...options.map(([value, text]) => node('option', { value }, text)))];
}

/** When a thread or task was first in a state. @param {Model} model @param {number} state @returns {number | undefined} ns */
function firstOf(model, state) {
  let earliest = Infinity;
  for (const track of model.all) {
    if (!track.isThread && !track.isTask) continue;
    const row = track.rows.state.subarray(0, track.rows.count).indexOf(state);
    if (row >= 0) earliest = Math.min(earliest, track.rows.at[row]);
  }
  return earliest === Infinity ? undefined : earliest;
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
