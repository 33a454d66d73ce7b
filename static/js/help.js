// The sheet that lists the keys and gestures.

import { node } from './nodes.js';

const KEYS = Object.freeze([
  ['W  S', 'zoom in, out'],
  ['A  D', 'earlier, later'],
  ['+  −  0', 'zoom in, out, the whole recording'],
  ['F', 'zoom to the selected span; again: the whole recording'],
  ['←  →', 'previous, next span of the track'],
  ['↑  ↓', 'the track above, below'],
  ['Space', 'play, pause'],
  ['Home  End', 'playhead to the start, to the end'],
  ['Esc', 'forget the selection'],
  ['?', 'this sheet'],
]);

const GESTURES = Object.freeze([
  ['Wheel', 'zoom under the pointer (with Shift: move in time)'],
  ['Drag', 'move in time; on the ruler: move the playhead'],
  ['Click', 'select a span'],
  ['Double click', 'zoom to a span'],
  ['Pinch', 'zoom'],
]);

/** @returns {HTMLDialogElement} */
export function helpSheet() {
  const list = (/** @type {readonly (readonly string[])[]} */ pairs) =>
    node('dl', {}, ...pairs.map(([key, does]) => node('div', {}, node('dt', {}, ...key.split('  ').map((one) => node('kbd', {}, one))), node('dd', {}, does))));
  const close = node('button', { type: 'button', class: 'gt-button gt-close' }, 'Close');
  const sheet = node(
    'dialog',
    { class: 'gt-help', 'aria-label': 'Keys and gestures' },
    node('h2', {}, 'Keys and gestures'),
    node('p', {}, 'Keys work while the tracks have the focus.'),
    node('div', { class: 'gt-columns' }, list(KEYS), list(GESTURES)),
    close,
  );
  close.addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', (event) => {
    if (event.target === sheet) sheet.close();
  });
  return sheet;
}
