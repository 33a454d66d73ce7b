// A button that copies a text, and says whether it has.

import { node } from '../nodes.js';

const SAID_MS = 2500;

/**
 * @param {string} label
 * @param {() => string} text
 */
export function copyButton(label, text) {
  const button = node('button', { type: 'button', class: 'gt-button gt-copy', 'aria-live': 'polite' }, label);
  button.addEventListener('click', async () => {
    button.textContent = (await copy(text())) ? 'Copied' : 'The browser doesn’t let it be copied';
    setTimeout(() => {
      button.textContent = label;
    }, SAID_MS);
  });
  return button;
}

/** A page that wasn't loaded safely has no clipboard, but the browser's own command. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = node('textarea', { class: 'gt-spoken', readonly: true }, text);
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    before?.focus();
    return done;
  }
}
