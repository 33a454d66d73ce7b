// Makes elements, without HTML strings and without inline styles.

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {Record<string, string | boolean>} [attributes] a true one is set empty, a false one not at all
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[N]}
 */
export function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Paths on a 16 × 16 grid. */
const ICONS = Object.freeze({
  start: 'M4 3v10M13 8H6.5M9 5 6 8l3 3',
  end: 'M12 3v10M3 8h6.5M7 5l3 3-3 3',
  play: 'M5.5 3.5v9l7-4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  in: 'M8 3.5v9M3.5 8h9',
  out: 'M3.5 8h9',
  fit: 'M2.5 4v8M13.5 4v8M5 8h6M6.8 6 4.8 8l2 2M9.2 6l2 2-2 2',
  live: 'M8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6M4.6 4.6a4.8 4.8 0 0 0 0 6.8M11.4 4.6a4.8 4.8 0 0 1 0 6.8',
  fold: 'M4.5 6.5 8 10l3.5-3.5',
  pin: 'M6 3h4M6.5 3v4L5 9.5h6L9.5 7V3M8 9.5V13',
  find: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l3.5 3.5',
  list: 'M5.5 4H13M5.5 8H13M5.5 12H13M2.5 4h.5M2.5 8h.5M2.5 12h.5',
  before: 'M10.5 4.5 6 8l4.5 3.5zM4.5 4.5v7',
  after: 'M5.5 4.5 10 8l-4.5 3.5zM11.5 4.5v7',
  cause: 'M13 11.5C13 7 9.5 6.5 4 6.5M7 3.5l-3 3 3 3',
  curves: 'M2.5 12.5l3-5 3 3 3-7 2 3.5',
  path: 'M2.5 11.5h3.5v-7h4v5h3.5M11.5 7.5l2 2-2 2',
  range: 'M3.5 3v10M12.5 3v10M5.5 8h5',
  back: 'M9.5 4 5.5 8l4 4',
  forth: 'M6.5 4l4 4-4 4',
  help: 'M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M8 12v.2',
});

/** @typedef {keyof typeof ICONS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('gt-icon', `gt-icon-${name}`);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button with a picture; its name is read out and shown on hover.
 * @param {IconName} name
 * @param {string} label
 * @param {() => void} pressed
 */
export function iconButton(name, label, pressed) {
  const button = node('button', { type: 'button', class: 'gt-button', 'aria-label': label, title: label }, icon(name));
  button.addEventListener('click', pressed);
  return button;
}
