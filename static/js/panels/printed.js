// What the program printed, line by line with its time, and the traceback of one that failed.

import { formatMoment } from '../text/format.js';
import { node } from '../nodes.js';

/** @typedef {import('../model/model.js').Model} Model */

/** Height of a line, as in the style sheet: only the lines in sight are made. */
const LINE_PX = 24;
/** Lines made above and below those in sight. */
const MARGIN = 8;

export class PrintedPanel {
  /** @param {(at: number) => void} went the reader wants to go to a moment */
  constructor(went) {
    this.lines = node('div', { class: 'gt-printed-lines' });
    this.failure = node('pre', { class: 'gt-traceback', hidden: true });
    this.element = node('div', { class: 'gt-printed', tabindex: '0', role: 'region', 'aria-label': 'What the program printed' }, this.lines, this.failure);
    /** @type {Model | null} */
    this.model = null;
    this.count = 0;
    this.bright = 0;
    this.shown = '';
    this.told = '';
    /** The end is in sight, and stays so while more is printed. */
    this.following = true;
    this.element.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.element;
      this.following = scrollTop + clientHeight >= scrollHeight - LINE_PX;
      this.#draw();
    }, { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.lines.addEventListener('click', ({ target }) => {
      const line = target instanceof Element ? target.closest('[data-line]') : null;
      if (line instanceof HTMLElement && getSelection()?.isCollapsed !== false) went(this.model?.output.at[Number(line.dataset.line)] ?? 0);
    });
  }

  /**
   * @param {Model} model
   * @param {number} at the playhead
   * @param {boolean} replaying what comes after the playhead hasn't happened yet
   */
  update(model, at, replaying) {
    const { output, end } = model;
    const traceback = end?.traceback ?? '';
    this.model = model;
    this.count = traceback ? output.countBefore(traceback) : output.lines.length;
    if (this.element.hidden) return;
    const height = `${this.count * LINE_PX}px`;
    if (this.lines.style.height !== height) this.lines.style.height = height;
    if (traceback !== this.told) this.#tell(traceback);
    const bright = replaying ? Math.min(output.countAt(at), this.count) : this.count;
    if (bright !== this.bright && replaying) this.#reveal(bright - 1);
    else if (!end && this.following) this.element.scrollTop = this.element.scrollHeight;
    this.bright = bright;
    this.#draw();
  }

  /** The run failed: where, and why. @param {string} traceback */
  #tell(traceback) {
    this.told = traceback;
    this.failure.hidden = traceback === '';
    this.failure.textContent = traceback.trimEnd();
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** @param {number} line */
  #reveal(line) {
    const { scrollTop, clientHeight } = this.element;
    const top = line * LINE_PX;
    if (top < scrollTop || top + LINE_PX > scrollTop + clientHeight) this.element.scrollTop = Math.max(0, top - clientHeight / 2);
  }

  /** Make the lines in sight. */
  #draw() {
    const { element, model, count, bright } = this;
    if (!model || element.clientHeight === 0) return;
    const first = Math.max(0, Math.floor(element.scrollTop / LINE_PX) - MARGIN);
    const last = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / LINE_PX) + MARGIN);
    const { lines, at } = model.output;
    const text = count > 0 && last === count ? lines[count - 1].text : '';
    const key = `${first} ${last} ${bright} ${model.duration} ${text}`;
    if (key === this.shown) return;
    this.shown = key;
    const made = [];
    for (let n = first; n < last; n += 1) {
      const moment = formatMoment(at[n], Math.max(model.duration / 1e4, 1), model.duration);
      const line = node(
        'div',
        { class: `gt-printed-line${n < bright ? '' : ' gt-later'}${lines[n].stream === 'stderr' ? ' gt-stderr' : ''}`, 'data-line': String(n) },
        node('button', { type: 'button', class: 'gt-when', title: 'Move the playhead there' }, moment),
        node('span', { class: 'gt-stream', title: lines[n].stream }, lines[n].stream === 'stderr' ? 'err' : ''),
        node('span', { class: 'gt-text' }, lines[n].text),
      );
      line.style.top = `${n * LINE_PX}px`;
      made.push(line);
    }
    this.lines.replaceChildren(...made);
  }
}
