// Times and counts in words: always with a unit, and with as many digits as say something.

const UNITS = Object.freeze([
  Object.freeze({ name: 'ns', ns: 1 }),
  Object.freeze({ name: 'µs', ns: 1e3 }),
  Object.freeze({ name: 'ms', ns: 1e6 }),
  Object.freeze({ name: 's', ns: 1e9 }),
]);

/**
 * The largest unit that `ns` is at least one of.
 * @param {number} ns
 */
function unitOf(ns) {
  const size = Math.abs(ns);
  return UNITS.findLast((unit) => size >= unit.ns) ?? UNITS[0];
}

/**
 * A length of time, three significant digits: "5.12 ms", "830 µs", "1.24 s", "2 min 05 s", "3 h 20 min".
 * @param {number} ns
 * @returns {string}
 */
export function formatDuration(ns) {
  if (ns < 0) return `−${formatDuration(-ns)}`;
  if (ns >= 59.95e9) {
    const seconds = Math.round(ns / 1e9);
    if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
    return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  }
  // 999.7 µs rounds to 1000 µs: say 1 ms.
  const rounded = ns === 0 ? 0 : Number(ns.toPrecision(3));
  const unit = unitOf(rounded);
  const value = rounded / unit.ns;
  const digits = unit.ns === 1 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1))));
  const text = value.toFixed(digits);
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text} ${unit.name}`;
}

/**
 * A moment, in the unit of its size, with digits down to `resolution`: "119.34 ms".
 * @param {number} at ns since the run's origin
 * @param {number} resolution ns that should still be told apart (about one pixel)
 * @param {number} [scale] ns whose unit to use, where several moments share one
 * @returns {string}
 */
export function formatMoment(at, resolution, scale = at) {
  const unit = unitOf(scale);
  const digits = Math.min(9, Math.max(0, Math.ceil(Math.log10(unit.ns / Math.max(resolution, 1)) - 1e-9)));
  return `${(at / unit.ns).toFixed(unit.ns === 1 ? 0 : digits).replace('-', '−')} ${unit.name}`;
}

/**
 * A share of a whole: "46 %", "<1 %"; never "0 %" for something that is there.
 * @param {number} part
 * @param {number} whole
 * @returns {string}
 */
export function formatShare(part, whole) {
  if (!(whole > 0) || part <= 0) return '0 %';
  const share = (100 * part) / whole;
  if (share < 1) return '<1 %';
  return `${share > 99 && share < 100 ? '>99' : Math.round(share)} %`;
}

/**
 * A count with thin spaces between the thousands: "1 234 567".
 * @param {number} count
 * @returns {string}
 */
export function formatCount(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/**
 * "1st", "2nd", "3rd", "11th".
 * @param {number} place
 * @returns {string}
 */
export function formatOrdinal(place) {
  const tens = place % 100;
  const suffix = tens > 10 && tens < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][place % 10] ?? 'th';
  return `${place}${suffix}`;
}
