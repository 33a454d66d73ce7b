// What a recording says, as the timeline needs it: tracks with their rows, names, places, loss.

import { Kind, State, TrackKind } from './schema.js';
import { Columns, Moments } from './columns.js';
import { Flows } from './flows.js';
import { STATES, TimeByState } from './lod.js';
import { Output } from './output.js';
import { Tally } from './tally.js';

/**
 * @typedef {import('../feed/recording.js').Rows} Rows
 * @typedef {{id: number, file: string, line: number, function: string, call?: string}} Location
 * @typedef {{from: number, to: number, count: number}} Loss
 * @typedef {{verdict: string, sentence: string, duration_ns: number, traceback?: string, lost?: number}} End
 * @typedef {{from: number, to: number, first: number, last: number, state: number, thing: number, line: number, track: Track}} Span
 */

/** States whose spans are told apart by the thing they are about. */
/** @type {ReadonlySet<number>} */
const ABOUT_A_THING = new Set([State.BLOCKED, State.SUSPENDED, State.HELD, State.CONTENDED, State.BUSY]);
/** Who is in no other state than these did nothing. */
/** @type {ReadonlySet<number>} */
const INACTIVE = new Set([State.UNKNOWN, State.OUTSIDE, State.EXITED, State.FREE, State.IDLE, State.STARTING]);
/** Kinds that tell how much is in a thing after them. */
/** @type {ReadonlySet<number>} */
const DEEPENS = new Set([Kind.PUT, Kind.GET, Kind.TAKE]);
/** How many rows back a line that a row itself doesn't know is looked for. */
export const LINE_REACH = 256;

/** Nothing that is recorded stands under so many others. */
const DEEPEST = 200;
/** So much of a recording may pass before it's seen that a function was called. */
const UNSEEN = 0.01;

/** A thread in these does something at this moment. @type {ReadonlySet<number>} */
const AT_WORK = new Set([State.RUNNING, State.NATIVE]);

export class Track {
  /** @param {any} told the track as a meta chunk tells it */
  constructor(told) {
    this.id = /** @type {number} */ (told.id);
    this.rows = new Columns();
    this.times = new TimeByState(this.rows);
    /** The cores a thread was on, by the kernel: `thing` is one more than the core's number, 0 for none; empty where that wasn't measured. */
    this.cores = new Moments();
    /** When a thread collected garbage: `thing` is 1 from its beginning, 0 from its end on. */
    this.pauses = new Moments();
    /** @type {Loss[]} */
    this.losses = [];
    /** When a queue, a semaphore, a pool or shared memory changed: `thing` is its length, the permits left, how many works are
     * queued, or how many processes have it open. */
    this.depths = new Moments();
    this.deepest = 0;
    /** Of a loop: how many of its tasks could run. */
    this.ready = new Tally();
    /** Did something: a resource was held, a thread or a task did more than to be away, a core had a thread. */
    this.active = false;
    this.kind = 0;
    this.name = '';
    this.parent = 0;
    this.interpreter = 0;
    this.internal = false;
    this.capacity = 0;
    this.function = '';
    this.error = '';
    this.tell(told);
  }

  /** @param {any} told */
  tell(told) {
    this.kind = Number(told.kind);
    this.name = String(told.name ?? '') || `track ${this.id}`;
    this.parent = Number(told.parent ?? 0);
    this.internal = Boolean(told.internal);
    /** Of a GIL or a thread: the number of its interpreter, 0 for the main one. */
    this.interpreter = Number(told.interpreter ?? 0);
    /** Of shared memory: bytes. */
    this.capacity = Number(told.capacity ?? 0);
    /** Of a task: the coroutine function that it runs, and what ended it. */
    this.function = String(told.function ?? '');
    this.error = String(told.error ?? '');
  }

  get isThread() {
    return this.kind === TrackKind.THREAD;
  }

  get isTask() {
    return this.kind === TrackKind.TASK;
  }

  get isWork() {
    return this.kind === TrackKind.WORK;
  }

  get isResource() {
    return (this.kind >= TrackKind.LOCK && this.kind <= TrackKind.QUEUE) || this.kind === TrackKind.PIPE;
  }

