// Pointers, wheel and keys, turned into what the timeline is to do.

import { RULER_PX } from '../model/layout.js';

/**
 * @typedef {object} Actions what a gesture can ask for; positions are CSS pixels from the canvas's corner
 * @property {() => void} begin something was pressed: the keys are the timeline's
 * @property {(px: number) => void} pan by pixels; positive shows what is earlier
 * @property {(factor: number, xPx: number) => boolean} zoom false when it is at its limit
 * @property {(dyPx: number) => void} scroll the tracks
 * @property {(xPx: number) => void} scrub move the playhead
 * @property {(fromPx: number, toPx: number) => void} range select the time between two places
 * @property {(xPx: number, yPx: number) => void} pick
 * @property {(xPx: number, yPx: number) => void} open zoom to the span
 * @property {(xPx: number | null, yPx: number) => void} hover
 * @property {(command: Command) => void} command
 * @typedef {'zoom-in' | 'zoom-out' | 'earlier' | 'later' | 'previous' | 'next' | 'up' | 'down' | 'fit' | 'fit-selection'
 *   | 'play' | 'start' | 'end' | 'help' | 'escape' | 'fold' | 'pin' | 'enter'
 *   | 'find' | 'next-match' | 'previous-match' | 'cause' | 'back' | 'forth' | 'events' | 'curves' | 'mark' | 'event-before' | 'event-after'
 *   | 'tour' | 'next-step' | 'previous-step' | 'path' | 'range-begin' | 'range-end' | 'range-view'} Command
 */

/** A press that moves further than this is a drag. */
const DRAG_PX = 4;
const DOUBLE_MS = 350;
/** Pixels of wheel that double the zoom. */
const WHEEL_DOUBLES_PX = 320;

/** @type {Readonly<Record<string, Command>>} by `event.code`, so that other keyboard layouts have them at the same place */
const KEYS = Object.freeze({
  KeyW: 'zoom-in', KeyS: 'zoom-out', KeyA: 'earlier', KeyD: 'later', KeyF: 'fit-selection',
  ArrowLeft: 'previous', ArrowRight: 'next', ArrowUp: 'up', ArrowDown: 'down',
  Equal: 'zoom-in', NumpadAdd: 'zoom-in', Minus: 'zoom-out', NumpadSubtract: 'zoom-out', Digit0: 'fit', Numpad0: 'fit',
  Space: 'play', Enter: 'enter', NumpadEnter: 'enter', KeyX: 'fold', KeyP: 'pin',
  KeyK: 'path', KeyQ: 'range-begin', KeyE: 'range-end', KeyB: 'range-view',
  KeyN: 'next-match', KeyC: 'cause', KeyV: 'curves', KeyM: 'mark', KeyJ: 'event-before', KeyL: 'event-after', Backspace: 'back', KeyT: 'events', KeyG: 'tour', Period: 'next-step', Comma: 'previous-step', Home: 'start', End: 'end', Escape: 'escape',
});

/** @type {Readonly<Record<string, Command>>} by what the key says, for keys that lie elsewhere on every layout */
const SIGNS = Object.freeze({ '+': 'zoom-in', '-': 'zoom-out', '−': 'zoom-out', 0: 'fit', '?': 'help', '/': 'find' });

/** @type {Readonly<Record<string, Command>>} with Shift */
const SHIFTED = Object.freeze({ KeyN: 'previous-match', Backspace: 'forth' });

/**
 * @param {KeyboardEvent} event
 * @returns {Command | null}
 */
export function commandOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return SIGNS[event.key] ?? (event.shiftKey ? SHIFTED[event.code] : undefined) ?? KEYS[event.code] ?? null;
}

/**
 * Whether the wheel is the timeline's: always with Ctrl; else only when the pointer was moved over
 * it since the page was last scrolled, so that a page scrolling past isn't caught by it.
 */
class WheelOwner {
  constructor() {
    this.pointed = false;
  }

  /** @param {WheelEvent} event @param {boolean} focused */
  owns(event, focused) {
    return event.ctrlKey || event.metaKey || focused || this.pointed;
  }
}

/**
 * Listen to the strip of the whole recording: press or drag to look somewhere else; with Shift, to select a range.
 * @param {HTMLElement} strip
 * @param {{look: (xPx: number) => void, range: (fromPx: number, toPx: number) => void}} actions
 * @param {AbortSignal} signal
 */
export function listenToStrip(strip, actions, signal) {
  /** @type {number | null} where a range begins */
  let begin = null;
  const there = (/** @type {PointerEvent} */ event) => {
    const x = event.clientX - strip.getBoundingClientRect().left;
    if (begin === null) actions.look(x);
    else if (Math.abs(x - begin) >= DRAG_PX) actions.range(begin, x);
  };
  strip.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    strip.setPointerCapture(event.pointerId);
    begin = event.shiftKey ? event.clientX - strip.getBoundingClientRect().left : null;
    there(event);
  }, { signal });
  strip.addEventListener('pointermove', (event) => {
    if (strip.hasPointerCapture(event.pointerId)) there(event);
  }, { signal });
}

