// The share of waiting in the lab's form: it follows the two times that it is made of, and moves them.

const [waiting, computing, slider] = ['p-waiting_ms', 'p-computing_ms', 'lab-share-slider'].map(
  (id) => /** @type {HTMLInputElement} */ (document.getElementById(id)),
);
const share = /** @type {HTMLElement} */ (document.getElementById('lab-share'));

/** Say the share that the two times make; where they make none, there is nothing to move. */
function show() {
  const part = Number(waiting.value) / (Number(waiting.value) + Number(computing.value));
  share.hidden = !(part >= 0 && part <= 1);
  if (share.hidden) return;
  slider.value = String(Math.round(100 * part));
  slider.style.setProperty('--part', String(part));
  /** @type {HTMLElement} */ (share.querySelector('output')).textContent = `${slider.value} %`;
}

slider.addEventListener('input', () => {
  const whole = Number(waiting.value) + Number(computing.value);
  waiting.value = String(Number((whole * Number(slider.value) / 100).toFixed(1)));
  computing.value = String(Number((whole - Number(waiting.value)).toFixed(1)));
  for (const field of [waiting, computing]) field.dispatchEvent(new Event('input', { bubbles: true }));
});
// Sliders have written into their fields by then: page.js listens to the document.
window.addEventListener('input', ({ target }) => {
  if (target !== slider) show();
});
show();
