// Who waits for whom at a moment: a thread or a task, the thing it wants, and whoever has that. And who waits in a circle.

import { Flag, Kind, State, TrackKind } from './schema.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').Track} Track
 * @typedef {import('./model.js').Span} Span
 * @typedef {{from: number, to: number, thing: number, any: boolean, span: Span}} Wait who waits; for whom, 0: nobody has the
 *   thing; the thing, 0: what is waited for is that track itself; `any`: one of several is enough
 * @typedef {{waits: Wait[], circles: Wait[][], unknown: number}} Waits `unknown`: how many threads aren't known at that moment
 */

/** What has one holder, and nobody else can end the wait: a circle of these is a deadlock. @type {ReadonlySet<number>} */
const FIRM = new Set([TrackKind.LOCK, TrackKind.RLOCK, TrackKind.GIL, TrackKind.THREAD, TrackKind.TASK, TrackKind.WORK, TrackKind.POOL]);
/** Who can wait, and be waited for. @type {ReadonlySet<number>} */
const ACTORS = new Set([TrackKind.PROCESS, TrackKind.THREAD, TrackKind.TASK]);
/** What is only a name, of a sleep or of an await: nobody ends it. @type {ReadonlySet<number>} */
const NAMES = new Set([TrackKind.SLEEP, TrackKind.FUTURE, TrackKind.TYPE]);
/** @type {ReadonlySet<number>} */
const WAITING = new Set([State.BLOCKED, State.GIL_WAIT, State.SUSPENDED, State.READY]);

/** So many rows after a wait, it is told how that ended. */
const REACH = 64;

/** At the very end everything has ended: what is shown there is how it was until then. @param {Model} model @param {number} at */
export function momentOf(model, at) {
  return model.end ? Math.min(at, model.duration - 1) : at;
}

/**
 * @param {Model} model
 * @param {number} at ns
 * @returns {Waits}
 */
export function waitsAt(model, at) {
  const moment = momentOf(model, at);
  /** @type {Wait[]} */
  const waits = [];
  let unknown = 0;
  for (const track of model.all) {
    if (!track.isThread && !track.isTask) continue;
    const row = track.rows.rowAt(moment);
    if (row < 0) continue;
    if (track.rows.state[row] === State.UNKNOWN && row + 1 < track.rows.count) unknown += 1;
    if (WAITING.has(track.rows.state[row])) waits.push(...waitsOf(model, track.spanOfRow(row, model.duration), moment));
  }
  return { waits, circles: circlesOf(model, waits), unknown };
}

/** @param {Model} model @param {Span} span @param {number} at @returns {Wait[]} */
function waitsOf(model, span, at) {
  const from = span.track.id;
  let thing = model.tracks[span.state === State.READY ? span.track.parent : span.thing];
  if (!thing || NAMES.has(thing.kind)) return [];
  if (ACTORS.has(thing.kind)) return [{ from, to: thing.id, thing: 0, any: false, span }];
  const named = thing.id;
  let having = haveAt(model, thing, at);
  // Work that nobody has taken yet waits for whoever of its pool is done first.
  if (thing.isWork && model.tracks[having[0]]?.kind === TrackKind.POOL) {
    thing = /** @type {Track} */ (model.tracks[having[0]]);
    having = haveAt(model, thing, at);
  }
  having = having.filter((id) => model.tracks[id] && (id !== from || (FIRM.has(thing?.kind ?? 0) && !isSignal(thing, span))));
  if (having.length === 0) return span.state === State.READY ? [] : [{ from, to: 0, thing: named, any: false, span }];
  return having.map((to) => ({ from, to, thing: named, any: thing?.kind === TrackKind.POOL, span }));
}

/** A lock that its owner takes once more, to wait until another thread releases it. @param {Track | undefined} lock @param {Span} span */
function isSignal(lock, { track: { rows }, last }) {
  if (lock?.kind !== TrackKind.LOCK) return false;
  for (let row = last + 1; row < rows.count && row < last + REACH; row += 1) {
    if (rows.thing[row] === lock.id && rows.kind[row] === Kind.LOCK_ACQUIRE) return true;
    if (rows.thing[row] === lock.id && rows.kind[row] === Kind.LOCK_TIMEOUT) return false;
  }
  return lock.internal;
}

/** Who has a thing: its holder, the worker of a work or the pool that it is queued in, all that a pool or a loop runs. @param {Model} model @param {Track} thing @param {number} at @returns {number[]} */
function haveAt(model, thing, at) {
  if (thing.kind === TrackKind.POOL) {
    const works = model.all.filter((track) => track.isWork && track.parent === thing.id && stateAt(track, at) === State.RUNNING);
    return [...new Set(works.flatMap((work) => haveAt(model, work, at)))];
  }
  const row = thing.rows.rowAt(at);
  const had = row < 0 ? 0 : thing.rows.thing[row];
  const state = stateAt(thing, at);
  const has = state === State.HELD || state === State.CONTENDED || state === State.BUSY || (thing.isWork && (state === State.RUNNING || state === State.READY));
  return has && had !== 0 ? [had] : [];
}

/** @param {Track} track @param {number} at */
function stateAt(track, at) {
  const row = track.rows.rowAt(at);
  return row < 0 ? State.UNKNOWN : track.rows.state[row];
}

/**
 * Who can't go on whatever the others do: all for whom they wait can't either. Of each such group its circle.
 * @param {Model} model
 * @param {Wait[]} waits
 */
function circlesOf(model, waits) {
  const stuck = new Set(waits.map(({ from }) => from));
  const holds = (/** @type {Wait} */ { from, to, thing }) => stuck.has(from) && stuck.has(to) && FIRM.has(model.tracks[thing || to]?.kind ?? 0);
  for (let before = -1; before !== stuck.size;) {
    before = stuck.size;
    for (const id of [...stuck]) if (!waits.filter(({ from }) => from === id).every(holds)) stuck.delete(id);
  }
  const firm = waits.filter(holds);
  const seen = new Set();
  /** @type {Wait[][]} */
  const circles = [];
  for (const start of stuck) {
    /** @type {Wait[]} */
    const path = [];
    for (let id = start; !seen.has(id);) {
      seen.add(id);
      const next = firm.find(({ from }) => from === id);
      if (!next) break;
      path.push(next);
      id = next.to;
      const first = path.findIndex(({ from }) => from === id);
      if (first >= 0) circles.push(path.slice(first));
    }
  }
  return circles;
}

/**
 * Since when a circle is closed, until when, whether one of them went on then, and whether a wait in it has a timeout.
 * @param {readonly Wait[]} circle
 */
export function timesOf(circle) {
  const first = circle.reduce((a, b) => (b.span.to < a.span.to ? b : a)).span;
  const next = first.track.rows.state[first.last + 1];
  const went = first.last + 1 < first.track.rows.count && next !== State.EXITED && next !== State.UNKNOWN;
  const timed = circle.some(({ span }) => (span.track.rows.flags[span.first] & Flag.TIMED) !== 0);
  return { from: Math.max(...circle.map(({ span }) => span.from)), to: first.to, went, timed };
}
