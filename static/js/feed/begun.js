// What the timelines of a page show comes in while the modules that draw it are still fetched, which takes a browser longer.

import { Feed } from './feed.js';

/** @type {Map<Element, Feed>} by timeline: what has begun, and nobody has taken */
const begun = new Map();

/** Where a timeline's recording comes from. @param {Element} timeline */
const sources = (timeline) => /** @type {const} */ ([timeline.getAttribute('src'), timeline.getAttribute('live')]);

/** Begin with all timelines that are on the page. */
export function begin() {
  for (const timeline of document.querySelectorAll('gil-timeline')) {
    const [src, live] = sources(timeline);
    if (src || live) begun.set(timeline, new Feed(src, live));
  }
}

/** What comes in for a timeline. @param {Element} timeline that says where from */
export function feedOf(timeline) {
  const [src, live] = sources(timeline);
  const feed = begun.get(timeline);
  begun.delete(timeline);
  if (feed?.src === src && feed.address === live) return feed;
  feed?.stop();
  return new Feed(src, live);
}

/** Timelines that have gone from the page meanwhile want nothing. */
export function stopRest() {
  for (const feed of begun.values()) feed.stop();
  begun.clear();
}

begin();
