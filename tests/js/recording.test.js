import { test } from 'node:test';
import assert from 'node:assert/strict';
import { RecordingReader } from '../../static/js/feed/reader.js';
import { Damage, decodeChunk, parseHeader } from '../../static/js/feed/recording.js';
import { crc32 } from '../../static/js/feed/crc32.js';
import { chunk, columns, crc, header, jsonChunk, rowsChunk } from './encode.js';

const ROWS = [
  { at: 0, track: 1, state: 9 },
  { at: 1_000, track: 2, kind: 3, flags: 64, state: 1, thing: 1, line: 70_000, value: -1 },
  { at: 5_000_000_123, track: 2, kind: 4, flags: 1, state: 5, thing: 4_000_000_000, line: 7, value: 2 ** 52 },
  { at: 5_000_000_123, track: 300, kind: 80, state: 10 },
];

/** Every part that a reader gives for some bytes, fed in pieces of a size. */
async function parts(/** @type {Buffer} */ bytes, size = bytes.length) {
  const reader = new RecordingReader();
  const found = [];
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    const complete = at + size >= bytes.length;
    for (let part = await reader.next(complete); part; part = await reader.next(complete)) found.push(part);
  }
  return { found, left: reader.left };
}

const summary = (/** @type {any[]} */ found) =>
  found.map((part) => (part.file ? 'file' : part.damage ? 'damage' : part.chunk.rows ? `${part.chunk.header.number}: ${part.chunk.rows.count} rows` : `${part.chunk.header.number}: json`));

test('CRC-32 is that of gzip, at every length and alignment', () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = Buffer.from(Array.from({ length }, (_, n) => (n * 73 + length) & 255));
    assert.equal(crc32(bytes), crc(bytes));
  }
});

for (const encoding of [0, 1]) {
  test(`every value of every column comes back, in encoding ${encoding}`, async () => {
    const { header: told, rows } = await decodeChunk(rowsChunk(3, ROWS, encoding));
    assert.equal(told.number, 3);
    assert.equal(told.lastAt, 5_000_000_123);
    assert.ok(rows);
    assert.deepEqual(Array.from({ length: rows.count }, (_, n) => ({
      at: rows.at[n], track: rows.track[n], kind: rows.kind[n], flags: rows.flags[n],
      state: rows.state[n], thing: rows.thing[n], line: rows.line[n], value: rows.value[n],
    })), ROWS.map((row) => ({ kind: 0, flags: 0, thing: 0, line: 0, value: 0, ...row })));
  });
}

test('a file gives the same parts in whatever pieces its bytes come', async () => {
  const bytes = Buffer.concat([header({ id: 'x' }), jsonChunk(0, { tracks: [] }), rowsChunk(1, ROWS), rowsChunk(2, ROWS), jsonChunk(3, { verdict: 'ok' }, 3)]);
  const expected = ['file', '0: json', '1: 4 rows', '2: 4 rows', '3: json'];
  for (const size of [1, 7, 56, 100, bytes.length]) {
    const { found, left } = await parts(bytes, size);
    assert.deepEqual([summary(found), left], [expected, 0]);
  }
});

test('an empty chunk of rows is no damage', async () => {
  const { rows } = await decodeChunk(rowsChunk(0, []));
  assert.equal(rows?.count, 0);
});

test('a damaged payload is told, and the rest is read', async () => {
  const second = rowsChunk(1, ROWS);
  second[60] ^= 255;
  const { found } = await parts(Buffer.concat([header({}), rowsChunk(0, ROWS), second, rowsChunk(2, ROWS)]));
  assert.deepEqual(summary(found), ['file', '0: 4 rows', 'damage', '2: 4 rows']);
  assert.match(found[2].damage ?? '', /Chunk 1 is damaged/);
});

test('a damaged chunk header is told, and the next whole chunk is found', async () => {
  const second = rowsChunk(1, ROWS);
  second[9] ^= 255;
  const { found, left } = await parts(Buffer.concat([header({}), rowsChunk(0, ROWS), second, rowsChunk(2, ROWS)]));
  assert.deepEqual([summary(found), left], [['file', '0: 4 rows', 'damage', '2: 4 rows'], 0]);
});

test('a file cut in the middle of a chunk gives all whole chunks and says how much is left', async () => {
  const whole = Buffer.concat([header({}), rowsChunk(0, ROWS)]);
  const { found, left } = await parts(Buffer.concat([whole, rowsChunk(1, ROWS).subarray(0, 40)]));
  assert.deepEqual([summary(found), left], [['file', '0: 4 rows'], 40]);
});

test('what is no recording is refused in a sentence', () => {
  assert.throws(() => parseHeader(Buffer.alloc(200, 'x')), /not a Gilscope recording/);
  assert.throws(() => parseHeader(Buffer.from('hello\nworld')), /not a Gilscope recording/);
  const newer = Buffer.from(header({}).toString('latin1').replace('recording 1', 'recording 9'), 'latin1');
  assert.throws(() => parseHeader(newer), /format 9.*newer Gilscope/);
  const damaged = header({ id: 'x' });
  damaged[damaged.length - 3] ^= 1;
  assert.throws(() => parseHeader(damaged), Damage);
  assert.equal(parseHeader(header({ id: 'x' }).subarray(0, 30)), null);
});

test('a chunk whose rows don’t fill its payload is damaged', async () => {
  const wrong = chunk(0, 2, columns(ROWS).subarray(1), { rows: ROWS });
  await assert.rejects(decodeChunk(wrong), /for 4 rows/);
});
