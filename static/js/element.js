// <gil-timeline src live recording controls embed beside>: a recording, running or ended, to look at.

import { State } from './model/schema.js';
import { Detail } from './panels/detail.js';
import { Feed } from './feed/feed.js';
import { ChunkType } from './feed/recording.js';
import { Model } from './model/model.js';
import { PrintedPanel } from './panels/printed.js';
import { SourcePanel } from './panels/source_panel.js';
import { Stage } from './view/stage.js';
import { Tabs } from './panels/tabs.js';
import { Toolbar } from './panels/toolbar.js';
import { formatAddress, parseAddress } from './view/address.js';
import { formatCount, formatDuration, formatMoment, formatOrdinal } from './text/format.js';
import { EventsSheet } from './panels/events_sheet.js';
import { FindBar } from './panels/find_bar.js';
import { helpSheet } from './panels/help.js';
import { Marks } from './panels/marks.js';
import { MarksPanel } from './panels/marks_panel.js';
import { node } from './nodes.js';
import { PathPanel } from './panels/path_panel.js';
import { unasked } from './panels/questions.js';
import { RangePanel } from './panels/range_panel.js';
import { about, coreWords, ending, life, placeWords, predicate, spoken } from './text/sentences.js';
import { TourPanel } from './panels/tour.js';
import { Trail } from './view/trail.js';
import { Viewport } from './view/viewport.js';
import { momentOf } from './model/waits.js';
import { WaitsPanel } from './panels/waits_panel.js';

/** @typedef {import('./model/model.js').Span} Span */
/** @typedef {import('./model/layout.js').Row} Row */
/** @typedef {'empty' | 'loading' | 'queued' | 'running' | 'ended' | 'failed'} Phase */

const ADDRESS_PAUSE_MS = 300;
/** How much is seen beside what a step of the tour is about: as a part of that; beside an instant, of the recording. */
const AIR = 0.6;
const INSTANT_AIR = 0.01;
const LEAST_AIR_NS = 20_000;
const LOADING_PAUSE_MS = 250;
/** What takes longer to read than this is said to. */
const PATIENCE_MS = 1500;

/** The panels of what is told of the timeline. */
const WHY = 0;
const RANGE = 1;
const PATH = 2;

/** What stands in a recording's header under `layers`, as it is named on the page. */
const LAYERS = Object.freeze({ gil: 'The GIL', cores: 'Which thread is on which core', program: 'What the program waits for' });

let count = 0;

export class GilTimeline extends HTMLElement {
  static observedAttributes = ['src', 'live'];

