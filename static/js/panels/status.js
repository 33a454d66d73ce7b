// How it stands with a recording, in words: over the tracks while there are none, and under them what is missing or went wrong.

import { formatCount } from '../text/format.js';
import { node } from '../nodes.js';

/**
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {'empty' | 'loading' | 'queued' | 'running' | 'ended' | 'failed'} Phase
 * @typedef {object} Standing
 * @property {Model} model
 * @property {Phase} phase
 * @property {boolean} lost the browser has taken a canvas away
 * @property {boolean} slow it takes long to read
 * @property {boolean} connected
 * @property {boolean} incomplete the panels and the sheets didn't come
 * @property {string} refused why something that was asked isn't told here
 */

/** What stands in a recording's header under `layers`, as it is named on the page. */
const LAYERS = Object.freeze({ gil: 'The GIL', cores: 'Which thread is on which core', program: 'What the program waits for' });

/** Stands over the tracks, while there are none. */
export class Message {
  constructor() {
    this.element = node('div', { class: 'gt-message', hidden: true });
  }

  /** @param {Phase} phase @param {string} title @param {string} text */
  show(phase, title, text) {
    this.element.hidden = false;
    this.element.className = `gt-message gt-message-${phase}`;
    this.element.replaceChildren(node('p', { class: 'gt-message-title' }, title), node('p', {}, text));
  }

  hide() {
    this.element.hidden = true;
  }

  /** @param {number | null} part of the file that has come; null where that isn't known */
  progress(part) {
    if (this.element.hidden) return;
    let bar = this.element.querySelector('progress');
    if (!bar) {
      bar = node('progress', { max: '1', 'aria-label': 'Loading' });
      this.element.append(bar);
    }
    if (part === null) bar.removeAttribute('value');
    else bar.value = part;
  }
}

/** The line under the tracks. @param {HTMLElement} strip @param {Standing} standing */
export function say(strip, standing) {
  const said = sentences(standing);
  const key = said.join('|');
  if (key === strip.dataset.said) return;
  strip.dataset.said = key;
  strip.replaceChildren(...said.map(([kind, text]) => node('span', { class: `gt-say gt-say-${kind}` }, text)));
}

/** Why the server isn't asked: it hasn't the recording, or not yet all of it. @param {string | null} recording @param {boolean} ended */
export function unasked(recording, ended) {
  if (!recording) return 'This is worked out by the server that has the recording, and told on its page there. Here, only its file is shown.';
  return ended ? '' : 'The run goes on. This is told when it has ended: working it out now would take a core from what is measured.';
}

/** How the run ended, what is missing, whether the connection stands. @param {Standing} standing @returns {[kind: string, text: string][]} */
function sentences({ model, phase, lost, slow, connected, incomplete, refused }) {
  /** @type {[string, string][]} */
  const said = [];
  if (lost) said.push(['broken', 'The browser has taken the drawing away. It comes back by itself; if it doesn’t, load this page again.']);
  if (incomplete) said.push(['broken', 'What stands around the tracks didn’t all come. Load this page again to have the panels and the help.']);
  if (slow && phase === 'loading' && model.rowCount > 0) said.push(['unmeasured', 'The rest of the recording is still being read.']);
  if (!connected && (phase === 'running' || phase === 'queued')) said.push(['broken', 'Connection lost. Reconnecting: what happens meanwhile is kept and follows.']);
  if (phase === 'ended' && model.end && model.end.verdict && model.end.verdict !== 'ok') said.push(['verdict', model.end.sentence || `Ended: ${model.end.verdict}.`]);
  if (phase === 'ended' && !model.end && model.rowCount > 0) said.push(['verdict', 'This recording has no end here: it shows what came before it broke off.']);
  if (model.flaws.length > 0) {
    const missing = model.end ? 'Something in this recording can’t be read; no rows are missing for that.' : 'Something in this recording can’t be read.';
    const what = model.damages.length > 0 ? 'A part of this recording can’t be read and is hatched; the rest is whole.' : missing;
    said.push(['damage', `${what} ${model.flaws[0]}`]);
  }
  if (model.lostCount > 0) said.push(['damage', `${formatCount(model.lostCount)} ${model.lostCount === 1 ? 'event was' : 'events were'} lost, because they came faster than they could be read; the places are hatched.`]);
  const unmeasured = unmeasuredWords(model.header?.layers);
  if (unmeasured && phase !== 'loading') said.push(['unmeasured', unmeasured]);
  if (refused) said.push(['unmeasured', refused]);
  return said;
}

/**
 * What wasn't measured, and why.
 * @param {Record<string, {measured: boolean, why?: string}> | undefined} layers
 */
function unmeasuredWords(layers) {
  const missing = Object.entries(LAYERS).filter(([name]) => layers?.[name]?.measured === false);
  return missing.map(([name, words]) => `${words} wasn’t measured. ${layers?.[name].why ?? ''}`.trim()).join(' ');
}
