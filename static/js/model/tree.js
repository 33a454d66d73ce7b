// The tree of tracks: which are shown, under which, in what order.

import { TrackKind } from './schema.js';
import { Track } from './model.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {'heading' | 'process' | 'gil' | 'thread' | 'loop' | 'task' | 'resource' | 'core'} RowKind
 * @typedef {object} Arrangement how the reader wants the tracks
 * @property {ReadonlySet<number>} folded ids of tracks that the reader has folded, or unfolded where that isn't how they begin
 * @property {readonly number[]} pinned ids of tracks that stand at the top, in that order
 * @property {boolean} quiet show also what did nothing
 * @property {ReadonlySet<number>} [led] ids of tracks that the reader was led to: they show, whatever they are
 * @property {((track: Track) => boolean) | null} keeps what a filter leaves; null for all
 * @typedef {object} Branch
 * @property {Track} track
 * @property {RowKind} kind
 * @property {number} level 1 at the top
 * @property {boolean} foldable something stands under it
 * @property {boolean} folded
 * @property {readonly Track[]} merged what a folded one shows in one strip
 * @property {boolean} pinned
 * @property {number} place among what stands under the same, from 1
 * @property {number} places how many those are
 */

/** With fewer resources or cores than this, they need no heading. */
const GROUPED = 4;
/** More than these don't show at first: a pool's own row tells how many works are queued. */
const MOST_WORKS = 50;
const MOST_CORES = 8;
/** A process that another one started, with more threads than these, serves the others: in one strip at first, so that these stand near each other. */
const MOST_SERVING = 6;
/** Kinds of rows that, folded, show their members instead of themselves: headings too. @type {ReadonlySet<number>} */
const MERGED = new Set([-1, TrackKind.PROCESS, TrackKind.LOOP]);
/** No track of a recording has an id below 1: those of headings do. */
const CORES = -2;
const SHARED = -1;

/** Only names what others wait for. @type {ReadonlySet<number>} */
const NAMES = new Set([TrackKind.SLEEP, TrackKind.FUTURE, TrackKind.TYPE]);

const ORDER = Object.freeze({ process: 0, gil: 1, thread: 2, loop: 3, task: 4, heading: 5, resource: 5, core: 6 });

/** @type {Readonly<Record<number, RowKind>>} */
const KINDS = Object.freeze({ [-1]: 'heading', [TrackKind.PROCESS]: 'process', [TrackKind.GIL]: 'gil', [TrackKind.CORE]: 'core', [TrackKind.LOOP]: 'loop', [TrackKind.POOL]: 'loop', [TrackKind.THREAD]: 'thread' });

/** @param {Track} track @returns {RowKind} */
export function rowKind(track) {
  if (track.isTask || track.isWork) return 'task';
  return KINDS[track.kind] ?? 'resource';
}

/** Threads that a library starts for itself, by what they are called and run: those of multiprocessing's pools and queues, one for each request. */
const OF_LIBRARIES = /^(Thread-\d+ \((_\w+|process_request_thread)\)|QueueFeederThread|ExecutorManagerThread)$/;
/** With fewer of them, they need no heading. */
const GROUPED_THREADS = 3;

/** @type {Map<number, Track>} */
const headings = new Map();

/** A row that only names what stands under it. @param {number} id @returns {Track} */
function heading(id) {
  const known = headings.get(id) ?? new Track({ id, kind: -1, name: id === CORES ? 'Cores' : ofThreads(id) ? 'Threads of libraries' : 'Locks and queues' });
  headings.set(id, known);
  return known;
}

/** Headings of resources have odd ids. @param {number} id */
function ofThreads(id) {
  return id < CORES && id % 2 === 0;
}

/**
 * What says nothing at first sight: a lock inside another thing, or one that nobody ever held; a task that a loop
 * makes for itself; a thread, a task, a loop or a core that did nothing.
 * @param {Model} model @param {Track} track
 */
