// What a state means for the one track that is in it, where its general sentence says too much, or too little.

import { State, STATE_TEXT, TrackKind } from '../model/schema.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Span} Span
 */

/** @type {Readonly<Record<number, string>>} */
const IDLE = Object.freeze({
  [TrackKind.CORE]: 'No thread of this run is on it.',
  [TrackKind.LOOP]: 'It has nothing to run, and waits for input, output or the clock.',
  [TrackKind.POOL]: 'Nothing is queued in it, and nothing runs.',
  [TrackKind.SHARED_MEMORY]: 'No process has it open.',
});

/** @type {ReadonlySet<number>} */
const HOLDABLE = new Set([TrackKind.GIL, TrackKind.LOCK, TrackKind.RLOCK]);

/** @param {Model} model @param {Span} span */
export function explained(model, span) {
  const { state, track } = span;
  if (state === State.IDLE && IDLE[track.kind]) return IDLE[track.kind];
  if (state === State.FREE && !HOLDABLE.has(track.kind)) return 'Nobody waits for it.';
  if (state === State.UNKNOWN) return unseen(model, span);
  return STATE_TEXT[state].sentence;
}

/** Why a stretch wasn't seen. @param {Model} model @param {Span} span */
function unseen({ all, damages }, { from, to, track }) {
  const meets = (/** @type {{from: number, to: number}} */ stretch) => stretch.from < to && stretch.to >= from;
  if (damages.some(meets)) return 'What the file has of this stretch is damaged.';
  if (track.losses.some(meets)) return 'Its events came faster than they could be read, and were lost.';
  const cores = track.isThread ? all.filter(({ kind, losses }) => kind === TrackKind.CORE && losses.some(meets)) : [];
  if (cores.length > 0) return `The kernel’s records of ${cores.map(({ name }) => name).join(' and ')} were lost here: whether it was on a core isn’t known.`;
  return STATE_TEXT[State.UNKNOWN].sentence;
}
