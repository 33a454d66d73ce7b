// Brings a recording in, from a file or live: header, chunks in order, damage, status. It begins at once, and waits with the first rows until somebody
// listens.

import { Decoder } from './decoder.js';
import { Damage } from './recording.js';
import { Live } from './live.js';
import { RecordingReader } from './reader.js';
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
const FAULT = 'This page can’t take in what the recording holds, which is a fault of Gilscope. Load the page again; if that doesn’t help, please report it.';
/** What takes a page longer than a frame. */
const MUCH_BYTES = 1 << 16;
/** A page that isn't drawn, whyever, is waited for no longer. */
const PICTURE_MS = 200;

export class Feed {
  /**
   * @param {string | null} src of the file
   * @param {string | null} live of the websocket
   */
  constructor(src, live) {
    this.src = src;
    this.address = live;
    /** @type {(events: FeedEvents) => void} */
    this.listen = () => {};
    /** @type {Promise<FeedEvents>} who listens, once somebody does */
    this.listener = new Promise((resolve) => {
      this.listen = resolve;
    });
    /** @type {Sequence<Chunk>} */
    this.sequence = new Sequence();
    this.abort = new AbortController();
    this.decoder = new Decoder();
    /** @type {Live | null} */
    this.live = null;
    this.turn = performance.now();
    this.headerKnown = false;
    this.filling = false;
    this.pictured = false;
    /** What came last of a file can't be read. */
    this.damaged = false;
    /** Something came that was no chunk: what should have come is in the file. */
    this.lacking = false;
    this.work = Promise.resolve();
    if (live) this.#follow(live);
    else if (src) this.#read();
  }

  /** @param {string} address */
  #follow(address) {
    const next = (/** @type {() => void | Promise<void>} */ step) => {
      this.work = this.work.then(step).catch((error) => this.#fault(error));
    };
    this.live = new Live(address, () => this.work.then(() => this.sequence.expected), {
      frame: (frame, wanted) => next(() => (wanted() ? this.#frame(frame) : undefined)),
      told: (message) => next(() => this.#told(message)),
      connection: (connected) => this.#tell((events) => events.connection(connected)),
      refused: () => {
        // There is no such run any more; its recording may be there, or say why not.
        if (this.src) this.#read();
        else this.#tell((events) => events.failed('This run is no longer there.'));
      },
    });
  }

  /** What came can't be taken in, and what comes after it neither. @param {unknown} error */
  #fault(error) {
    console.error(error);
    this.live?.close();
    this.#damage(`From here on nothing is shown: ${FAULT}`);
  }

  /** To who listens, in order. @param {(events: FeedEvents) => void} what */
  async #tell(what) {
    const events = await this.listener;
    if (!this.abort.signal.aborted) what(events);
  }

  /** @param {Uint8Array} frame */
  async #frame(frame) {
    if (this.abort.signal.aborted) return;
    await this.#breathe();
    try {
      await this.#take(await this.decoder.decode(frame));
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.lacking = true;
    }
    this.#fill();
  }

  /** @param {any} message */
  #told(message) {
    if (this.abort.signal.aborted) return;
    if (message.header) this.#header(message.header);
    if (message.type !== 'status') return;
    this.#tell((events) => events.status(message));
    if (message.state === 'ended') {
      this.live?.close();
      if (this.#lacks) this.#fill();
      else this.decoder.stop();
    }
  }

