// The bar above the tracks: play, pace, follow, zoom, position, and what the patterns mean.

import { State, STATE_TEXT } from '../model/schema.js';
import { icon, iconButton, node } from '../nodes.js';
import { SLOWNESS } from '../view/playback.js';

/**
 * @typedef {object} ToolbarActions
 * @property {() => void} start
 * @property {() => void} play
 * @property {() => void} end
 * @property {(slowness: number) => void} pace
 * @property {() => void} live
 * @property {() => void} zoomIn
 * @property {() => void} zoomOut
 * @property {() => void} fit
 * @property {() => void} help
 * @property {() => void} find
 * @property {() => void} events
 * @property {() => void} eventBefore
 * @property {() => void} eventAfter
 * @property {() => void} cause
 * @property {() => void} curves
 * @property {() => void} tour
 * @property {() => void} path show the critical path, or no longer
 * @property {() => void} range tell the figures of what is in view, or no longer
 * @property {() => void} back
 * @property {() => void} forth
 * @property {(state: number) => void} choose let a state stand out
 * @typedef {{playing: boolean, slowness: number, position: string, running: boolean, following: boolean, states: ReadonlySet<number>, chosen: ReadonlySet<number>, canBack: boolean, canForth: boolean, curves: boolean, path: boolean, range: boolean, tour: 'none' | 'closed' | 'open'}} ToolbarState
 */

/** The states of threads and tasks in the order in which they are explained, those that occur. */
export const EXPLAINED = Object.freeze([
  State.RUNNING, State.NATIVE, State.GIL_WAIT, State.BLOCKED, State.OUTSIDE, State.RUNNABLE, State.STALLED,
  State.READY, State.SUSPENDED, State.CANCELLED, State.FAILED, State.UNKNOWN,
]);

export class Toolbar {
  /** @param {ToolbarActions} actions */
  constructor(actions) {
    this.play = iconButton('play', 'Play (Space)', actions.play);
    this.play.classList.add('gt-play');
    this.position = node('span', { class: 'gt-position' });
    this.live = node('button', { type: 'button', class: 'gt-button gt-live', 'aria-pressed': 'false', hidden: true, title: 'Follow the run' }, icon('live'), 'Live');
    this.live.addEventListener('click', actions.live);
    this.tour = node('button', { type: 'button', class: 'gt-button gt-tour-open', 'aria-pressed': 'false', hidden: true, title: 'What happens here, step by step (G)' }, 'Tour');
    this.tour.addEventListener('click', actions.tour);
    this.paces = SLOWNESS.map((slowness) => {
      const button = node('button', { type: 'button', class: 'gt-pace', 'aria-pressed': 'false', title: paceTitle(slowness) }, `1:${slowness}`);
      button.addEventListener('click', () => actions.pace(slowness));
      return { slowness, button };
    });
    this.choose = actions.choose;
    this.legend = node('div', { class: 'gt-legend', role: 'group', 'aria-label': 'What the patterns mean: press one, and the rest is dimmed' });
    this.meaning = node('p', { class: 'gt-meaning', role: 'status', hidden: true });
    this.back = iconButton('back', 'Back to the view before (Backspace)', actions.back);
    this.forth = iconButton('forth', 'Forth again (Shift+Backspace)', actions.forth);
    this.curves = iconButton('curves', 'Curves: how many run at once, how much is ready or queued (V)', actions.curves);
    this.path = iconButton('path', 'The critical path: what determined how long it took (K)', actions.path);
    this.range = iconButton('range', 'Figures of what is in view (B); of a part of it: drag with Shift', actions.range);
    this.element = node(
      'div',
      { class: 'gt-bar', role: 'toolbar', 'aria-label': 'Timeline' },
      node('div', { class: 'gt-group' }, iconButton('start', 'To the start (Home)', actions.start), iconButton('before', 'One event back (J)', actions.eventBefore), this.play, iconButton('after', 'One event on (L)', actions.eventAfter), iconButton('end', 'To the end (End)', actions.end)),
      node('div', { class: 'gt-segments', role: 'group', 'aria-label': 'Pace of the replay' }, ...this.paces.map(({ button }) => button)),
      this.position,
      this.live,
      this.tour,
      node('div', { class: 'gt-group gt-close-group' }, this.back, this.forth, iconButton('cause', 'To the cause of what is selected (C)', actions.cause), iconButton('find', 'Find (/)', actions.find), iconButton('list', 'In words, and as a table (T)', actions.events), this.curves, this.path, this.range),
      this.legend,
      this.meaning,
    );
    /** Stands beside the strip of the whole recording. */
    this.zoom = node(
      'div',
      { class: 'gt-zoom', role: 'toolbar', 'aria-label': 'Zoom' },
      iconButton('out', 'Zoom out (S or −)', actions.zoomOut),
      iconButton('in', 'Zoom in (W or +)', actions.zoomIn),
      iconButton('fit', 'Show the whole recording (0)', actions.fit),
      iconButton('help', 'What all of this means, and the keys (?)', actions.help),
    );
    this.shown = '';
    this.playing = false;
  }

  /** @param {ToolbarState} state */
  update(state) {
    if (this.position.textContent !== state.position) this.position.textContent = state.position;
    if (this.playing !== state.playing) {
      this.playing = state.playing;
      this.play.replaceChildren(icon(state.playing ? 'pause' : 'play'));
      const label = state.playing ? 'Pause (Space)' : 'Play (Space)';
      this.play.setAttribute('aria-label', label);
      this.play.title = label;
    }
    for (const { slowness, button } of this.paces) press(button, slowness === state.slowness);
    this.live.hidden = !state.running;
    press(this.live, state.following);
    press(this.curves, state.curves);
    this.tour.hidden = state.tour === 'none';
    press(this.tour, state.tour === 'open');
    press(this.path, state.path);
    press(this.range, state.range);
    this.back.disabled = !state.canBack;
    this.forth.disabled = !state.canForth;
    this.#explain(state.states, state.chosen);
  }

  /** @param {ReadonlySet<number>} present @param {ReadonlySet<number>} chosen */
  #explain(present, chosen) {
    const states = EXPLAINED.filter((state) => present.has(state));
    const key = `${states.join()} ${[...chosen].join()}`;
    if (this.shown === key) return;
    const had = this.legend.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.state : null;
    this.shown = key;
    this.meaning.hidden = chosen.size === 0;
    this.meaning.textContent = [...chosen].map((state) => `${STATE_TEXT[state].label}: ${STATE_TEXT[state].sentence}`).join(' ');
    this.legend.replaceChildren(
      ...states.map((state) => {
        const { label, sentence } = STATE_TEXT[state];
        const button = node('button', { type: 'button', class: 'gt-legend-item', title: sentence, 'aria-pressed': String(chosen.has(state)), 'data-state': String(state) }, node('span', { class: `gt-swatch gt-s-${state}`, 'aria-hidden': 'true' }), label);
        button.addEventListener('click', () => this.choose(state));
        return button;
      }),
    );
    if (had) /** @type {HTMLElement | null} */ (this.legend.querySelector(`[data-state="${had}"]`))?.focus();
  }
}

/** @param {HTMLButtonElement} button @param {boolean} pressed */
function press(button, pressed) {
  const text = String(pressed);
  if (button.getAttribute('aria-pressed') !== text) button.setAttribute('aria-pressed', text);
}

/** @param {number} slowness */
function paceTitle(slowness) {
  return slowness === 1 ? 'As fast as it was' : `${slowness} times slower: a second shows ${slowness === 1000 ? '1 ms' : `${1000 / slowness} ms`}`;
}
