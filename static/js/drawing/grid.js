// Pixels that stand still in time: a view is moved by whole ones, so that what is drawn of them can be kept.

import { TimeScale } from './time_scale.js';

/** A view may be so much wider or narrower than the grid's, over its whole width. */
const WITHIN_PX = 0.01;
/** So far from its anchor a grid is exact to a small part of a pixel. */
const REACH_PX = 2 ** 36;

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
