// The panel that answers: what is this, and why is it not running?

import { State, TrackKind } from '../model/schema.js';
import { formatDuration, formatMoment } from '../text/format.js';
import { node } from '../nodes.js';
import { Asking } from './questions.js';
import { explained } from '../text/explained.js';
import { ending, placeWords, predicate } from '../text/sentences.js';
import { Story } from './story.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Span} Span
 */

/** Selecting goes on meanwhile, key by key: only where it rests is asked. */
const PAUSE_MS = 120;
/** States in which nothing waits for anything. */
/** @type {ReadonlySet<number>} */
const AT_WORK = new Set([State.RUNNING, State.NATIVE, State.EXITED, State.UNKNOWN, State.FREE, State.IDLE, State.DONE, State.CANCELLED, State.FAILED]);

/** States that are told by whom the thing has, if it has somebody. */
/** @type {ReadonlySet<number>} */
const HAS = new Set([State.HELD, State.CONTENDED, State.BUSY]);

export class Detail {
  /** @param {{told: (story: Story | null) => void, walk: (story: Story, n: number) => void}} actions `walk`: to a hop of the story */
  constructor(actions) {
    this.actions = actions;
    this.title = node('h3', { class: 'gt-detail-title' });
    this.body = node('div', { class: 'gt-detail-body' });
    this.chain = node('div', { class: 'gt-why', role: 'status' });
    this.element = node('section', { class: 'gt-detail', 'aria-label': 'Selected span', tabindex: '-1' }, this.title, this.body, this.chain);
    this.shown = '';
    /** @type {Story | null} */
    this.story = null;
    this.asking = new Asking(this.chain);
    this.show(null, null, null, false);
  }

  /**
   * @param {Model | null} model
   * @param {Span | null} span
   * @param {string | null} recording whom the server knows it by; null where there is no server
   * @param {boolean} ended all of it was recorded
   */
  show(model, span, recording, ended) {
    const key = span ? `${span.track.id} ${span.from} ${span.to} ${span.state} ${recording} ${ended}` : '';
    if (key === this.shown && this.title.textContent) return;
    this.shown = key;
    if (span && this.story?.take(span)) {
      this.#mark(this.story);
      return;
    }
    this.asking.stop();
    this.#tell(null);
    if (!model || !span) {
      this.title.textContent = 'Why is a thread not running?';
      this.body.replaceChildren(node('p', { class: 'gt-quiet' }, 'Click a bar in a thread’s row to see what the thread did there, for how long, and who was the reason.'));
      return;
    }
    const asks = !AT_WORK.has(span.state) && (span.thing !== 0 || !HAS.has(span.state));
    this.title.textContent = asks ? question(span) : span.track.name.slice(0, 80);
    this.#describe(model, span);
    if (!asks) return;
    const moment = { track: span.track.id, at: (span.from + span.to) / 2 };
    this.asking.ask(recording, ended, 'why', moment, 'Working out why …', ({ hops }) => {
      if (hops.length > 0) this.#tell(new Story(hops, span));
      else this.chain.replaceChildren(node('p', { class: 'gt-quiet' }, 'Nothing is known of it then.'));
    }, PAUSE_MS);
  }

  /** @param {Model} model @param {Span} span */
  #describe(model, span) {
    const { track } = span;
    const place = placeWords(model, span.line);
    this.body.replaceChildren(
      node(
        'p',
        { class: `gt-what gt-t-${span.state}` },
        node('span', { class: `gt-swatch gt-s-${span.state}`, 'aria-hidden': 'true' }),
        node('span', {}, node('strong', {}, track.name.slice(0, 80)), ` ${predicate(model, span)}`),
      ),
      node('p', { class: 'gt-facts' }, [span.state === State.UNKNOWN ? explained(model, span) : '', place, ending(span)].filter(Boolean).join(' · ') || explained(model, span)),
      node('p', { class: 'gt-facts' }, `${formatMoment(span.from, Math.max((span.to - span.from) / 1000, 1))} + ${formatDuration(span.to - span.from)}`),
    );
  }

  /** @param {Story | null} story */
  #tell(story) {
    if (this.story === story) return;
    this.story = story;
    if (story) {
      this.body.replaceChildren();
      this.chain.replaceChildren(node('ol', { class: 'gt-hops' }, ...story.hops.map((hop, n) => this.#hop(story, hop, n))));
      this.#mark(story);
    }
    this.actions.told(story);
  }

  /** @param {Story} story @param {import('./story.js').Hop} hop @param {number} n */
  #hop(story, hop, n) {
    const state = State[/** @type {keyof typeof State} */ (hop.state.toUpperCase().replaceAll('-', '_'))];
    const button = node('button', { type: 'button', class: 'gt-hop', title: 'Select this on the timeline' }, hop.sentence);
    button.addEventListener('click', () => this.actions.walk(story, n));
    const item = node('li', {}, node('span', { class: `gt-swatch gt-s-${state}`, 'aria-hidden': 'true' }), button);
    if (hop.detail) item.append(node('p', { class: 'gt-facts' }, hop.detail));
    return item;
  }

  /** Which hop the reader is at. @param {Story} story */
  #mark(story) {
    this.chain.querySelectorAll('.gt-hop').forEach((button, n) => {
      if (n === story.at) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    });
  }
}

/** @param {Span} span */
function question({ track: { kind, name }, state }) {
  const told = name.slice(0, 80);
  if (kind === TrackKind.WORK) return `Why has ${told} no result yet?`;
  if (state === State.ALIVE) return `What does ${told} do meanwhile?`;
  if (state === State.BUSY) return `What is ${told} busy with?`;
  return HAS.has(state) ? `Who has ${told}, and what does that one do?` : `Why is ${told} not running?`;
}
