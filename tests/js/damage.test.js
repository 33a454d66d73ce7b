import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { RecordingReader } from '../../static/js/feed/reader.js';
import { ChunkType, Damage, decodeChunk, parseChunkHeader, parseHeader } from '../../static/js/feed/recording.js';
import { layOut } from '../../static/js/model/layout.js';
import { Model } from '../../static/js/model/model.js';
import { eventsOf } from '../../static/js/panels/events_sheet.js';
import { summary } from '../../static/js/panels/summary.js';
import { about, ending, note, spoken } from '../../static/js/text/sentences.js';
import { chunk, crc, header, jsonChunk, rowsChunk } from './encode.js';

const REAL = ['deadlock', 'pool_life', 'request_limit'].map((name) => readFileSync(new URL(`../../recordings/${name}.gilscope`, import.meta.url)));

/** Numbers that look like chance, the same each time. @param {number} seed */
function chance(seed) {
  let state = seed;
  const random = () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 4294967296;
  };
  return { random, below: (/** @type {number} */ count) => Math.floor(random() * count) };
}

/** Flip, cut, drop, put in. @param {Buffer} file @param {ReturnType<typeof chance>} any */
function spoilt(file, { random, below }) {
  let bytes = Buffer.from(file);
  for (let n = below(6); n >= 0; n -= 1) bytes[Math.floor(random() ** (random() < 0.05 ? 9 : 1) * bytes.length)] ^= 1 << below(8);
  const at = below(bytes.length);
  if (random() < 0.3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(2000))]);
  if (random() < 0.3) bytes = Buffer.concat([bytes.subarray(0, at), file.subarray(0, below(500)), bytes.subarray(at)]);
  return random() < 0.3 ? bytes.subarray(0, at) : bytes;
}

/** What a reader gives of some bytes; throws what it throws. @param {Buffer} bytes @param {number} size of the pieces in which they come */
async function read(bytes, size) {
  const reader = new RecordingReader();
  const model = new Model();
  let damages = 0;
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    const complete = at + size >= bytes.length;
    for (let part = await reader.next(complete); part; part = await reader.next(complete)) {
      damages += part.damage ? 1 : 0;
      take(model, part);
    }
  }
  return { model, damages };
}

/** @param {Model} model @param {{file?: any, damage?: string, chunk?: import('../../static/js/feed/recording.js').Chunk}} part */
function take(model, { file, damage, chunk: came }) {
  if (file) model.header = file;
  else if (damage) model.tellDamage(damage);
  else if (came?.rows) model.addRows(came.rows);
  else if (came?.header.type === ChunkType.END) model.tellEnd(came.json, came.header.firstRow);
  else model.tellMeta(came?.json);
}

/** All that a page says of a model. @param {Model} model */
function words(model) {
  const events = eventsOf(layOut(model).rows.map(({ track }) => track), 0, model.duration);
  const told = events.filter((_, n) => n % Math.ceil(events.length / 100) === 0).map(({ track, row }) => {
    const span = track.spanOfRow(row, model.duration);
    return `${spoken(model, span)}; ${ending(span)}`;
  });
  return [...summary(model), ...told, ...model.all.flatMap((track) => [note(model, track), about(track)])];
}

test('whatever is done to the bytes of a recording, its reader ends, and says no more than that it is damaged', async () => {
  const any = chance(20);
  let refused = 0;
  let damaged = 0;
  for (let n = 0; n < 120; n += 1) {
    const bytes = spoilt(REAL[n % REAL.length], any);
    try {
      const { model, damages } = await read(bytes, 1 + any.below(8192));
      damaged += damages > 0 ? 1 : 0;
      assert.ok(Number.isFinite(model.duration));
    } catch (error) {
      assert.ok(error instanceof Damage, `${n}: ${/** @type {Error} */ (error).stack}`);
      refused += 1;
    }
  }
  assert.ok(refused > 5 && damaged > 40, `${refused} refused, ${damaged} damaged`);
});

test('behind a chunk that is cut short, the next one is found', async () => {
  const rows = [0, 5, 9].map((at) => ({ at, track: 1, state: 1 }));
  const [head, one, two] = [header({}), rowsChunk(0, rows), rowsChunk(1, rows.map(({ at, ...more }) => ({ ...more, at: at + 10 })))];
  const { model } = await read(Buffer.concat([head, one.subarray(0, one.length - 9), two]), 4096);
  assert.deepEqual([model.rowCount, model.flaws[0]], [3, 'Chunk 0 is damaged: its checksum differs.']);
});

test('bytes in which no chunk begins are looked at once, however many come', async () => {
  const noise = Buffer.alloc(1 << 16, 'GSC');
  const reader = new RecordingReader();
  reader.push(header({}));
  assert.ok((await reader.next())?.file);
  for (let n = 0; n < 50; n += 1) {
    reader.push(noise);
    assert.equal(await reader.next(), null);
    assert.ok(reader.left < 64);
  }
  reader.push(rowsChunk(0, []));
  assert.match((await reader.next())?.damage ?? '', new RegExp(`does not begin where one should. ${50 * noise.length} bytes`));
  assert.equal((await reader.next())?.chunk?.header.number, 0);
});

const ODD = [null, -1, 0, 1, 1e300, NaN, '', 'x', [], {}, 2 ** 32 - 1, 2 ** 53 + 1, true, [[1]]];

/** The same with one value in it exchanged for an odd one, or left out. @param {any} value @param {ReturnType<typeof chance>} any @returns {any} */
function odd(value, any) {
  const keys = value !== null && typeof value === 'object' ? Object.keys(value) : [];
  if (keys.length === 0 || any.random() < 0.1) return ODD[any.below(ODD.length)];
  const key = keys[any.below(keys.length)];
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (any.random() < 0.2) delete copy[key];
  else copy[key] = odd(value[key], any);
  return copy;
}

