// The critical path in words: whose time it was made of, and its longest segments.

import { State } from '../model/schema.js';
import { formatCount, formatDuration, formatMoment, formatShare } from '../text/format.js';
import { node } from '../nodes.js';
import { Asking } from './questions.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {{track: number, begin: number, end: number, state: keyof typeof State, sentence: string}} Segment
 */

const MOST_TRACKS = 6;

export class PathPanel {
  /** @param {{told: (path: import('../drawing/path_painter.js').Path | null) => void, go: (track: number, begin: number, end: number) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.body = node('div', { class: 'gt-asked', role: 'status' });
    this.element = node('section', { class: 'gt-told gt-path', 'aria-label': 'Critical path', tabindex: '-1' }, node('h3', { class: 'gt-asked-title' }, 'What determined how long it took'), this.body);
    this.asking = new Asking(this.body);
    this.shown = '';
  }

  /** @param {boolean} wanted @param {Model} model @param {string | null} recording @param {boolean} ended */
  show(wanted, model, recording, ended) {
    const key = wanted ? `${recording} ${ended}` : '';
    if (key === this.shown) return;
    this.shown = key;
    this.actions.told(null);
    this.asking.stop();
    if (wanted) this.asking.ask(recording, ended, 'path', {}, 'Following the path back from the end …', (told) => {
      this.body.replaceChildren(...this.#told(model, told));
      this.actions.told(told.drawn);
    });
  }

  /** @param {Model} model @param {{segments: number, drawn: {end: number[]}, longest: Segment[], tracks: {track: number, ns: number}[]}} told */
  #told(model, { segments, drawn, longest, tracks }) {
    if (segments === 0) return [node('p', { class: 'gt-quiet' }, 'No thread was seen, so there is no path.')];
    const whole = tracks.reduce((sum, { ns }) => sum + ns, 0);
    const whose = tracks.slice(0, MOST_TRACKS).map(({ track, ns }) => `${model.name(track)} ${formatShare(ns, whole)}`);
    if (tracks.length > MOST_TRACKS) whose.push(`${tracks.length - MOST_TRACKS} more`);
    const summed = drawn.end.length < segments ? ` The line is drawn in ${formatCount(drawn.end.length)} pieces: the shortest segments are joined.` : '';
    return [
      node('p', {}, `Backwards from the end, always along what came last before it could go on: ${formatCount(segments)} ${segments === 1 ? 'segment' : 'segments'}. Make anything beside this path faster, and the run takes as long.${summed}`),
      node('p', { class: 'gt-facts' }, whose.join(' · ')),
      node('ol', { class: 'gt-hops', 'aria-label': 'The longest segments, by time' }, ...longest.map((segment) => this.#segment(model, segment))),
    ];
  }

  /** @param {Model} model @param {Segment} segment */
  #segment(model, { track, begin, end, state, sentence }) {
    const button = node('button', { type: 'button', class: 'gt-hop', title: 'Select this on the timeline' }, sentence);
    button.addEventListener('click', () => this.actions.go(track, begin, end));
    const number = State[/** @type {keyof typeof State} */ (state.toUpperCase().replaceAll('-', '_'))];
    return node('li', {}, node('span', { class: `gt-swatch gt-s-${number}`, 'aria-hidden': 'true' }), button, node('p', { class: 'gt-facts' }, `${formatDuration(end - begin)} from ${formatMoment(begin, Math.max(model.duration / 1e4, 1), model.duration)} on`));
  }
}
