// A recording that hasn't ended yet: chunks over a websocket, resumed where they broke off. Nothing is asked for while the page is out of sight.

import { parseObject } from './told.js';

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 10_000;
/** A heartbeat comes every 5 s: silence longer than this is a broken connection. */
const SILENCE_MS = 8_000;
/** Refused so often without a single word: there is no such run. */
const REFUSALS = 3;

/**
 * @typedef {object} LiveEvents
 * @property {(frame: Uint8Array, wanted: () => boolean) => void} frame one chunk; no longer wanted when the page has been out of sight since: it
 *   is asked for again
 * @property {(status: any) => void} told a message in words: status, snapshot, heartbeat
 * @property {(connected: boolean) => void} connection
 * @property {() => void} refused the server has nothing to say about this run, and never had
 */

/**
 * How long to wait before the n-th attempt: doubling, capped, and never the same for all viewers.
 * @param {number} attempt from 0
 * @param {number} chance 0 to 1
 */
export function pauseBefore(attempt, chance) {
  const most = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  return most * (0.5 + chance / 2);
}

export class Live {
  /**
   * @param {string} address
   * @param {() => Promise<number>} next number of the chunk that is wanted next
   * @param {LiveEvents} events
   */
  constructor(address, next, events) {
    this.address = address;
    this.next = next;
    this.events = events;
    this.attempt = 0;
    this.closed = false;
    this.heard = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** Counts when it began to connect: the last time holds. */
    this.turn = 0;
    /** How often the page went out of sight. */
    this.unseen = 0;
    this.ending = new AbortController();
    document.addEventListener('visibilitychange', () => this.#sight(), { signal: this.ending.signal });
    this.#connect();
  }

  /** Out of sight, the page lets go of the run; back in sight, it asks for all that it missed. */
  #sight() {
    if (document.hidden) {
      this.unseen += 1;
      this.#letGo();
    } else if (!this.socket) {
      this.#letGo();
      this.#connect();
    }
  }

  async #connect() {
    if (document.hidden) return;
    this.turn += 1;
    const { turn } = this;
    const url = new URL(this.address, location.href);
    url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
    url.searchParams.set('from', String(await this.next()));
    if (this.closed || document.hidden || turn !== this.turn) return;
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.#watch();
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      const told = data instanceof ArrayBuffer ? null : parseObject(new TextEncoder().encode(data));
      if (!(data instanceof ArrayBuffer) && !told) {
        this.#again(); // who says that doesn't follow a run
        return;
      }
      this.attempt = 0;
      this.heard = true;
      this.#watch();
      this.events.connection(true);
      if (told) this.events.told(told);
      else this.#give(new Uint8Array(data));
    };
    socket.onclose = () => {
      if (this.socket === socket) this.#again();
    };
  }

  /** @param {Uint8Array} frame */
  #give(frame) {
    const { unseen } = this;
    this.events.frame(frame, () => unseen === this.unseen);
  }

  /** Silence for too long is the end of this connection. */
  #watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#again(), SILENCE_MS);
  }

  #again() {
    this.#letGo();
    if (this.closed) return;
    if (!this.heard && this.attempt + 1 >= REFUSALS) {
      this.close();
      this.events.refused();
      return;
    }
    this.events.connection(false);
    this.timer = setTimeout(() => this.#connect(), pauseBefore(this.attempt, Math.random()));
    this.attempt += 1;
  }

  #letGo() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }

  close() {
    this.closed = true;
    this.ending.abort();
    this.#letGo();
  }
}
