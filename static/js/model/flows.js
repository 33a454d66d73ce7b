// Cause on one track, effect on another: handoffs, wakes, starts, messages and submitted calls, found while rows come in.

import { Flag, Kind, State, TrackKind } from './schema.js';
import { grown, lastAtOrBefore, next } from './columns.js';

export const Flow = Object.freeze({ HANDOFF: 0, WAKE: 1, START: 2, MESSAGE: 3, SUBMIT: 4 });

/** @type {ReadonlySet<number>} */
const LETS_GO = new Set([Kind.LOCK_RELEASE, Kind.NOTIFY, Kind.PUT, Kind.GET]);
/** @type {ReadonlySet<number>} */
const GETS = new Set([Kind.LOCK_ACQUIRE, Kind.UNBLOCK, Kind.TAKE, Kind.GET, Kind.PUT]);

/**
 * @typedef {{at: number, track: number}} Moment
 * @typedef {{thing: number, since: number, until: number}} Wait
 * @typedef {{begun: number, written: number, track: number, bytes: number, asks: number, answers: number}} Writing `written`: −1 until it is;
 *   `asks`, `answers`: the call of a manager that it asks for, or is the answer to; 0: none
 */

/** A flow may be proven so long after it happened: who is woken needs the GIL first. */
const CAUSE_REACH_NS = 1e9;

/** Flows in the order in which they were proven. */
export class Flows {
  constructor() {
    this.count = 0;
    this.proven = new Float64Array(64); // time of the row that proved it: never goes back
    this.fromAt = new Float64Array(64);
    this.toAt = new Float64Array(64);
    this.fromTrack = new Uint32Array(64);
    this.toTrack = new Uint32Array(64);
    this.kind = new Uint8Array(64);
    this.bytes = new Float64Array(0); // of messages: only where there are any
    /** @type {Map<number, Writing>} by flow: the message, where it is about a call of a manager */
    this.calls = new Map();
    /** @type {Map<number, {asks: number, answers: number}>} by thread: what it is about to ask for, or to answer */
    this.talks = new Map();
    /** @type {Map<number, Moment>} by GIL: its last release */
    this.gilReleases = new Map();
    /** @type {Map<number, number>} by thread: the GIL that it had last */
    this.gils = new Map();
    /** @type {Map<number, Moment>} by thing: the last act that could let a waiter go on */
    this.releases = new Map();
    /** @type {Map<number, number>} by thread: since when it waits for the GIL */
    this.gilWaits = new Map();
    /** @type {Map<number, Wait>} by thread: its last wait for a thing that isn't told to have ended well */
    this.waits = new Map();
    /** @type {Map<number, Moment>} by thread or process that is being started: who starts it */
    this.starts = new Map();
    /** @type {Map<number, Moment>} by work that no worker has begun yet: who submitted it */
    this.submits = new Map();
    /** @type {Map<number, Writing[]>} by pipe: what was written, and not read yet. The n-th written is the n-th read. */
    this.written = new Map();
    /** @type {Set<number>} pipes that gave what nobody was seen writing */
    this.unsure = new Set();
    this.complete = true;
  }

