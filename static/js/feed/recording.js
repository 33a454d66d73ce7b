// The recording format: a text header, then chunks. See docs/HACKING.md, "The recording file".

import { crc32 } from './crc32.js';

export const CHUNK_HEADER_BYTES = 56;
const MAGIC = 0x4b435347; // "GSCK"
const FIRST_LINE = /^gilscope recording (\d+) crc32=([0-9a-f]{8}) bytes=(\d+)$/;
const LONGEST_FIRST_LINE = 100;
/** Larger than any chunk a recorder writes: what claims more is damaged. */
const LARGEST_PAYLOAD = 1 << 28;

export const ChunkType = Object.freeze({ META: 1, ROWS: 2, END: 3 });

/**
 * @typedef {object} ChunkHeader
 * @property {number} type a `ChunkType`
 * @property {number} encoding 0 plain, 1 gzip
 * @property {number} number of the chunk, from 0
 * @property {number} count rows
 * @property {number} firstAt ns
 * @property {number} lastAt ns
 * @property {number} firstRow number in the whole recording
 * @property {number} packedBytes
 * @property {number} plainBytes
 * @property {number} payloadCrc
 */

/**
 * Rows as columns, decoded; sorted by time.
 * @typedef {object} Rows
 * @property {number} count
 * @property {Float64Array} at ns
 * @property {Uint32Array} track
 * @property {Uint8Array} kind
 * @property {Uint8Array} flags
 * @property {Uint8Array} state
 * @property {Uint32Array} thing
 * @property {Uint32Array} line
 * @property {Float64Array} value
 */

/** What is wrong with a file or a chunk, in a sentence for its reader. */
export class Damage extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'Damage';
  }
}

/**
 * Read the text header.
 * @param {Uint8Array} bytes the beginning of a file
 * @returns {{header: any, end: number} | null} null while there are too few bytes
 */
export function parseHeader(bytes) {
  const newline = bytes.subarray(0, LONGEST_FIRST_LINE).indexOf(10);
  if (newline < 0) {
    if (bytes.length >= LONGEST_FIRST_LINE) throw new Damage('This is not a Gilscope recording: its first line is not one.');
    return null;
  }
  const first = FIRST_LINE.exec(new TextDecoder().decode(bytes.subarray(0, newline)));
  if (!first) throw new Damage('This is not a Gilscope recording: its first line does not say "gilscope recording".');
  if (first[1] !== '1') {
    throw new Damage(`This recording has format ${first[1]}; this page reads format 1. Open it with a newer Gilscope.`);
  }
  const start = newline + 1;
  const length = Number(first[3]);
  if (bytes.length < start + length + 1) return null;
  const json = bytes.subarray(start, start + length);
  if (crc32(json) !== parseInt(first[2], 16)) throw new Damage("The recording's header is damaged: its checksum differs.");
  const end = bytes[start + length] === 10 ? start + length + 1 : start + length;
  return { header: JSON.parse(new TextDecoder().decode(json)), end };
}

/**
 * Read a chunk's header.
 * @param {Uint8Array} bytes at least `CHUNK_HEADER_BYTES`
 * @returns {ChunkHeader}
 */
export function parseChunkHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, CHUNK_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC) throw new Damage('A chunk does not begin where one should.');
  if (crc32(bytes.subarray(0, 52)) !== view.getUint32(52, true)) throw new Damage("A chunk's header is damaged.");
  const packedBytes = view.getUint32(40, true);
  if (packedBytes > LARGEST_PAYLOAD) throw new Damage(`A chunk claims ${packedBytes} bytes.`);
  return {
    type: view.getUint8(4),
    encoding: view.getUint8(5),
    number: view.getUint32(8, true),
    count: view.getUint32(12, true),
    firstAt: Number(view.getBigInt64(16, true)),
    lastAt: Number(view.getBigInt64(24, true)),
    firstRow: Number(view.getBigUint64(32, true)),
    packedBytes,
    plainBytes: view.getUint32(44, true),
    payloadCrc: view.getUint32(48, true),
  };
}

/**
 * Check and unpack a chunk's payload.
 * @param {ChunkHeader} header
 * @param {Uint8Array} payload
 * @returns {Promise<Uint8Array>}
 */
export async function unpack(header, payload) {
  if (crc32(payload) !== header.payloadCrc) throw new Damage(`Chunk ${header.number} is damaged: its checksum differs.`);
  if (header.encoding === 0) return payload;
  if (header.encoding !== 1) throw new Damage(`Chunk ${header.number} has the unknown encoding ${header.encoding}.`);
  const stream = new Blob([/** @type {BlobPart} */ (payload)]).stream().pipeThrough(new DecompressionStream('gzip'));
  const plain = new Uint8Array(await new Response(stream).arrayBuffer());
  if (plain.length !== header.plainBytes) {
    throw new Damage(`Chunk ${header.number} unpacks to ${plain.length} bytes; its header says ${header.plainBytes}.`);
  }
  return plain;
}

