// What a span is, in words: for the detail, the tooltip and the screen reader.

import { Flag, Kind, State, STATE_TEXT, TrackKind } from '../model/schema.js';
import { formatCount, formatDuration, formatShare } from './format.js';
import { TimeByState } from '../model/lod.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Track} Track
 * @typedef {import('../model/model.js').Span} Span
 */

/** @type {Readonly<Record<number, string>>} */
export const KIND_WORDS = Object.freeze({
  [TrackKind.PROCESS]: 'process',
  [TrackKind.THREAD]: 'thread',
  [TrackKind.CORE]: 'core',
  [TrackKind.GIL]: 'GIL',
  [TrackKind.LOCK]: 'lock',
  [TrackKind.RLOCK]: 'reentrant lock',
  [TrackKind.CONDITION]: 'condition',
  [TrackKind.EVENT]: 'event',
  [TrackKind.SEMAPHORE]: 'semaphore',
  [TrackKind.BARRIER]: 'barrier',
  [TrackKind.QUEUE]: 'queue',
  [TrackKind.SLEEP]: 'sleep',
  [TrackKind.LOOP]: 'event loop',
  [TrackKind.TASK]: 'task',
  [TrackKind.FUTURE]: 'await',
  [TrackKind.PIPE]: 'pipe',
  [TrackKind.POOL]: 'pool',
  [TrackKind.WORK]: 'work',
  [TrackKind.TYPE]: 'type',
  [TrackKind.SHARED_MEMORY]: 'shared memory',
});

/** What one has, or nobody. @type {ReadonlySet<number>} */
const HOLDABLE = new Set([TrackKind.GIL, TrackKind.LOCK, TrackKind.RLOCK]);

/** Rows looked at for who held a thing; a longer wait is told by its first holders. */
const HOLDERS_REACH = 2000;

/** @param {number} kind a `TrackKind` */
export function kindWord(kind) {
  return KIND_WORDS[kind] ?? 'track';
}

/**
 * "lock cache"; "lock 2" where a lock is called so: its kind isn't said twice.
 * @param {string} kind
 * @param {string} name
 */
function ofKind(kind, name) {
  const [first, ...rest] = name.split(' ');
  return [kind, ...(first === kind.split(' ').pop() ? rest : [name])].join(' ');
}

/**
 * "lock cache", "the GIL", "thread worker-1".
 * @param {Model} model
 * @param {number} id of a track
 */
export function thingWords(model, id) {
  const track = model.tracks[id];
  if (!track) return '';
  if (track.kind === TrackKind.GIL) return track.interpreter ? `the GIL of interpreter ${track.interpreter}` : 'the GIL';
  if (track.kind === TrackKind.SLEEP || track.kind === TrackKind.FUTURE) return track.name;
  return ofKind(kindWord(track.kind), track.name);
}

/**
 * Who had a thing during a stretch, the longest first.
 * @param {Model} model
 * @param {number} id
 * @param {number} from
 * @param {number} to
 * @returns {string[]} names
 */
export function holders(model, id, from, to) {
  const track = model.tracks[id];
  if (!track || track.isThread) return [];
  const { rows } = track;
  /** @type {Map<number, number>} */
  const held = new Map();
  let row = Math.max(rows.rowAt(from), 0);
  for (let n = 0; row < rows.count && rows.at[row] < to && n < HOLDERS_REACH; n += 1, row += 1) {
    if (rows.state[row] !== State.HELD && rows.state[row] !== State.CONTENDED) continue;
    const end = row + 1 < rows.count ? rows.at[row + 1] : to;
    const part = Math.min(end, to) - Math.max(rows.at[row], from);
    if (part > 0 && rows.thing[row] !== 0) held.set(rows.thing[row], (held.get(rows.thing[row]) ?? 0) + part);
  }
  return [...held].sort((a, b) => b[1] - a[1]).map(([holder]) => model.name(holder));
}