  /**
   * Take in one row of a thread; rows come in order of time.
   * @param {number} track @param {number} process @param {number} at @param {number} kind @param {number} flags
   * @param {number} state @param {number} thing
   * @param {number} stateBefore @param {number} thingBefore
   * @param {number} value @param {number | undefined} thingKind what `thing` is
   */
  see(track, process, at, kind, flags, state, thing, stateBefore, thingBefore, value = 0, thingKind = undefined) {
    if (kind === Kind.LOST) this.complete = false;
    if (stateBefore === State.BLOCKED && state !== State.BLOCKED) {
      const wait = this.waits.get(track);
      if (wait && wait.thing === thingBefore) wait.until = at;
    }
    if (GETS.has(kind)) this.#woken(track, at, thing, (flags & (Flag.TIMEOUT | Flag.ERROR)) !== 0);
    if (kind === Kind.REQUEST) this.talks.set(track, { asks: thing, answers: 0 });
    if (thingKind === TrackKind.PIPE) this.#message(track, at, kind, flags, thing, value);
    if (kind === Kind.LOCK_TIMEOUT) this.waits.delete(track);
    if (state === State.BLOCKED && stateBefore !== State.BLOCKED) this.waits.set(track, { thing, since: at, until: at });

    // Also from a forced release on: who had to give the GIL up wants it again.
    if (state === State.GIL_WAIT && !this.gilWaits.has(track)) this.gilWaits.set(track, at);
    if (kind === Kind.GIL_ACQUIRE) this.#handedOver(track, at, thing);
    // Its row may be about what the thread waits for from then on: the GIL is the one that it had.
    else if (kind === Kind.GIL_RELEASE) this.gilReleases.set(this.gils.get(track) ?? thing, { at, track });
    else if (LETS_GO.has(kind)) this.releases.set(thing, { at, track });
    else if (kind === Kind.THREAD_END) {
      this.releases.set(track, { at, track });
      this.releases.set(process, { at, track }); // it ends with the last of them
    } else if (kind === Kind.THREAD_START || kind === Kind.PROCESS_START) this.starts.set(thing, { at, track });
    else if (kind === Kind.THREAD_BEGIN) this.#begins(track, at, track);
    else if (kind === Kind.PROCESS_BEGIN) this.#begins(process, at, track);
    else if (kind === Kind.WORK_NEW) this.submits.set(thing, { at, track });
    else if (kind === Kind.WORK_RUN || kind === Kind.WORK_CANCEL) this.#taken(track, at, kind, thing);
  }

