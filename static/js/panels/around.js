// All that stands around the tracks: the bars above, the tour, and what comes after the first picture. It feeds them, and does what their buttons and
// the keys ask for.

import { formatDuration, formatMoment } from '../text/format.js';
import { spoken } from '../text/sentences.js';
import { node } from '../nodes.js';
import { Viewport } from '../view/viewport.js';
import { FindBar } from './find_bar.js';
import { Marks } from './marks.js';
import { unasked } from './status.js';
import { Toolbar } from './toolbar.js';
import { TourPanel } from './tour.js';

/**
 * @typedef {import('../view/stage.js').Stage} Stage
 * @typedef {import('../view/places.js').Places} Places
 * @typedef {import('../view/places.js').Timeline} Timeline
 * @typedef {'help' | 'why' | 'find' | 'events' | 'back' | 'forth' | 'tour' | 'next-step' | 'previous-step' | 'mark'} Wish what a key or a button asks for
 */

/** How much is seen beside what a step of the tour is about: as a part of that; beside an instant, of the recording. */
const AIR = 0.6;
const INSTANT_AIR = 0.01;
const LEAST_AIR_NS = 20_000;

/** Where a run is that is followed is told in such steps: digits that change with every frame can't be read. */
const TOLD_NS = 1e8;

const HOW = 'Arrow keys move from track to track and from span to span, Enter leads to the reason, X folds, P pins, slash finds, C leads to the cause, J and L go one event back and on, M sets a mark, T tells the recording in words and as a table, W and S zoom, A and D move in time, Space plays, question mark lists all keys.';

let count = 0;
/** What comes after the first picture, once it has. @type {typeof import('./later.js') | null} */
let known = null;