/** @param {string[]} names */
function listed(names) {
  const shown = names.slice(0, 3);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown[shown.length - 1]}`;
}

/**
 * Where in the program: "line 12, in worker".
 * @param {Model} model
 * @param {number} line id of a location
 */
export function placeWords(model, line) {
  const place = model.locations.get(line);
  if (!place) return '';
  return `line ${place.line}${place.function ? `, in ${place.function}` : ''}`;
}

/**
 * What a track does in a span, without its subject: "waits 43 ms for lock cache, held by worker-1".
 * @param {Model} model
 * @param {Span} span
 * @returns {string}
 */
export function predicate(model, span) {
  const length = formatDuration(span.to - span.from);
  if (span.track.kind === TrackKind.SHARED_MEMORY) return opened(model, span, length);
  const ofPools = span.track.isWork ? doneWith(model, span, length) : span.track.kind === TrackKind.POOL ? haves(span, length) : '';
  if (ofPools) return ofPools;
  const thing = thingWords(model, span.thing);
  const had = listed(holders(model, span.thing, span.from, span.to).filter((name) => name !== span.track.name));
  const call = model.call(span.state, span.line);
  const inside = call ? ` in ${call}` : '';
  switch (span.state) {
    case State.RUNNING:
      return `runs Python for ${length}${elsewhere(model, span)}${garbage(span)}`;
    case State.STALLED:
      return `holds the GIL for ${length} without a core`;
    case State.NATIVE:
      if (model.withoutGil) return `runs for ${length}; this Python has no GIL`;
      return `computes ${length} in C code${inside}, without the GIL`;
    case State.GIL_WAIT:
      return `waits ${length} for ${thing || 'the GIL'}${had ? `, held by ${had}` : ''}${asked(span) ? ', and asked for it' : ''}`;
    case State.BLOCKED:
      if (model.tracks[span.thing]?.isThread || model.tracks[span.thing]?.kind === TrackKind.PROCESS) return `waits ${length}${inside} for ${model.name(span.thing)} to end`;
      if (model.tracks[span.thing]?.kind === TrackKind.PIPE) return `waits ${length}${inside} for a message from ${thing}${received(model, span)}`;
      return `waits ${length}${inside} for ${thing || 'a thing that has no name'}${had ? `, held by ${had}` : ''}`;
    case State.OUTSIDE:
      if (model.tracks[span.thing]?.kind === TrackKind.PIPE) return `writes to ${thing} for ${length}`;
      return `is away from Python for ${length}${thing ? ` in ${thing}` : inside}`;
    case State.RUNNABLE:
      return `could run, and waits ${length} for a core`;
    case State.HELD:
      return `is held by ${model.name(span.thing) || 'a thread'} for ${length}`;
    case State.CONTENDED:
      if (!span.thing) return `is waited for during ${length}`;
      return `is held by ${model.name(span.thing) || 'a thread'} for ${length} while others wait for it`;
    case State.BUSY:
      return `runs ${model.name(span.thing) || (span.track.kind === TrackKind.LOOP ? 'a callback' : 'a thread')} for ${length}`;
    case State.READY:
      return `could run, and waits ${length} for its loop`;
    case State.SUSPENDED:
      return `is suspended for ${length}${thing ? ` on ${thing}` : ''}${had ? `, held by ${had}` : ''}`;
    case State.DONE:
      return 'has come to its end';
    case State.CANCELLED:
      return 'was cancelled';
    case State.FAILED:
      return `failed${span.track.error ? `: ${span.track.error}` : ''}`;
    case State.FREE:
      return HOLDABLE.has(span.track.kind) ? `is free for ${length}` : `has nobody waiting for it for ${length}${filled(span)}`;
    case State.IDLE:
      return `is idle for ${length}`;
    case State.EXITED:
      return 'has finished';
    case State.UNKNOWN:
      return `was not measured for ${length}`;
    default:
      return `is ${STATE_TEXT[span.state]?.label ?? 'in a state without a name'} for ${length}`;
  }
}

/**
 * What came when a thread had waited for a message: ", until worker had sent 1,234 bytes".
 * @param {Model} model
 * @param {Span} span
 */
function received(model, span) {
  const { rows } = span.track;
  for (let row = span.last + 1, n = 0; row < rows.count && n < HOLDERS_REACH; row += 1, n += 1) {
    if (rows.kind[row] === Kind.BLOCK) return '';
    if (rows.kind[row] !== Kind.UNBLOCK || rows.thing[row] !== span.thing) continue;
    const flow = model.flows.readAt(span.track.id, rows.at[row]);
    if (flow < 0) return '';
    return `, until ${model.name(model.flows.fromTrack[flow])} had sent ${formatCount(model.flows.bytes[flow])} bytes${called(model, flow)}`;
  }
  return '';
}

/** Which call of a manager a message is about. @param {Model} model @param {number} flow */
function called(model, flow) {
  const message = model.flows.calls.get(flow);
  if (!message) return '';
  return message.asks ? `, a call of ${model.name(message.asks)}` : `, the answer to ${model.name(message.answers)}`;
}

/**
 * What becomes of a work; empty where that is told as of everything else.
 * @param {Model} model @param {Span} span @param {string} length
 */
function doneWith(model, span, length) {
  switch (span.state) {
    case State.READY:
      return `is queued for ${length}: no worker of ${thingWords(model, span.thing) || 'its pool'} has taken it yet`;
    case State.RUNNING:
      return `runs for ${length} on ${model.name(span.thing) || 'a worker'}`;
    case State.SUSPENDED:
      return span.track.rows.kind[span.first] === Kind.WORK_RETURN ? `has run; its result is on its way back for ${length}` : `waits ${length} for somebody to give it its result`;
    default:
      return '';
  }
}

/**
 * Which processes have a block of shared memory: "has 4 096 bytes and is open in 2 processes for 40 ms, since worker opened it".
 * @param {Model} model @param {Span} span @param {string} length
 */
function opened(model, span, length) {
  const count = span.track.deepestBetween(span.from, span.from + 1);
  const where = count === 0 ? 'in no process' : count === 1 ? 'in 1 process' : `in ${count} processes`;
  const did = span.track.rows.kind[span.first] === Kind.MEMORY_OPENED ? 'opened' : 'closed';
  return `has ${formatCount(span.track.capacity)} bytes and is open ${where} for ${length}, since ${model.name(span.thing)} ${did} it`;
}

/**
 * What a pool has to do; empty where that is told as of everything else.
 * @param {Span} span @param {string} length
 */
function haves(span, length) {
  const most = span.track.deepestBetween(span.from, span.to);
  const queued = most > 0 ? `, up to ${most} queued` : '';
  if (span.state === State.IDLE) return `has nothing to do for ${length}`;
  if (span.state === State.BUSY) return `has work for ${length}${queued}`;
  return span.state === State.CONTENDED ? `has work for all of its workers for ${length}${queued}` : '';
}

/** How much was in a queue. @param {Span} span */
function filled({ track, from, to }) {
  if (track.kind !== TrackKind.QUEUE || track.depths.count === 0) return '';
  return `, with at most ${formatCount(track.deepestBetween(from, to))} in it`;
}

/** How much of a span its thread collected garbage. @param {Span} span */
function garbage({ track, from, to }) {
  const { pauses } = track;
  let total = 0;
  for (let row = Math.max(pauses.rowAt(from), 0), n = 0; row < pauses.count && pauses.at[row] < to && n < HOLDERS_REACH; row += 1, n += 1) {
    if (pauses.thing[row] === 1) total += Math.max(Math.min(row + 1 < pauses.count ? pauses.at[row + 1] : to, to) - Math.max(pauses.at[row], from), 0);
  }
  return total > 0 ? `, ${formatDuration(total)} of it to collect garbage` : '';
}

/** The waiter sent a drop request in this span. @param {Span} span */
function asked(span) {
  const { kind } = span.track.rows;
  for (let row = span.first; row <= span.last; row += 1) if (kind[row] === Kind.GIL_DROP_REQUEST) return true;
  return false;
}

/**
 * The whole sentence, for a screen reader: "worker-2 waits 43 ms for lock cache, held by worker-1; line 11, in worker".
 * @param {Model} model
 * @param {Span} span
 */
export function sentence(model, span) {
  const place = placeWords(model, span.line);
  const name = span.track.kind === TrackKind.THREAD || span.track.kind === TrackKind.CORE ? span.track.name : thingWords(model, span.track.id);
  return `${name} ${predicate(model, span)}${place ? `; ${place}` : ''}`;
}

/** Of a thread that has the GIL of an interpreter that isn't its own. @param {Model} model @param {Span} span */
function elsewhere(model, span) {
  const gil = model.tracks[span.thing];
  const away = gil?.kind === TrackKind.GIL && gil.interpreter > 0 && gil.interpreter !== span.track.interpreter;
  return away ? ` in interpreter ${gil.interpreter}` : '';
}

/** @type {Readonly<Record<string, string>>} */
const LONG_UNITS = Object.freeze({ ns: 'nanosecond', µs: 'microsecond', ms: 'millisecond', s: 'second', min: 'minute' });

/**
 * The same as one hears it: "worker-2 waits 43 milliseconds for lock cache, held by worker-1, line 12 of convoy.py".
 * @param {Model} model
 * @param {Span} span
 */
export function spoken(model, span) {
  const place = model.locations.get(span.line);
  const name = span.track.isThread || span.track.kind === TrackKind.CORE ? span.track.name : thingWords(model, span.track.id);
  const text = `${name} ${predicate(model, span)}`.replace(/(\d) (ns|µs|ms|s|min)(?!\w)/gu, (_, digit, unit) => `${digit} ${LONG_UNITS[unit]}s`);
  return `${text.replace(/(?<![\d.])1 (\w+second|minute)s/g, '1 $1')}${place ? `, line ${place.line} of ${place.file.split('/').pop()}` : ''}`;
}

/**
 * How a span ended or began, where that says something more.
 * @param {Span} span
 * @returns {string} empty where it doesn't
 */
export function ending(span) {
  const { rows } = span.track;
  const next = span.last + 1;
  if (next >= rows.count) return '';
  if (span.state === State.RUNNING && rows.kind[next] === Kind.GIL_RELEASE) {
    return rows.flags[next] & Flag.FORCED ? 'gave the GIL up on a drop request' : 'gave the GIL up of its own will';
  }
  if (rows.flags[next] & Flag.TIMEOUT) return 'the wait timed out';
  if (rows.flags[next] & Flag.ERROR) return 'ended by an exception';
  if (rows.kind[next] === Kind.CORE_OFF && rows.flags[next] & Flag.PREEMPTED) return 'the kernel took its core away';
  return '';
}

/**
 * Which core a thread is on at a moment: "on core 1"; empty where it isn't on one, or that wasn't measured.
 * @param {Track} track
 * @param {number} at
 */
export function coreWords(track, at) {
  const row = track.cores.rowAt(at);
  return row >= 0 && track.cores.thing[row] > 0 ? `on core ${track.cores.thing[row] - 1}` : '';
}

/** @type {Readonly<Record<number, string>>} */
const ABOUT = Object.freeze({
  [TrackKind.THREAD]: 'is a thread: one sequence of steps of the program',
  [TrackKind.GIL]: 'lets one thread at a time execute Python: this row says which',
  [TrackKind.CORE]: 'is a core of the processor: this row says which thread it runs',
  [TrackKind.TASK]: 'is a task: a coroutine that its event loop runs in turn with others',
  [TrackKind.LOOP]: 'is an event loop: it runs tasks in one thread, one at a time, and this row says which',
  [TrackKind.PROCESS]: 'is a process: a program with a memory and a GIL of its own',
  [TrackKind.POOL]: 'is a pool of workers: what is submitted to it waits until one of them is free',
  [TrackKind.SHARED_MEMORY]: 'is memory that several processes have at once: this row says how many have it open',
  [TrackKind.WORK]: 'is work that was submitted to a pool: this row says when it was queued, and when it ran',
});

/** What a track is, for people who see one for the first time. @param {Track} track */
export function about(track) {
  const where = `interpreter ${track.interpreter}, of which locks, queues, sleeps and lines aren’t recorded`;
  if (track.interpreter && track.kind === TrackKind.GIL) return `lets one thread at a time execute Python in ${where}: this row says which`;
  if (track.interpreter) return `${ABOUT[track.kind]}, of ${where}`;
  return ABOUT[track.kind] ?? `is a ${kindWord(track.kind)}: this row says who has it`;
}

/**
 * How a track's life is divided: "running 182 ms, 43 %", the longest first.
 * @param {Model} model
 * @param {Track} track
 * @returns {string[]}
 */
export function life(model, track) {
  if (track.rows.count === 0) return [];
  const spent = track.times.between(track.rows.at[0] - 1, model.duration);
  spent[State.EXITED] = 0;
  const total = spent.reduce((sum, part) => sum + part, 0);
  const parts = [...spent].map((part, state) => ({ part, state })).filter(({ part }) => part > 0);
  return parts.sort((a, b) => b.part - a.part).map(({ part, state }) => `${STATE_TEXT[state].label} ${formatDuration(part)}, ${formatShare(part, total)}`);
}

const notes = new WeakMap();

/** @type {Readonly<Record<number, string>>} */
const DEPTH_WORDS = Object.freeze({ [TrackKind.QUEUE]: 'at most', [TrackKind.POOL]: 'queued at most', [TrackKind.SHARED_MEMORY]: 'processes at most' });

/**
 * The second line of a track's name: "46 % has · 27 % wants", "lock", "who holds it".
 * @param {Model} model
 * @param {Track} track
 */
export function note(model, track) {
  if (track.kind === TrackKind.GIL) {
    if (track.interpreter) return `of interpreter ${track.interpreter}`;
    return model.header?.layers?.gil?.measured === false ? 'not measured' : 'who holds it';
  }
  if (track.kind < 0) return ''; // a heading
  if (track.kind === TrackKind.TASK) return track.function || 'task';
  if (track.ready.most > 0) return `${kindWord(track.kind)} · ${track.ready.most} ready at most`;
  if (track.depths.count > 0) return `${kindWord(track.kind)} · ${track.deepest} ${DEPTH_WORDS[track.kind] ?? 'permits at most'}`;
  if (track.kind !== TrackKind.THREAD) return track.internal ? `${kindWord(track.kind)}, internal` : kindWord(track.kind);
  const until = model.duration;
  const known = notes.get(track);
  if (known && known.until === until && known.count === track.rows.count) return known.text;
  const text = shares(track.times, until, model.withoutGil);
  notes.set(track, { until, count: track.rows.count, text });
  return text;
}

/** @param {TimeByState} times @param {number} until @param {boolean} without there is no GIL */
function shares(times, until, without) {
  if (times.rows.count === 0) return '';
  const spent = times.between(times.rows.at[0] - 1, until);
  const total = spent.reduce((sum, part, state) => (state === State.EXITED ? sum : sum + part), 0);
  if (total > 0 && spent[State.UNKNOWN] === total) return 'not measured';
  const has = spent[State.RUNNING] + spent[State.STALLED];
  if (spent[State.NATIVE] > 0 && without) return `${formatShare(spent[State.NATIVE], total)} runs`;
  return `${formatShare(has, total)} has · ${formatShare(spent[State.GIL_WAIT], total)} wants`;
}
