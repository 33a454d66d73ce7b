// Defines <gil-timeline>. A page needs this module and css/timeline.css, nothing else.

import { GilTimeline } from './element.js';

if (!customElements.get('gil-timeline')) customElements.define('gil-timeline', GilTimeline);