test('contents that no recorder writes, with good checksums, are damage or are shown; their words are whole', async () => {
  const any = chance(7);
  let understood = 0;
  let damaged = 0;
  for (const file of REAL) {
    const begin = /** @type {{end: number}} */ (parseHeader(file)).end;
    for (let n = 0; n < 8; n += 1) {
      const model = new Model();
      model.header = odd(parseHeader(file)?.header, any);
      for (let at = begin, bytes = 0; at < file.length; at += bytes) {
        const told = parseChunkHeader(file.subarray(at));
        bytes = 56 + told.packedBytes;
        const payload = file.subarray(at + 56, at + bytes);
        const plain = told.encoding === 0 ? Buffer.from(payload) : gunzipSync(payload);
        if (told.type === ChunkType.ROWS) for (let k = 0; k < 10; k += 1) plain[any.below(plain.length)] = any.below(256);
        const exchanged = told.type === ChunkType.ROWS ? plain : Buffer.from(JSON.stringify(any.random() < 0.5 ? odd(JSON.parse(plain.toString()), any) : JSON.parse(plain.toString())) ?? 'null');
        const whole = chunk(told.number, told.type, exchanged, { firstRow: told.firstRow });
        whole.writeUInt32LE(told.count, 12);
        whole.writeUInt32LE(crc(whole.subarray(0, 52)), 52);
        try {
          take(model, { chunk: await decodeChunk(whole) });
          understood += 1;
        } catch (error) {
          assert.ok(error instanceof Damage, /** @type {Error} */ (error).stack);
          damaged += 1;
        }
      }
      assert.ok(Number.isFinite(model.duration));
      for (const sentence of words(model)) assert.doesNotMatch(sentence, /NaN|undefined|Infinity|\[object|null/);
    }
  }
  assert.ok(understood > 150 && damaged > 30, `${understood} understood, ${damaged} damaged`);
});

test('what is no chunk, or not the one that its header says, is damage', async () => {
  const wrong = {
    'A chunk has 7 bytes': Buffer.from('garbage'),
    'A chunk does not begin': Buffer.alloc(99),
    'unknown type 9': jsonChunk(0, {}, 9),
    'unknown encoding 7': (() => {
      const bytes = jsonChunk(0, {});
      bytes[5] = 7;
      bytes.writeUInt32LE(crc(bytes.subarray(0, 52)), 52);
      return bytes;
    })(),
    "doesn't unpack": (() => {
      const bytes = jsonChunk(0, { output: 'x'.repeat(1e6) });
      bytes.writeUInt32LE(9, 44);
      bytes.writeUInt32LE(crc(bytes.subarray(0, 52)), 52);
      return bytes;
    })(),
    "doesn't hold what": jsonChunk(0, [1, 2]),
    'more than 104 days': rowsChunk(0, [0, 2 ** 53].map((at) => ({ at, track: 1, state: 1 }))),
    'hold what a chunk of its type': jsonChunk(0, { tracks: [{ id: 'one' }] }),
    'what a chunk of its type should': jsonChunk(3, { verdict: 'ok', duration_ns: 'long' }, 3),
  };
  for (const [words, bytes] of Object.entries(wrong)) await assert.rejects(decodeChunk(bytes), (error) => error instanceof Damage && error.message.includes(words), words);
  assert.throws(() => parseHeader(header([1])), Damage);
});

test('a track that is told to stand under itself, or deeper than anything does, is shown all the same, and said', () => {
  const model = new Model();
  const chain = Array.from({ length: 10_000 }, (_, n) => ({ id: n + 10, kind: 13, name: `task ${n}`, parent: n + 9 }));
  model.tellMeta({ tracks: [{ id: 1, kind: 1, name: 'a', parent: 2 }, { id: 2, kind: 1, name: 'b', parent: 1 }, { id: 3, kind: 1, name: 'self', parent: 3 }, { id: 4, kind: 1, name: 'orphan', parent: 99_999 }, ...chain] });
  const ids = model.all.map(({ id }) => id);
  const column = (/** @type {number} */ value) => ids.map(() => value);
  model.addRows(/** @type {any} */ ({ count: ids.length, at: column(0), track: ids, state: column(1), kind: column(0), flags: column(0), thing: column(0), line: column(0), value: column(0) }));
  const { rows } = layOut(model);
  assert.deepEqual(rows.map(({ track }) => track.id).sort((a, b) => a - b), ids);
  assert.deepEqual(rows.filter(({ track }) => track.isThread).map(({ track, level }) => [track.name, level]), [['b', 1], ['a', 2], ['self', 1], ['orphan', 1]]);
  assert.match(model.flaws[0], /Track 2 .* under itself; it is shown at the top/);
  assert.match(model.flaws[2], /more than 200 levels deep/);
});

test('where nothing of anybody is known, that is shown, and not that they did nothing', () => {
  const model = new Model();
  model.tellMeta({ tracks: [{ id: 1, kind: 1, name: 'seen by nobody' }] });
  const zeros = [0, 0];
  model.addRows(/** @type {any} */ ({ count: 2, at: [0, 900], track: [1, 1], state: zeros, kind: zeros, flags: zeros, thing: zeros, line: zeros, value: zeros }));
  const { rows, quiet } = layOut(model);
  assert.deepEqual([rows.map(({ track }) => track.name), quiet, note(model, rows[0].track)], [['seen by nobody'], 0, 'not measured']);
});