/**
 * Read a byte-shuffled column of 32-bit numbers.
 * @param {Uint8Array} plain
 * @param {number} start
 * @param {number} count
 */
function unshuffle32(plain, start, count) {
  const column = new Uint32Array(count);
  const [b0, b1, b2, b3] = [start, start + count, start + 2 * count, start + 3 * count];
  for (let i = 0; i < count; i += 1) {
    column[i] = plain[b0 + i] | (plain[b1 + i] << 8) | (plain[b2 + i] << 16) | (plain[b3 + i] << 24);
  }
  return column;
}

/**
 * Read a byte-shuffled column of signed 64-bit numbers, as doubles (exact to 2^53).
 * @param {Uint8Array} plain
 * @param {number} start
 * @param {number} count
 */
function unshuffle64(plain, start, count) {
  const column = new Float64Array(count);
  const low = unshuffle32(plain, start, count);
  const high = unshuffle32(plain, start + 4 * count, count);
  for (let i = 0; i < count; i += 1) column[i] = (high[i] | 0) * 4294967296 + low[i];
  return column;
}

const ROW_BYTES = 8 + 4 + 1 + 1 + 1 + 4 + 4 + 8;

/**
 * Decode the unpacked payload of a chunk of rows.
 * @param {ChunkHeader} header
 * @param {Uint8Array} plain
 * @returns {Rows}
 */
export function decodeRows(header, plain) {
  const { count } = header;
  if (plain.length !== count * ROW_BYTES) {
    throw new Damage(`Chunk ${header.number} has ${plain.length} bytes for ${count} rows; ${count * ROW_BYTES} were expected.`);
  }
  const at = unshuffle64(plain, 0, count);
  for (let i = 1; i < count; i += 1) {
    if (at[i] < 0) throw new Damage(`Chunk ${header.number} has a time that goes back.`);
    at[i] += at[i - 1];
  }
  return {
    count,
    at,
    track: unshuffle32(plain, 8 * count, count),
    kind: plain.subarray(12 * count, 13 * count),
    flags: plain.subarray(13 * count, 14 * count),
    state: plain.subarray(14 * count, 15 * count),
    thing: unshuffle32(plain, 15 * count, count),
    line: unshuffle32(plain, 19 * count, count),
    value: unshuffle64(plain, 23 * count, count),
  };
}

/**
 * What a reader hands on, in the order of the file.
 * @typedef {{header: ChunkHeader, rows?: Rows, json?: any, bytes: number}} Chunk
 */

/**
 * Decode one whole chunk: a websocket frame, or a record of a file.
 * @param {Uint8Array} bytes from the chunk's first byte on
 * @returns {Promise<Chunk>}
 */
export async function decodeChunk(bytes) {
  const header = parseChunkHeader(bytes);
  const end = CHUNK_HEADER_BYTES + header.packedBytes;
  if (bytes.length < end) throw new Damage(`Chunk ${header.number} ends too early.`);
  const plain = await unpack(header, bytes.subarray(CHUNK_HEADER_BYTES, end));
  if (header.type === ChunkType.ROWS) return { header, rows: decodeRows(header, plain), bytes: end };
  return { header, json: JSON.parse(new TextDecoder().decode(plain)), bytes: end };
}

/**
 * Where the next undamaged chunk header begins, or -1.
 * @param {Uint8Array} bytes
 * @param {number} from
 */
function findChunk(bytes, from) {
  for (let at = bytes.indexOf(0x47, from); at >= 0; at = bytes.indexOf(0x47, at + 1)) {
    if (at + CHUNK_HEADER_BYTES > bytes.length) return -1;
    if (bytes[at + 1] === 0x53 && bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4b) {
      if (crc32(bytes.subarray(at, at + 52)) === new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(52, true)) return at;
    }
  }
  return -1;
}

/**
 * Takes a file's bytes as they come, gives its parts as soon as each is whole.
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
    if (!this.headerRead) {
      const read = parseHeader(this.pending.subarray(this.start));
      if (read === null) return null;
      this.headerRead = true;
      this.start += read.end;
      return { file: read.header };
    }
    if (this.left < CHUNK_HEADER_BYTES) return null;
    const bytes = this.pending.subarray(this.start);
    try {
      const header = parseChunkHeader(bytes);
      if (bytes.length < CHUNK_HEADER_BYTES + header.packedBytes && !complete) return null;
      try {
        const chunk = await this.decode(bytes.subarray(0, CHUNK_HEADER_BYTES + header.packedBytes));
        this.start += chunk.bytes;
        return { chunk };
      } catch (error) {
        if (bytes.length >= CHUNK_HEADER_BYTES + header.packedBytes) this.start += CHUNK_HEADER_BYTES + header.packedBytes;
        else this.start = this.pending.length;
        return { damage: error instanceof Damage ? error.message : `Chunk ${header.number} can't be unpacked.` };
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      const found = findChunk(bytes, 1);
      if (found < 0 && !complete) return null;
      const skipped = found < 0 ? bytes.length : found;
      this.start += skipped;
      return { damage: `${error.message} ${skipped} bytes can't be read.` };
    }
  }
}
