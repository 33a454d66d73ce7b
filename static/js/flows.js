// Cause on one track, effect on another: handoffs, wakes and starts, found while rows come in.

import { Flag, Kind, State } from './schema.js';
import { lastAtOrBefore } from './columns.js';

export const Flow = Object.freeze({ HANDOFF: 0, WAKE: 1, START: 2 });

/** @type {ReadonlySet<number>} */
const LETS_GO = new Set([Kind.LOCK_RELEASE, Kind.NOTIFY, Kind.PUT, Kind.GET]);
/** @type {ReadonlySet<number>} */
const GETS = new Set([Kind.LOCK_ACQUIRE, Kind.UNBLOCK, Kind.TAKE, Kind.GET, Kind.PUT]);

/**
 * @typedef {{at: number, track: number}} Moment
 * @typedef {{thing: number, since: number, until: number}} Wait
 */

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
    /** @type {Map<number, Moment>} by process: the last release of its GIL */
    this.gilReleases = new Map();
    /** @type {Map<number, Moment>} by thing: the last act that could let a waiter go on */
    this.releases = new Map();
    /** @type {Map<number, number>} by thread: since when it waits for the GIL */
    this.gilWaits = new Map();
    /** @type {Map<number, Wait>} by thread: its last wait for a thing that isn't told to have ended well */
    this.waits = new Map();
    /** @type {Map<number, Moment>} by thread that is being started: who starts it */
    this.starts = new Map();
  }

  /**
   * Take in one row of a thread; rows come in order of time.
   * @param {number} track @param {number} process @param {number} at @param {number} kind @param {number} flags
   * @param {number} state @param {number} thing
   * @param {number} stateBefore @param {number} thingBefore
   */
  see(track, process, at, kind, flags, state, thing, stateBefore, thingBefore) {
    if (stateBefore === State.BLOCKED && state !== State.BLOCKED) {
      const wait = this.waits.get(track);
      if (wait && wait.thing === thingBefore) wait.until = at;
    }
    if (GETS.has(kind)) this.#woken(track, at, thing, (flags & (Flag.TIMEOUT | Flag.ERROR)) !== 0);
    if (kind === Kind.LOCK_TIMEOUT) this.waits.delete(track);
    if (state === State.BLOCKED && stateBefore !== State.BLOCKED) this.waits.set(track, { thing, since: at, until: at });

    // Also from a forced release on: who had to give the GIL up wants it again.
    if (state === State.GIL_WAIT && !this.gilWaits.has(track)) this.gilWaits.set(track, at);
    if (kind === Kind.GIL_ACQUIRE) this.#handedOver(track, at, process);
    // Its row may be about what the thread waits for from then on: the process says which GIL it is.
    else if (kind === Kind.GIL_RELEASE) this.gilReleases.set(process, { at, track });
    else if (LETS_GO.has(kind)) this.releases.set(thing, { at, track });
    else if (kind === Kind.THREAD_END) this.releases.set(track, { at, track });
    else if (kind === Kind.THREAD_START) this.starts.set(thing, { at, track });
    else if (kind === Kind.THREAD_BEGIN) {
      const start = this.starts.get(track);
      if (start) this.#push(at, start.at, start.track, at, track, Flow.START);
      this.starts.delete(track);
    }
  }

  /** Something wasn't seen: nothing from before it proves anything about what comes. */
  forget() {
    for (const known of [this.gilReleases, this.releases, this.gilWaits, this.waits, this.starts]) known.clear();
  }

  /** @param {number} track @param {number} at @param {number} process */
  #handedOver(track, at, process) {
    const release = this.gilReleases.get(process);
    const since = this.gilWaits.get(track);
    // Only who was waiting when it was released got it from the one who released it.
    if (release && since !== undefined && since <= release.at && release.track !== track) {
      this.#push(at, release.at, release.track, at, track, Flow.HANDOFF);
    }
    this.gilReleases.delete(process);
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

  /** @param {number} proven @param {number} fromAt @param {number} fromTrack @param {number} toAt @param {number} toTrack @param {number} kind */
  #push(proven, fromAt, fromTrack, toAt, toTrack, kind) {
    const n = this.count;
    if (n === this.proven.length) this.#grow(n * 2);
    this.proven[n] = proven;
    this.fromAt[n] = fromAt;
    this.toAt[n] = toAt;
    this.fromTrack[n] = fromTrack;
    this.toTrack[n] = toTrack;
    this.kind[n] = kind;
    this.count = n + 1;
  }

  /** @param {number} capacity */
  #grow(capacity) {
    const copies = /** @type {const} */ (['proven', 'fromAt', 'toAt', 'fromTrack', 'toTrack', 'kind']);
    for (const name of copies) {
      const column = this[name];
      const larger = new /** @type {any} */ (column.constructor)(capacity);
      larger.set(column);
      this[name] = /** @type {any} */ (larger);
    }
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
