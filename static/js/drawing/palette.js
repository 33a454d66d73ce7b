// Roles to colours and patterns, read from the page's custom properties.

import { STATES } from '../model/lod.js';
import { State } from '../model/schema.js';
import { blend, tile } from './patterns.js';

/**
 * @typedef {import('./patterns.js').Rgb} Rgb
 * @typedef {import('./patterns.js').Pattern} Pattern
 * @typedef {import('./patterns.js').Tile} Tile
 * @typedef {{pattern: Pattern, rgb: Rgb, css: string, tall: number, tile: Tile, edge: Tile | null}} Style `edge`: what its outline is drawn with, if it has one
 */

/** How each state is drawn: its role among the colours, its pattern, and its height (weight) as part of the bar. */
export const LOOKS = Object.freeze(
  /** @type {Record<number, readonly [string, Pattern, number]>} */ ({
    [State.UNKNOWN]: ['faint', 'sparse', 0.53],
    [State.RUNNING]: ['running', 'plain', 1],
    [State.STALLED]: ['stalled', 'broken', 1],
    [State.NATIVE]: ['native', 'plain', 1],
    [State.GIL_WAIT]: ['gil-wait', 'hatch', 0.54],
    [State.BLOCKED]: ['blocked', 'dots', 0.54],
    [State.OUTSIDE]: ['outside', 'plain', 0.08],
    [State.RUNNABLE]: ['runnable', 'bars', 0.54],
    [State.EXITED]: ['outside', 'plain', 0],
    [State.FREE]: ['outside', 'plain', 0],
    [State.HELD]: ['held', 'plain', 1],
    [State.CONTENDED]: ['contended', 'dots', 1],
    [State.IDLE]: ['outside', 'plain', 0],
    [State.BUSY]: ['core', 'plain', 1],
    [State.STARTING]: ['runnable', 'bars', 0.54],
    [State.ALIVE]: ['outside', 'plain', 0.3],
    [State.READY]: ['runnable', 'bars', 0.54],
    [State.SUSPENDED]: ['outside', 'dots', 0.3],
    [State.DONE]: ['outside', 'plain', 0],
    [State.CANCELLED]: ['blocked', 'bars', 0.12],
    [State.FAILED]: ['gil-wait', 'hatch', 0.12],
  }),
);

const ROLES = Object.freeze([
  'bg', 'panel', 'raised', 'line', 'ink', 'dim', 'faint', 'accent', 'running', 'native', 'gil-wait', 'blocked',
  'runnable', 'outside', 'stalled', 'held', 'contended', 'core', 'gil-0', 'gil-1', 'gil-2', 'gil-ink', 'grid', 'fine',
]);

/** How much of its colour what doesn't stand out loses to the ground. */
const FADED = 0.8;
/** What is drawn of those that hold a thing: no state of a thread. */
const HOLDS = Object.freeze(['gil-0', 'gil-1', 'gil-2', 'core', 'held', 'contended', 'blocked']);

/** @typedef {Readonly<{css: Readonly<Record<string, string>>, rgb: Readonly<Record<string, Rgb>>, tiles: Readonly<Record<string, Tile>>, states: readonly Style[], gilStates: readonly Style[], sans: string, mono: string}>} Palette */

/**
 * Read all colours as they are now.
 * @param {HTMLElement} probe an element that no one sees, inside the timeline
 * @param {(css: readonly string[]) => readonly Rgb[]} resolve what a canvas makes of colours
 * @param {number} ratio device pixels to a CSS pixel
 * @param {ReadonlySet<number>} [chosen] states that stand out from the rest; none: all
 * @returns {Palette}
 */
export function readPalette(probe, resolve, ratio, chosen = new Set()) {
  const style = getComputedStyle(probe);
  /** @type {Record<string, string>} */
  const css = {};
  /** @type {Record<string, Rgb>} */
  const rgb = {};
  const resolved = resolve(ROLES.map((role) => {
    probe.style.color = `var(--gt-${role})`;
    return style.color;
  }));
  ROLES.forEach((role, n) => {
    rgb[role] = resolved[n];
    css[role] = `rgb(${rgb[role].join(' ')})`;
  });
  const states = Array.from({ length: STATES }, (_, state) => {
    const [role, pattern, tall] = LOOKS[state];
    if (chosen.size > 0 && !chosen.has(state)) {
      const faded = blend(rgb[role], rgb.bg, FADED);
      return Object.freeze({ pattern, rgb: faded, css: `rgb(${faded.join(' ')})`, tall, edge: null, tile: tile(pattern, faded, rgb.bg, ratio) });
    }
    const edge = state === State.STALLED ? tile('dashes', rgb[role], rgb.bg, ratio) : null;
    return Object.freeze({ pattern, rgb: rgb[role], css: css[role], tall, edge, tile: tile(pattern, rgb[role], rgb.bg, ratio) });
  });
  const dimmed = (/** @type {string} */ role) => (chosen.size > 0 ? blend(rgb[role], rgb.bg, FADED) : rgb[role]);
  const held = dimmed('gil-1');
  for (const [word, role] of [['arrow', 'ink'], ['holder', 'ink'], ['gil-holder', 'gil-ink'], ['resource-holder', 'blocked']]) css[word] = `rgb(${dimmed(role).join(' ')})`;
  // Many holders in one column: who it is can't be seen, but whether others wait can.
  const gilStates = states.map((style, state) => {
    if (state === State.HELD) return { ...style, rgb: held, css: `rgb(${held.join(' ')})`, tile: tile('plain', held, rgb.bg, ratio) };
    if (state === State.CONTENDED) return { ...style, rgb: held, css: `rgb(${held.join(' ')})`, tile: tile('hatch', held, dimmed('gil-wait'), ratio) };
    return style;
  });
  /** @type {Record<string, Tile>} */
  const tiles = {};
  for (const role of ROLES) tiles[role] = tile('plain', rgb[role], rgb.bg, ratio);
  // A thing that one has is a frame, dotted inside while others wait for it.
  const inside = blend(rgb.bg, rgb.blocked, 0.16);
  tiles.held = tile('plain', inside, rgb.bg, ratio);
  tiles.contended = tile('dots', blend(inside, rgb.blocked, 0.36), blend(inside, rgb.bg, 0.36), ratio);
  if (chosen.size > 0) for (const role of HOLDS) tiles[role] = tile('plain', dimmed(role), rgb.bg, ratio);
  probe.style.fontFamily = 'var(--gt-sans)';
  const sans = style.fontFamily;
  probe.style.fontFamily = 'var(--gt-mono)';
  const mono = style.fontFamily;
  return Object.freeze({ css: Object.freeze(css), rgb: Object.freeze(rgb), tiles: Object.freeze(tiles), states: Object.freeze(states), gilStates: Object.freeze(gilStates), sans, mono });
}