  connectedCallback() {
    this.classList.add('gt');
    this.#build();
    this.#begin();
    this.ending = new AbortController();
    // Beside others, the address is the page's.
    if (!this.hasAttribute('beside')) window.addEventListener('hashchange', () => this.#follow(), { signal: this.ending.signal });
  }

  disconnectedCallback() {
    this.ending?.abort();
    this.feed?.stop();
    this.stage?.disconnect();
    clearTimeout(this.addressTimer);
    clearTimeout(this.patience);
    this.replaceChildren();
  }

  /** @param {string} _name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(_name, before, after) {
    if (!this.isConnected || before === after || !this.stage) return;
    // Both attributes may change together: begin once.
    clearTimeout(this.restart);
    this.restart = setTimeout(() => {
      this.feed?.stop();
      this.stage?.disconnect();
      this.#build();
      this.#begin();
    });
  }

  #build() {
    count += 1;
    this.model = new Model();
    /** @type {Phase} */
    this.phase = 'empty';
    this.connected = true;
    /** The reader has asked why. */
    this.asked = false;
    this.grownAt = -Infinity;
    const stage = new Stage(this.model, {
      changed: () => this.#changed(),
      selected: () => this.#selected(),
      hovered: (span, row, xPx, yPx) => this.#hovered(span, row, xPx, yPx),
      ask: (what) => this.#ask(what),
      leaving: () => this.#rest(),
      moved: () => this.dispatchEvent(new CustomEvent('gil-view')),
    });
    this.stage = stage;
    this.trail = new Trail();
    this.find = new FindBar({
      find: (text) => stage.arrange((arrangement) => {
        arrangement.find = text;
      }),
      step: (step) => stage.look(step),
      leave: () => stage.focus(),
    });
    this.events = new EventsSheet((span) => {
      this.#rest();
      stage.select(span, true);
      stage.focus();
    });
    this.sheet = helpSheet();
    this.toolbar = new Toolbar({
      start: () => stage.command('start'),
      play: () => stage.command('play'),
      end: () => (this.phase === 'running' ? stage.follow(true) : stage.command('end')),
      pace: (slowness) => stage.act((camera) => camera.setPace(slowness)),
      live: () => stage.follow(!stage.camera.following),
      zoomIn: () => stage.command('zoom-in'),
      zoomOut: () => stage.command('zoom-out'),
      fit: () => stage.command('fit'),
      help: () => this.#ask('help'),
      tour: () => this.#ask('tour'),
      find: () => this.#ask('find'),
      events: () => this.#ask('events'),
      eventBefore: () => stage.command('event-before'),
      eventAfter: () => stage.command('event-after'),
      cause: () => stage.command('cause'),
      curves: () => stage.command('curves'),
      path: () => stage.command('path'),
      range: () => (stage.arrangement.range ? stage.setRange(null) : stage.command('range-view')),
      back: () => this.#ask('back'),
      forth: () => this.#ask('forth'),
      choose: (state) => stage.arrange((arrangement) => arrangement.choose(state)),
    });
    this.tour = new TourPanel({
      visit: (step) => this.#visit(step),
      changed: () => this.#rememberAddress(),
      closed: () => {
        this.#panels();
        this.#rememberAddress();
        (this.toolbar && !this.toolbar.tour.hidden && this.hasAttribute('controls') ? this.toolbar.tour : stage).focus();
      },
    });
    this.source = new SourcePanel((text) => stage.arrange((arrangement) => {
      arrangement.find = text;
    }));
    this.printed = new PrintedPanel((at) => stage.act((camera) => camera.seek(at, true)));
    this.marks = new Marks(() => this.#marked());
    stage.marks = this.marks;
    this.noted = new MarksPanel(this.marks, (at) => stage.act((camera) => camera.seek(at, true)));
    this.waits = new WaitsPanel((track) => this.#choose(track));
    this.detail = new Detail({ told: (story) => stage.tell(story), walk: (story, n) => stage.walk(story, n) });
    this.path = new PathPanel({ told: (path) => stage.drawPath(path), go: (track, begin, end) => {
      stage.visit(track, begin, end);
      this.answers?.choose(PATH);
    } });
    this.range = new RangePanel(() => {
      stage.setRange(null);
      stage.focus();
    });
    this.answers = new Tabs('What is told of the timeline', [
      { name: 'Why?', element: this.detail.element },
      { name: 'Range', element: this.range.element },
      { name: 'Critical path', element: this.path.element },
    ]);
    this.tabs = new Tabs('Beside the timeline', [
      { name: 'Source', element: this.source.element },
      { name: 'Printed', element: this.printed.element },
      { name: 'Who waits', element: this.waits.element },
      { name: 'Marks', element: this.noted.element },
    ]);
    this.tabs.element.addEventListener('change', () => this.#panels());
    this.source.files.addEventListener('change', () => this.#panels());
    this.message = node('div', { class: 'gt-message', hidden: true });
    this.strip = node('p', { class: 'gt-status', role: 'status' });
    this.tip = node('div', { class: 'gt-tip', hidden: true });
    this.spoken = node('p', { class: 'gt-spoken', 'aria-live': 'polite' });
    const how = node('p', { class: 'gt-spoken', id: `gt-how-${count}` }, 'Arrow keys move from track to track and from span to span, Enter leads to the reason, X folds, P pins, slash finds, C leads to the cause, J and L go one event back and on, M sets a mark, T tells the recording in words and as a table, W and S zoom, A and D move in time, Space plays, question mark lists all keys.');
    stage.names.element.setAttribute('aria-describedby', how.id);
    this.detail.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') stage.names.focus(stage.names.current);
    });
    stage.element.append(this.message, this.tip);
    const embedded = this.hasAttribute('embed');
    this.flags = embedded ? node('ul', { class: 'gt-said', 'aria-label': 'Marks' }) : null;
    const parts = [this.tour.element, stage.element, this.strip, how, this.spoken, this.sheet, this.events.element];
    if (this.hasAttribute('controls')) {
      parts.unshift(this.toolbar.element, this.find.element);
      stage.element.append(this.toolbar.zoom);
    }
    if (this.flags) parts.push(this.flags);
    if (!embedded) parts.splice(-4, 0, node('div', { class: 'gt-below' }, node('section', { class: 'gt-source' }, this.tabs.element, this.source.element, this.printed.element, this.waits.element, this.noted.element), node('section', { class: 'gt-answers' }, this.answers.element, this.detail.element, this.range.element, this.path.element)));
    this.replaceChildren(...parts);
    stage.connect();
  }

  #begin() {
    const src = this.getAttribute('src');
    const live = this.getAttribute('live');
    if (!src && !live) {
      this.#enter('empty', 'No recording yet', 'Press Run, and the timeline appears here while it happens.');
      return;
    }
    this.#enter('loading', 'Loading the recording', live ? 'Waiting for the first rows.' : '');
    const { model } = this;
    this.slow = false;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.slow = true;
      this.#say();
    }, PATIENCE_MS);
    this.feed = new Feed(src, live, {
      header: (header) => {
        if (model) model.header = header;
        this.stage?.touch();
      },
      chunk: (chunk) => this.#chunk(chunk),
      damage: (text) => {
        model?.tellDamage(text);
        this.#say();
      },
      progress: (part) => {
        if (this.phase === 'loading') this.#progress(part);
      },
      status: (status) => this.#status(status),
      connection: (connected) => {
        this.connected = connected;
        this.#say();
      },
      complete: () => this.#complete(),
      failed: (text) => this.#enter('failed', 'The recording can’t be shown', text),
    });
  }

  /** @param {import('./feed/recording.js').Chunk} chunk */
  #chunk(chunk) {
    const { model, stage } = this;
    if (!model || !stage) return;
    if (chunk.rows) {
      model.addRows(chunk.rows);
      if (this.phase === 'loading' && this.getAttribute('live')) this.#run();
      if (this.dataset.phase !== 'shown') this.#showTracks();
    } else if (chunk.header.type === ChunkType.END) {
      model.tellEnd(chunk.json);
      if (this.getAttribute('live')) this.#ended();
    } else model.tellMeta(chunk.json);
    // While a file is read, looking on is rare: it would take longer than the reading.
    const now = performance.now();
    if (this.phase === 'loading' && now - (this.grownAt ?? 0) < LOADING_PAUSE_MS) return;
    this.grownAt = now;
    stage.grown();
  }

  /** @param {any} status */
  #status(status) {
    if (status.state === 'queued') {
      const place = status.position > 0 ? `${formatOrdinal(status.position)} in the queue` : 'In the queue';
      this.#enter('queued', place, 'Runs don’t share their cores with others, so that what is measured is theirs. This one starts by itself.');
    } else if (status.state === 'running') this.#run();
    else if (status.state === 'ended') {
      const waited = this.phase === 'queued';
      if (this.model && !this.model.end) this.model.tellEnd({ verdict: status.verdict ?? 'killed', sentence: status.sentence ?? '', duration_ns: 0 });
      this.#ended();
      // A run that only waited leaves nothing to ask for.
      if (!waited) this.#tellEnd();
    }
  }

  #run() {
    if (this.phase === 'running' || this.phase === 'ended') return;
    const { stage, model } = this;
    if (!stage || !model) return;
    if (model.rowCount > 0) this.#showTracks();
    else this.#enter('running', 'Starting', 'The program is being started. What it does appears here while it happens.');
    this.phase = 'running';
    stage.camera.running = true;
    if (parseAddress(location.hash).from === undefined) stage.follow(true);
    else this.#restore();
    this.#say();
    this.dispatchEvent(new CustomEvent('gil-began', { bubbles: true, detail: { recording: this.getAttribute('recording') } }));
  }

  #ended() {
    const { stage, model } = this;
    if (this.phase === 'ended' || !stage || !model) return;
    const live = this.phase === 'running';
    this.phase = 'ended';
    stage.camera.running = false;
    this.#showTracks();
    if (stage.camera.following) {
      stage.follow(false);
      stage.command('fit');
      stage.command('start');
    }
    this.tour?.offer(this.getAttribute('tour'));
    const recording = this.getAttribute('recording');
    if (recording) void this.marks?.load(`/${this.hasAttribute('embed') ? 'embed' : 'recordings'}/${encodeURIComponent(recording)}/marks`);
    if (!live) this.#restore();
    if (model.rowCount === 0) this.#enter('ended', 'Nothing was recorded', model.end?.sentence ?? '');
    this.#say();
    stage.grown();
    this.#panels();
  }

  /** The server has the whole recording: who wants to know what is in it may ask. */
  #tellEnd() {
    const { end } = /** @type {Model} */ (this.model);
    this.dispatchEvent(new CustomEvent('gil-ended', { bubbles: true, detail: { recording: this.getAttribute('recording'), verdict: end?.verdict, sentence: end?.sentence } }));
  }

  #complete() {
    const { model } = this;
    if (!model) return;
    if (!model.end && model.openDamage !== null) model.tellEnd({ verdict: '', sentence: '', duration_ns: 0 });
    this.#ended();
    this.#tellEnd();
  }

  /** @param {Phase} phase @param {string} title @param {string} text */
  #enter(phase, title, text) {
    this.phase = phase;
    this.dataset.phase = phase;
    if (!this.message) return;
    this.message.hidden = false;
    this.message.className = `gt-message gt-message-${phase}`;
    this.message.replaceChildren(node('p', { class: 'gt-message-title' }, title), node('p', {}, text));
    this.#say();
  }

  #showTracks() {
    if (this.message) this.message.hidden = true;
    this.dataset.phase = 'shown';
  }

  /** @param {number | null} part */
  #progress(part) {
    const { message } = this;
    if (!message || message.hidden) return;
    let bar = message.querySelector('progress');
    if (!bar) {
      bar = node('progress', { max: '1', 'aria-label': 'Loading' });
      message.append(bar);
    }
    if (part === null) bar.removeAttribute('value');
    else bar.value = part;
  }

  /** The line under the tracks: how the run ended, what is missing, whether the connection stands. */
  #say() {
    const { model, strip } = this;
    if (!model || !strip) return;
    const said = [];
    if (this.stage?.lost) said.push(['broken', 'The browser has taken the drawing away. It comes back by itself; if it doesn’t, load this page again.']);
    if (this.slow && this.phase === 'loading' && model.rowCount > 0) said.push(['unmeasured', 'The rest of the recording is still being read.']);
    if (!this.connected && (this.phase === 'running' || this.phase === 'queued')) said.push(['broken', 'Connection lost. Reconnecting: what happens meanwhile is kept and follows.']);
    if (this.phase === 'ended' && model.end && model.end.verdict && model.end.verdict !== 'ok') said.push(['verdict', model.end.sentence || `Ended: ${model.end.verdict}.`]);
    if (this.phase === 'ended' && !model.end && model.rowCount > 0) said.push(['verdict', 'This recording has no end: it shows what was written before it broke off.']);
    const damages = model.damages.length + (model.openDamage === null ? 0 : 1);
    if (damages > 0) said.push(['damage', `A part of this recording can’t be read and is hatched; the rest is whole. ${model.damages[0]?.sentence ?? model.openDamage}`]);
    if (model.lostCount > 0) said.push(['damage', `${formatCount(model.lostCount)} ${model.lostCount === 1 ? 'event was' : 'events were'} lost, because they came faster than they could be read; the places are hatched.`]);
    const unmeasured = unmeasuredWords(model.header?.layers);
    if (unmeasured && this.phase !== 'loading') said.push(['unmeasured', unmeasured]);
    const { path, range } = this.stage?.arrangement ?? {};
    if (this.hasAttribute('embed') && (this.asked || path || range)) said.push(['unmeasured', unasked(null, true)]);
    const key = said.join('|');
    if (key === strip.dataset.said) return;
    strip.dataset.said = key;
    strip.replaceChildren(...said.map(([kind, text]) => node('span', { class: `gt-say gt-say-${kind}` }, text)));
  }

  /** Something was drawn anew: bring what stands around it up to date. */
  #changed() {
    this.#say();
    this.#panels();
    this.#rememberAddress();
  }

  #panels() {
    const { stage, model, toolbar } = this;
    if (!stage || !model || !toolbar) return;
    const { camera } = stage;
    const resolution = camera.viewport.width / Math.max(stage.widthPx, 1);
    toolbar.update({
      playing: camera.playback.playing || camera.following,
      slowness: camera.following ? 1 : camera.playback.slowness,
      position: model.duration > 0 ? `${formatMoment(Math.max(camera.at, 0), Math.max(resolution, model.duration / 1e4), model.duration)} of ${formatDuration(model.duration)}` : '',
      running: camera.running,
      following: camera.following,
      states: model.threadStates,
      chosen: stage.arrangement.states,
      curves: stage.arrangement.curves,
      path: stage.arrangement.path,
      range: stage.arrangement.range !== null,
      canBack: (this.trail?.past.length ?? 0) > 0,
      canForth: (this.trail?.ahead.length ?? 0) > 0,
      tour: this.tour?.standing ?? 'none',
    });
    this.find?.show(stage.arrangement.find);
    this.find?.tell(stage.found);
    if (this.hasAttribute('embed')) return;
    this.#besides(model, camera.at, camera.playback.playing || (camera.at > 0 && !camera.following));
    this.source?.update(model, camera.at, stage.selected?.track.id ?? 0, camera.viewport);
    this.#answer(stage, model);
  }

  /** What is told beside the source: of the selected span, of the range, of the critical path. @param {Stage} stage @param {Model} model */
  #answer({ arrangement, selected }, model) {
    const { answers, detail, path, range } = this;
    if (!answers || !detail || !path || !range) return;
    const told = /** @type {const} */ ([model, this.getAttribute('recording'), this.phase === 'ended']);
    detail.show(model, selected, told[1], told[2]);
    const before = range.shown;
    range.show(arrangement.range, ...told);
    path.show(arrangement.path, ...told);
    const there = [true, arrangement.range !== null, arrangement.path];
    answers.element.hidden = !there[1] && !there[2];
    there.forEach((one, n) => {
      // What comes, or is another one, is looked at; what goes leaves the others.
      if (one && (answers.buttons[n].hidden || (n === RANGE && range.shown !== before))) answers.choose(n);
      answers.buttons[n].hidden = !one;
    });
    if (!there[answers.chosen]) answers.choose(there.lastIndexOf(true));
  }

  /** What was printed, if anything was, and who waits for whom; what ended a program that failed comes into sight by itself. @param {Model} model @param {number} at @param {boolean} replaying */
  #besides(model, at, replaying) {
    const { tabs, printed } = this;
    if (!tabs || !printed) return;
    const failed = Boolean(model.end?.traceback);
    tabs.buttons[1].hidden = model.output.lines.length === 0 && !failed;
    this.waits?.update(model, at);
    this.noted?.update(at, model.duration, this.phase === 'ended');
    if (tabs.buttons[1].hidden) return;
    this.classList.toggle('gt-failed', failed);
    if (failed) tabs.offer(1);
    printed.update(model, at, replaying);
    const count = printed.count > 0 ? ` ${formatCount(printed.count)}` : '';
    const name = failed ? `Printed${count}, and the traceback` : `Printed${count}`;
    if (tabs.buttons[1].textContent !== name) tabs.buttons[1].textContent = name;
  }

  /** There are other marks; in a frame, which has no panel of them, they are told to who doesn't see. */
  #marked() {
    const { marks, flags, stage } = this;
    flags?.replaceChildren(...(marks?.all ?? []).map(({ at, text }) => node('li', {}, `${formatDuration(at)}: ${text}`)));
    stage?.touch();
  }

  /** Write down what is to be seen at the playhead. */
  #mark() {
    const { tabs, noted } = this;
    if (!tabs || !noted || this.hasAttribute('embed')) return;
    tabs.choose(tabs.panels.findIndex(({ element }) => element === noted.element));
    noted.focus();
  }

  /** Show what a track does at the playhead. @param {number} id */
  #choose(id) {
    const { stage, model } = this;
    const track = model?.tracks[id];
    if (!stage || !model || !track) return;
    stage.select(track.spanAt(momentOf(model, stage.camera.at), model.duration));
  }

  #selected() {
    const { stage, model } = this;
    if (!stage || !model) return;
    const span = stage.selected;
    if (this.spoken) this.spoken.textContent = span ? spoken(model, span) : '';
    if (span) this.answers?.choose(WHY);
    this.#panels();
    const detail = span ? { track: span.track.id, name: span.track.name, state: span.state, from: span.from, to: span.to } : null;
    this.dispatchEvent(new CustomEvent('gil-select', { bubbles: true, detail }));
  }

  /** @param {Span | null} span @param {Row | null} row whose name the pointer is on @param {number} xPx @param {number} yPx */
  #hovered(span, row, xPx, yPx) {
    const { tip, model, stage } = this;
    if (!tip || !model || !stage) return;
    tip.hidden = !row && (!span || span.state === State.EXITED);
    if (tip.hidden) return;
    if (row) tip.replaceChildren(node('p', {}, node('strong', {}, row.track.name.slice(0, 80)), ` ${about(row.track)}`), ...life(model, row.track).map((text) => node('p', { class: 'gt-facts' }, text)));
    else if (span) {
      const facts = [placeWords(model, span.line), ending(span), coreWords(span.track, stage.scale.pxToTime(xPx)), `from ${formatMoment(span.from, Math.max(stage.scale.nsPerPx, 1))}`];
      tip.replaceChildren(
        node('p', {}, node('strong', {}, span.track.name.slice(0, 80)), ` ${predicate(model, span)}`),
        node('p', { class: 'gt-facts' }, facts.filter(Boolean).join(' · ')),
      );
    }
    const { clientWidth, clientHeight } = stage.element;
    const left = Math.min(xPx + 14, clientWidth - tip.offsetWidth - 8);
    const below = yPx + 18;
    const top = below + tip.offsetHeight > clientHeight - 4 ? yPx - tip.offsetHeight - 12 : below;
    tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(4, top)}px)`;
  }

  /** Go where a step of the tour leads. @param {import('./panels/tour.js').Step} step */
  #visit(step) {
    const { model, stage } = this;
    if (!model || !stage) return;
    this.#rest();
    if (step.found) {
      const at = (step.from + step.to) / 2;
      const air = step.to > step.from ? Math.max((step.to - step.from) * AIR, LEAST_AIR_NS) : Math.max(model.duration * INSTANT_AIR, LEAST_AIR_NS);
      stage.act((camera) => camera.seek(at));
      stage.select(model.tracks[step.track]?.spanAt(at, model.duration) ?? null);
      stage.act((camera) => camera.glide(new Viewport(Math.max(step.from - air, -air / 4), step.to + air)));
    }
    if (this.spoken) this.spoken.textContent = step.spoken;
    this.#panels();
  }

  /** @param {'help' | 'why' | 'find' | 'events' | 'back' | 'forth' | 'tour' | 'next-step' | 'previous-step' | 'mark'} what a key or a button asks for */
  #ask(what) {
    const { model, stage, trail } = this;
    if (!model || !stage || !trail) return;
    if (what === 'help') this.sheet?.showModal();
    else if (what === 'why') this.#askWhy();
    else if (what === 'find') this.find?.open();
    else if (what === 'mark') this.#mark();
    else if (what === 'tour') this.tour?.toggle();
    else if (what === 'next-step') this.tour?.step(1);
    else if (what === 'previous-step') this.tour?.step(-1);
    else if (what === 'events') this.events?.open(model, stage.layout.rows.map(({ track }) => track), stage.camera.viewport.from, stage.camera.viewport.to, this.phase === 'ended' ? this.getAttribute('recording') : null);
    else {
      this.#rest();
      const address = trail[what]();
      if (address !== null) this.#look(parseAddress(address), true);
    }
  }

  #askWhy() {
    this.asked = true;
    this.answers?.choose(WHY);
    this.detail?.element.focus();
    this.#say();
  }

  /** The view is one to come back to. */
  #rest() {
    if (this.stage && !this.stage.camera.following && this.phase !== 'loading') this.trail?.rest(formatAddress(this.stage.view));
  }

  /** Take the view from the address: a stretch, a moment, a track; with a track, its span there is selected. */
  #restore() {
    if (location.hash !== this.ownHash && !this.hasAttribute('beside')) {
      const view = parseAddress(location.hash);
      this.#look(view, false);
      if (view.tour !== undefined && this.phase === 'ended') this.tour?.open(view.tour, view.from === undefined);
    }
    this.#rest();
  }

  /** @param {import('./view/address.js').View} view @param {boolean} whole what it doesn't tell is as at the beginning; else as it is now */
  #look(view, whole) {
    const { stage, model } = this;
    if (!stage || !model) return;
    const { from, to, track: id, at: moment } = view;
    if (whole || view.fold || view.pin || view.only || view.find || view.quiet || view.curves || view.path || view.range) stage.arrange((arrangement) => arrangement.take(view));
    if (whole) {
      stage.act((camera) => (from === undefined ? camera.fit() : undefined));
      stage.act((camera) => camera.seek(moment ?? 0));
      if (id === undefined) stage.select(null);
    }
    const stretch = from === undefined || to === undefined ? null : new Viewport(from, to);
    if (stretch) stage.act((camera) => camera.look(stretch));
    const track = id === undefined ? undefined : model.tracks[id];
    const at = moment ?? (track && stretch ? (stretch.from + stretch.to) / 2 : undefined);
    if (at !== undefined) stage.act((camera) => camera.seek(at, !stretch));
    if (track && at !== undefined) stage.select(track.spanAt(at, model.duration));
  }

  /** A link on the page leads to another view: go there, with the keys. */
  #follow() {
    if (location.hash === this.ownHash || location.hash === '') return;
    this.#restore();
    this.stage?.focus();
    this.stage?.element.scrollIntoView({ block: 'nearest' });
  }

  /** Put the view into the address, when it has come to rest. */
  #rememberAddress() {
    if ((this.phase !== 'ended' && this.phase !== 'running') || this.hasAttribute('beside')) return;
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => {
      const { stage } = this;
      if (!stage || stage.camera.following || this.phase === 'loading') return;
      if (!stage.camera.playback.playing) this.#rest();
      const hash = formatAddress({ ...stage.view, tour: this.tour?.place });
      const next = hash === '' ? location.pathname + location.search : `#${hash}`;
      if (hash === location.hash.slice(1)) return;
      history.replaceState(history.state, '', next);
      this.ownHash = location.hash;
    }, ADDRESS_PAUSE_MS);
  }
}

/**
 * What wasn't measured, and why.
 * @param {Record<string, {measured: boolean, why?: string}> | undefined} layers
 */
function unmeasuredWords(layers) {
  const missing = Object.entries(LAYERS).filter(([name]) => layers?.[name]?.measured === false);
  return missing.map(([name, words]) => `${words} wasn’t measured. ${layers?.[name].why ?? ''}`.trim()).join(' ');
}