  /**
   * A worker begins a work, or nobody ever will. What lies between is its time in the queue.
   * @param {number} track @param {number} at @param {number} kind @param {number} work
   */
  #taken(track, at, kind, work) {
    const submit = this.submits.get(work);
    if (submit && kind === Kind.WORK_RUN) this.#push(at, submit.at, submit.track, at, track, Flow.SUBMIT);
    this.submits.delete(work);
  }

  /** @param {number} started a thread or a process @param {number} at @param {number} track of the thread that begins */
  #begins(started, at, track) {
    const start = this.starts.get(started);
    if (start) this.#push(at, start.at, start.track, at, track, Flow.START);
    this.starts.delete(started);
  }

  /**
   * A step of a writing or a reading.
   * @param {number} track @param {number} at @param {number} kind @param {number} flags @param {number} pipe @param {number} bytes
   */
  #message(track, at, kind, flags, pipe, bytes) {
    if (!this.complete || this.unsure.has(pipe)) return;
    const written = this.written.get(pipe) ?? [];
    if (kind === Kind.CALL) {
      written.push({ begun: at, written: -1, track, bytes, ...(this.talks.get(track) ?? { asks: 0, answers: 0 }) });
      this.talks.delete(track);
      this.written.set(pipe, written);
    } else if (kind === Kind.RETURN) {
      const one = written.findIndex((writing) => writing.track === track && writing.written < 0);
      if (one >= 0 && flags & Flag.ERROR) written.splice(one, 1);
      else if (one >= 0) written[one].written = at;
    } else if (kind === Kind.UNBLOCK && !(flags & (Flag.ERROR | Flag.TIMED))) {
      const sent = written.shift();
      if (!sent || sent.bytes !== bytes) {
        this.unsure.add(pipe);
        return;
      }
      this.talks.set(track, { asks: 0, answers: sent.asks });
      if (sent.asks || sent.answers) this.calls.set(this.count, sent);
      this.#push(at, sent.written < 0 ? sent.begun : sent.written, sent.track, at, track, Flow.MESSAGE, bytes);
    }
  }

  /**
   * The message that a thread has read at a time: its flow; −1 where that isn't known.
   * @param {number} track @param {number} at
   */
  readAt(track, at) {
    for (let n = lastAtOrBefore(this.proven, this.count, at); n >= 0 && this.proven[n] === at; n -= 1) {
      if (this.kind[n] === Flow.MESSAGE && this.toTrack[n] === track) return n;
    }
    return -1;
  }

  /**
   * The flow that ended on a track in a stretch, the last one. Not that of a submitted call: when it begins is up to the worker.
   * @param {number} track @param {number} from @param {number} to
   * @returns {{track: number, at: number} | null} where it came from
   */
  cause(track, from, to) {
    let last = -1;
    for (let n = lastAtOrBefore(this.proven, this.count, to + CAUSE_REACH_NS); n >= 0 && this.proven[n] >= from; n -= 1) {
      if (this.kind[n] === Flow.SUBMIT) continue;
      if (this.toTrack[n] === track && this.toAt[n] >= from && this.toAt[n] <= to && (last < 0 || this.toAt[n] > this.toAt[last])) last = n;
    }
    return last < 0 ? null : { track: this.fromTrack[last], at: this.fromAt[last] };
  }

  /** Something wasn't seen: nothing from before it proves anything about what comes. */
  forget() {
    this.complete = false;
    for (const known of [this.gilReleases, this.gils, this.releases, this.gilWaits, this.waits, this.starts]) known.clear();
  }

  /** @param {number} track @param {number} at @param {number} gil */
  #handedOver(track, at, gil) {
    const release = this.gilReleases.get(gil);
    const since = this.gilWaits.get(track);
    // Only who was waiting when it was released got it from the one who released it.
    if (release && since !== undefined && since <= release.at && release.track !== track) {
      this.#push(at, release.at, release.track, at, track, Flow.HANDOFF);
    }
    this.gilReleases.delete(gil);
    this.gils.set(track, gil);
    this.gilWaits.delete(track);
  }

  /** @param {number} track @param {number} at @param {number} thing @param {boolean} inVain */
  #woken(track, at, thing, inVain) {
    const wait = this.waits.get(track);
    if (!wait || wait.thing !== thing) return;
    this.waits.delete(track);
    const release = this.releases.get(thing);
    if (inVain || !release || release.at < wait.since || release.track === track) return;
    const until = wait.until > wait.since ? wait.until : at;
    this.#push(at, release.at, release.track, Math.max(until, release.at), track, Flow.WAKE);
  }

  /** @param {number} proven @param {number} fromAt @param {number} fromTrack @param {number} toAt @param {number} toTrack @param {number} kind @param {number} bytes */
  #push(proven, fromAt, fromTrack, toAt, toTrack, kind, bytes = 0) {
    const n = this.count;
    if (n === this.proven.length) this.#grow(next(n));
    this.proven[n] = proven;
    this.fromAt[n] = fromAt;
    this.toAt[n] = toAt;
    this.fromTrack[n] = fromTrack;
    this.toTrack[n] = toTrack;
    this.kind[n] = kind;
    if (kind === Flow.MESSAGE) {
      if (n >= this.bytes.length) this.bytes = grown(this.bytes, this.proven.length);
      this.bytes[n] = bytes;
    }
    this.count = n + 1;
  }

  /** @param {number} capacity */
  #grow(capacity) {
    const copies = /** @type {const} */ (['proven', 'fromAt', 'toAt', 'fromTrack', 'toTrack', 'kind']);
    for (const name of copies) this[name] = /** @type {any} */ (grown(this[name], capacity));
  }

  /**
   * The flows to draw, at most one in each `everyNs` (none for no limit); and whether that left any out.
   * @param {number} from @param {number} to @param {number} everyNs
   * @returns {{chosen: number[], thinned: boolean}}
   */
  visible(from, to, everyNs) {
    const first = lastAtOrBefore(this.proven, this.count, from) + 1;
    const last = lastAtOrBefore(this.proven, this.count, to + (to - from)); // a wake is proven a little after it happened
    /** @type {number[]} */
    const chosen = [];
    if (last - first > 4 * ((to - from) / Math.max(everyNs, 1))) {
      let n = first;
      for (let at = from; at < to && n <= last; at += everyNs) {
        n = lastAtOrBefore(this.proven, this.count, at, Math.max(n, 0)) + 1;
        if (n <= last && this.proven[n] < at + everyNs) chosen.push(n);
      }
      return { chosen, thinned: true };
    }
    let free = -Infinity;
    let thinned = false;
    for (let n = Math.max(first, 0); n <= last; n += 1) {
      if (this.fromAt[n] > to || this.toAt[n] < from) continue;
      if (this.toAt[n] < free) thinned = true;
      else {
        chosen.push(n);
        free = this.toAt[n] + everyNs;
      }
    }
    return { chosen, thinned };
  }
}
