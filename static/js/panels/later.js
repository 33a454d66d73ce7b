// What stands around the tracks and comes after their first picture: the panels below, and the sheets. A browser fetches at once all that only they need.

import '../model/line_times.js';
import '../model/waits.js';
import './copy.js';
import './detail.js';
import './highlight.js';
import './marks_panel.js';
import './path_panel.js';
import './printed.js';
import './questions.js';
import './range_panel.js';
import './range_text.js';
import './ring.js';
import './source_panel.js';
import './story.js';
import './summary.js';
import './tabs.js';
import './terms.js';
import './waits_panel.js';
import '../text/explained.js';
import { Answers } from './answers.js';
import { Beside } from './beside.js';
import { EventsSheet } from './events_sheet.js';
import { helpSheet } from './help.js';
import { marksSheet } from './marks_sheet.js';
import { showTip } from './tip.js';

/** @typedef {import('./around.js').Around} Around */

export class Later {
  /** @param {Around} around */
  constructor(around) {
    const { below, marks, places, stage, timeline } = around;
    this.around = around;
    this.help = helpSheet();
    this.events = new EventsSheet((span) => {
      places.rest();
      stage.select(span, true);
      stage.focus();
    });
    this.beside = new Beside(stage, marks, () => {
      places.panel = this.beside.panel;
      around.update();
      places.remember();
    });
    this.answers = new Answers(stage);
    /** Beside others there is no room below, and marks can be set all the same. */
    this.noting = around.inRow ? marksSheet(this.beside.noted, () => stage.focus()) : null;
    below.replaceChildren(this.beside.element, this.answers.element);
    timeline.append(this.help, this.events.element, ...(this.noting ? [this.noting] : []));
    if (stage.selected) this.answers.chooseWhy();
  }

  /** Bring everything up to date with what is looked at. @param {string | null} recording whom the server knows it by @param {boolean} ended all of it was recorded */
  update(recording, ended) {
    const { answers, around: { embedded, places, stage: { arrangement, camera, model }, timeline }, beside, noting } = this;
    if (noting?.open) beside.noted.update(camera.at, model.duration, ended);
    // Beside others, the path is drawn, and the page has the figures of a range.
    if (noting) answers.path.show(arrangement.path, model, recording, ended);
    if (embedded) return;
    // A page may give what was printed more room.
    timeline.classList.toggle('gt-failed', beside.update(ended));
    if (ended && places.panel) beside.show(places.panel);
    answers.update(recording, ended);
  }

  /** @param {HTMLElement} tip @param {import('../model/model.js').Span | null} span @param {import('../model/layout.js').Row | null} row @param {number} xPx @param {number} yPx */
  showTip(tip, span, row, xPx, yPx) {
    showTip(tip, this.around.stage, span, row, xPx, yPx);
  }

  mark() {
    const { around, beside, noting } = this;
    if (noting) {
      noting.showModal();
      around.update();
      beside.noted.focus();
    } else if (!around.embedded) beside.mark();
  }

  why() {
    this.answers.chooseWhy();
    this.answers.detail.element.focus();
  }

  /** @param {string | null} recording */
  tellEvents(recording) {
    const { camera: { viewport }, layout, model } = this.around.stage;
    this.events.open(model, layout.rows.map(({ track }) => track), viewport.from, viewport.to, recording);
  }
}
