// What the pages do besides htmx: sliders beside their numbers, keys, local times, notices.

/**
 * @param {ParentNode} within
 */
function prepare(within) {
  for (const slider of within.querySelectorAll('input.slider')) fill(/** @type {HTMLInputElement} */ (slider));
  for (const time of within.querySelectorAll('time[datetime]')) localise(/** @type {HTMLTimeElement} */ (time));
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
  } else if (target.form?.id === 'run-form' && target.id) {
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
  const wanted = event.code === 'KeyR' ? '[data-run-key]' : event.key === '/' ? '[data-focus-key="/"]' : null;
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
document.addEventListener('htmx:after:swap', () => prepare(document));
document.addEventListener('htmx:before:request', () => document.getElementById('notice')?.replaceChildren());

// On a phone the form stands behind its button.
if (matchMedia('(max-width: 760px)').matches) {
  for (const fold of document.querySelectorAll('details.fold')) if (!fold.querySelector('.wrong')) fold.removeAttribute('open');
}

prepare(document);
