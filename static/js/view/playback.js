// The playhead's own clock: how far a recording moves while a wall clock does.

/** 1:1 to 1:1000, as how many times slower than life. */
export const SLOWNESS = Object.freeze([1, 10, 100, 1000]);

/** Seconds in which the playhead should cross the view when it would otherwise hardly move. */
const CROSSING_S = 20;
const SLOWEST_CROSSING_S = 45;

export class Playback {
  constructor() {
    this.playing = false;
    this.slowness = 100;
    /** @type {number | null} wall clock of the last step, ms */
    this.last = null;
  }

  /** @param {boolean} playing */
  set(playing) {
    this.playing = playing;
    this.last = null;
  }

  /**
   * Where the playhead is now.
   * @param {number} at where it was, ns of the recording
   * @param {number} wall ms, any monotonic clock
   * @param {number} end where the recording ends, ns
   * @param {number} [every] ms between two steps
   * @returns {number}
   */
  step(at, wall, end, every = 0) {
    if (!this.playing) return at;
    if (this.last !== null && wall - this.last < every) return at;
    // A tab that slept for a minute doesn't make the playhead leap.
    const passed = this.last === null ? 0 : Math.min(Math.max(wall - this.last, 0), every + 100);
    this.last = wall;
    const next = at + (passed * 1e6) / this.slowness;
    if (next < end) return next;
    this.set(false);
    return end;
  }

  /**
   * The width of view, in ns, in which this pace is seen as movement; `width` itself where it is.
   * @param {number} width
   */
  fittingWidth(width) {
    const pace = 1e9 / this.slowness;
    return width / pace > SLOWEST_CROSSING_S ? pace * CROSSING_S : width;
  }
}
