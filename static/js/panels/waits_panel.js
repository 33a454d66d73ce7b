// The panel that shows who waits for whom at the playhead: drawn, and as a list.

import { STATE_TEXT, State } from '../model/schema.js';
import { formatDuration, formatMoment } from '../text/format.js';
import { node } from '../nodes.js';
import { Ring, apart, bent, free } from './ring.js';
import { thingWords } from '../text/sentences.js';
import { momentOf, timesOf, waitsAt } from '../model/waits.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/waits.js').Wait} Wait
 * @typedef {import('../model/waits.js').Waits} Waits
 * @typedef {import('./ring.js').Box} Box
 */

/** So many have a place in the drawing; the list has the others too. */
const MOST = 10;
const LISTED = 100;
/** So many things that no one thread has stand in the middle. */
const MOST_THINGS = 5;
const NODE_PX = 28;
const THING_PX = 26;
const LABEL_PX = 20;
/** Between the nodes and the edge of the drawing. */
const AROUND_PX = 8;
/** Room for half a label. */
const EDGE_PX = 12;
const LETTER_PX = 7.2;
const LONGEST = 16;
/** In place of a state. */
const NOT_BEGUN = -1;
/** Where on an arrow its label stands: of two that go there and back, not beside each other. */
const LABEL_AT = 0.42;
const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function drawn(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @param {import('../model/model.js').Track | undefined} track @param {number} at */
function stateAt(track, at) {
  const row = track?.rows.rowAt(at) ?? -1;
  return track && row >= 0 ? track.rows.state[row] : NOT_BEGUN;
}

/** @param {string} text */
function short(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** "transfer 1 waits for lock checking, which transfer 2 has". @param {Model} model @param {Wait} wait */
export function waitWords(model, { from, to, thing, any, span }) {
  const had = model.name(to);
  const waits = span.state === State.READY ? `${model.name(from)} could run, and waits for ` : `${model.name(from)} waits for `;
  if (thing === 0) return `${waits}${had} to end`;
  const named = thingWords(model, thing);
  if (to === 0) return `${waits}${named}`;
  if (any) return `${waits}${named}, for which ${had} might be free`;
  const kind = model.tracks[thing];
  if (kind?.isWork) return `${waits}${named}, which ${had} does`;
  return `${waits}${named}, which ${span.state === State.READY ? `runs ${had}` : `${had} has`}`;
}

/**
 * What a circle means, in words.
 * @param {Model} model
 * @param {readonly Wait[]} circle
 */
export function circleWords(model, circle) {
  const { from, to, went, timed } = timesOf(circle);
  const names = circle.map((wait) => model.name(wait.from));
  const rule = circle.length === 1 ? `${names[0]} waits for itself.` : `${names.join(' waits for ')} waits for ${names[0]}: none of them can go on before another one does.`;
  const until = went ? `for ${formatDuration(to - from)}` : model.end ? 'to the end' : 'until now';
  return `${rule} It is so from ${formatMoment(from, Math.max(model.duration / 1e5, 1))} on, ${until}.${timed ? ' One of these waits has a timeout.' : ''}`;
}

export class WaitsPanel {
  /** @param {(track: number) => void} chose the reader wants to see a track */
  constructor(chose) {
    this.drawing = drawn('svg', { class: 'gt-waits-drawing', 'aria-hidden': 'true' });
    this.words = node('div', { class: 'gt-waits-words' });
    this.element = node('div', { class: 'gt-waits', tabindex: '0', role: 'region', 'aria-label': 'Who waits for whom at the playhead' }, this.drawing, this.words);
    this.ring = new Ring(MOST);
    this.inside = new Ring(MOST_THINGS);
    this.shown = '';
    /** @type {Model | null} */
    this.model = null;
    this.at = 0;
    this.element.addEventListener('click', ({ target }) => {
      const there = target instanceof Element ? target.closest('[data-track]') : null;
      if (there) chose(Number(there.getAttribute('data-track')));
    });
    new ResizeObserver(() => this.#draw()).observe(this.drawing);
  }

  /** @param {Model} model @param {number} at the playhead */
  update(model, at) {
    this.model = model;
    this.at = at;
    if (!this.element.hidden) this.#draw();
  }

  #draw() {
    const { model, at, drawing } = this;
    const { width, height } = drawing.getBoundingClientRect();
    if (!model || width === 0) return;
    const told = waitsAt(model, at);
    const seated = this.#seat(model, told);
    const moment = momentOf(model, at);
    const states = new Map(seated.map((id) => [id, stateAt(model.tracks[id], moment)]));
    const key = `${width} ${height} ${model.shape} ${told.unknown} ${[...states].join()} ${told.waits.map(({ from, to, thing, span }) => `${from}-${thing}-${to}-${span.from}`).join()} ${this.#ends(told)}`;
    if (key === this.shown) return;
    this.shown = key;
    this.#picture(model, told, states, width, height);
    this.#tell(model, told);
  }

  /** While a run goes on, a circle's words may change. @param {Waits} told */
  #ends(told) {
    return told.circles.map((circle) => timesOf(circle).to).join();
  }

  /** Who is drawn: all who ever do something, where they are few; else those who wait, or are waited for. @param {Model} model @param {Waits} told */
  #seat(model, { waits, circles }) {
    const actors = model.all.filter((track) => (track.isThread || track.isTask) && track.active && !track.internal).map(({ id }) => id);
    const wanted = [...circles.flat(), ...waits].flatMap(({ from, to }) => [from, to]).filter((id) => id !== 0);
    const seated = [...new Set(actors.length <= MOST ? [...actors, ...wanted] : wanted)].slice(0, MOST);
    this.ring.seat(seated);
    this.inside.seat([...new Set(waits.filter(({ to }) => to === 0).map(({ thing }) => thing))]);
    return seated;
  }

  /** @param {Model} model @param {Waits} told @param {Map<number, number>} states @param {number} width @param {number} height */
  #picture(model, { waits, circles }, states, width, height) {
    const { ring, drawing } = this;
    const middle = { x: width / 2, y: height / 2 };
    const widest = Math.max(...ring.places.map((id) => nodePx(model, id)), 0);
    /** @type {Map<number, Box>} */
    const boxes = new Map();
    for (const id of states.keys()) {
      const place = ring.placeOf(id, Math.max(width - widest - 24, 60), Math.max(height - NODE_PX - 40, 40));
      if (place) boxes.set(id, { ...place, halfWidth: nodePx(model, id) / 2, halfHeight: NODE_PX / 2 });
    }
    apart([...boxes.values()], width - 2 * AROUND_PX, height - 2 * AROUND_PX);
    for (const box of boxes.values()) {
      box.x += middle.x;
      box.y += middle.y;
    }
    /** @type {Map<number, Box>} */
    const things = new Map();
    for (const { thing, to } of waits) {
      const n = this.inside.places.indexOf(thing);
      if (to === 0 && n >= 0) things.set(thing, { x: middle.x, y: middle.y + (n % 2 ? -1 : 1) * Math.ceil(n / 2) * THING_PX, halfWidth: labelPx(short(model.name(thing))) / 2, halfHeight: LABEL_PX / 2 });
    }
    const closed = new Set(circles.flat());
    const involved = new Set(waits.flatMap(({ from, to }) => [from, to]));
    const named = new Set();
    const taken = [...boxes.values(), ...things.values()];
    const lines = waits.flatMap((wait) => {
      // Of many that wait for one thing of one holder, the first arrow says its name.
      const key = `${wait.thing} ${wait.to}`;
      const again = wait.thing !== 0 && named.has(key);
      named.add(key);
      return this.#arrow(model, wait, boxes, things, closed.has(wait), middle, again ? null : taken);
    });
    const nodes = [...boxes].map(([id, box]) => this.#node(model, id, box, states.get(id) ?? NOT_BEGUN, involved.has(id), circles.flat().some(({ from }) => from === id)));
    drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
    // Names of nodes stay readable, whatever crosses them.
    drawing.replaceChildren(...lines.filter((line) => line.localName === 'path'), ...lines.filter((line) => line.localName !== 'path'), ...nodes);
  }

  /** @param {Model} model @param {number} id @param {Box} box @param {number} state @param {boolean} involved @param {boolean} closed */
  #node(model, id, { x, y, halfWidth, halfHeight }, state, involved, closed) {
    return drawn(
      'g',
      { class: `gt-actor gt-t-${state}${involved ? '' : ' gt-aside'}${closed ? ' gt-closed' : ''}`, 'data-track': id, transform: `translate(${x} ${y})` },
      drawn('title', {}, `${model.name(id)}: ${STATE_TEXT[state]?.label ?? 'has not begun'}`),
      drawn('rect', { x: -halfWidth, y: -halfHeight, width: 2 * halfWidth, height: 2 * halfHeight, rx: 6 }),
      drawn('text', { class: 'gt-letter', x: -halfWidth + 13, y: 4.5, 'text-anchor': 'middle' }, STATE_TEXT[state]?.letter ?? '·'),
      drawn('text', { x: -halfWidth + 25, y: 4.5 }, short(model.name(id))),
    );
  }

  /** From who waits to who has it, with the name of the thing; to nobody, to the thing alone. @param {Model} model @param {Wait} wait @param {Map<number, Box>} boxes @param {Map<number, Box>} things @param {boolean} closed @param {{x: number, y: number}} middle @param {Box[] | null} taken where a label would cover something; null: it has none */
  #arrow(model, { from, to, thing, any, span }, boxes, things, closed, middle, taken) {
    const start = boxes.get(from);
    const end = to === 0 ? things.get(thing) : boxes.get(to);
    if (!start || !end) return [];
    const kind = `gt-wait gt-t-${span.state}${closed ? ' gt-closed' : ''}${any ? ' gt-any' : ''}`;
    const label = thing === 0 ? 'its end' : short(model.name(thing));
    if (start === end) return this.#loop(start, taken && label, kind, start.y < middle.y ? -1 : 1);
    // What would bend out of sight goes along the edge.
    const points = bent(start, end).map(({ x, y }) => ({ x, y: Math.min(Math.max(y, EDGE_PX), 2 * middle.y - EDGE_PX) }));
    const last = points.length - 1;
    const line = last < 1 ? [] : [drawn('path', { class: kind, d: `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}` }), head(points[Math.max(last - 3, 0)], points[last], kind)];
    if (!taken || (to !== 0 && last < 0)) return line;
    if (to === 0) return [...line, this.#label(label, end, kind)];
    const at = free(points, LABEL_AT, labelPx(label) / 2, LABEL_PX / 2, taken);
    taken.push(at);
    return [...line, this.#label(label, at, kind)];
  }

  /** From who waits to itself. @param {Box} box @param {string | null} label @param {string} kind @param {1 | -1} side above or below it */
  #loop({ x, y, halfHeight }, label, kind, side) {
    const edge = y + side * (halfHeight + 1);
    const d = `M${x + 16} ${edge}C${x + 60} ${edge + side * 60} ${x - 60} ${edge + side * 60} ${x - 16} ${edge}`;
    return [drawn('path', { class: kind, d }), head({ x: x - 34, y: edge + side * 22 }, { x: x - 16, y: edge }, kind), ...(label === null ? [] : [this.#label(label, { x, y: edge + side * 48 }, kind)])];
  }

  /** @param {string} text @param {{x: number, y: number}} at @param {string} kind */
  #label(text, { x, y }, kind) {
    const half = labelPx(text) / 2;
    return drawn('g', { class: `gt-thing ${kind}`, transform: `translate(${x} ${y})` }, drawn('rect', { x: -half, y: -LABEL_PX / 2, width: 2 * half, height: LABEL_PX, rx: LABEL_PX / 2 }), drawn('text', { y: 4.5, 'text-anchor': 'middle' }, text));
  }

  /** The same in words; who is named can be gone to. @param {Model} model @param {Waits} told */
  #tell(model, { waits, circles, unknown }) {
    const had = this.words.contains(document.activeElement) ? document.activeElement?.getAttribute('data-track') : null;
    const said = [];
    for (const circle of circles) {
      const { went, timed } = timesOf(circle);
      said.push(node('p', { class: 'gt-circle', role: 'status' }, node('strong', {}, went || timed ? 'A circle of waits. ' : 'A deadlock. '), circleWords(model, circle)));
    }
    if (waits.length === 0) said.push(node('p', { class: 'gt-quiet' }, 'Nobody waits for anybody here.'));
    const ordered = [...new Set([...circles.flat(), ...waits])];
    const rows = ordered.slice(0, LISTED).map((wait) => node('li', {}, node('button', { type: 'button', class: 'gt-link', 'data-track': String(wait.from) }, waitWords(model, wait))));
    if (waits.length > LISTED) rows.push(node('li', { class: 'gt-quiet' }, `and ${waits.length - LISTED} more`));
    if (rows.length > 0) said.push(node('ul', { class: 'gt-waits-list' }, ...rows));
    if (unknown > 0) said.push(node('p', { class: 'gt-quiet' }, `What ${unknown} ${unknown === 1 ? 'thread does' : 'threads do'} here wasn’t measured.`));
    const { program } = model.header?.layers ?? {};
    if (program?.measured === false) said.push(node('p', { class: 'gt-quiet' }, 'What the program waits for wasn’t measured: only waits for the GIL can show.'));
    this.words.replaceChildren(...said);
    if (had) /** @type {HTMLElement | null} */ (this.words.querySelector(`[data-track="${had}"]`))?.focus();
  }
}

/** @param {Model} model @param {number | null} id */
function nodePx(model, id) {
  return short(model.name(id ?? 0)).length * LETTER_PX + 34;
}

/** @param {string} text */
function labelPx(text) {
  return text.length * LETTER_PX + 12;
}

/** The point of an arrow. @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {string} kind */
function head(from, to, kind) {
  const turn = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  return drawn('path', { class: `${kind} gt-point`, d: 'M0 0L-9 -4.5L-9 4.5z', transform: `translate(${to.x.toFixed(1)} ${to.y.toFixed(1)}) rotate(${turn.toFixed(1)})` });
}
