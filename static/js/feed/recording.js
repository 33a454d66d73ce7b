// The recording format: a text header, then chunks. See docs/HACKING.md, "The recording file".

import { crc32 } from './crc32.js';
import { isEnd, isMeta, parseObject } from './told.js';

export const CHUNK_HEADER_BYTES = 56;
const MAGIC = 0x4b435347; // "GSCK"
const FIRST_LINE = /^gilscope recording (\d+) crc32=([0-9a-f]{8}) bytes=(\d+)$/;
const LONGEST_FIRST_LINE = 100;
/** Packed or unpacked, larger than any chunk a recorder writes: what claims more is damaged. */
const LARGEST_CHUNK = 1 << 28;

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
 * @property {number} [first] number of the first one in the whole recording; without it, that of the row that comes next
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
    if (bytes.length >= LONGEST_FIRST_LINE) throw foreign('its first line is not one');
    return null;
  }
  const first = FIRST_LINE.exec(new TextDecoder().decode(bytes.subarray(0, newline)));
  if (!first) throw foreign('its first line does not say "gilscope recording"');
  if (first[1] !== '1') {
    throw new Damage(`This recording has format ${first[1]}; this page reads format 1. Open it with a newer Gilscope.`);
  }
  const start = newline + 1;
  const length = Number(first[3]);
  if (bytes.length < start + length + 1) return null;
  const json = bytes.subarray(start, start + length);
  if (crc32(json) !== parseInt(first[2], 16)) throw new Damage("The recording's header is damaged: its checksum differs.");
  const end = bytes[start + length] === 10 ? start + length + 1 : start + length;
  const header = parseObject(json);
  if (!header) throw new Damage("The recording's header is not a JSON object.");
  return { header, end };
}

/** @param {string} why */
function foreign(why) {
  return new Damage(`This is not a Gilscope recording: ${why}. Open a file that "gilscope run" or this site has written.`);
}

/**
 * Read a chunk's header.
 * @param {Uint8Array} bytes at least `CHUNK_HEADER_BYTES`
 * @returns {ChunkHeader}
 */
export function parseChunkHeader(bytes) {
  if (bytes.length < CHUNK_HEADER_BYTES) throw new Damage(`A chunk has ${bytes.length} bytes; its header alone has ${CHUNK_HEADER_BYTES}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, CHUNK_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC) throw new Damage('A chunk does not begin where one should.');
  if (crc32(bytes.subarray(0, 52)) !== view.getUint32(52, true)) throw new Damage("A chunk's header is damaged.");
  const packedBytes = view.getUint32(40, true);
  const plainBytes = view.getUint32(44, true);
  if (Math.max(packedBytes, plainBytes) > LARGEST_CHUNK) throw new Damage(`A chunk claims ${Math.max(packedBytes, plainBytes)} bytes.`);
  const type = view.getUint8(4);
  if (type < ChunkType.META || type > ChunkType.END) throw new Damage(`A chunk has the unknown type ${type}.`);
  return {
    type,
    encoding: view.getUint8(5),
    number: view.getUint32(8, true),
    count: view.getUint32(12, true),
    firstAt: Number(view.getBigInt64(16, true)),
    lastAt: Number(view.getBigInt64(24, true)),
    firstRow: Number(view.getBigUint64(32, true)),
    packedBytes,
    plainBytes,
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
  const plain = header.encoding === 0 ? payload : await inflate(header, payload);
  if (plain?.length !== header.plainBytes) throw new Damage(`Chunk ${header.number} doesn't unpack to the ${header.plainBytes} bytes that its header says.`);
  return plain;
}

/** Null where it can't be done, or makes too much. @param {ChunkHeader} header @param {Uint8Array} payload */
async function inflate({ encoding, number, plainBytes }, payload) {
  if (encoding !== 1) throw new Damage(`Chunk ${number} has the unknown encoding ${encoding}.`);
  const stream = new Blob([/** @type {BlobPart} */ (payload)]).stream().pipeThrough(new DecompressionStream('gzip'));
  const plain = new Uint8Array(plainBytes);
  let got = 0;
  try {
    for (const reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return got === plainBytes ? plain : null;
      plain.set(value, got); // throws where it makes too much
      got += value.length;
    }
  } catch {
    return null;
  }
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
  if (at[count - 1] > Number.MAX_SAFE_INTEGER) throw new Damage(`Chunk ${header.number} has a time after more than 104 days; later ones can't be told apart here.`);
  return {
    count,
    first: header.firstRow,
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
 * Decode one whole chunk: a websocket frame, or a record of a file. Rejects with `Damage`, whatever the bytes are.
 * @param {Uint8Array} bytes from the chunk's first byte on
 * @returns {Promise<Chunk>}
 */
export async function decodeChunk(bytes) {
  const header = parseChunkHeader(bytes);
  const end = CHUNK_HEADER_BYTES + header.packedBytes;
  if (bytes.length < end) throw new Damage(`Chunk ${header.number} ends too early.`);
  const plain = await unpack(header, bytes.subarray(CHUNK_HEADER_BYTES, end));
  if (header.type === ChunkType.ROWS) return { header, rows: decodeRows(header, plain), bytes: end };
  const json = parseObject(plain);
  if (!json || !(header.type === ChunkType.END ? isEnd : isMeta)(json)) throw new Damage(`Chunk ${header.number} doesn't hold what a chunk of its type should.`);
  return { header, json, bytes: end };
}
