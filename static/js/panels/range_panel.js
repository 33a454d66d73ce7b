// The figures of a range: who is to blame for its time, what was waited for, what everybody did.

import { State, STATE_TEXT } from '../model/schema.js';
import { copyButton } from './copy.js';
import { formatCount, formatDuration, formatMoment, formatShare } from '../text/format.js';
import { node } from '../nodes.js';
import { Asking } from './questions.js';
import { asCsv, asMarkdown, inShort, waitedFor } from './range_text.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../drawing/range.js').Range} Range
 * @typedef {import('./range_text.js').Figures} Figures
 */

/** A range that is still being drawn isn't asked about. */
const PAUSE_MS = 200;
/** So many rows of a table show; what is copied has all. */
const MOST_ROWS = 100;
/** A shorter part of the range, and not its thread's longest, shows when asked for. */
const SMALL_SHARE = 0.01;
const HISTOGRAM_PX = 24;

export class RangePanel {
  /** @param {() => void} clear */
  constructor(clear) {
    this.title = node('h3', { class: 'gt-asked-title' });
    this.body = node('div', { class: 'gt-asked', role: 'status' });
    const close = node('button', { type: 'button', class: 'gt-button', title: 'Forget the range (Esc)' }, 'Clear');
    close.addEventListener('click', clear);
    /** @type {Figures | null} */
    this.figures = null;
    /** @type {import('./range_text.js').Name} */
    this.name = (id) => `track ${id}`;
    const text = (/** @type {(figures: Figures, name: import('./range_text.js').Name) => string} */ as) => () => (this.figures ? as(this.figures, this.name) : '');
    this.copies = [copyButton('Copy as CSV', text(asCsv)), copyButton('Copy as Markdown', text(asMarkdown))];
    const head = node('div', { class: 'gt-range-head' }, this.title, node('div', { class: 'gt-group' }, ...this.copies, close));
    this.element = node('section', { class: 'gt-told gt-range', 'aria-label': 'Figures of the range', tabindex: '-1' }, head, this.body);
    this.asking = new Asking(this.body);
    this.shown = '';
  }

  /** @param {Range | null} range @param {Model} model @param {string | null} recording @param {boolean} ended */
  show(range, model, recording, ended) {
    const key = range ? `${range.from} ${range.to} ${recording} ${ended}` : '';
    if (key === this.shown) return;
    this.shown = key;
    this.#have(null);
    this.asking.stop();
    if (!range) return;
    this.name = (id) => model.name(id) || `track ${id}`;
    const resolution = Math.max((range.to - range.from) / 1000, 1);
    this.title.textContent = `${formatDuration(range.to - range.from)}, from ${formatMoment(range.from, resolution, model.duration)} to ${formatMoment(range.to, resolution, model.duration)}`;
    this.asking.ask(recording, ended, 'range', range, 'Adding up …', (figures) => {
      this.#have(figures);
      this.body.replaceChildren(...this.#told(figures));
    }, PAUSE_MS);
  }

  /** @param {Figures | null} figures */
  #have(figures) {
    this.figures = figures;
    for (const button of this.copies) button.disabled = !figures;
  }

