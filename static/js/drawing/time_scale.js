// Time to pixels and back, in pairs; pixels that stand still in time; where a ruler has its marks. Bare names are nanoseconds, pixel values end in `Px`.

import { formatMoment } from '../text/format.js';

/** A view may be so much wider or narrower than the grid's, over its whole width. */
const WITHIN_PX = 0.01;
/** So far from its anchor a grid is exact to a small part of a pixel. */
const REACH_PX = 2 ** 36;
/** Smallest distance between two labels, CSS pixels. */
export const LABEL_APART_PX = 96;

/**
 * A linear scale between a stretch of time and a stretch of the screen.
 *
 * Plain numbers are exact: 2^53 ns are 104 days.
 */
export class TimeScale {
  /**
   * @param {number} from first visible moment, ns
   * @param {number} to last visible moment, ns, greater than `from`
   * @param {number} leftPx where `from` lies
   * @param {number} widthPx distance from `from` to `to`
   */
  constructor(from, to, leftPx, widthPx) {
    this.from = from;
    this.to = to;
    this.leftPx = leftPx;
    this.widthPx = widthPx;
    this.pxPerNs = widthPx / (to - from);
    Object.freeze(this);
  }

  get rightPx() {
    return this.leftPx + this.widthPx;
  }

  get nsPerPx() {
    return (this.to - this.from) / this.widthPx;
  }

  /** @param {number} at */
  timeToPx(at) {
    return this.leftPx + (at - this.from) * this.pxPerNs;
  }

  /** @param {number} px */
  pxToTime(px) {
    return this.from + (px - this.leftPx) / this.pxPerNs;
  }

  /** @param {number} ns */
  durationToPx(ns) {
    return ns * this.pxPerNs;
  }

  /** @param {number} px */
  pxToDuration(px) {
    return px / this.pxPerNs;
  }
}

/** Pixels that stand still in time: a view is moved by whole ones, so that what is drawn of them can be kept. */
export class Grid {
  /**
   * @param {number} anchor ns, where pixel 0 begins
   * @param {number} pxPerNs
   */
  constructor(anchor, pxPerNs) {
    this.anchor = anchor;
    this.pxPerNs = pxPerNs;
    Object.freeze(this);
  }

  /**
   * The pixel that a view begins with on this grid; null where it has another width, or lies too far away.
   * @param {{from: number, to: number}} view
   * @param {number} widthPx whole
   */
  originOf(view, widthPx) {
    const origin = Math.round((view.from - this.anchor) * this.pxPerNs);
    return Math.abs((view.to - view.from) * this.pxPerNs - widthPx) < WITHIN_PX && Math.abs(origin) < REACH_PX ? origin : null;
  }

  /** When a pixel begins. @param {number} px */
  timeOf(px) {
    return this.anchor + px / this.pxPerNs;
  }

  /** The scale of some pixels, its left at 0. @param {number} firstPx @param {number} widthPx */
  scale(firstPx, widthPx) {
    return new TimeScale(this.timeOf(firstPx), this.timeOf(firstPx + widthPx), 0, widthPx);
  }
}

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
