// The panel of marks as a sheet, where there is no room for it below the tracks: beside other recordings.

import { node } from '../nodes.js';

/** @param {import('./marks_panel.js').MarksPanel} panel @param {() => void} closed @returns {HTMLDialogElement} */
export function marksSheet(panel, closed) {
  const close = node('button', { type: 'button', class: 'gt-button gt-close', 'aria-label': 'Close' }, '×');
  const sheet = node('dialog', { class: 'gt-dialog gt-marks-sheet', 'aria-label': 'Marks' }, close, node('h2', {}, 'Marks'), panel.element);
  panel.element.hidden = false;
  close.addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', (event) => {
    if (event.target === sheet) sheet.close();
  });
  sheet.addEventListener('close', closed);
  return sheet;
}
