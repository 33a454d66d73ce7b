// Brings a recording in, from a file or live: header, chunks in order, damage, status.

import { Decoder } from './decoder.js';
import { Damage, RecordingReader } from './recording.js';
import { Live } from './live.js';
import { Sequence } from './sequence.js';

/** @typedef {import('./recording.js').Chunk} Chunk */
/**
 * @typedef {object} FeedEvents
 * @property {(header: any) => void} header
 * @property {(chunk: Chunk) => void} chunk each once, in order
 * @property {(sentence: string) => void} damage
 * @property {(part: number | null) => void} progress 0 to 1 of a file; null when its size isn't known
 * @property {(status: any) => void} status of a live run
 * @property {(connected: boolean) => void} connection of a live run
 * @property {() => void} complete the file was read to its end
 * @property {(sentence: string) => void} failed
 */

/** Longest time to work before the browser may draw. */
const TURN_MS = 24;
const RETRY_MS = 1500;

export class Feed {
  /**
   * @param {string | null} src of the file
   * @param {string | null} live of the websocket
   * @param {FeedEvents} events
   */
  constructor(src, live, events) {
    this.src = src;
    this.events = events;
    /** @type {Sequence<Chunk>} */
    this.sequence = new Sequence();
    this.abort = new AbortController();
    this.decoder = new Decoder();
    /** @type {Live | null} */
    this.live = null;
    this.turn = performance.now();
    this.headerKnown = false;
    this.filling = false;
    this.work = Promise.resolve();
    if (live) this.#follow(live);
    else if (src) this.#read();
  }

  /** @param {string} address */
  #follow(address) {
    this.live = new Live(address, () => this.work.then(() => this.sequence.expected), {
      frame: (frame, wanted) => {
        this.work = this.work.then(() => (wanted() ? this.#frame(frame) : undefined));
      },
      told: (message) => {
        this.work = this.work.then(() => this.#told(message));
      },
      connection: (connected) => this.events.connection(connected),
      refused: () => {
        // There is no such run any more; its recording may be there, or say why not.
        if (this.src) this.#read();
        else this.events.failed('This run is no longer there.');
      },
    });
  }

  /** @param {Uint8Array} frame */
  async #frame(frame) {
    if (this.abort.signal.aborted) return;
    await this.#breathe();
    try {
      const chunk = await this.decoder.decode(frame);
      this.#take(chunk);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.events.damage(error.message);
    }
    if (this.sequence.hasGap) this.#fill();
  }

  /** @param {any} message */
  #told(message) {
    if (this.abort.signal.aborted) return;
    if (message.header) this.#header(message.header);
    if (message.type !== 'status') return;
    this.events.status(message);
    if (message.state === 'ended') {
      this.live?.close();
      if (this.sequence.hasGap) this.#fill();
      else this.decoder.stop();
    }
  }

  /** @param {any} header */
  #header(header) {
    if (this.headerKnown) return;
    this.headerKnown = true;
    this.events.header(header);
  }

  /** @param {Chunk} chunk */
  #take(chunk) {
    if (this.abort.signal.aborted) return;
    for (const ready of this.sequence.take(chunk.header.number, chunk)) this.events.chunk(ready);
  }

  /** Chunks are missing in between, because this viewer was too slow for the live stream: take them from the file. */
  async #fill() {
    if (this.filling || !this.src) return;
    this.filling = true;
    try {
      while (this.sequence.hasGap && !this.abort.signal.aborted) {
        const expected = this.sequence.expected;
        await this.#stream(() => {});
        if (this.sequence.expected === expected) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.events.damage('A part of this run did not reach this page.');
      for (const ready of this.sequence.skip()) this.events.chunk(ready);
    } finally {
      this.filling = false;
    }
  }

  async #read() {
    try {
      this.events.progress(0);
      const rest = await this.#stream((part) => this.events.progress(part));
      for (const ready of this.sequence.skip()) this.events.chunk(ready);
      if (rest > 0) this.events.damage(`The file ends in the middle of a chunk: its last ${rest} bytes can't be read.`);
      this.events.complete();
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.events.failed(error instanceof Damage || error instanceof Refusal ? error.message : 'The recording could not be fetched. Is the server still running?');
    } finally {
      this.decoder.stop();
    }
  }

  /**
   * Read the whole file as it comes.
   * @param {(part: number | null) => void} progress
   * @returns {Promise<number>} bytes at its end that make no whole chunk
   */
  async #stream(progress) {
    const response = await fetch(/** @type {string} */ (this.src), { signal: this.abort.signal });
    if (!response.ok) throw new Refusal(refusal(response.status));
    const size = Number(response.headers.get('content-length')) || 0;
    const encoded = response.headers.has('content-encoding');
    const stream = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const reader = new RecordingReader((bytes) => this.decoder.decode(bytes));
    let got = 0;
    for (;;) {
      const { done, value } = await stream.read();
      if (value) {
        reader.push(value);
        got += value.length;
        progress(size > 0 && !encoded ? Math.min(got / size, 1) : null);
      }
      await this.#parts(reader, done);
      if (done) return reader.left;
    }
  }

  /** @param {RecordingReader} reader @param {boolean} complete */
  async #parts(reader, complete) {
    // The next part is unpacked while this one is taken in.
    let coming = reader.next(complete);
    for (let part = await coming; part !== null; part = await coming) {
      if (this.abort.signal.aborted) return;
      coming = reader.next(complete);
      if (part.file) this.#header(part.file);
      if (part.damage) {
        this.events.damage(part.damage);
        // What comes behind the damage has its turn now.
        this.damaged = true;
      }
      if (part.chunk) {
        if (this.damaged && part.chunk.header.number > this.sequence.expected) this.sequence.expected = part.chunk.header.number;
        this.damaged = false;
        this.#take(part.chunk);
      }
      await this.#breathe();
    }
    if (complete && !reader.headerRead) throw new Damage('This is not a whole Gilscope recording: it ends within its header.');
  }

  /** Let the browser draw when this has worked for a while. */
  async #breathe() {
    if (performance.now() - this.turn < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.turn = performance.now();
  }

  stop() {
    this.abort.abort();
    this.decoder.stop();
    this.live?.close();
  }
}

/** The server's answer was no. */
class Refusal extends Error {}

/** @param {number} status */
function refusal(status) {
  if (status === 404 || status === 410) return 'This recording is no longer there. It may have been deleted to make room for newer ones.';
  return `The server could not give the recording (status ${status}). Try again in a moment.`;
}
