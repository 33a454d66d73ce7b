// Where nodes stand that shall stay where they are while time moves: each has its place on a ring, and keeps it.

/**
 * @typedef {{x: number, y: number}} Point
 * @typedef {Point & {halfWidth: number, halfHeight: number}} Box around its middle
 */

const STEPS = 32;
/** Steps around the ring. */
const ROUND = 360;
/** Names are broader than they are high: above each other they may stand so much closer than side by side. */
const BROAD = 1.8;
/** How far an arrow bends aside, as part of its length: two that go there and back don't cover each other. */
const BEND = 0.17;

export class Ring {
  /** @param {number} most how many places there are at most */
  constructor(most) {
    this.most = most;
    /** @type {(number | null)[]} who has each place */
    this.places = [];
  }

  /**
   * Give each of these a place: those that have one keep it, others take a free one, or that of one who isn't here now.
   * @param {readonly number[]} ids the first ones first; those beyond `most` get none
   */
  seat(ids) {
    const here = ids.slice(0, this.most);
    for (const id of here) {
      if (this.places.includes(id)) continue;
      const free = this.places.length < this.most ? this.places.length : this.places.findIndex((other) => other === null || !here.includes(other));
      this.places[free] = id;
    }
  }

  /**
   * The middle of a place, on a ring around 0, rounder than a square; from the left on, with the clock, as far apart on it as names need to be.
   * @param {number} id @param {number} widthPx @param {number} heightPx of the ring
   * @returns {Point | null}
   */
  placeOf(id, widthPx, heightPx) {
    const n = this.places.indexOf(id);
    if (n < 0) return null;
    const on = (/** @type {number} */ step) => {
      const angle = Math.PI + (2 * Math.PI * step) / ROUND;
      return { x: (squared(Math.cos(angle)) * widthPx) / 2, y: (squared(Math.sin(angle)) * heightPx) / 2 };
    };
    const passed = [0];
    for (let step = 1; step <= ROUND; step += 1) passed.push(passed[step - 1] + Math.hypot(on(step).x - on(step - 1).x, BROAD * (on(step).y - on(step - 1).y)));
    const wanted = (n / Math.max(this.places.length, 2)) * passed[ROUND];
    return on(passed.findIndex((length) => length >= wanted));
  }
}

/** Towards the corners, where there is more room. @param {number} part */
function squared(part) {
  return Math.sign(part) * Math.sqrt(Math.abs(part));
}

/**
 * A bent line from the edge of one box to that of another, as points; empty where they touch.
 * @param {Box} from
 * @param {Box} to
 * @returns {Point[]}
 */
export function bent(from, to) {
  const middle = { x: (from.x + to.x) / 2 - (to.y - from.y) * BEND * 2, y: (from.y + to.y) / 2 + (to.x - from.x) * BEND * 2 };
  const points = [];
  for (let n = 0; n <= STEPS; n += 1) {
    const part = n / STEPS;
    const [a, b, c] = [(1 - part) ** 2, 2 * part * (1 - part), part ** 2];
    const point = { x: a * from.x + b * middle.x + c * to.x, y: a * from.y + b * middle.y + c * to.y };
    if (!inside(from, point) && !inside(to, point)) points.push(point);
  }
  return points;
}

/** @param {Box} box @param {Point} point */
function inside({ x, y, halfWidth, halfHeight }, point) {
  return Math.abs(point.x - x) <= halfWidth && Math.abs(point.y - y) <= halfHeight;
}
