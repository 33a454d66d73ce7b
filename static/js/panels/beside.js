// What stands beside the timeline at the playhead, one of it in sight: the source, what was printed, who waits for whom, the marks.

import { formatCount } from '../text/format.js';
import { momentOf, waitsAt } from '../model/waits.js';
import { node } from '../nodes.js';
import { MarksPanel } from './marks_panel.js';
import { PrintedPanel } from './printed.js';
import { SourcePanel } from './source_panel.js';
import { Tabs } from './tabs.js';
import { WaitsPanel } from './waits_panel.js';

/** @typedef {import('../view/stage.js').Stage} Stage */

const PRINTED = 1;
const WAITS = 2;
const MARKS = 3;
/** The panels, as an address has them. */
const NAMES = Object.freeze(['source', 'printed', 'waits', 'marks']);
const WHO_WAITS = 'Who waits';
const MOST_TRACKS = 2000;

export class Beside {
  /** @param {Stage} stage @param {import('./marks.js').Marks} marks @param {() => void} changed another panel or file is in sight */
  constructor(stage, marks, changed) {
    this.stage = stage;
    this.source = new SourcePanel((text) => stage.arrange((arrangement) => {
      arrangement.find = text;
    }));
    this.printed = new PrintedPanel((at) => stage.act((camera) => camera.seek(at, true)));
    this.waits = new WaitsPanel((track) => this.#choose(track));
    this.noted = new MarksPanel(marks, (at) => stage.act((camera) => camera.seek(at, true)));
    this.tabs = new Tabs('Beside the timeline', [
      { name: 'Source', element: this.source.element },
      { name: 'Printed', element: this.printed.element },
      { name: WHO_WAITS, element: this.waits.element },
      { name: 'Marks', element: this.noted.element },
    ]);
    /** What was looked at, when it was last found out whether some wait in a circle. */
    this.looked = '';
    this.tabs.element.addEventListener('change', changed);
    this.source.files.addEventListener('change', changed);
    this.element = node('section', { class: 'gt-source' }, this.tabs.element, this.source.element, this.printed.element, this.waits.element, this.noted.element);
  }

  /** The panel that the reader has chosen, as an address has it; empty where it is the one that is there by itself. */
  get panel() {
    const { chosen, touched, usual } = this.tabs;
    return touched && chosen !== usual ? NAMES[chosen] : '';
  }

  /** @param {string} name as an address has it */
  show(name) {
    const n = NAMES.indexOf(name);
    if (n >= 0 && name !== this.panel && !this.tabs.buttons[n].hidden) this.tabs.choose(n);
  }

  /** Show what a track does at the playhead. @param {number} id */
  #choose(id) {
    const { camera, model } = this.stage;
    const track = model.tracks[id];
    if (track) this.stage.select(track.spanAt(momentOf(model, camera.at), model.duration));
  }

  /** Write down what is to be seen at the playhead. */
  mark() {
    this.tabs.choose(MARKS);
    this.noted.focus();
  }

  /** @param {boolean} ended all of it was recorded @returns {boolean} whether the program ended by an error that is told here */
  update(ended) {
    const { camera, model, selected } = this.stage;
    this.waits.update(model, camera.at);
    this.#warn();
    this.noted.update(camera.at, model.duration, ended);
    const failed = Boolean(model.end?.traceback);
    this.#print(failed);
    this.source.update(model, camera.at, selected?.track.id ?? 0, camera.viewport);
    return failed;
  }

  /** Whoever looks at something else sees that some wait for each other. Where there are very many, it would take too long at every step. */
  #warn() {
    const { camera, model } = this.stage;
    const known = `${camera.at} ${model.rowCount} ${model.end !== null}`;
    if (known === this.looked) return;
    this.looked = known;
    const closed = model.all.length <= MOST_TRACKS && waitsAt(model, camera.at).circles.length > 0;
    const button = this.tabs.buttons[WAITS];
    const name = closed ? `${WHO_WAITS}: a circle` : WHO_WAITS;
    if (button.textContent === name) return;
    button.textContent = name;
    button.classList.toggle('gt-warns', closed);
  }

  /** What was printed, if anything was; what ended a program that failed comes into sight by itself. @param {boolean} failed */
  #print(failed) {
    const { printed, stage: { camera, model }, tabs } = this;
    const button = tabs.buttons[PRINTED];
    button.hidden = model.output.lines.length === 0 && !failed;
    if (button.hidden) return;
    if (failed) tabs.offer(PRINTED);
    printed.update(model, camera.at, camera.playback.playing || (camera.at > 0 && !camera.following));
    const count = printed.count > 0 ? ` ${formatCount(printed.count)}` : '';
    const name = failed ? `Printed${count}, and the traceback` : `Printed${count}`;
    if (button.textContent !== name) button.textContent = name;
  }
}