  /** How deep it was at most in a stretch: of a pool, how many works were queued. @param {number} from @param {number} to */
  deepestBetween(from, to) {
    const { depths } = this;
    let most = 0;
    for (let row = Math.max(depths.rowAt(from), 0); row < depths.count && depths.at[row] < to; row += 1) most = Math.max(most, depths.thing[row]);
    return most;
  }

  /** How long others waited for it while one had it, ns. */
  get contended() {
    return this.times.totals[State.CONTENDED];
  }

  /** Rows `a` and `b` belong to one span. @param {number} a @param {number} b */
  sameSpan(a, b) {
    const { state, thing } = this.rows;
    if (state[a] !== state[b] || this.kind === TrackKind.SHARED_MEMORY) return false; // there, each row is a change
    return thing[a] === thing[b] || !ABOUT_A_THING.has(state[a]);
  }

  /**
   * The span that a moment lies in.
   * @param {number} at
   * @param {number} end where the last span ends
   * @returns {Span | null} null before the track's beginning
   */
  spanAt(at, end) {
    const row = this.rows.rowAt(at);
    return row < 0 ? null : this.spanOfRow(row, end);
  }

  /**
   * @param {number} row
   * @param {number} end
   * @returns {Span}
   */
  spanOfRow(row, end) {
    const { rows } = this;
    let first = row;
    let last = row;
    while (first > 0 && this.sameSpan(first - 1, row)) first -= 1;
    while (last + 1 < rows.count && this.sameSpan(last + 1, row)) last += 1;
    let thing = 0;
    for (let r = first; r <= last && thing === 0; r += 1) thing = rows.thing[r];
    return {
      from: rows.at[first],
      to: last + 1 < rows.count ? rows.at[last + 1] : Math.max(end, rows.at[last]),
      first,
      last,
      state: rows.state[row],
      thing,
      line: this.lineAt(first) || this.lineAt(last),
      track: this,
    };
  }

  /**
   * The place where the track stood at a row: its own, or the last known before it.
   * @param {number} row
   * @returns {number} id of a location, 0 unknown
   */
  lineAt(row) {
    for (let r = row; r >= 0 && r > row - LINE_REACH; r -= 1) {
      if (this.rows.line[r] !== 0) return this.rows.line[r];
    }
    return 0;
  }
}

export class Model {
  constructor() {
    /** @type {any} the recording's header, null until known */
    this.header = null;
    /** @type {(Track | undefined)[]} by id; ids may be far apart, so that all of them are had from `all` */
    this.tracks = [];
    /** @type {Track[]} in the order of their ids */
    this.all = [];
    /** @type {Map<number, Location>} */
    this.locations = new Map();
    /** @type {Map<string, string>} text by file */
    this.sources = new Map();
    this.flows = new Flows();
    this.output = new Output();
    /** How many threads run at once, of all processes; and of how many that isn't known. */
    this.atWork = new Tally();
    this.unseen = new Tally();
    /** @type {string[]} what of the file can't be read, in sentences */
    this.flaws = [];
    /** @type {{from: number, to: number}[]} where rows are missing for that */
    this.damages = [];
    /** How many rows of the recording have come, or can't be read. */
    this.seen = 0;
    /** @type {End | null} */
    this.end = null;
    this.rowCount = 0;
    /** The states that time was spent in, as of then. @type {{rowCount: number, shape: number, states: ReadonlySet<number>}} */
    this.spent = { rowCount: -1, shape: -1, states: new Set() };
    this.lostCount = 0;
    /** Of readers, as the file has them. @type {{id: string, at: number, text: string}[]} */
    this.marks = [];
    /** Up to when the recording is known, ns. */
    this.until = 0;
    /** From when on a scenario does what it is about, ns: until then, its file was imported. 0 while that isn't known. */
    this.opening = 0;
    /** Counts the changes of what tracks there are. */
    this.shape = 0;
    /** @type {Map<number, number>} by thread: in which order it first held a GIL */
    this.holders = new Map();
  }

  get duration() {
    return this.end?.duration_ns ? Math.max(this.end.duration_ns, this.until) : this.until;
  }

  /** @param {number} id */
  name(id) {
    return this.tracks[id]?.name ?? '';
  }

  /** The program ran on a free-threaded build: nobody waits for a GIL there. */
  get withoutGil() {
    return Boolean(this.header?.python?.free_threaded && !this.header.layers?.gil?.measured);
  }

