// What the pages do besides htmx: sliders beside their numbers, keys, local times, notices, what is folded away.

import { prepareGuess } from './guess.js';
import './panels/terms.js';

const NARROW = matchMedia('(max-width: 760px)');
const LOW = matchMedia('(max-width: 760px), (max-height: 999px)');

/** What was there when the page was last looked at. @type {WeakSet<Element>} */
const seen = new WeakSet();

/** Bring what is new on the page to life. */
function prepare() {
  for (const slider of document.querySelectorAll('input.slider')) fill(/** @type {HTMLInputElement} */ (slider));
  for (const time of document.querySelectorAll('time[datetime]')) localise(/** @type {HTMLTimeElement} */ (time));
  for (const story of document.querySelectorAll('[data-fold]')) if (isNew(story)) fold(/** @type {HTMLElement} */ (story));
  prepareGuess();
  const wrong = document.querySelector('#run-form [aria-invalid], #run-form [role=alert]');
  if (wrong instanceof HTMLElement && isNew(wrong)) show(wrong);
}

/** @param {Element} element */
function isNew(element) {
  if (seen.has(element)) return false;
  seen.add(element);
  return true;
}

/** What is wrong is seen at once, and can be put right. @param {HTMLElement} wrong */
function show(wrong) {
  wrong.closest('details')?.setAttribute('open', '');
  wrong.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: 'center' });
}

/**
 * With a recording on the page, a long story leaves the room to what was found, until it is wanted.
 * @param {HTMLElement} story
 */
function fold(story) {
  if (!LOW.matches) return;
  story.classList.add('folded');
  if (story.scrollHeight <= story.clientHeight + 1) {
    story.classList.remove('folded');
    return;
  }
  const more = document.createElement('button');
  Object.assign(more, { type: 'button', className: 'unfold', textContent: 'Read on' });
  more.addEventListener('click', () => {
    story.classList.remove('folded');
    more.remove();
  });
  story.after(more);
}

/** @param {HTMLInputElement} slider */
function fill(slider) {
  const [low, high] = [Number(slider.min), Number(slider.max)];
  slider.style.setProperty('--part', String(high > low ? (Number(slider.value) - low) / (high - low) : 0));
}

/** @param {HTMLTimeElement} time */
function localise(time) {
  const when = new Date(time.dateTime);
  if (Number.isNaN(when.getTime())) return;
  const today = when.toDateString() === new Date().toDateString();
  time.textContent = when.toLocaleString('en-GB', today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' });
  time.title = when.toISOString();
}

/** @param {HTMLElement} element */
function isTyping(element) {
  return element.matches('textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])');
}

/** @param {string} title @param {string} sentence */
function notify(title, sentence) {
  const notice = document.getElementById('notice');
  if (!notice) return;
  const body = document.createElement('div');
  body.className = 'notice-body';
  const text = document.createElement('p');
  const strong = document.createElement('strong');
  strong.textContent = `${title}. `;
  text.append(strong, sentence);
  const close = document.createElement('button');
  Object.assign(close, { type: 'button', className: 'notice-close', textContent: '×', ariaLabel: 'Close' });
  close.dataset.closeNotice = '';
  body.append(text, close);
  notice.replaceChildren(body);
}

document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  if (target.matches('.slider')) {
    const number = document.getElementById(target.dataset.of ?? '');
    if (number instanceof HTMLInputElement) number.value = target.value;
    fill(target);
    prepareGuess();
  } else if (target.form?.id === 'run-form' && target.id) {
    prepareGuess();
    const slider = target.form.querySelector(`.slider[data-of="${CSS.escape(target.id)}"]`);
    if (slider instanceof HTMLInputElement && target.value.trim() !== '' && Number.isFinite(Number(target.value))) {
      slider.value = target.value;
      fill(slider);
    }
  }
});

document.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(target)) return;
  if (document.querySelector('dialog[open]')) return;
  // A letter is a key only while the tracks have the focus: nobody starts a run by what was meant for a form, or said to a computer that listens.
  const wanted = event.code === 'KeyR' && target.closest('gil-timeline') ? '[data-run-key]' : event.key === '/' ? '[data-focus-key="/"]' : null;
  const element = wanted ? document.querySelector(wanted) : null;
  if (!(element instanceof HTMLElement)) return;
  event.preventDefault();
  if (event.code === 'KeyR') element.click();
  else element.focus();
});

document.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('[data-close-notice]')) document.getElementById('notice')?.replaceChildren();
});

document.addEventListener('htmx:error', () => notify('The server can’t be reached', 'Is it still running? Your page stays as it is; try again when it is back.'));
/** What has the focus while something is exchanged. @type {Element | null} */
let focused = null;

/** Who pressed Run or Stop, there or by its key in the tracks, is where the next press would be. */
function keepFocus() {
  if (focused && !focused.isConnected && document.activeElement === document.body) {
    const same = focused.id ? document.getElementById(focused.id) : null;
    const next = same ?? document.querySelector('[data-run-key]');
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }
  focused = null;
}

document.addEventListener('htmx:before:swap', () => {
  focused = document.activeElement;
});
document.addEventListener('htmx:after:swap', () => {
  keepFocus();
  prepare();
  const running = document.querySelector('gil-timeline[live]');
  if (NARROW.matches && running && isNew(running)) {
    document.querySelector('details.fold')?.removeAttribute('open');
    running.querySelector('.gt-stage')?.scrollIntoView({ block: 'nearest' });
  }
});
document.addEventListener('htmx:before:request', () => document.getElementById('notice')?.replaceChildren());

// On a phone the form stands behind its button.
if (NARROW.matches) {
  for (const fold of document.querySelectorAll('details.fold')) if (!fold.querySelector('.wrong')) fold.removeAttribute('open');
}

prepare();
