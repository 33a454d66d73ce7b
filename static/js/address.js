// What is looked at, as the part of the address behind the `#`: `from,to,at` in ns, `track` by its id.

/**
 * @typedef {{from?: number, to?: number, at?: number, track?: number}} View
 */

const KEYS = Object.freeze(/** @type {const} */ (['from', 'to', 'at', 'track']));

/**
 * @param {View} view
 * @returns {string} without the `#`
 */
export function formatAddress(view) {
  return KEYS.flatMap((key) => {
    const value = view[key];
    return value === undefined || !Number.isFinite(value) ? [] : [`${key}=${Math.round(value)}`];
  }).join('&');
}

/**
 * Read an address; what isn't a whole number, or a view that ends before it begins, is left out.
 * @param {string} hash
 * @returns {View}
 */
export function parseAddress(hash) {
  const told = new URLSearchParams(hash.replace(/^#/, ''));
  /** @type {View} */
  const view = {};
  for (const key of KEYS) {
    const text = told.get(key);
    if (text !== null && /^-?\d{1,16}$/.test(text)) view[key] = Number(text);
  }
  if (view.from === undefined || view.to === undefined || view.to <= view.from) {
    delete view.from;
    delete view.to;
  }
  return view;
}