  /** @param {any} header */
  #header(header) {
    if (this.headerKnown) return;
    this.headerKnown = true;
    this.#tell((events) => events.header(header));
  }

  /** @param {string} sentence */
  #damage(sentence) {
    this.#tell((events) => events.damage(sentence));
  }

  /** Rows that nobody has taken in yet are enough: no more are unpacked meanwhile. @param {Chunk} chunk */
  async #take(chunk) {
    if (this.abort.signal.aborted) return;
    const told = this.#give(this.sequence.take(chunk.header.number, chunk));
    if (chunk.rows) await told;
  }

  /** @param {Chunk[]} chunks */
  #give(chunks) {
    return this.#tell((events) => chunks.forEach((chunk) => events.chunk(chunk)));
  }

  get #lacks() {
    return this.sequence.hasGap || this.lacking;
  }

  /** Chunks are missing, because this viewer was too slow for the live stream or they didn't come whole: take them from the file. */
  async #fill() {
    if (this.filling || !this.src || !this.#lacks) return;
    this.filling = true;
    try {
      while (this.#lacks && !this.abort.signal.aborted) {
        const { expected } = this.sequence;
        this.lacking = false;
        await this.#stream(() => {}, true);
        if (this.sequence.expected === expected) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.#damage('A part of this run did not reach this page.');
      while (this.sequence.hasGap) this.#give(this.sequence.skip());
    } finally {
      this.filling = false;
    }
  }

  async #read() {
    try {
      const progress = (/** @type {number | null} */ part) => this.#tell((events) => events.progress(part));
      progress(0);
      const rest = await this.#stream(progress, false);
      if (rest > 0) this.#damage(`The file ends in the middle of a chunk: its last ${rest} bytes can't be read.`);
      this.#tell((events) => events.complete());
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const known = error instanceof Damage || error instanceof Refusal;
      const why = known ? error.message : FAULT;
      this.#tell((events) => events.failed(why));
      if (!known) throw error;
    } finally {
      this.decoder.stop();
    }
  }

  /**
   * Read the whole file as it comes.
   * @param {(part: number | null) => void} progress
   * @param {boolean} again some of it is known
   * @returns {Promise<number>} bytes at its end that make no whole chunk
   */
  async #stream(progress, again) {
    const response = await this.#asked(fetch(/** @type {string} */ (this.src), { signal: this.abort.signal }));
    if (!response.ok) throw new Refusal(refusal(response.status));
    const size = Number(response.headers.get('content-length')) || 0;
    const encoded = response.headers.has('content-encoding');
    const stream = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const reader = new RecordingReader((bytes) => this.decoder.decode(bytes));
    let got = 0;
    for (;;) {
      const { done, value } = await this.#asked(stream.read());
      if (value) {
        reader.push(value);
        got += value.length;
        progress(size > 0 && !encoded ? Math.min(got / size, 1) : null);
      }
      await this.#parts(reader, done, again);
      if (done) return reader.left;
    }
  }

  /** @template T @param {Promise<T>} answer of the server @returns {Promise<T>} */
  async #asked(answer) {
    return answer.catch(() => {
      throw new Refusal('The recording could not be fetched whole. Is the server still running? Load this page again to ask for it once more.');
    });
  }

  /** @param {RecordingReader} reader @param {boolean} complete @param {boolean} again */
  async #parts(reader, complete, again) {
    // The next part is unpacked while this one is taken in.
    let coming = reader.next(complete);
    for (let part = await coming; part !== null; part = await coming) {
      if (this.abort.signal.aborted) return;
      coming = reader.next(complete);
      if (part.file) this.#header(part.file);
      if (part.damage && !again) this.#damage(part.damage);
      if (part.chunk) await this.#takeOfFile(part.chunk, again, this.damaged);
      this.damaged = part.damage !== undefined;
      if (part.chunk?.rows && reader.left > MUCH_BYTES) await this.#picture();
      await this.#breathe();
    }
    if (complete && !reader.headerRead) throw new Damage(reader.left > 0 ? 'This is not a whole Gilscope recording: it ends within its header.' : 'The file of this recording is empty: nothing was written into it.');
  }

  /** What a file hasn't in its place, it hasn't at all. @param {Chunk} chunk @param {boolean} again @param {boolean} told what is missing before it */
  async #takeOfFile(chunk, again, told) {
    const { number } = chunk.header;
    const { expected } = this.sequence;
    if (number < expected && !again) this.#damage(`Chunk ${number} comes again; it is left out.`);
    if (number > expected && !told) this.#damage(number - expected === 1 ? `Chunk ${expected} is missing.` : `Chunks ${expected} to ${number - 1} are missing.`);
    await this.#take(chunk);
    while (number >= this.sequence.expected) this.#give(this.sequence.skip());
  }

  /** The first rows are there: where much more follows, they are on the screen before it is taken in. */
  async #picture() {
    if (this.pictured || document.hidden) return;
    this.pictured = true;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await Promise.race([frame().then(frame), new Promise((resolve) => setTimeout(resolve, PICTURE_MS))]);
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
