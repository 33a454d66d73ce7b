// What is told of the timeline, one of it in sight: why the selected span is as it is, the figures of the range, the critical path.

import { node } from '../nodes.js';
import { Detail } from './detail.js';
import { PathPanel } from './path_panel.js';
import { RangePanel } from './range_panel.js';
import { Tabs } from './tabs.js';

/** @typedef {import('../view/stage.js').Stage} Stage */

const WHY = 0;
const RANGE = 1;
const PATH = 2;

export class Answers {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.detail = new Detail({ told: (story) => stage.tell(story), walk: (story, n) => stage.walk(story, n) });
    this.path = new PathPanel({ told: (path) => stage.drawPath(path), go: (track, begin, end) => {
      stage.visit(track, begin, end);
      this.tabs.choose(PATH);
    } });
    this.range = new RangePanel(() => {
      stage.setRange(null);
      stage.focus();
    });
    this.tabs = new Tabs('What is told of the timeline', [
      { name: 'Why?', element: this.detail.element },
      { name: 'Range', element: this.range.element },
      { name: 'Critical path', element: this.path.element },
    ]);
    for (const button of this.tabs.buttons.slice(1)) button.hidden = true; // until there is something to tell
    this.detail.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') stage.names.focus(stage.names.current);
    });
    this.element = node('section', { class: 'gt-answers' }, this.tabs.element, this.detail.element, this.range.element, this.path.element);
  }

  /** Why the selected span is as it is comes into sight. */
  chooseWhy() {
    this.tabs.choose(WHY);
  }

  /** @param {string | null} recording whom the server knows it by @param {boolean} ended all of it was recorded */
  update(recording, ended) {
    const { detail, path, range, tabs, stage: { arrangement, model, selected } } = this;
    detail.show(model, selected, recording, ended);
    const before = range.shown;
    range.show(arrangement.range, model, recording, ended);
    path.show(arrangement.path, model, recording, ended);
    const there = [true, arrangement.range !== null, arrangement.path];
    tabs.element.hidden = !there[RANGE] && !there[PATH];
    there.forEach((one, n) => {
      // What comes, or is another one, is looked at; what goes leaves the others.
      if (one && (tabs.buttons[n].hidden || (n === RANGE && range.shown !== before))) tabs.choose(n);
      tabs.buttons[n].hidden = !one;
    });
    if (!there[tabs.chosen]) tabs.choose(there.lastIndexOf(true));
  }
}
