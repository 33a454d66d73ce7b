// The bar above recordings that stand beside each other: what it does, it does to all of them.

import { rangeOf } from './drawing/range.js';
import { Toolbar } from './panels/toolbar.js';

/**
 * @typedef {import('./compare.js').Pane} Pane
 * @typedef {import('./view/arrangement.js').Arrangement} Arrangement
 * @typedef {object} Whole what the page does for all
 * @property {() => import('./view/stage.js').Stage} lead the one that the others follow
 * @property {(change: (pane: Pane) => void) => void} each
 * @property {(where: 'back' | 'forth') => void} place
 * @property {() => boolean} ranged whether a range is selected
 * @property {() => void} changed
 */

/** @param {Whole} whole @returns {Toolbar} */
export function makeBar({ lead, each, place, ranged, changed }) {
  const nothing = () => undefined;
  const arrange = (/** @type {(arrangement: Arrangement) => void} */ change) => each(({ stage }) => stage.arrange(change));
  const toolbar = new Toolbar({
    start: () => lead().command('start'),
    play: () => lead().command('play'),
    end: () => lead().command('end'),
    pace: (slowness) => {
      lead().act((camera) => camera.setPace(slowness));
      changed();
    },
    live: nothing,
    zoomIn: () => lead().command('zoom-in'),
    zoomOut: () => lead().command('zoom-out'),
    fit: () => lead().command('fit'),
    help: () => lead().command('help'),
    find: nothing,
    events: nothing,
    back: () => place('back'),
    forth: () => place('forth'),
    tour: nothing,
    eventBefore: () => lead().command('event-before'),
    eventAfter: () => lead().command('event-after'),
    cause: nothing,
    curves: () => {
      const curves = !lead().arrangement.curves;
      arrange((arrangement) => Object.assign(arrangement, { curves }));
    },
    path: () => {
      const path = !lead().arrangement.path;
      arrange((arrangement) => Object.assign(arrangement, { path }));
    },
    range: () => {
      const clear = ranged();
      each(({ model, stage }) => stage.setRange(clear ? null : rangeOf(stage.camera.viewport.from, stage.camera.viewport.to, model.duration)));
    },
    choose: (state) => arrange((arrangement) => arrangement.choose(state)),
  });
  const { back, forth, curves, path, range } = toolbar;
  // What else there is needs one recording: its keys work in each.
  back.parentElement?.replaceChildren(back, forth, curves, path, range);
  return toolbar;
}
