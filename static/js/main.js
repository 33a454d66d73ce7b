// Defines <gil-timeline>. A page needs this module and css/timeline.css, nothing else.

// All of them, also those that only others need: a browser then fetches them at once, not one level after the other.
import './address.js';
import './arrows.js';
import './camera.js';
import './columns.js';
import './crc32.js';
import './decoder.js';
import './detail.js';
import './feed.js';
import './flows.js';
import './format.js';
import './gestures.js';
import './help.js';
import './highlight.js';
import './layout.js';
import './live.js';
import './lod.js';
import './model.js';
import './nodes.js';
import './output.js';
import './overlay_painter.js';
import './overview.js';
import './painter.js';
import './palette.js';
import './patterns.js';
import './playback.js';
import './printed.js';
import './raster.js';
import './recording.js';
import './schema.js';
import './selection.js';
import './sentences.js';
import './sequence.js';
import './source_panel.js';
import './spans.js';
import './stage.js';
import './tabs.js';
import './ticks.js';
import './time_scale.js';
import './toolbar.js';
import './track_painter.js';
import './viewport.js';
import { GilTimeline } from './element.js';

if (!customElements.get('gil-timeline')) customElements.define('gil-timeline', GilTimeline);
