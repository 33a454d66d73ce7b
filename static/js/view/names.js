// The tracks' names, as a tree grid: rows that take the focus, fold and can be pinned, and say what happens in them.

import { RULER_PX, rowsBetween } from '../model/layout.js';
import { icon, node } from '../nodes.js';
import { kindWord } from '../text/sentences.js';

/**
 * @typedef {import('../model/layout.js').Layout} Layout
 * @typedef {import('../model/layout.js').Row} Row
 * @typedef {import('../model/model.js').Track} Track
 * @typedef {{element: HTMLElement, header: HTMLElement, fold: HTMLButtonElement, text: HTMLElement, note: HTMLElement, pin: HTMLButtonElement, said: HTMLElement, track: Track | null}} Shown
 * @typedef {object} Told what a row says of itself
 * @property {(row: Row) => string} note the second line of its name
 * @property {(row: Row) => string} sentence what happens in it at the playhead
 * @typedef {{fold: (track: Track) => void, pin: (track: Track) => void, focused: (track: Track) => void}} NamesActions
 */

/** Sentences follow the playhead when it has rested for so long. */
const REST_MS = 200;
/** While more comes in, what the rows say of themselves is brought up to date this often: each text is laid out anew. */
const NOTES_MS = 250;
/** Names are whole in the tooltip. */
const LONGEST = 200;

let count = 0;

export class Names {
  /** @param {Told} told @param {NamesActions} actions */
  constructor(told, actions) {
    this.told = told;
    this.actions = actions;
    count += 1;
    this.prefix = `gt-${count}`;
    this.element = node('div', { class: 'gt-names', role: 'treegrid', 'aria-label': 'Tracks', 'aria-colcount': '2' });
    /** @type {Map<number, Shown>} by track: rows that there are */
    this.rows = new Map();
    /** @type {Shown[]} */
    this.spare = [];
    /** @type {Layout | null} */
    this.layout = null;
    /** @type {Layout | null} that of the last update but this one */
    this.shownIn = null;
    /** What the rows were last shown for. */
    this.scrollPx = 0;
    this.heightPx = 0;
    this.selected = 0;
    /** The focus goes to another row by itself. */
    this.keeping = false;
    /** The track whose row takes the focus, 0 for the first. */
    this.current = 0;
    this.rest = 0;
    /** @type {unknown[]} what the rows were last filled for */
    this.filledFor = [];
    this.known = -1;
    this.filledAt = -Infinity;
  }

  get focused() {
    return this.element.contains(document.activeElement);
  }

