// Takes a recording file's bytes as they come, and gives its parts.

import { CHUNK_HEADER_BYTES, Damage, decodeChunk, parseChunkHeader, parseHeader } from './recording.js';

/** @typedef {import('./recording.js').Chunk} Chunk */

/**
 * Where the next undamaged chunk header begins, or -1.
 * @param {Uint8Array} bytes
 * @param {number} from
 */
function findChunk(bytes, from) {
  for (let at = bytes.indexOf(0x47, from); at >= 0 && at + CHUNK_HEADER_BYTES <= bytes.length; at = bytes.indexOf(0x47, at + 1)) {
    if (bytes[at + 1] === 0x53 && bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4b && isChunkHeader(bytes.subarray(at, at + CHUNK_HEADER_BYTES))) return at;
  }
  return -1;
}

/** @param {Uint8Array} bytes */
function isChunkHeader(bytes) {
  try {
    parseChunkHeader(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives a file's parts as soon as each is whole.
 *
 * Damage doesn't end the reading: it is told as a part of its own, and the reading goes on
 * with the next chunk that is whole.
 */
export class RecordingReader {
  /** @param {(bytes: Uint8Array) => Promise<Chunk>} [decode] */
  constructor(decode = decodeChunk) {
    this.decode = decode;
    this.pending = new Uint8Array(0);
    this.start = 0;
    this.headerRead = false;
    /** Bytes in which no chunk begins, and what is wrong with them. */
    this.skipped = 0;
    this.why = '';
  }

  /** @param {Uint8Array} bytes */
  push(bytes) {
    const rest = this.pending.subarray(this.start);
    const joined = new Uint8Array(rest.length + bytes.length);
    joined.set(rest);
    joined.set(bytes, rest.length);
    this.pending = joined;
    this.start = 0;
  }

  /** Bytes that no whole part has been made of. */
  get left() {
    return this.pending.length - this.start;
  }

  /**
   * The next part, or null while there are too few bytes for one.
   * @param {boolean} [complete] no more bytes will come
   * @returns {Promise<{file?: any, chunk?: Chunk, damage?: string} | null>}
   */
  async next(complete = false) {
    const bytes = this.pending.subarray(this.start);
    if (!this.headerRead) {
      const read = parseHeader(bytes);
      if (read === null) return null;
      this.headerRead = true;
      this.start += read.end;
      return { file: read.header };
    }
    if (this.left < CHUNK_HEADER_BYTES) return complete && this.skipped > 0 ? this.#lost(this.left) : null;
    const header = this.#header(bytes);
    if (header === null) return this.#search(bytes, complete);
    if (this.skipped > 0) return this.#lost(0);
    const end = CHUNK_HEADER_BYTES + header.packedBytes;
    if (bytes.length < end && !complete) return null;
    try {
      const chunk = await this.decode(bytes.subarray(0, end));
      this.start += chunk.bytes;
      return { chunk };
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      // Where bytes are missing in it, the next one begins early.
      const next = findChunk(bytes, CHUNK_HEADER_BYTES);
      this.start += Math.min(next < 0 ? bytes.length : next, end);
      return { damage: error.message };
    }
  }

  /** @param {Uint8Array} bytes */
  #header(bytes) {
    try {
      return parseChunkHeader(bytes);
    } catch (error) {
      if (this.skipped === 0) this.why = /** @type {Damage} */ (error).message;
      return null;
    }
  }

  /** Leave out what no chunk begins in, once. @param {Uint8Array} bytes @param {boolean} complete */
  #search(bytes, complete) {
    const found = findChunk(bytes, 1);
    const skipped = found >= 0 ? found : complete ? bytes.length : bytes.length - CHUNK_HEADER_BYTES + 1;
    this.start += skipped;
    this.skipped += skipped;
    return found >= 0 || complete ? this.#lost(0) : null;
  }

  /** @param {number} more bytes at the end */
  #lost(more) {
    const count = this.skipped + more;
    this.start += more;
    this.skipped = 0;
    return { damage: `${this.why} ${count} bytes can't be read.` };
  }
}