function isQuiet(model, track) {
  const kind = rowKind(track);
  if (kind === 'resource') return track.internal || !track.active;
  if (kind === 'process' || kind === 'gil') return false;
  if (kind === 'task' && track.internal) return true;
  // Where the GIL isn't measured, what a thread did may not be known.
  return track.rows.count === 0 || (!track.active && model.header?.layers?.gil?.measured !== false);
}

/**
 * @param {Model} model
 * @param {Partial<Arrangement>} [wish]
 * @returns {{branches: Branch[], quiet: number}} `quiet`: how many tracks did nothing, shown or not
 */
export function grow(model, wish = {}) {
  const { folded = new Set(), pinned = [], led = new Set(), keeps = null } = wish;
  const named = model.all.filter((track) => !NAMES.has(track.kind));
  const several = named.filter((track) => track.kind === TrackKind.PROCESS).length > 1;
  const asleep = named.filter((track) => isQuiet(model, track));
  const loops = new Set(named.filter((track) => rowKind(track) === 'task' && track.active).map((track) => track.parent));
  const still = asleep.filter((track) => !loops.has(track.id));
  // Where all would be hidden, there is something to say: that nobody did anything, or that it isn't known.
  const quiet = named.some((track) => track.kind !== TrackKind.PROCESS && !still.includes(track)) ? still : still.filter((track) => track.rows.count === 0);
  const silent = new Set(wish.quiet ? [] : quiet);
  const shown = new Set(named.filter((track) => (track.kind === TrackKind.PROCESS ? several : pinned.includes(track.id) || led.has(track.id) || !silent.has(track))));
  /** @type {Map<Track | null, Track[]>} */
  const under = new Map();
  const put = (/** @type {Track | null} */ parent, /** @type {Track} */ track) => {
    const siblings = under.get(parent);
    if (siblings) siblings.push(track);
    else under.set(parent, [track]);
  };
  for (const track of shown) put(pinned.includes(track.id) ? null : parentOf(model, shown, track), track);
  for (const [parent, tracks] of [...under]) gather(parent, tracks, under);
  const order = compare(model, pinned);
  for (const tracks of under.values()) tracks.sort(order);
  const kept = keeps === null ? null : keepWithParents(under, keeps, pinned);
  /** @type {Branch[]} */
  const branches = [];
  const climb = (/** @type {Track | null} */ parent, /** @type {number} */ level) => {
    const tracks = (under.get(parent) ?? []).filter((track) => kept === null || kept.has(track));
    tracks.forEach((track, n) => {
      const members = descendants(under, track);
      const kind = rowKind(track);
      // Who looks for something looks into what is folded, too.
      const isFolded = folded.has(track.id) !== (isShut(track, members) && !members.some(({ id }) => led.has(id))) && members.length > 0 && kept === null;
      branches.push({
        track, kind, level, foldable: members.length > 0, folded: isFolded, merged: isFolded && MERGED.has(track.kind) ? members : [],
        pinned: pinned.includes(track.id), place: n + 1, places: tracks.length,
      });
      if (!isFolded) climb(track, level + 1);
    });
  };
  climb(null, 1);
  return { branches, quiet: quiet.length };
}

/** Many works of one pool, many cores, many threads of a process that serves, and what libraries do for themselves don't show at first. @param {Track} track @param {readonly Track[]} members */
function isShut(track, members) {
  if (track.kind === TrackKind.PROCESS) return track.parent !== 0 && members.filter(({ isThread }) => isThread).length > MOST_SERVING;
  return (track.kind === TrackKind.POOL && members.length > MOST_WORKS) || (track.id === CORES && members.length > MOST_CORES) || (track.kind === -1 && ofThreads(track.id));
}

/** What a track stands under: the nearest of its parents that has a row. @param {Model} model @param {Set<Track>} shown @param {Track} track */
function parentOf(model, shown, track) {
  if (track.kind === TrackKind.PROCESS || track.kind === TrackKind.CORE) return null;
  let parent = model.tracks[track.parent];
  for (let hops = 0; parent && !shown.has(parent) && hops < 8; hops += 1) parent = model.tracks[parent.parent];
  return parent && shown.has(parent) ? parent : null;
}