/** @param {Event} event */
function isButton({ target }) {
  return target instanceof Element && target.closest('button') !== null;
}

/**
 * Listen to what the tracks are drawn on.
 * @param {HTMLElement} canvas
 * @param {Actions} actions
 * @param {() => number} namesPx width of the column that isn't time
 * @param {AbortSignal} signal ends the listening
 */
export function listen(canvas, actions, namesPx, signal) {
  const wheel = new WheelOwner();
  /** @type {Map<number, {x: number, y: number}>} pointers that are down */
  const down = new Map();
  let dragged = false;
  let scrubbing = false;
  /** @type {number | null} where a range begins, while it is drawn */
  let begin = null;
  let lastClick = { time: -Infinity, x: 0, y: 0 };

  const place = (/** @type {PointerEvent | WheelEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || isButton(event)) return;
    canvas.setPointerCapture(event.pointerId);
    actions.begin();
    const at = place(event);
    down.set(event.pointerId, at);
    dragged = false;
    begin = down.size === 1 && event.shiftKey && at.x > namesPx() ? at.x : null;
    scrubbing = begin === null && down.size === 1 && at.y < RULER_PX && at.x > namesPx();
    if (scrubbing) actions.scrub(at.x);
    actions.hover(null, 0);
  }, { signal });

  canvas.addEventListener('pointermove', (event) => {
    const at = place(event);
    const before = down.get(event.pointerId);
    wheel.pointed = true;
    if (!before) {
      if (event.pointerType !== 'touch') actions.hover(at.x, at.y);
      return;
    }
    if (down.size === 2) {
      pinch(event.pointerId, before, at);
      return;
    }
    if (scrubbing) {
      actions.scrub(at.x);
      down.set(event.pointerId, at);
      return;
    }
    if (!dragged && Math.hypot(at.x - before.x, at.y - before.y) < DRAG_PX) return;
    dragged = true;
    if (begin !== null) {
      actions.range(begin, at.x);
      return;
    }
    canvas.classList.add('gt-dragging');
    actions.pan(at.x - before.x);
    if (event.pointerType !== 'touch') actions.scroll(before.y - at.y);
    down.set(event.pointerId, at);
  }, { signal });

  // The focus is where `begin` has put it.
  canvas.addEventListener('mousedown', (event) => event.preventDefault(), { signal });

  /** @param {number} id @param {{x: number, y: number}} before @param {{x: number, y: number}} at */
  function pinch(id, before, at) {
    dragged = true;
    const other = [...down].find(([key]) => key !== id)?.[1];
    if (other) {
      const distance = Math.max(Math.abs(before.x - other.x), 12);
      const factor = Math.max(Math.abs(at.x - other.x), 12) / distance;
      actions.zoom(factor, (at.x + other.x) / 2);
      actions.pan((at.x - before.x) / 2);
    }
    down.set(id, at);
  }

  const up = (/** @type {PointerEvent} */ event) => {
    const at = place(event);
    const pressed = down.delete(event.pointerId);
    canvas.classList.remove('gt-dragging');
    if (!pressed || dragged || scrubbing || event.type === 'pointercancel') return;
    const again = event.timeStamp - lastClick.time < DOUBLE_MS && Math.hypot(at.x - lastClick.x, at.y - lastClick.y) < 8;
    lastClick = { time: again ? -Infinity : event.timeStamp, ...at };
    if (again) actions.open(at.x, at.y);
    else actions.pick(at.x, at.y);
  };
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('pointercancel', up, { signal });
  canvas.addEventListener('pointerleave', () => {
    wheel.pointed = false;
    actions.hover(null, 0);
  }, { signal });
  window.addEventListener('scroll', () => {
    wheel.pointed = false;
  }, { signal, passive: true });

  canvas.addEventListener('wheel', (event) => {
    const at = place(event);
    if (at.x < namesPx() && !event.ctrlKey) return;
    if (!wheel.owns(event, canvas.contains(document.activeElement))) return;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1;
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      actions.pan(-sideways * unit);
      return;
    }
    // A pinch on a touchpad comes as Ctrl with small steps.
    const doubles = event.ctrlKey && Math.abs(event.deltaY) < 50 ? WHEEL_DOUBLES_PX / 4 : WHEEL_DOUBLES_PX;
    const moved = actions.zoom(2 ** ((-event.deltaY * unit) / doubles), at.x);
    // At the limit the page may have the wheel back, unless the browser would zoom its page.
    if (moved || event.ctrlKey) event.preventDefault();
  }, { signal, passive: false });

  canvas.addEventListener('keydown', (event) => {
    const command = isButton(event) && (event.code === 'Space' || event.code === 'Enter') ? null : commandOf(event);
    if (command === null) return;
    event.preventDefault();
    actions.command(command);
  }, { signal });
}
