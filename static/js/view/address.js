// What is looked at, as the part of the address behind the `#`: `from,to,at` in ns, the selected `track` by its id, with where its `span` begins if
// that isn't at `at`, the first track in sight (`top`), the step of its `tour`, the `panel` in sight below; and how the tracks are arranged: `fold,pin` by ids,
// `only` by states, `find` a text, `quiet`, `curves`; and what is shown over them: `path`, `range` from and to, in ns.

/**
 * @typedef {{from?: number, to?: number, at?: number, track?: number, span?: number, top?: number, tour?: number, panel?: string, fold?: number[], pin?: number[], only?: number[], find?: string, quiet?: boolean, curves?: boolean, path?: boolean, range?: {from: number, to: number} | null}} View
 */

const NUMBERS = Object.freeze(/** @type {const} */ (['from', 'to', 'at', 'track', 'span', 'top', 'tour']));
const LISTS = Object.freeze(/** @type {const} */ (['fold', 'pin', 'only']));

/**
 * @param {View} view
 * @returns {string} without the `#`
 */
export function formatAddress(view) {
  const parts = NUMBERS.flatMap((key) => {
    const value = view[key];
    return value === undefined || !Number.isFinite(value) ? [] : [`${key}=${Math.round(value)}`];
  });
  if (view.panel) parts.push(`panel=${view.panel}`);
  for (const key of LISTS) if (view[key]?.length) parts.push(`${key}=${view[key].join(',')}`);
  if (view.find) parts.push(`find=${encodeURIComponent(view.find)}`);
  if (view.quiet) parts.push('quiet=1');
  if (view.curves) parts.push('curves=1');
  if (view.path) parts.push('path=1');
  if (view.range) parts.push(`range=${Math.round(view.range.from)},${Math.round(view.range.to)}`);
  return parts.join('&');
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
  for (const key of NUMBERS) {
    const text = told.get(key);
    if (text !== null && /^-?\d{1,16}$/.test(text)) view[key] = Number(text);
  }
  if (view.from === undefined || view.to === undefined || view.to <= view.from) {
    delete view.from;
    delete view.to;
  }
  for (const key of LISTS) {
    const ids = (told.get(key) ?? '').split(',').filter((id) => /^-?\d{1,9}$/.test(id)).map(Number);
    if (ids.length > 0) view[key] = ids;
  }
  const panel = told.get('panel') ?? '';
  if (/^[a-z]{1,16}$/.test(panel)) view.panel = panel;
  const find = told.get('find');
  if (find) view.find = find;
  if (told.get('quiet') === '1') view.quiet = true;
  if (told.get('curves') === '1') view.curves = true;
  if (told.get('path') === '1') view.path = true;
  const [from, to] = /^(\d{1,16}),(\d{1,16})$/.exec(told.get('range') ?? '')?.slice(1).map(Number) ?? [0, 0];
  if (from < to) view.range = { from, to };
  return view;
}