  /**
   * What a thread is in while it is away or blocked: "connection.recv"; empty where that isn't known.
   * @param {number} state
   * @param {number} line id of the location where it stood last: where it gave the GIL up, if that is measured
   */
  call(state, line) {
    const away = (state === State.OUTSIDE || state === State.NATIVE || state === State.RUNNABLE) && this.header?.layers?.gil?.measured;
    return away || state === State.BLOCKED ? this.locations.get(line)?.call ?? '' : '';
  }

  /** The states in which any thread, task or work spends time. @returns {ReadonlySet<number>} */
  get threadStates() {
    const { rowCount, shape, spent } = this;
    if (spent.rowCount !== rowCount || spent.shape !== shape) this.spent = { rowCount, shape, states: this.#statesNow() };
    return this.spent.states;
  }

  #statesNow() {
    /** @type {Set<number>} */
    const states = new Set();
    for (const { isThread, isTask, isWork, times, rows } of this.all) {
      if (!(isThread || isTask || isWork) || rows.count === 0) continue;
      for (const state of times.present) if (times.totals[state] > 0) states.add(state);
      states.add(rows.state[rows.count - 1]);
    }
    return states;
  }

  /** @param {any} json a meta chunk's content */
  tellMeta(json) {
    for (const told of json.tracks ?? []) {
      const known = this.tracks[told.id];
      if (known) known.tell(told);
      this.#place(known ?? this.#enter(new Track(told)));
      this.shape += 1;
    }
    for (const location of json.locations ?? []) this.locations.set(location.id, location);
    for (const { file, text } of json.sources ?? []) this.sources.set(file, text);
    for (const told of json.output ?? []) this.output.tell(told);
    if (json.marks) this.marks = json.marks;
    for (const { track, from, to, count } of json.lost ?? []) {
      this.lostCount += count;
      this.tracks[track]?.losses.push({ from, to, count });
    }
  }

