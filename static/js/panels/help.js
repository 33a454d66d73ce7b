// The sheet that says what the picture means, and lists the keys and gestures.

import { STATE_TEXT } from '../model/schema.js';
import { node } from '../nodes.js';
import { EXPLAINED } from './toolbar.js';

/** What isn't a thread's state: class of its swatch, name, sentence. */
const MARKS = Object.freeze([
  ['gil', 'GIL', 'Its row names the thread that holds it. The red edge below: another one waits for it meanwhile.'],
  ['11', 'lock', 'The row of a lock names the thread that holds it; dotted while others wait for it. Queues, events and their kin have such rows too.'],
  ['13', 'core', 'A processor’s row names the thread that it runs. The thin strip under a thread shows when it was on a core: thick on an even one, thin on an odd one.'],
  ['14', 'process', 'Its row says when it is being started (bars), and how long it is there; its threads, tasks and GIL stand under it.'],
  ['13', 'loop, pool', 'The row of an event loop names the task that it runs, and its tasks stand under it: one at a time. That of a pool shows how much work is queued.'],
  ['arrow', 'arrow', 'From a cause to its effect: a thread lets go of the GIL or a lock, and another one has it; a thread starts another; a message comes. Dashed: from submit() to where a worker of the pool begins the call, which was queued in between.'],
]);

const KEYS = Object.freeze([
  ['W  S', 'zoom in, out'],
  ['A  D', 'earlier, later'],
  ['+  −  0', 'zoom in, out, the whole recording'],
  ['F', 'zoom to the selected span; again: the whole recording'],
  ['←  →', 'previous, next span of the track'],
  ['↑  ↓', 'the track above, below'],
  ['Enter', 'select what happens on the track; again: go to the reason (Esc leads back)'],
  ['C', 'to the cause: where the arrow comes from that ended the selected wait'],
  ['K', 'the critical path: one line through what determined how long the run took; the rest is dimmed'],
  ['Q  E', 'a range begins, ends at the playhead: its figures are told'],
  ['B', 'the range is what is in view'],
  ['Backspace', 'back to the view before; with Shift: forth again'],
  ['/', 'find: a name, a state, a thing that is waited for, a line as file.py:12'],
  ['N', 'next match; with Shift: the previous one'],
  ['T', 'the recording in words, and all events as a table'],
  ['J  L', 'one event back, on: to the next moment at which anything happens on these tracks'],
  ['M', 'set a mark at the playhead: a text that is kept in the recording'],
  ['V', 'curves under the tracks: how many threads run at once, how much is ready or queued'],
  ['G', 'the tour: what happens here, step by step, where there is one'],
  [',  .', 'the step before, the next step of the tour'],
  ['X  P', 'fold or unfold the group; pin the track to the top'],
  ['Space', 'play, pause'],
  ['Home  End', 'playhead to the start, to the end'],
  ['Esc', 'forget the range, then the critical path, then the selection'],
  ['R', 'on the page of a scenario: run it, or stop the run'],
  ['?', 'this sheet'],
]);

const GESTURES = Object.freeze([
  ['Wheel', 'zoom under the pointer (with Shift: move in time); over the names: scroll the tracks'],
  ['Drag', 'move in time; on the ruler: move the playhead'],
  ['Shift + drag', 'select a range: in the tracks, or in the strip of the whole recording'],
  ['Click', 'select a span, and ask why it is as it is: the numbered arrows lead from cause to cause'],
  ['Double click', 'zoom to a span'],
  ['Pinch', 'zoom'],
  ['1:1 … 1:1000', 'pace of the replay: at 1:1000 a millisecond takes a second'],
]);

/** By the letter on an English keyboard, which key it is: commands lie at places, whatever is printed there. @param {string} letter */
function placeOf(letter) {
  return { ',': 'Comma', '.': 'Period' }[letter] ?? (/^[A-Z]$/.test(letter) ? `Key${letter}` : '');
}

/** Where the browser knows the reader's keyboard, the keys are called what is printed on them. @param {HTMLElement} sheet */
async function relabel(sheet) {
  const { keyboard } = /** @type {{keyboard?: {getLayoutMap: () => Promise<ReadonlyMap<string, string>>}}} */ (/** @type {unknown} */ (navigator));
  const layout = await keyboard?.getLayoutMap().catch(() => undefined);
  for (const key of layout ? sheet.querySelectorAll('kbd[data-place]') : []) key.textContent = layout?.get(/** @type {HTMLElement} */ (key).dataset.place ?? '')?.toUpperCase() ?? key.textContent;
}

/** @returns {HTMLDialogElement} */
export function helpSheet() {
  const close = node('button', { type: 'button', class: 'gt-button gt-close', 'aria-label': 'Close' }, '×');
  const sheet = node(
    'dialog',
    { class: 'gt-dialog gt-help', 'aria-label': 'What you see, keys and gestures' },
    close,
    node('h2', {}, 'What you see'),
    node(
      'p',
      {},
      'Time runs from left to right. A row is a thread: one sequence of steps, of which a program may have many. ',
      'CPython has one lock around all that it executes, the GIL (global interpreter lock): one thread at a time executes Python, and the others that want to have to wait for it. ',
      'Under its name stands how much of its life a thread has the GIL, and how much it wants it in vain.',
    ),
    meanings([...EXPLAINED.map(stateMeaning), ...MARKS]),
    node('p', {}, 'A thread’s bar has a dark lower edge where the thread collected garbage. The strip at the top is the whole recording, the frame in it what is shown below. What can’t be known is hatched; nothing is guessed.'),
    node('p', {}, 'Below the tracks, “Who waits” draws who waits for whom at the playhead: an arrow from who waits to who has the thing. A deadlock shows as a closed circle of thick arrows.'),
    node('h2', {}, 'Beside each other'),
    node('p', {}, '“Compare”, on the page of a recording, puts up to six on one axis: they move together, aligned by their start, their end, a state, a finding or a mark that all of them have, or by moments that you choose. The table below says how their figures differ. “Repeat it, or sweep a parameter”, on the page of a scenario, makes the runs for it.'),
    node('h2', {}, 'Keys and gestures'),
    node('p', {}, 'Keys work while the tracks have the focus: click them once. Letters are places on the keyboard, the same on every layout; where the browser tells what is printed there, it stands here.'),
    node('div', { class: 'gt-columns' }, keys(KEYS), keys(GESTURES)),
  );
  sheet.addEventListener('focusin', () => void relabel(sheet), { once: true });
  close.addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', (event) => {
    if (event.target === sheet) sheet.close();
  });
  return sheet;
}

/** @param {number} state @returns {readonly string[]} */
function stateMeaning(state) {
  const { label, letter, sentence } = STATE_TEXT[state];
  return [String(state), `${label} (${letter})`, sentence];
}

/** @param {readonly (readonly string[])[]} rows */
function meanings(rows) {
  const swatch = (/** @type {string} */ kind) => node('span', { class: `gt-swatch gt-s-${kind}`, 'aria-hidden': 'true' });
  return node('dl', { class: 'gt-meanings' }, ...rows.map(([kind, name, sentence]) => node('div', {}, node('dt', {}, swatch(kind), name), node('dd', {}, sentence))));
}

/** @param {readonly (readonly string[])[]} pairs */
function keys(pairs) {
  return node('dl', {}, ...pairs.map(([key, does]) => node('div', {}, node('dt', {}, ...key.split('  ').map((one) => node('kbd', placeOf(one) ? { 'data-place': placeOf(one) } : {}, one))), node('dd', {}, does))));
}