  /**
   * @param {Layout} layout
   * @param {number} scrollPx @param {number} heightPx
   * @param {number} selected the track of the selected span, 0 for none
   * @param {number} known how many rows of the recording are
   */
  update(layout, scrollPx, heightPx, selected, known) {
    this.shownIn = this.layout;
    this.layout = layout;
    if (!layout.rowOf.has(this.current)) this.current = this.#nearest(layout);
    const filledFor = [layout, scrollPx, heightPx, selected, this.current];
    const due = known !== this.known && performance.now() - this.filledAt >= NOTES_MS;
    if (due || filledFor.some((value, n) => value !== this.filledFor[n])) {
      this.filledFor = filledFor;
      this.known = known;
      this.filledAt = performance.now();
      const had = this.focused;
      this.#show(layout, scrollPx, heightPx, selected);
      // The keys don't go with a row that is no longer there, nor is the view scrolled for them.
      this.keeping = had && !this.focused;
      if (this.keeping) this.focus(this.current);
      this.keeping = false;
    }
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      if (known !== this.known) this.#show(layout, scrollPx, heightPx, selected);
      this.known = known;
      this.say();
    }, REST_MS);
  }

  /** @param {Layout} layout that has no row of the current track */
  #nearest(layout) {
    const before = this.shownIn;
    let n = before?.rows.findIndex(({ track }) => track.id === this.current) ?? -1;
    while (n >= 0 && !layout.rowOf.has(before?.rows[n].track.id ?? 0)) n -= 1;
    return (n >= 0 ? before?.rows[n].track.id : layout.rows[0]?.track.id) ?? 0;
  }

  /** @param {Layout} layout @param {number} scrollPx @param {number} heightPx @param {number} selected */
  #show(layout, scrollPx, heightPx, selected) {
    Object.assign(this, { scrollPx, heightPx, selected });
    const rows = rowsBetween(layout, scrollPx + RULER_PX, scrollPx + heightPx);
    const current = layout.rowOf.get(this.current);
    // The row that has the focus stays, wherever it is.
    if (current && !rows.includes(current)) {
      if (rows[0] && current.topPx < rows[0].topPx) rows.unshift(current);
      else rows.push(current);
    }
    const wanted = new Set(rows.map(({ track }) => track.id));
    for (const [id, shown] of this.rows) {
      if (wanted.has(id)) continue;
      shown.element.remove();
      this.rows.delete(id);
      this.spare.push(shown);
    }
    set(this.element, 'aria-rowcount', String(layout.rows.length));
    rows.forEach((row, n) => {
      const shown = this.rows.get(row.track.id) ?? this.#take(row);
      this.#fill(shown, row, scrollPx, layout, selected);
      if (this.element.children[n] !== shown.element) this.#move(shown.element, n);
    });
  }

  /** An element that is moved loses the focus. @param {HTMLElement} element @param {number} place */
  #move(element, place) {
    const had = element.contains(document.activeElement);
    this.element.insertBefore(element, this.element.children[place] ?? null);
    if (had) element.focus({ preventScroll: true });
  }

  /** Bring what the rows say up to date with the playhead. */
  say() {
    for (const [id, { said }] of this.rows) {
      const row = this.layout?.rowOf.get(id);
      const text = row ? this.told.sentence(row) : '';
      if (said.textContent !== text) said.textContent = text;
    }
  }

  /** @param {Row} row */
  #take(row) {
    const shown = this.spare.pop() ?? this.#make();
    shown.track = row.track;
    shown.said.textContent = '';
    this.rows.set(row.track.id, shown);
    return shown;
  }

  /** @returns {Shown} */
  #make() {
    const fold = node('button', { type: 'button', class: 'gt-fold', tabindex: '-1' }, icon('fold'));
    const pin = node('button', { type: 'button', class: 'gt-pin', tabindex: '-1' }, icon('pin'));
    const text = node('span', { class: 'gt-name' }, node('span', {}), node('span', {}));
    const note = node('span', { class: 'gt-note' });
    const said = node('div', { class: 'gt-said', role: 'gridcell', 'aria-colindex': '2' });
    const label = node('span', { class: 'gt-label' }, text, note);
    const header = node('div', { class: 'gt-head', role: 'rowheader', 'aria-colindex': '1' }, fold, label, pin);
    const element = node('div', { role: 'row', tabindex: '-1' }, header, said);
    /** @type {Shown} */
    const shown = { element, header, fold, text, note, pin, said, track: null };
    const act = (/** @type {'fold' | 'pin' | 'focused'} */ what) => () => shown.track && this.actions[what](shown.track);
    fold.addEventListener('click', act('fold'));
    pin.addEventListener('click', act('pin'));
    element.addEventListener('focus', () => {
      if (shown.track) this.#become(shown.track.id);
      if (!this.keeping) act('focused')();
    });
    return shown;
  }

  /** @param {Shown} shown @param {Row} row @param {number} scrollPx @param {Layout} layout @param {number} selected */
  #fill(shown, row, scrollPx, layout, selected) {
    const { element, fold, text, note, pin } = shown;
    const { track } = row;
    const name = track.name.slice(0, LONGEST);
    const said = layout.notes && row.kind !== 'core' && row.kind !== 'process' ? this.told.note(row) : '';
    set(element, 'class', `gt-row gt-row-${row.kind}${row.pinned ? ' gt-pinned' : ''}`);
    set(element, 'id', `${this.prefix}-${track.id}`);
    set(shown.header, 'aria-label', name);
    set(element, 'aria-label', [name, row.kind === 'heading' ? '' : kindWord(track.kind), said].filter((part, n, all) => part && all.indexOf(part) === n).join(', '));
    set(element, 'aria-level', String(row.level));
    set(element, 'aria-expanded', row.foldable ? String(!row.folded) : null);
    set(element, 'aria-selected', String(track.id === selected));
    set(element, 'aria-rowindex', String(layout.rows.indexOf(row) + 1));
    set(element, 'aria-posinset', String(row.place));
    set(element, 'aria-setsize', String(row.places));
    set(element, 'tabindex', track.id === this.current ? '0' : '-1');
    set(fold, 'aria-label', `${row.folded ? 'Unfold' : 'Fold'} ${name}`);
    set(pin, 'aria-label', `${row.pinned ? 'Unpin' : 'Pin'} ${name}`);
    set(pin, 'aria-pressed', String(row.pinned));
    fold.hidden = !row.foldable;
    pin.hidden = row.kind === 'heading';
    labelOf(track, said).forEach((part, n) => {
      const element = text.children[n];
      if (element.textContent !== part) element.textContent = part;
    });
    if (note.dataset.said !== said) {
      note.dataset.said = said;
      // What there is no room for wraps out of sight, part by part.
      note.replaceChildren(...said.split(' · ').map((part, n) => node('span', {}, n > 0 ? ` · ${part}` : part)));
    }
    note.hidden = said === '';
    const { style } = element;
    style.setProperty('--gt-top', `${row.topPx - scrollPx}px`);
    style.setProperty('--gt-high', `${row.heightPx}px`);
    style.setProperty('--gt-middle', `${row.barTopPx - row.topPx + row.barPx / 2}px`);
    style.setProperty('--gt-level', String(row.level - 1));
  }

  /** @param {number} id of the track whose row is to take the focus */
  #become(id) {
    const before = this.rows.get(this.current);
    if (before) set(before.element, 'tabindex', '-1');
    this.current = id;
    const now = this.rows.get(id);
    if (now) set(now.element, 'tabindex', '0');
  }

  /** Give a track's row the focus, once it is there. @param {number} id @param {boolean} [only] only if another row has it */
  focus(id, only = false) {
    const had = this.focused;
    this.#become(id);
    // One that is out of sight isn't there yet.
    if (this.layout?.rowOf.has(id) && !this.rows.has(id)) this.#show(this.layout, this.scrollPx, this.heightPx, this.selected);
    if (only && !had) return;
    this.rows.get(id)?.element.focus({ preventScroll: true });
  }
}

/**
 * A name, and the number at its end, which stays where there is little room. Of a task that only has a number it is told what it runs,
 * unless that is said under the name; Python tells it of a thread itself.
 * @param {Track} track
 * @param {string} said
 * @returns {readonly [string, string]}
 */
export function labelOf({ name, function: does, isTask }, said) {
  const task = isTask && does && !said && /^Task-\d+$/.test(name);
  if (task) return [`${name} · ${does.replace(/^.*>\./, '')}`, ''];
  const numbered = /^(.+?)([-_ .]\d+([-_.]\d+)*)$/.exec(name.slice(0, LONGEST));
  return numbered ? [numbered[1], numbered[2]] : [name.slice(0, LONGEST), ''];
}

/** @param {Element} element @param {string} name @param {string | null} value null for none */
function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
