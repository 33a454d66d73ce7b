// All that stands around the tracks: the bars above, the tour, the panels below. It feeds them, and does what their buttons and the keys ask for.

import { formatDuration, formatMoment } from '../text/format.js';
import { spoken } from '../text/sentences.js';
import { node } from '../nodes.js';
import { Viewport } from '../view/viewport.js';
import { Answers } from './answers.js';
import { Beside } from './beside.js';
import { EventsSheet } from './events_sheet.js';
import { FindBar } from './find_bar.js';
import { helpSheet } from './help.js';
import { Marks } from './marks.js';
import { marksSheet } from './marks_sheet.js';
import { unasked } from './questions.js';
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
    this.events = new EventsSheet((span) => {
      places.rest();
      stage.select(span, true);
      stage.focus();
    });
    this.sheet = helpSheet();
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
    this.beside = new Beside(stage, this.marks, () => this.update());
    /** Beside others there is no room below, and marks can be set all the same. */
    this.noting = timeline.hasAttribute('beside') ? marksSheet(this.beside.noted, () => stage.focus()) : null;
    this.answers = new Answers(stage);
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
      ...(this.embedded ? [] : [node('div', { class: 'gt-below' }, this.beside.element, this.answers.element)]),
      how, this.spoken, this.sheet, this.events.element,
      ...(this.flags ? [this.flags] : []),
      ...(this.noting ? [this.noting] : []),
    ];
  }

  /** What was asked for and isn't told here, in a sentence; empty if nothing was. */
  get refused() {
    const { path, range } = this.stage.arrangement;
    if (this.noting) return this.asked ? 'Why is told on the recording’s own page: its name above leads there, to the same view.' : '';
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
    if (recording) void this.marks.load(`/${this.embedded && !this.noting ? 'embed' : 'recordings'}/${encodeURIComponent(recording)}/marks`);
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
    const ended = this.timeline.phase === 'ended';
    if (this.noting?.open) this.beside.noted.update(camera.at, model.duration, ended);
    // Beside others, the path is drawn, and the page has the figures of a range.
    if (this.noting) this.answers.path.show(arrangement.path, model, this.#recording, ended);
    if (this.embedded) return;
    // A page may give what was printed more room.
    this.timeline.classList.toggle('gt-failed', this.beside.update(ended));
    this.answers.update(this.#recording, ended);
  }

  /** There are other marks; in a frame, which has no panel of them, they are told to who doesn't see. */
  #marked() {
    this.flags?.replaceChildren(...this.marks.all.map(({ at, text }) => node('li', {}, `${formatDuration(at)}: ${text}`)));
    this.stage.touch();
    this.timeline.dispatchEvent(new CustomEvent('gil-marks'));
  }

  /** Another span is selected, or none. */
  selected() {
    const { answers, stage: { model, selected: span }, timeline } = this;
    this.spoken.textContent = span ? spoken(model, span) : '';
    if (span) answers.chooseWhy();
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
    this.spoken.textContent = step.spoken;
    this.update();
  }

  /** @param {Wish} what */
  ask(what) {
    switch (what) {
      case 'help': this.sheet.showModal(); break;
      case 'why': this.#askWhy(); break;
      case 'find': this.find.open(); break;
      case 'mark': this.#mark(); break;
      case 'tour': this.tour.toggle(); break;
      case 'next-step': this.tour.step(1); break;
      case 'previous-step': this.tour.step(-1); break;
      case 'events': this.#openEvents(); break;
      default: this.places.go(what);
    }
  }

  #mark() {
    if (this.noting) {
      this.noting.showModal();
      this.update();
      this.beside.noted.focus();
    } else if (!this.embedded) this.beside.mark();
  }

  #askWhy() {
    this.asked = true;
    this.answers.chooseWhy();
    this.answers.detail.element.focus();
  }

  #openEvents() {
    const { events, stage: { camera: { viewport }, layout, model } } = this;
    events.open(model, layout.rows.map(({ track }) => track), viewport.from, viewport.to, this.timeline.phase === 'ended' ? this.#recording : null);
  }
}