  /** @param {Figures} figures */
  #told(figures) {
    const said = inShort(figures).join(' · ');
    const waits = waitedFor(figures);
    return [
      node('p', {}, `${said[0].toUpperCase()}${said.slice(1)}.`),
      this.#blame(figures),
      waits.length > 0 ? this.#waits(figures, waits) : node('p', { class: 'gt-quiet' }, 'Nobody waited for a GIL, a lock or another thing.'),
      this.#states(figures),
    ];
  }

  /** @param {Figures} figures */
  #blame({ blame, from, to }) {
    const first = (/** @type {number} */ n) => n === 0 || blame[n - 1].thread !== blame[n].thread;
    const small = (/** @type {number} */ n) => !first(n) && blame[n].ns < SMALL_SHARE * (to - from);
    const beyond = blame.map((_, n) => n).filter((n) => !small(n))[MOST_ROWS] ?? blame.length;
    const rows = blame.slice(0, beyond).map((row, n) => {
      const who = this.name(row.thread);
      return [first(n) ? who : node('span', { class: 'gt-spoken' }, who), formatDuration(row.ns), formatShare(row.ns, to - from), node('span', {}, row.sentence)];
    });
    const made = table('Where the time went, and who is to blame', ['who', 'time', 'share', 'what'], rows, blame.length - rows.length);
    made.classList.add('gt-blame');
    const less = [...made.querySelectorAll('tbody tr')].filter((_, n) => small(n));
    if (less.length > 0) made.querySelector('table')?.after(this.#shownOnDemand(less));
    return made;
  }

  /** @param {Element[]} rows @returns {HTMLElement} the button that shows them */
  #shownOnDemand(rows) {
    for (const row of rows) row.setAttribute('hidden', '');
    const button = node('button', { type: 'button', class: 'gt-button gt-copy' }, `Show ${rows.length === 1 ? 'one part' : `${rows.length} parts`} below ${formatShare(SMALL_SHARE, 1)}`);
    button.addEventListener('click', () => {
      for (const row of rows) row.removeAttribute('hidden');
      button.remove();
      this.element.focus();
    });
    return button;
  }

  /** @param {Figures} figures @param {Figures['waits']} waits */
  #waits({ bounds_ns: bounds }, waits) {
    const length = (/** @type {number | null} */ ns) => (ns === null ? '–' : formatDuration(ns));
    const rows = waits.slice(0, MOST_ROWS).map((each) => [each.name, formatDuration(each.wait_ns), formatCount(each.count), length(each.p50_ns), length(each.p95_ns), length(each.p99_ns), histogram(each.histogram, bounds)]);
    return table('What was waited for; waits that ended here, with their whole lengths', ['for', 'waited', 'waits', 'p50', 'p95', 'p99', 'lengths'], rows, waits.length - rows.length);
  }

  /** @param {Figures} figures */
  #states({ tracks }) {
    const present = Object.entries(State).filter(([name]) => tracks.some(({ states }) => states[key(name)])).map(([name, state]) => ({ name: key(name), state }));
    const rows = tracks.slice(0, MOST_ROWS).map(({ name, lifetime_ns: life, states }) => [name, formatDuration(life), ...present.map((each) => (states[each.name] ? formatShare(states[each.name], life) : '–'))]);
    const heads = present.map(({ state }) => node('span', {}, node('span', { class: `gt-swatch gt-s-${state}`, 'aria-hidden': 'true' }), ` ${STATE_TEXT[state].label}`));
    return table('What everybody did', ['who', 'there for', ...heads], rows, tracks.length - rows.length);
  }
}

/** @param {string} name of a state @returns {string} as the server writes it */
function key(name) {
  return name.toLowerCase().replaceAll('_', '-');
}

/**
 * @param {string} caption @param {readonly (string | Node)[]} heads @param {readonly (readonly (string | Node)[])[]} rows @param {number} more rows that don't show
 */
function table(caption, heads, rows, more) {
  const body = rows.map(([head, ...cells]) => node('tr', {}, node('th', { scope: 'row' }, head), ...cells.map((cell) => node('td', { class: cell instanceof HTMLElement ? 'gt-words' : false }, cell))));
  const made = node(
    'div',
    { class: 'gt-figures', tabindex: '0', role: 'group', 'aria-label': caption },
    node('p', { class: 'gt-caption', 'aria-hidden': 'true' }, caption),
    node('table', { 'aria-label': caption }, node('thead', {}, node('tr', {}, ...heads.map((head) => node('th', { scope: 'col' }, head)))), node('tbody', {}, ...body)),
  );
  if (more > 0) made.append(node('p', { class: 'gt-quiet' }, `And ${formatCount(more)} more.`));
  return made;
}

/** How many waits were how long: a bar for each bin, from the shortest to the longest. @param {readonly number[]} counts @param {readonly number[]} bounds */
function histogram(counts, bounds) {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return '–';
  const last = counts.findLastIndex((count) => count > 0);
  const most = Math.max(...counts);
  const shown = counts.slice(first, last + 1);
  const words = shown.map((count, n) => `${count} ${binWords(first + n, bounds)}`).join(', ');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, value] of Object.entries({ class: 'gt-histogram', width: shown.length * 7, height: HISTOGRAM_PX, role: 'img', 'aria-label': words })) svg.setAttribute(name, String(value));
  const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  title.textContent = words;
  const bars = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  bars.setAttribute('d', shown.map((count, n) => {
    const height = count === 0 ? 1 : Math.max(2, Math.round((count / most) * HISTOGRAM_PX));
    return `M${n * 7} ${HISTOGRAM_PX}v${-height}h6v${height}z`;
  }).join(''));
  svg.append(title, bars);
  return svg;
}

/** @param {number} n @param {readonly number[]} bounds */
function binWords(n, bounds) {
  if (n === 0) return `below ${formatDuration(bounds[0])}`;
  return n === bounds.length ? `from ${formatDuration(bounds[n - 1])} on` : `from ${formatDuration(bounds[n - 1])} to ${formatDuration(bounds[n])}`;
}
