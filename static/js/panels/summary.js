// The whole recording in a few sentences, for who doesn't see the picture.

import { formatCount, formatDuration } from '../text/format.js';
import { kindWord, life, thingWords } from '../text/sentences.js';

/** @typedef {import('../model/model.js').Model} Model */

/**
 * How long it took, who was there, how each one's time was divided, what others waited for longest.
 * @param {Model} model
 * @returns {string[]} sentences
 */
export function summary(model) {
  const threads = model.all.filter((track) => track.isThread && track.rows.count > 0);
  const tasks = model.all.filter((track) => track.isTask && track.rows.count > 0);
  const counted = [[threads.length, 'thread'], [tasks.length, 'task']].filter(([count]) => Number(count) > 0);
  const who = counted.map(([count, word]) => `${formatCount(Number(count))} ${word}${count === 1 ? '' : 's'}`).join(' and ');
  const contended = model.all.filter((track) => track.contended > 0 && !track.internal).sort((a, b) => b.contended - a.contended);
  return [
    `The recording lasts ${formatDuration(model.duration)}, with ${who || 'nothing in it'}.`,
    ...(model.end?.sentence ? [model.end.sentence] : []),
    ...threads.map((track) => `${track.name}: ${life(model, track).join('; ')}.`),
    ...contended.slice(0, 5).map((track) => `While one had ${track.isResource ? thingWords(model, track.id) : `the ${kindWord(track.kind)}`}, others waited for it for ${formatDuration(track.contended)} in all.`),
  ];
}
