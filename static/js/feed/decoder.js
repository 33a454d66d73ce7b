// Unpacks chunks beside the page's thread, in a worker where one can be had.

import { Damage, decodeChunk } from './recording.js';

/** @typedef {import('./recording.js').Chunk} Chunk */
/** @typedef {{bytes: Uint8Array, done: (chunk: Chunk | Promise<Chunk>) => void, failed: (error: Error) => void}} Order */

/** So many chunks are unpacked on the page's thread in any case: until a worker is up, they are, and it would come up while the page does, too. */
const FEW = 3;

export class Decoder {
  constructor() {
    /** @type {Map<number, Order>} */
    this.orders = new Map();
    this.count = 0;
    /** How many chunks have come, of all. */
    this.seen = 0;
    /** @type {Worker | null} */
    this.worker = null;
    /** The worker is up: what comes before is unpacked here. */
    this.ready = false;
  }

  #start() {
    try {
      this.worker = new Worker(new URL('./decoder_worker.js', import.meta.url), { type: 'module' });
    } catch {
      return; // not allowed in this frame
    }
    this.worker.onmessage = ({ data }) => {
      if (data.ready) this.ready = true;
      else this.#answer(data);
    };
    this.worker.onerror = () => this.#alone();
  }

  /**
   * Decode one whole chunk; rejects with what is wrong with it.
   * @param {Uint8Array} bytes from the chunk's first byte on
   * @returns {Promise<Chunk>}
   */
  decode(bytes) {
    this.seen += 1;
    if (this.seen === FEW + 1) this.#start();
    const { worker } = this;
    if (!worker || !this.ready) return decodeChunk(bytes);
    return new Promise((done, failed) => {
      this.count += 1;
      this.orders.set(this.count, { bytes, done, failed });
      worker.postMessage({ number: this.count, bytes });
    });
  }

  /** @param {{number: number, chunk?: Chunk, damage?: string}} answer */
  #answer({ number, chunk, damage }) {
    const order = this.orders.get(number);
    this.orders.delete(number);
    if (chunk) order?.done(chunk);
    else order?.failed(damage === undefined ? new Error('A chunk can’t be unpacked.') : new Damage(damage));
  }

  /** The worker didn't come up: do its work here. */
  #alone() {
    this.ready = true; // for stop(): nothing more comes from it
    this.stop();
    for (const { bytes, done } of this.orders.values()) done(decodeChunk(bytes));
    this.orders.clear();
  }

  stop() {
    const { worker } = this;
    this.seen = Infinity;
    this.worker = null;
    if (!worker) return;
    // One that is still coming up has asked for its modules: ended now, its requests would stay open.
    if (this.ready) worker.terminate();
    else worker.onmessage = () => worker.terminate();
  }
}
