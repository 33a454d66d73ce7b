// The source, with each thread's and each task's place at the playhead marked on its line, and the time that was spent there.

import { State, STATE_TEXT } from '../model/schema.js';
import { formatCount, formatDuration } from '../text/format.js';
import { highlight } from './highlight.js';
import { timesByPlace, timesOfFile } from '../model/line_times.js';
import { node } from '../nodes.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {{line: number, file: string, state: number, name: string, track: number}} Mark
 */

const LONGEST_SOURCE = 5000;
/** So many names stand at one line. */
const MOST_NAMES = 4;
/** The times at the lines are brought up to date this often; where that takes long, so that it takes a tenth of the time at most. */
const REST_MS = 200;
const SHARE = 10;
/** @type {ReadonlySet<number>} */
const OVER = new Set([State.EXITED, State.DONE, State.CANCELLED, State.FAILED]);

/**
 * Where each thread and each task stands at a moment.
 * @param {Model} model
 * @param {number} at
 * @returns {Mark[]}
 */
export function marksAt(model, at) {
  /** @type {Mark[]} */
  const marks = [];
  for (const track of model.all) {
    if (!track.isThread && !track.isTask) continue;
    const row = track.rows.rowAt(at);
    if (row < 0) continue;
    const state = track.rows.state[row];
    if (OVER.has(state)) continue;
    const place = model.locations.get(track.lineAt(row));
    if (place) marks.push({ line: place.line, file: place.file, state, name: track.name, track: track.id });
  }
  return marks;
}

