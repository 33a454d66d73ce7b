// Where the ruler has its marks: 1-2-5 steps of ns, µs, ms and s.

import { formatMoment } from '../text/format.js';

/** @typedef {import('./time_scale.js').TimeScale} TimeScale */

/** Smallest distance between two labels, CSS pixels. */
export const LABEL_APART_PX = 96;

/**
 * The smallest 1-2-5 step that is at least `least` ns long; never below one nanosecond.
 * @param {number} least
 * @returns {number}
 */
export function tickStep(least) {
  if (!(least > 1)) return 1;
  const decade = 10 ** Math.floor(Math.log10(least) + 1e-12);
  const factor = [1, 2, 5, 10].find((candidate) => candidate * decade >= least * (1 - 1e-9)) ?? 10;
  return factor * decade;
}

/**
 * Marks with labels, the finer marks between them, and the moment that the labels count from.
 *
 * Far into a recording and deep in it, absolute labels would be long and differ only in their
 * last digits; then `base` is the moment said once, and the labels are what to add to it.
 *
 * @param {TimeScale} scale
 * @param {number} [leastPx] smallest distance between two labels
 * @returns {{step: number, base: number, major: {at: number, label: string}[], minor: number[]}}
 */
export function ticks(scale, leastPx = LABEL_APART_PX) {
  const step = tickStep(scale.pxToDuration(leastPx));
  const first = Math.ceil(scale.from / step) * step;
  const largest = Math.max(Math.abs(scale.from), Math.abs(scale.to));
  const relative = largest / step >= 1e5;
  const rounding = relative ? 10 ** Math.ceil(Math.log10(scale.to - scale.from)) : 1;
  const base = relative ? Math.floor(scale.from / rounding) * rounding : 0;
  const reach = Math.max(scale.to - base, step);

  const major = [];
  for (let at = first, n = 0; at <= scale.to && n < 1000; n += 1, at = first + n * step) {
    const label = relative ? `+${formatMoment(at - base, step, reach)}` : formatMoment(at, step, Math.max(largest, step));
    major.push({ at, label: at === 0 && !relative ? '0' : label });
  }
  const parts = step < 5 ? 1 : String(step).startsWith('2') ? 4 : 5;
  const minor = [];
  if (parts > 1) {
    const fine = step / parts;
    const before = Math.ceil(scale.from / fine);
    for (let n = before; n * fine <= scale.to && n - before < 5000; n += 1) {
      if (n % parts !== 0) minor.push(n * fine);
    }
  }
  return { step, base, major, minor };
}
