// The recording without its picture: in words, and what happened in the visible stretch as a table.

import { Finder } from '../model/find.js';
import { formatCount, formatDuration, formatMoment } from '../text/format.js';
import { node } from '../nodes.js';
import { placeWords, predicate } from '../text/sentences.js';
import { summary } from './summary.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Span} Span
 * @typedef {import('../model/model.js').Track} Track
 * @typedef {{at: number, track: Track, row: number}} Event
 */

const ROW_PX = 28;
/** More than these at once are no table that one reads: the view must become narrower. */
const MOST = 50_000;
/** Rows that are there beyond those in sight. */
const BEYOND = 10;

export class EventsSheet {
  /** @param {(span: Span) => void} picked */
  constructor(picked) {
    this.picked = picked;
    /** @type {Model | null} */
    this.model = null;
    /** @type {Event[]} */
    this.all = [];
    /** @type {Event[]} */
    this.events = [];
    this.words = node('div', { class: 'gt-summary' });
    this.filter = node('input', { type: 'search', class: 'gt-input', 'aria-label': 'Filter the table', placeholder: 'name, state, lock, file.py:12', autocomplete: 'off' });
    this.told = node('p', { class: 'gt-quiet', role: 'status' });
    this.above = node('tr', { 'aria-hidden': 'true' });
    this.below = node('tr', { 'aria-hidden': 'true' });
    this.body = node('tbody');
    const head = node('tr', { 'aria-rowindex': '1' }, ...['When', 'Track', 'What', 'Line'].map((name) => node('th', { scope: 'col' }, name)));
    this.table = node('table', { 'aria-label': 'What happened in the visible stretch' }, node('thead', {}, head), this.body);
    this.scroll = node('div', { class: 'gt-table', tabindex: '0', role: 'group', 'aria-label': 'Events' }, this.table);
    const close = node('button', { type: 'button', class: 'gt-button gt-close', 'aria-label': 'Close' }, '×');
    this.findings = node('p');
    /** What the table's times tell apart, ns. */
    this.resolution = 1;
    this.element = node(
      'dialog',
      { class: 'gt-dialog gt-events', 'aria-label': 'The recording in words' },
      close,
      node('h2', {}, 'In words'),
      this.words,
      this.findings,
      node('h2', {}, 'What happened in the visible stretch'),
      this.filter,
      this.told,
      this.scroll,
    );
    close.addEventListener('click', () => this.element.close());
    this.filter.addEventListener('input', () => this.#sift());
    this.scroll.addEventListener('scroll', () => this.#fill(), { passive: true });
  }

  /**
   * @param {Model} model @param {readonly Track[]} tracks those that show @param {number} from @param {number} to the visible stretch
   * @param {string | null} recording its id, where findings are told of it
   */
  open(model, tracks, from, to, recording) {
    this.model = model;
    this.words.replaceChildren(...summary(model).map((text) => node('p', {}, text)));
    this.findings.replaceChildren(...(recording ? [node('a', { href: `/recordings/${encodeURIComponent(recording)}/findings` }, 'What the recording proves')] : []));
    this.all = eventsOf(tracks, from, to);
    this.resolution = Math.max((to - from) / 1e5, 1);
    this.#sift();
    this.element.showModal();
    this.#fill();
  }

  #sift() {
    const model = /** @type {Model} */ (this.model);
    const finder = this.filter.value.trim() ? new Finder(model, this.filter.value) : null;
    this.events = finder ? this.all.filter(({ track, row }) => finder.finds(track, row)) : this.all;
    const count = formatCount(this.events.length);
    this.told.textContent = this.all.length >= MOST ? `The first ${count}: look at a shorter stretch for all of them.` : `${count} ${this.events.length === 1 ? 'event' : 'events'}.`;
    this.table.setAttribute('aria-rowcount', String(this.events.length + 1));
    this.scroll.scrollTop = 0;
    this.#fill();
  }

  /** Make the rows that are in sight. */
  #fill() {
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW_PX) - BEYOND);
    const last = Math.min(this.events.length, first + Math.ceil(this.scroll.clientHeight / ROW_PX) + 2 * BEYOND);
    this.above.style.height = `${first * ROW_PX}px`;
    this.below.style.height = `${(this.events.length - last) * ROW_PX}px`;
    const had = this.body.contains(document.activeElement);
    this.body.replaceChildren(this.above, ...this.events.slice(first, last).map((event, n) => this.#row(event, first + n)), this.below);
    if (had) this.scroll.focus();
  }

  /** @param {Event} event @param {number} n */
  #row({ at, track, row }, n) {
    const model = /** @type {Model} */ (this.model);
    const span = track.spanOfRow(row, model.duration);
    const go = node('button', { type: 'button', title: 'Go there' }, formatMoment(at, this.resolution, model.duration));
    go.addEventListener('click', () => {
      this.element.close();
      this.picked(span);
    });
    return node('tr', { 'aria-rowindex': String(n + 2) }, node('td', {}, go), node('th', { scope: 'row' }, track.name.slice(0, 80)), node('td', {}, predicate(model, span) || formatDuration(span.to - span.from)), node('td', {}, placeWords(model, span.line)));
  }
}

/** What begins in a stretch, in the order of time. @param {readonly Track[]} tracks @param {number} from @param {number} to @returns {Event[]} */
export function eventsOf(tracks, from, to) {
  /** @type {Event[]} */
  const events = [];
  for (const track of tracks) {
    const { rows } = track;
    for (let row = rows.at[0] >= from ? 0 : rows.rowAt(from) + 1, n = 0; row < rows.count && rows.at[row] <= to && n < MOST; row += 1) {
      if (row > 0 && track.sameSpan(row - 1, row)) continue;
      events.push({ at: rows.at[row], track, row });
      n += 1;
    }
  }
  return events.sort((a, b) => a.at - b.at).slice(0, MOST);
}
