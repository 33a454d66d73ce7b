// <gil-timeline src live recording controls embed beside>: a recording, running or ended, to look at. What comes in, and which phase that leads to.

import { feedOf } from './feed/begun.js';
import { ChunkType } from './feed/recording.js';
import { Model } from './model/model.js';
import { node } from './nodes.js';
import { Around } from './panels/around.js';
import { Message, say } from './panels/status.js';
import { formatOrdinal } from './text/format.js';
import { parseAddress } from './view/address.js';
import { Places } from './view/places.js';
import { Stage } from './view/stage.js';
import { settle } from './view/watching.js';

/** @typedef {import('./panels/status.js').Phase} Phase */

const LOADING_PAUSE_MS = 250;
/** What takes longer to read than this is said to. */
const PATIENCE_MS = 1500;

export class GilTimeline extends HTMLElement {
  static observedAttributes = ['src', 'live'];

  /** What this timeline has put into the address is its own, whatever it shows next. */
  places = new Places(this);

  connectedCallback() {
    this.classList.add('gt');
    this.#build();
    this.#begin();
    this.ending = new AbortController();
    // Beside others, the address is the page's.
    if (!this.hasAttribute('beside')) window.addEventListener('hashchange', () => this.places.follow(), { signal: this.ending.signal });
  }

  disconnectedCallback() {
    this.ending?.abort();
    this.feed?.stop();
    this.stage?.disconnect();
    this.places.stop();
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
    const model = new Model();
    this.model = model;
    /** @type {Phase} */
    this.phase = 'empty';
    this.connected = true;
    this.grownAt = -Infinity;
    const tip = node('div', { class: 'gt-tip', hidden: true });
    this.tip = tip;
    const stage = new Stage(model, {
      changed: () => this.#changed(),
      selected: () => around.selected(),
      hovered: (...pointed) => around.later?.showTip(tip, ...pointed),
      ask: (wish) => around.ask(wish),
      leaving: () => this.places.rest(),
      moved: () => this.dispatchEvent(new CustomEvent('gil-view')),
    });
    const around = new Around(this, stage, this.places);
    this.places.begin(stage, around.tour);
    this.stage = stage;
    this.around = around;
    this.message = new Message();
    this.strip = node('p', { class: 'gt-status', role: 'status' });
    stage.element.append(this.message.element, tip);
    this.replaceChildren(...around.parts(this.strip));
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
    this.feed = feedOf(this);
    this.feed.listen({
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
        if (this.phase === 'loading') this.message?.progress(part);
      },
      status: (status) => this.#status(status),
      connection: (connected) => {
        this.connected = connected;
        this.#say();
      },
      complete: () => this.#complete(),
      failed: (text) => {
        if (this.phase === 'loading' && model && model.rowCount > 0) {
          model.tellDamage(text);
          this.#ended();
        } else this.#enter('failed', 'The recording can’t be shown', text);
      },
    });
  }

  /** @param {import('./feed/recording.js').Chunk} chunk */
  #chunk(chunk) {
    const { model, stage } = this;
    if (!model || !stage) return;
    if (chunk.rows) {
      model.addRows(chunk.rows);
      if (this.phase === 'loading' && this.getAttribute('live')) this.#run();
      if (this.dataset.phase !== 'shown') {
        this.#showTracks();
        this.grownAt = -Infinity; // what is shown is drawn
      }
    } else if (chunk.header.type === ChunkType.END) {
      model.tellEnd(chunk.json, chunk.header.firstRow);
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
    this.around?.tell('The run has begun.');
    stage.camera.running = true;
    if (parseAddress(location.hash).from === undefined) stage.follow(true);
    else this.places.restore();
    this.#say();
    this.dispatchEvent(new CustomEvent('gil-began', { bubbles: true, detail: { recording: this.getAttribute('recording') } }));
  }

  #ended() {
    const { around, model, stage } = this;
    if (this.phase === 'ended' || !around || !stage || !model) return;
    const live = this.phase === 'running';
    this.phase = 'ended';
    stage.camera.running = false;
    this.#showTracks();
    if (stage.camera.following || (stage.camera.untouched && !this.hasAttribute('beside'))) stage.act((camera) => camera.open());
    around.ended();
    stage.grown();  // a view that the address doesn't tell is of the whole, not of what was read when it was last looked at
    if (!live) this.places.restore();
    else around.tell(`The run has ended. ${model.end?.sentence ?? ''}`);
    if (model.rowCount === 0) this.#enter('ended', 'Nothing was recorded', model.end?.sentence ?? '');
    this.#say();
    around.update();
  }

  /** The server has the whole recording: who wants to know what is in it may ask. */
  #tellEnd() {
    const { end } = /** @type {Model} */ (this.model);
    this.dispatchEvent(new CustomEvent('gil-ended', { bubbles: true, detail: { recording: this.getAttribute('recording'), verdict: end?.verdict, sentence: end?.sentence } }));
  }

  #complete() {
    const { model } = this;
    if (!model) return;
    this.#ended();
    this.#tellEnd();
  }

  /** @param {Phase} phase @param {string} title @param {string} text */
  #enter(phase, title, text) {
    this.phase = phase;
    this.dataset.phase = phase;
    this.message?.show(phase, title, text);
    if (phase === 'queued' || phase === 'failed' || phase === 'ended') this.around?.tell(`${title}. ${text}`);
    this.#say();
  }

  #showTracks() {
    const { around, message, stage } = this;
    message?.hide();
    this.dataset.phase = 'shown';
    around?.completeSoon();
    // What stands around takes its room now: the first picture is drawn for what that leaves.
    around?.update();
    if (stage) settle(stage);
  }

  /** The line under the tracks. */
  #say() {
    const { around, model, phase, stage, strip } = this;
    if (!around || !model || !phase || !stage || !strip) return;
    say(strip, { model, phase, refused: around.refused, lost: stage.lost, slow: this.slow ?? false, connected: this.connected ?? true, incomplete: around.incomplete });
  }

  /** Something was drawn anew: bring what stands around it up to date. */
  #changed() {
    this.#say();
    this.around?.update();
    this.places.remember();
  }
}
