// The visible stretch of time. A value: every change gives a new one.

/** Shortest visible stretch: about a tenth of a nanosecond a pixel, finer than any clock tells apart. */
export const SHORTEST = 100;

/** How much of the view at the least still shows the recording, however far one pans. */
const KEPT = 0.1;

export class Viewport {
  /**
   * @param {number} from ns
   * @param {number} to ns
   */
  constructor(from, to) {
    this.from = from;
    this.to = to;
    Object.freeze(this);
  }

  /**
   * The whole recording, with a little air at both ends.
   * @param {number} until ns
   * @param {number} [since] ns
   */
  static fit(until, since = 0) {
    const length = Math.max(until - since, SHORTEST);
    return new Viewport(since - length * 0.01, since + length * 1.01);
  }

  get width() {
    return this.to - this.from;
  }

  /**
   * Zoom so that `about` stays where it is. A factor above 1 shows less time.
   * Zooming by f and then by 1/f cancel, as long as neither met a limit.
   * @param {number} factor
   * @param {number} about ns
   * @param {number} until ns, where what there is to see ends
   * @param {number} [since] ns, where it begins
   */
  zoom(factor, about, until, since = 0) {
    const width = Math.min(Math.max(this.width / factor, SHORTEST), Viewport.fit(until, since).width);
    if (width === this.width) return this;
    const part = (about - this.from) / this.width;
    const from = about - part * width;
    return new Viewport(from, from + width).clamp(until, since);
  }

  /**
   * @param {number} ns
   * @param {number} until
   * @param {number} [since]
   */
  pan(ns, until, since = 0) {
    return new Viewport(this.from + ns, this.to + ns).clamp(until, since);
  }

  /**
   * Bring back a view that has lost the recording.
   * @param {number} until
   * @param {number} [since]
   */
  clamp(until, since = 0) {
    const least = since - this.width * (1 - KEPT);
    const most = since + Math.max(until - since, SHORTEST) - this.width * KEPT;
    const from = Math.min(Math.max(this.from, least), most);
    return from === this.from ? this : new Viewport(from, from + this.width);
  }

  /**
   * A view on the way to another one: as much narrower or wider at each part of the way, so that what both show moves evenly.
   * @param {Viewport} other
   * @param {number} part 0 this one, 1 the other
   */
  toward(other, part) {
    const grown = other.width / this.width;
    const width = this.width * grown ** part;
    const way = Math.abs(grown - 1) < 1e-6 ? part : (grown ** part - 1) / (grown - 1);
    const from = this.from + (other.from - this.from) * way;
    return new Viewport(from, from + width);
  }

  /** @param {number} at */
  contains(at) {
    return at >= this.from && at <= this.to;
  }

  /**
   * The nearest view of the same width in which `at` lies at `part` (0 left, 1 right), if it isn't visible now.
   * @param {number} at
   * @param {number} [part]
   */
  reveal(at, part = 0.5) {
    if (this.contains(at)) return this;
    const from = at - part * this.width;
    return new Viewport(from, from + this.width);
  }

  /**
   * A stretch with air around it, to look at.
   * @param {number} from
   * @param {number} to
   * @param {number} duration
   */
  static around(from, to, duration) {
    const width = Math.min(Math.max((to - from) * 1.5, SHORTEST), Viewport.fit(duration).width);
    const middle = (from + to) / 2;
    return new Viewport(middle - width / 2, middle + width / 2).clamp(duration);
  }

  /**
   * A stretch with as much beside it, but hardly more than there is of the recording.
   * @param {number} from ns @param {number} to ns @param {number} air ns @param {number} until ns
   */
  static withAir(from, to, air, until) {
    return new Viewport(Math.max(from - air, -air / 4), Math.min(to + air, until + air / 4));
  }
}
