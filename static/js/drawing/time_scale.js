// Time to pixels and back, in pairs. Bare names are nanoseconds, pixel values end in `Px`.

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
