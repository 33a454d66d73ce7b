// Recordings beside each other have one time in common. Each has a straight line from its own time (ns since its origin) to it.

/** @typedef {'start' | 'end' | 'stretch' | 'moments'} Way */

export class Alignment {
  /**
   * @param {number} zero ns of its own at which the common time is 0
   * @param {number} [stretch] how much longer it is in common time
   */
  constructor(zero, stretch = 1) {
    this.zero = zero;
    this.stretch = stretch;
    Object.freeze(this);
  }

  /** @param {number} at ns of its own */
  toCommon(at) {
    return (at - this.zero) * this.stretch;
  }

  /** @param {number} at ns in common */
  toOwn(at) {
    return at / this.stretch + this.zero;
  }
}

/**
 * @param {Way} way
 * @param {readonly {duration: number, moment?: number}[]} recordings ns; without a moment, one is aligned by its start
 * @returns {Alignment[]}
 */
export function align(way, recordings) {
  const longest = Math.max(...recordings.map(({ duration }) => duration));
  return recordings.map(({ duration, moment = 0 }) => {
    if (way === 'stretch') return new Alignment(0, duration > 0 ? longest / duration : 1);
    return new Alignment(way === 'end' ? duration : way === 'moments' ? moment : 0);
  });
}

/**
 * From where the first begins to where the last ends, in common time.
 * @param {readonly {duration: number}[]} recordings
 * @param {readonly Alignment[]} alignments
 */
export function extent(recordings, alignments) {
  const begins = alignments.map((alignment) => alignment.toCommon(0));
  const ends = alignments.map((alignment, n) => alignment.toCommon(recordings[n].duration));
  return { from: Math.min(...begins), to: Math.max(...ends) };
}

/**
 * The part of a recording that lies in a stretch of common time, in whole ns of its own.
 * @param {{from: number, to: number}} stretch
 * @param {Alignment} alignment
 * @param {number} duration
 */
export function partOf(stretch, alignment, duration) {
  const within = (/** @type {number} */ at) => Math.min(Math.max(Math.round(alignment.toOwn(at)), 0), duration);
  return { from: within(stretch.from), to: within(stretch.to) };
}
