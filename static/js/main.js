// Defines <gil-timeline>. A page needs this module and css/timeline.css, nothing else.

// What is shown is asked for first: it comes in while that which draws it is fetched.
import './feed/crc32.js';
import './feed/decoder.js';
import './feed/feed.js';
import './feed/live.js';
import './feed/reader.js';
import './feed/recording.js';
import './feed/sequence.js';
import './feed/told.js';
import { stopRest } from './feed/begun.js';

try {
  const { GilTimeline } = await import('./first.js');
  if (!customElements.get('gil-timeline')) customElements.define('gil-timeline', GilTimeline);
  stopRest();
} catch (error) {
  for (const timeline of document.querySelectorAll('gil-timeline:not(:defined)')) {
    timeline.textContent = 'The timeline can’t be shown, because a part of this page didn’t come. Load the page again.';
  }
  throw error;
}
