// Predict, then reveal: what the reader guesses before a run stays in this tab, until the recording of the run answers.

/**
 * @typedef {{closed?: boolean, choice?: string}} Guess of a scenario, as it stands by the Run button
 */

/** @param {string} key @returns {string | null} */
function kept(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;  // a browser that keeps nothing
  }
}

/** @param {string} key @param {string} value */
function keep(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // The guess is forgotten with the page.
  }
}

/** @param {string} scenario */
const ofScenario = (scenario) => `guess of ${scenario}`;
/** @param {string} recording */
const ofRecording = (recording) => `guess for ${recording}`;

/** @type {WeakSet<Element>} */
const known = new WeakSet();

/** Bring the question on the page, and the answer, up to date with what the reader has chosen. */
export function prepareGuess() {
  for (const asked of document.querySelectorAll('details[data-guess]')) ask(/** @type {HTMLDetailsElement} */ (asked));
  for (const answer of document.querySelectorAll('[data-answer]')) reveal(/** @type {HTMLElement} */ (answer));
}

/** @param {HTMLDetailsElement} asked */
function ask(asked) {
  const key = ofScenario(asked.dataset.guess ?? '');
  /** @type {Guess} */
  const guess = JSON.parse(kept(key) ?? '{}');
  if (!known.has(asked)) {
    known.add(asked);
    asked.open = !guess.closed;
    asked.addEventListener('toggle', () => keep(key, JSON.stringify({ ...JSON.parse(kept(key) ?? '{}'), closed: !asked.open })));
    asked.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement) keep(key, JSON.stringify({ ...JSON.parse(kept(key) ?? '{}'), choice: target.value }));
    });
    for (const radio of asked.querySelectorAll('input')) radio.checked = radio.value === guess.choice;
  }
  fill(asked);
  // While the run goes on the guess is made, and belongs to it.
  const going = document.querySelector('.button-stop[data-run-key]') !== null;
  const fieldset = /** @type {HTMLFieldSetElement} */ (asked.querySelector('fieldset'));
  fieldset.disabled = going;
  const recording = document.querySelector('gil-timeline')?.getAttribute('recording');
  if (going && recording && guess.choice !== undefined && !guess.closed) keep(ofRecording(recording), guess.choice);
}

/** The question holds what stands in the form now; a wrong number is to be mended first. @param {HTMLElement} asked */
function fill(asked) {
  const form = asked.closest('form');
  if (!form || [...form.querySelectorAll('.slider')].some((slider) => isWrong(/** @type {HTMLInputElement} */ (slider)))) return;
  const values = new FormData(form);
  for (const text of asked.querySelectorAll('[data-text]')) {
    const said = (/** @type {HTMLElement} */ (text).dataset.text ?? '').replace(/\{(\w+)\}/g, (_, name) => String(values.getAll(name).at(-1) ?? '').trim() || '?');
    if (text.textContent !== said) text.textContent = said;
  }
}

/** Whether the number beside a slider is none that it could stand at. @param {HTMLInputElement} slider */
function isWrong(slider) {
  const { value, inputMode } = /** @type {HTMLInputElement} */ (document.getElementById(slider.dataset.of ?? ''));
  const number = value.trim() === '' ? NaN : Number(value);
  return !(number >= Number(slider.min) && number <= Number(slider.max)) || (inputMode === 'numeric' && !Number.isInteger(number));
}

/** @param {HTMLElement} answer */
function reveal(answer) {
  const choice = kept(ofRecording(answer.dataset.answer ?? ''));
  if (choice === null || known.has(answer)) return;
  known.add(answer);
  const own = answer.querySelectorAll('li')[Number(choice)];
  if (!own) return;
  const note = document.createElement('em');
  note.textContent = 'your guess';
  own.append(' ', note);
  answer.hidden = false;
}