/** Many resources, many cores, or several threads of libraries get a heading. @param {Track | null} parent @param {Track[]} tracks @param {Map<Track | null, Track[]>} under */
function gather(parent, tracks, under) {
  const groups = [
    { members: tracks.filter((track) => rowKind(track) === 'resource'), least: GROUPED, id: parent ? -2 * parent.id - 1 : SHARED },
    { members: tracks.filter((track) => rowKind(track) === 'core'), least: GROUPED, id: CORES },
    { members: tracks.filter((track) => track.isThread && OF_LIBRARIES.test(track.name)), least: GROUPED_THREADS, id: -2 * (parent?.id ?? 0) - 4 },
  ];
  for (const { members, least, id } of groups) {
    if (members.length < least) continue;
    const group = heading(id);
    under.set(group, members);
    const rest = (under.get(parent) ?? []).filter((track) => !members.includes(track));
    under.set(parent, [...rest, group]);
  }
}

/**
 * Pinned ones first; then by kind. Processes in the order in which they were started. Among resources, those that kept others waiting longest, once that is known to stay so.
 * @param {Model} model @param {readonly number[]} pinned
 * @returns {(a: Track, b: Track) => number}
 */
function compare(model, pinned) {
  const pin = (/** @type {Track} */ track) => (pinned.includes(track.id) ? pinned.indexOf(track.id) : Infinity);
  const place = (/** @type {Track} */ track) => (track.id === CORES ? ORDER.core : track.kind === -1 && ofThreads(track.id) ? ORDER.thread : ORDER[rowKind(track)]);
  const contended = (/** @type {Track} */ track) => (model.end && track.isResource ? track.contended : 0);
  // What belongs to an interpreter stands together; the GIL of one where no thread is at home stands beside the first one.
  const homes = new Set(model.all.filter(({ isThread }) => isThread).map(({ interpreter }) => interpreter));
  const home = (/** @type {Track} */ track) => (track.kind === TrackKind.CORE || track.id === CORES ? Infinity : homes.has(track.interpreter) ? track.interpreter : 0);
  // What processes share stands after all of them, as the cores do: they have no parent, and a later place.
  return (a, b) => {
    if (pin(a) !== pin(b)) return pin(a) < pin(b) ? -1 : 1;
    if (home(a) !== home(b)) return home(a) - home(b);
    return place(a) - place(b) || Number(a.internal) - Number(b.internal) || contended(b) - contended(a) || coreNumber(a) - coreNumber(b) || Number(a.kind === -1) - Number(b.kind === -1) || started(a) - started(b) || a.id - b.id;
  };
}

/** @param {Track} track */
function started(track) {
  return track.kind === TrackKind.PROCESS && track.rows.count > 0 ? track.rows.at[0] : 0;
}

/** @param {Track} track */
function coreNumber(track) {
  return track.kind === TrackKind.CORE ? Number(/\d+/.exec(track.name)?.[0] ?? 0) : 0;
}

/** @param {Map<Track | null, Track[]>} under @param {Track} track @returns {Track[]} */
function descendants(under, track) {
  return (under.get(track) ?? []).flatMap((child) => [...(child.rows.count > 0 ? [child] : []), ...descendants(under, child)]);
}

/** What is kept, and what it stands under. @param {Map<Track | null, Track[]>} under @param {(track: Track) => boolean} keeps @param {readonly number[]} pinned */
function keepWithParents(under, keeps, pinned) {
  /** @type {Set<Track>} */
  const kept = new Set();
  /** @type {(track: Track) => boolean} */
  const look = (track) => {
    const some = (under.get(track) ?? []).map(look).includes(true);
    const keep = some || pinned.includes(track.id) || (rowKind(track) !== 'heading' && keeps(track));
    if (keep) kept.add(track);
    return keep;
  };
  for (const track of under.get(null) ?? []) look(track);
  return kept;
}
