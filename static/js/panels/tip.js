// What stands beside the pointer: what a track does there, or what a track is.

import { State } from '../model/schema.js';
import { formatMoment } from '../text/format.js';
import { about, coreWords, ending, life, placeWords, predicate } from '../text/sentences.js';
import { node } from '../nodes.js';

/**
 * @typedef {import('../view/stage.js').Stage} Stage
 * @typedef {import('../model/model.js').Span} Span
 * @typedef {import('../model/layout.js').Row} Row
 */

/** @param {HTMLElement} tip @param {Stage} stage @param {Span | null} span @param {Row | null} row whose name the pointer is on @param {number} xPx @param {number} yPx */
export function showTip(tip, stage, span, row, xPx, yPx) {
  tip.hidden = !row && (!span || span.state === State.EXITED);
  if (tip.hidden) return;
  if (row) tip.replaceChildren(...aboutTrack(stage, row));
  else if (span) tip.replaceChildren(...aboutSpan(stage, span, xPx));
  const { clientWidth, clientHeight } = stage.element;
  const left = Math.min(xPx + 14, clientWidth - tip.offsetWidth - 8);
  const below = yPx + 18;
  const top = below + tip.offsetHeight > clientHeight - 4 ? yPx - tip.offsetHeight - 12 : below;
  tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(4, top)}px)`;
}

/** @param {Stage} stage @param {Row} row */
function aboutTrack({ model }, { track }) {
  return [node('p', {}, node('strong', {}, track.name.slice(0, 80)), ` ${about(track)}`), ...life(model, track).map((text) => node('p', { class: 'gt-facts' }, text))];
}

/** @param {Stage} stage @param {Span} span @param {number} xPx */
function aboutSpan({ model, scale }, span, xPx) {
  const facts = [placeWords(model, span.line), ending(span), coreWords(span.track, scale.pxToTime(xPx)), `from ${formatMoment(span.from, Math.max(scale.nsPerPx, 1))}`];
  return [
    node('p', {}, node('strong', {}, span.track.name.slice(0, 80)), ` ${predicate(model, span)}`),
    node('p', { class: 'gt-facts' }, facts.filter(Boolean).join(' · ')),
  ];
}