  /** Parents lead to the top, and not too far. @param {Track} track */
  #place(track) {
    let above = this.tracks[track.parent];
    for (let hops = 0; above && above !== track && hops < DEEPEST; hops += 1) above = this.tracks[above.parent];
    if (!above) return;
    track.parent = 0;
    this.tellDamage(`Track ${track.id} is told to stand ${above === track ? 'under itself' : `more than ${DEEPEST} levels deep`}; it is shown at the top.`);
  }

  /** @param {Track} track that wasn't known */
  #enter(track) {
    this.tracks[track.id] = track;
    let place = this.all.length;
    while (place > 0 && this.all[place - 1].id > track.id) place -= 1;
    this.all.splice(place, 0, track);
    this.shape += 1;
    return track;
  }

  /** @param {End} end an end chunk's content @param {number} [rows] how many the recording has */
  tellEnd(end, rows = this.seen) {
    this.end = end;
    if (rows > this.seen) this.#leaveOut(this.duration);
    this.opening = this.#findOpening();
    this.shape += 1;  // what was contended longest is known now
  }

  /** When the first thread was first seen in a function of its author's; where that tells little, when it was last seen at the top level. */
  #findOpening() {
    const first = this.header?.scenario ? this.all.find(({ isThread, rows }) => isThread && rows.count > 0) : undefined;
    let at = 0;
    for (let row = 0; first && row < first.rows.count; row += 1) {
      const place = this.locations.get(first.rows.line[row]);
      if (!place || !this.sources.has(place.file)) continue;
      if (place.function !== '<module>') return first.rows.at[row] - at < this.duration * UNSEEN ? first.rows.at[row] : at;
      at = first.rows.at[row];
    }
    return 0;
  }

  /** Something of the file can't be read: its place is where rows are missing, if any are. @param {string} sentence */
  tellDamage(sentence) {
    this.flaws.push(sentence);
  }

  /** Rows are missing: from what was known last on, nothing is known of any track until its next row. @param {number} to */
  #leaveOut(to) {
    for (const track of this.all) {
      const { rows, cores } = track;
      if (rows.count === 0 || rows.state[rows.count - 1] === State.EXITED) continue;
      this.#count(track, State.UNKNOWN, this.until);
      rows.add(this.until, 0, State.UNKNOWN, Kind.LOST, 0, 0);
      if (cores.count > 0) cores.push(this.until, 0);
      track.times.update();
    }
    this.flows.forget();
    this.damages.push({ from: this.until, to: Math.max(to, this.until) });
  }

  /** Rows older than what is known are left out, as damage. @param {Rows} batch */
  addRows(batch) {
    if (batch.count === 0) return;
    const { first = this.seen } = batch;
    if (batch.at[0] < this.until) {
      this.tellDamage('Rows came that are older than those before them.');
      return;
    }
    if (first > this.seen) this.#leaveOut(batch.at[0]);
    this.seen = first + batch.count;
    const touched = new Set();
    for (let i = 0; i < batch.count; i += 1) {
      const id = batch.track[i];
      const track = this.tracks[id] ?? this.#enter(new Track({ id, kind: TrackKind.THREAD, name: `track ${id}` }));
      this.#addRow(track, batch, i);
      touched.add(track);
    }
    for (const track of touched) track.times.update();
    this.rowCount += batch.count;
    this.until = Math.max(this.until, batch.at[batch.count - 1]);
  }

  /**
   * @param {Track} track
   * @param {Rows} batch
   * @param {number} i
   */
  #addRow(track, batch, i) {
    const { rows } = track;
    const at = batch.at[i];
    const kind = batch.kind[i];
    // What a newer recorder may know isn't known here.
    const state = batch.state[i] < STATES ? batch.state[i] : State.UNKNOWN;
    const thing = batch.thing[i];
    if (rows.count === 0) this.shape += 1;
    if (track.kind === TrackKind.THREAD) {
      const before = rows.count - 1;
      const stateBefore = before < 0 ? State.UNKNOWN : rows.state[before];
      const thingBefore = before < 0 ? 0 : rows.thing[before];
      this.flows.see(track.id, track.parent, at, kind, batch.flags[i], state, thing, stateBefore, thingBefore, batch.value[i], this.tracks[thing]?.kind);
      if (kind === Kind.CORE_ON) track.cores.push(at, batch.value[i] + 1);
      else if (kind === Kind.GC_BEGIN || kind === Kind.GC_END) track.pauses.push(at, kind === Kind.GC_BEGIN ? 1 : 0);
      else if (kind === Kind.CORE_OFF || kind === Kind.CORE_LOST) track.cores.push(at, 0);
      // The kernel tells no more of the main thread of a process that isn't recorded any more.
      else if (state === State.EXITED && stateBefore !== State.EXITED && track.cores.count > 0) track.cores.push(at, 0);
      if (DEEPENS.has(kind)) this.#deepen(this.tracks[thing], at, batch.value[i]);
    } else if (track.kind === TrackKind.POOL || track.kind === TrackKind.SHARED_MEMORY) {
      this.#deepen(track, at, batch.value[i]);
    } else if (state === State.HELD || state === State.CONTENDED) {
      if (thing !== 0 && !this.holders.has(thing)) this.holders.set(thing, this.holders.size);
    }
    if (!track.active && !INACTIVE.has(state)) this.#activate(track);
    this.#count(track, state, at);
    rows.add(at, thing, state, kind, batch.flags[i], batch.line[i]);
  }

  /** A track comes into a state: how many are there now. @param {Track} track @param {number} state @param {number} at */
  #count(track, state, at) {
    const { rows } = track;
    const before = rows.count === 0 ? State.EXITED : rows.state[rows.count - 1];
    if (before === state) return;
    const change = (/** @type {Tally} */ tally, /** @type {boolean} */ was, /** @type {boolean} */ is) => {
      if (was !== is) tally.change(at, is ? 1 : -1);
    };
    if (track.isThread) {
      change(this.atWork, AT_WORK.has(before), AT_WORK.has(state));
      change(this.unseen, before === State.UNKNOWN, state === State.UNKNOWN);
    } else if (track.isTask) {
      const loop = this.tracks[track.parent];
      if (loop) change(loop.ready, before === State.READY, state === State.READY);
    }
  }

  /** @param {Track} track */
  #activate(track) {
    track.active = true;
    this.shape += 1;
  }

  /** @param {Track | undefined} thing @param {number} at @param {number} depth */
  #deepen(thing, at, depth) {
    if (!thing) return;
    thing.depths.push(at, Math.max(depth, 0));
    thing.deepest = Math.max(thing.deepest, depth);
    if (!thing.active) this.#activate(thing);
  }
}
