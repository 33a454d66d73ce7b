// Writes recordings for the tests, after docs/HACKING.md and independently of the reader.

import { gzipSync } from 'node:zlib';

/** CRC-32 as gzip itself computes it: the first four of the last eight bytes. @param {Uint8Array} bytes */
export const crc = (bytes) => gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);

/** @param {Buffer[]} values of the same width */
const shuffle = (values) => {
  const width = values[0]?.length ?? 0;
  return Buffer.concat(Array.from({ length: width }, (_, byte) => Buffer.from(values.map((value) => value[byte]))));
};

const i64 = (/** @type {number} */ value) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64LE(BigInt(value));
  return buffer;
};
const u32 = (/** @type {number} */ value) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const u8 = (/** @type {number} */ value) => Buffer.from([value]);

/**
 * @typedef {{at: number, track: number, kind?: number, flags?: number, state: number, thing?: number, line?: number, value?: number}} Row
 */

/** @param {Row[]} rows */
export function columns(rows) {
  const deltas = rows.map((row, n) => (n === 0 ? row.at : row.at - rows[n - 1].at));
  return Buffer.concat([
    shuffle(deltas.map(i64)),
    shuffle(rows.map((row) => u32(row.track))),
    shuffle(rows.map((row) => u8(row.kind ?? 0))),
    shuffle(rows.map((row) => u8(row.flags ?? 0))),
    shuffle(rows.map((row) => u8(row.state))),
    shuffle(rows.map((row) => u32(row.thing ?? 0))),
    shuffle(rows.map((row) => u32(row.line ?? 0))),
    shuffle(rows.map((row) => i64(row.value ?? 0))),
  ]);
}

/**
 * @param {number} number @param {number} type @param {Buffer} plain
 * @param {{encoding?: number, rows?: Row[], firstRow?: number}} [more]
 */
export function chunk(number, type, plain, { encoding = 1, rows = [], firstRow = 0 } = {}) {
  const payload = encoding === 1 ? gzipSync(plain) : plain;
  const header = Buffer.alloc(56);
  header.write('GSCK', 0, 'latin1');
  header.writeUInt8(type, 4);
  header.writeUInt8(encoding, 5);
  header.writeUInt32LE(number, 8);
  header.writeUInt32LE(rows.length, 12);
  header.writeBigInt64LE(BigInt(rows[0]?.at ?? 0), 16);
  header.writeBigInt64LE(BigInt(rows.at(-1)?.at ?? 0), 24);
  header.writeBigUInt64LE(BigInt(firstRow), 32);
  header.writeUInt32LE(payload.length, 40);
  header.writeUInt32LE(plain.length, 44);
  header.writeUInt32LE(crc(payload), 48);
  header.writeUInt32LE(crc(header.subarray(0, 52)), 52);
  return Buffer.concat([header, payload]);
}

/** @param {number} number @param {Row[]} rows @param {number} [encoding] @param {number} [firstRow] */
export const rowsChunk = (number, rows, encoding, firstRow) => chunk(number, 2, columns(rows), { encoding, rows, firstRow });

/** @param {number} number @param {unknown} json @param {number} [type] */
export const jsonChunk = (number, json, type = 1) => chunk(number, type, Buffer.from(JSON.stringify(json)), {});

/** @param {unknown} json */
export function header(json) {
  const text = Buffer.from(JSON.stringify(json));
  return Buffer.concat([Buffer.from(`gilscope recording 1 crc32=${crc(text).toString(16).padStart(8, '0')} bytes=${text.length}\n`), text, Buffer.from('\n')]);
}

