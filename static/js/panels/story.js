// Why something isn't running: the chain of causes as the server tells it, and which of its hops the reader is at.

/**
 * @typedef {{sentence: string, detail: string, track: number, begin: number, end: number, state: string, thing: number, ns: number, spans: [number, number, number][]}} Hop
 * @typedef {import('../model/model.js').Span} Span
 */

export class Story {
  /** @param {readonly Hop[]} hops the first is about `span` @param {Span} span */
  constructor(hops, span) {
    this.hops = hops;
    this.at = 0;
    /** Spans that the reader has walked to, and the hops that are about them. */
    this.walked = new Map([[keyOf(span), 0]]);
  }

  /** The reader goes to a hop, which is about this span. @param {number} n @param {Span} span */
  walk(n, span) {
    this.at = n;
    this.walked.set(keyOf(span), n);
  }

  /** Whether the story goes on when this span is selected: the reader was there on the way along it. @param {Span} span */
  take(span) {
    const n = this.walked.get(keyOf(span));
    if (n !== undefined) this.at = n;
    return n !== undefined;
  }
}

/** @param {Span} span */
function keyOf(span) {
  return `${span.track.id} ${span.first}`;
}
