// The panel that answers: what is this, and why is this thread not running?

import { State, STATE_TEXT } from './schema.js';
import { formatDuration, formatMoment } from './format.js';
import { node } from './nodes.js';
import { ending, placeWords, predicate } from './sentences.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Span} Span
 */

const PAUSE_MS = 120;
/** States in which a thread does what it is there for. */
/** @type {ReadonlySet<number>} */
const AT_WORK = new Set([State.RUNNING, State.NATIVE, State.EXITED, State.UNKNOWN]);

export class Detail {
  constructor() {
    this.title = node('h3', { class: 'gt-detail-title' });
    this.body = node('div', { class: 'gt-detail-body' });
    this.chain = node('div', { class: 'gt-why' });
    this.element = node('section', { class: 'gt-detail', 'aria-label': 'Selected span', tabindex: '-1' }, this.title, this.body, this.chain);
    this.shown = '';
    /** @type {AbortController | null} */
    this.asking = null;
    this.show(null, null, null);
  }

  /**
   * @param {Model | null} model
   * @param {Span | null} span
   * @param {string | null} why address of the chain of causes, null while there is none
   */
  show(model, span, why) {
    const key = span ? `${span.track.id} ${span.from} ${span.to} ${span.state} ${why}` : '';
    if (key === this.shown && this.title.textContent) return;
    this.shown = key;
    this.asking?.abort();
    this.chain.replaceChildren();
    if (!model || !span) {
      this.title.textContent = 'Why is a thread not running?';
      this.body.replaceChildren(node('p', { class: 'gt-quiet' }, 'Click a bar in a thread’s row to see what the thread did there, for how long, and who was the reason.'));
      return;
    }
    const { track } = span;
    const asks = track.isThread && !AT_WORK.has(span.state);
    this.title.textContent = asks ? `Why is ${track.name.slice(0, 80)} not running?` : `${track.name.slice(0, 80)}`;
    const end = ending(span);
    const place = placeWords(model, span.line);
    this.body.replaceChildren(
      node(
        'p',
        { class: `gt-what gt-t-${span.state}` },
        node('span', { class: `gt-swatch gt-s-${span.state}`, 'aria-hidden': 'true' }),
        node('span', {}, node('strong', {}, track.name.slice(0, 80)), ` ${predicate(model, span)}`),
      ),
      node('p', { class: 'gt-facts' }, [place, end].filter(Boolean).join(' · ') || STATE_TEXT[span.state].sentence),
      node('p', { class: 'gt-facts' }, `${formatMoment(span.from, Math.max((span.to - span.from) / 1000, 1))} + ${formatDuration(span.to - span.from)}`),
    );
    if (why && asks) this.#ask(why);
  }

  /** @param {string} address */
  async #ask(address) {
    const asking = new AbortController();
    this.asking = asking;
    try {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const response = await fetch(address, { signal: asking.signal, headers: { 'X-Requested-With': 'gil-timeline' } });
      if (!response.ok || asking.signal.aborted) return;
      const html = await response.text();
      if (asking.signal.aborted || html.trim() === '') return;
      // Our own server's partial; its scripts, if there were any, wouldn't run.
      this.chain.innerHTML = html;
      this.body.replaceChildren();
    } catch {
      // The sentence above stands by itself.
    }
  }
}