/** How many lines the docstring at the top takes. @param {string} text */
function docstringLines(text) {
  const docstring = /^\s*("""|''')[\s\S]*?\1\s*/.exec(text);
  return docstring ? docstring[0].split('\n').length - 1 : 0;
}

export class SourcePanel {
  /** @param {(text: string) => void} find the reader wants to see the spans of a line, as "file.py:12" */
  constructor(find) {
    this.find = find;
    this.times = node('select', { class: 'gt-files', 'aria-label': 'Time that threads spent at each line' }, ...['in this view', 'in all', 'none'].map((name) => node('option', {}, name)));
    this.files = node('select', { class: 'gt-files', 'aria-label': 'File', hidden: true });
    this.code = node('div', { class: 'gt-code', tabindex: '0', role: 'region', 'aria-label': 'Source, with the place of each thread and task at the playhead' });
    this.element = node('div', { class: 'gt-source-panel' }, node('div', { class: 'gt-source-head' }, this.files, node('label', {}, 'Time at each line: ', this.times)), this.code);
    this.file = '';
    this.text = '';
    /** @type {HTMLElement[]} by line, from 0 */
    this.lines = [];
    /** @type {Map<number, string>} by line: what its marks say now */
    this.shown = new Map();
    this.known = 0;
    /** @type {Model | null} */
    this.model = null;
    /** @type {{from: number, to: number} | null} */
    this.view = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    /** How long it took last, ms. */
    this.cost = 0;
    this.chosen = false;
    /** Just written, and not yet seen. */
    this.fresh = false;
    /** Of what the times are that show. */
    this.spent = '';
    this.code.addEventListener('click', ({ target }) => {
      // All of a line is as good as its time, for who points; text can still be selected.
      const time = target instanceof Element ? target.closest('.gt-line')?.querySelector('.gt-spent') : null;
      if (time instanceof HTMLElement && !time.contains(/** @type {Node} */ (target)) && getSelection()?.isCollapsed !== false) time.click();
    });
    this.times.addEventListener('change', () => this.#rest());
    this.files.addEventListener('change', () => {
      this.file = this.files.value;
      this.chosen = true;
      this.text = '';
    });
  }

  /**
   * @param {Model} model
   * @param {number} at
   * @param {number} selected id of a track, 0 none
   * @param {{from: number, to: number}} view what of the recording is seen
   */
  update(model, at, selected, view) {
    this.model = model;
    this.view = view;
    const marks = marksAt(model, at);
    this.#offer(model, marks, selected);
    const text = model.sources.get(this.file);
    if (text === undefined) {
      if (model.end && (this.lines.length > 0 || this.code.childElementCount === 0)) this.#writeNothing();
      return;
    }
    if (text !== this.text) this.#write(text);
    if (this.fresh && this.code.clientHeight > 0) this.#begin(text);
    this.#mark(marks.filter((mark) => mark.file === this.file), selected);
    if (this.spent !== this.#wanted && this.resting === undefined) this.resting = setTimeout(() => this.#rest(), Math.max(REST_MS, this.cost * SHARE));
  }

  /** Of what the times are to be. */
  get #wanted() {
    const { model, view, times } = this;
    if (!model || !view || times.selectedIndex === 2) return `${this.text.length} none`;
    return times.selectedIndex === 1 ? `${this.file} ${model.rowCount} ${model.duration}` : `${this.file} ${model.rowCount} ${view.from} ${view.to}`;
  }

  /** Bring the times up to date. */
  #rest() {
    this.resting = undefined;
    const { model, view, times } = this;
    if (!model || !view || this.code.clientHeight === 0) return;
    const began = performance.now();
    this.spent = this.#wanted;
    const all = times.selectedIndex === 1;
    const spent = times.selectedIndex === 2 ? new Map() : timesOfFile(model, timesByPlace(model, all ? 0 : Math.max(view.from, 0), all ? model.duration : Math.min(view.to, model.duration)), this.file);
    const sum = (/** @type {Float64Array} */ parts) => parts.reduce((total, part) => total + part, 0);
    const most = Math.max(...[...spent.values()].map(sum), 1);
    this.lines.forEach((line, n) => {
      const parts = spent.get(n + 1);
      const place = /** @type {HTMLElement} */ (line.children[1]);
      if (parts || place.childElementCount > 0) place.replaceChildren(...(parts ? [this.#time(n + 1, parts, sum(parts), most)] : []));
    });
    this.element.classList.toggle('gt-timed', times.selectedIndex !== 2);
    this.cost = performance.now() - began;
  }

  /** A bar as long as the line's time, of its states; press it to see the spans. @param {number} line @param {Float64Array} parts @param {number} total @param {number} most */
  #time(line, parts, total, most) {
    const states = [...parts].map((part, state) => ({ part, state })).filter(({ part }) => part > 0).sort((a, b) => b.part - a.part);
    const words = states.map(({ part, state }) => `${STATE_TEXT[state].label} ${formatDuration(part)}`).join(', ');
    const bar = node('span', { class: 'gt-spent-bar', 'aria-hidden': 'true' }, ...states.map(({ part, state }) => {
      const piece = node('span', { class: `gt-t-${state}` });
      piece.style.width = `${(100 * part) / most}%`;
      return piece;
    }));
    const button = node('button', { type: 'button', class: 'gt-spent', title: `${words}. Press to see these spans.`, 'aria-label': `Line ${line}: ${formatDuration(total)}, ${words}. See these spans.` }, bar, formatDuration(total));
    button.addEventListener('click', () => this.find(`${this.file.split('/').pop()}:${line}`));
    return button;
  }

  /** Choose the file: the reader's choice, else where the selected thread stands, else the first. @param {Model} model @param {Mark[]} marks @param {number} selected */
  #offer(model, marks, selected) {
    if (model.sources.size !== this.known) {
      this.known = model.sources.size;
      const names = [...model.sources.keys()];
      this.files.replaceChildren(...names.map((name) => node('option', { value: name }, name.split('/').slice(-1)[0])));
      this.files.hidden = names.length < 2;
      if (!model.sources.has(this.file)) this.chosen = false;
    }
    if (this.chosen) return;
    const wanted = marks.find((mark) => mark.track === selected && model.sources.has(mark.file))?.file;
    const file = wanted ?? (model.sources.has(this.file) ? this.file : model.sources.keys().next().value ?? '');
    if (file !== this.file) {
      this.file = file;
      this.files.value = file;
    }
  }

  #writeNothing() {
    this.text = '';
    this.lines = [];
    this.shown.clear();
    this.code.replaceChildren(node('p', { class: 'gt-quiet' }, 'The source of this run wasn’t recorded.'));
  }

  /** @param {string} text */
  #write(text) {
    this.text = text;
    this.spent = '';
    this.shown.clear();
    this.lines = highlight(text).slice(0, LONGEST_SOURCE).map((pieces, n) =>
      node(
        'div',
        { class: 'gt-line' },
        node('span', { class: 'gt-number' }, String(n + 1)),
        node('span', { class: 'gt-spent-place' }),
        node('code', {}, ...pieces.map(({ kind, text: part }) => (kind === 'plain' ? part : node('span', { class: `gt-${kind}` }, part)))),
        node('span', { class: 'gt-marks' }),
      ),
    );
    this.code.replaceChildren(...this.lines);
    this.fresh = true;
  }

  /** Show the code first: the page tells in words what the docstring says. @param {string} text */
  #begin(text) {
    this.fresh = false;
    const first = this.lines[docstringLines(text)];
    if (first) this.code.scrollTop = first.offsetTop - this.code.offsetTop;
  }

  /** @param {Mark[]} marks @param {number} selected */
  #mark(marks, selected) {
    /** @type {Map<number, Mark[]>} */
    const byLine = new Map();
    for (const mark of marks) byLine.set(mark.line, [...(byLine.get(mark.line) ?? []), mark]);
    for (const line of this.shown.keys()) if (!byLine.has(line)) this.#dress(line, []);
    for (const [line, there] of byLine) this.#dress(line, there);
    const lead = marks.find((mark) => mark.track === selected) ?? marks.find((mark) => mark.state === State.RUNNING) ?? marks[0];
    if (lead) this.#reveal(lead.line);
  }

  /** @param {number} line @param {Mark[]} marks */
  #dress(line, marks) {
    const said = marks.map((mark) => `${mark.track}:${mark.state}`).join();
    if ((this.shown.get(line) ?? '') === said) return;
    const element = this.lines[line - 1];
    if (!element) return;
    if (said === '') this.shown.delete(line);
    else this.shown.set(line, said);
    element.className = marks.length > 0 ? `gt-line gt-here gt-t-${marks[0].state}` : 'gt-line';
    const names = marks.slice(0, MOST_NAMES).map((mark) => node('span', { class: `gt-mark gt-t-${mark.state}` }, `${mark.name.slice(0, 60)} · ${STATE_TEXT[mark.state].label}`));
    if (marks.length > MOST_NAMES) names.push(node('span', { class: 'gt-mark' }, `and ${formatCount(marks.length - MOST_NAMES)} more`));
    /** @type {HTMLElement} */ (element.lastElementChild).replaceChildren(...names);
  }

  /** Scroll the panel, never the page, and only when the line isn't visible. @param {number} line */
  #reveal(line) {
    const element = this.lines[line - 1];
    if (!element || this.code.clientHeight === 0) return;
    const top = element.offsetTop - this.code.offsetTop;
    const { scrollTop, clientHeight } = this.code;
    if (top < scrollTop + 8 || top + element.offsetHeight > scrollTop + clientHeight - 8) {
      this.code.scrollTop = Math.max(0, top - clientHeight / 2);
    }
  }
}