export class Around {
  /**
   * @param {Timeline} timeline it stands in; with `embed`, there is no room below, with `controls` there are bars above
   * @param {Stage} stage @param {Places} places
   */
  constructor(timeline, stage, places) {
    count += 1;
    this.timeline = timeline;
    this.stage = stage;
    this.places = places;
    /** The reader has asked why. */
    this.asked = false;
    this.embedded = timeline.hasAttribute('embed');
    this.marks = new Marks(() => this.#marked());
    stage.marks = this.marks;
    this.find = new FindBar({
      find: (text) => stage.arrange((arrangement) => {
        arrangement.find = text;
      }),
      step: (step) => stage.look(step),
      leave: () => stage.focus(),
    });
    this.toolbar = new Toolbar(this.#buttons());
    this.tour = new TourPanel({
      visit: (step) => this.#visit(step),
      changed: () => places.remember(),
      closed: () => {
        this.update();
        places.remember();
        (!this.toolbar.tour.hidden && timeline.hasAttribute('controls') ? this.toolbar.tour : stage).focus();
      },
    });
    /** One of several beside each other. */
    this.inRow = timeline.hasAttribute('beside');
    /** The room of the panels below; it is kept for them, so that nothing moves when they come. */
    this.below = node('div', { class: 'gt-below' }, node('div', { class: 'gt-source' }), node('div', { class: 'gt-answers' }));
    /** The panels and the sheets, once they have come. @type {import('./later.js').Later | null} */
    this.later = null;
    /** They can't be had. */
    this.incomplete = false;
    this.spoken = node('p', { class: 'gt-spoken', 'aria-live': 'polite' });
    this.flags = this.embedded ? node('ul', { class: 'gt-said', 'aria-label': 'Marks' }) : null;
  }

  /** From top to bottom, with the tracks and the line under them in between. @param {HTMLElement} strip @returns {HTMLElement[]} */
  parts(strip) {
    const { stage } = this;
    const how = node('p', { class: 'gt-spoken', id: `gt-how-${count}` }, HOW);
    stage.names.element.setAttribute('aria-describedby', how.id);
    const controls = this.timeline.hasAttribute('controls');
    if (controls) stage.element.append(this.toolbar.zoom);
    return [
      ...(controls ? [this.toolbar.element] : []),
      this.find.element, this.tour.element, stage.element, strip,
      ...(this.embedded ? [] : [this.below]),
      how, this.spoken,
      ...(this.flags ? [this.flags] : []),
    ];
  }

  /** Have what comes after the first picture, once that is on the screen. */
  completeSoon() {
    if (known) this.#arrive(known);
    else requestAnimationFrame(() => requestAnimationFrame(() => void this.#complete()));
  }

  async #complete() {
    try {
      known ??= await import('./later.js');
      this.#arrive(known);
    } catch (error) {
      this.incomplete = true;
      this.below.hidden = true;
      this.stage.touch();
      throw error;
    }
  }

  /** @param {typeof import('./later.js')} came */
  #arrive({ Later }) {
    if (this.later || !this.stage.element.isConnected) return; // another recording may be looked at by then
    this.later = new Later(this);
    this.update();
  }

  /**
   * Do something with what comes after the first picture: now, if it is there. If not, keys that are pressed meanwhile aren't for the tracks.
   * @param {(later: import('./later.js').Later) => void} what
   */
  async #with(what) {
    const { timeline } = this;
    if (!this.later) {
      const before = document.activeElement;
      timeline.tabIndex = -1;
      timeline.focus({ preventScroll: true });
      await this.#complete().finally(() => {
        if (document.activeElement === timeline && before instanceof HTMLElement) before.focus({ preventScroll: true });
        timeline.removeAttribute('tabindex');
      });
    }
    if (this.later) what(this.later);
  }

  /** What was asked for and isn't told here, in a sentence; empty if nothing was. */
  get refused() {
    const { path, range } = this.stage.arrangement;
    if (this.inRow) return this.asked ? 'Why is told on the recording’s own page: its name above leads there, to the same view.' : '';
    return this.embedded && (this.asked || path || range !== null) ? unasked(null, true) : '';
  }

  /** Whom the server knows the recording by. */
  get #recording() {
    return this.timeline.getAttribute('recording');
  }

  /** @returns {import('./toolbar.js').ToolbarActions} */
  #buttons() {
    const { stage } = this;
    return {
      start: () => stage.command('start'),
      play: () => stage.command('play'),
      end: () => (this.timeline.phase === 'running' ? stage.follow(true) : stage.command('end')),
      pace: (slowness) => stage.act((camera) => camera.setPace(slowness)),
      live: () => stage.follow(!stage.camera.following),
      zoomIn: () => stage.command('zoom-in'),
      zoomOut: () => stage.command('zoom-out'),
      fit: () => stage.command('fit'),
      help: () => this.ask('help'),
      tour: () => this.ask('tour'),
      find: () => this.ask('find'),
      events: () => this.ask('events'),
      eventBefore: () => stage.command('event-before'),
      eventAfter: () => stage.command('event-after'),
      cause: () => stage.command('cause'),
      curves: () => stage.command('curves'),
      path: () => stage.command('path'),
      range: () => (stage.arrangement.range ? stage.setRange(null) : stage.command('range-view')),
      back: () => this.ask('back'),
      forth: () => this.ask('forth'),
      choose: (state) => stage.arrange((arrangement) => arrangement.choose(state)),
    };
  }

  /** All of the recording is there: what belongs to it can be had. */
  ended() {
    this.tour.offer(this.timeline.getAttribute('tour'));
    const recording = this.#recording;
    if (recording) void this.marks.load(`/${this.embedded && !this.inRow ? 'embed' : 'recordings'}/${encodeURIComponent(recording)}/marks`);
    else this.marks.show(this.stage.model.marks);
  }

  /** Bring everything up to date with what is looked at. */
  update() {
    const { find, places: { trail }, stage, toolbar, tour } = this;
    const { arrangement, camera, model } = stage;
    const resolution = Math.max(camera.viewport.width / Math.max(stage.widthPx, 1), model.duration / 1e4, camera.following ? TOLD_NS : 0);
    const [at, until] = [camera.at, model.duration].map((moment) => (camera.following ? Math.floor(moment / TOLD_NS) * TOLD_NS : moment));
    toolbar.update({
      playing: camera.playback.playing || camera.following,
      slowness: camera.following ? 1 : camera.playback.slowness,
      position: model.duration > 0 ? `${formatMoment(Math.max(at, 0), resolution, until)} of ${formatDuration(until)}` : '',
      running: camera.running,
      following: camera.following,
      states: model.threadStates,
      chosen: arrangement.states,
      curves: arrangement.curves,
      path: arrangement.path,
      range: arrangement.range !== null,
      canBack: trail.past.length > 0,
      canForth: trail.ahead.length > 0,
      tour: tour.standing,
    });
    find.show(arrangement.find);
    find.tell(stage.found);
    this.later?.update(this.#recording, this.timeline.phase === 'ended');
  }

  /** There are other marks; in a frame, which has no panel of them, they are told to who doesn't see. */
  #marked() {
    this.flags?.replaceChildren(...this.marks.all.map(({ at, text }) => node('li', {}, `${formatDuration(at)}: ${text}`)));
    this.stage.touch();
    this.timeline.dispatchEvent(new CustomEvent('gil-marks'));
  }

  /** Said to who listens, and shown nowhere. @param {string} text */
  tell(text) {
    this.spoken.textContent = text;
  }

  /** Another span is selected, or none. */
  selected() {
    const { stage: { model, selected: span }, timeline } = this;
    this.tell(span ? spoken(model, span) : '');
    if (span) this.later?.answers.chooseWhy();
    this.update();
    const detail = span ? { track: span.track.id, name: span.track.name, state: span.state, from: span.from, to: span.to } : null;
    timeline.dispatchEvent(new CustomEvent('gil-select', { bubbles: true, detail }));
  }

  /** Go where a step of the tour leads. @param {import('./tour.js').Step} step */
  #visit(step) {
    const { places, stage } = this;
    const { model } = stage;
    places.rest();
    if (step.found) {
      const at = (step.from + step.to) / 2;
      const air = step.to > step.from ? Math.max((step.to - step.from) * AIR, LEAST_AIR_NS) : Math.max(model.duration * INSTANT_AIR, LEAST_AIR_NS);
      stage.act((camera) => camera.seek(at));
      stage.select(model.tracks[step.track]?.spanAt(at, model.duration) ?? null);
      // What is printed is of no track, and tells of what came before it: of all.
      const around = step.track === 0 ? Viewport.fit(stage.camera.until, stage.camera.opening) : Viewport.withAir(step.from, step.to, air, stage.camera.until);
      stage.act((camera) => camera.glide(around));
    }
    this.tell(step.spoken);
    this.update();
  }

  /** @param {Wish} what */
  ask(what) {
    switch (what) {
      case 'help': this.#with(({ help }) => help.showModal()); break;
      case 'why':
        this.asked = true;
        this.#with((later) => later.why());
        break;
      case 'find': this.find.open(); break;
      case 'mark': this.#with((later) => later.mark()); break;
      case 'tour': this.tour.toggle(); break;
      case 'next-step': this.tour.step(1); break;
      case 'previous-step': this.tour.step(-1); break;
      case 'events': this.#with((later) => later.tellEvents(this.timeline.phase === 'ended' ? this.#recording : null)); break;
      default: this.places.go(what);
    }
  }
}
