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
/** Between two boxes. */
const AIR_PX = 6;
const MOST_ROUNDS = 200;

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

/**
 * Move boxes off each other, as little as it takes, within an area around 0; where there is no room for all, as far as it goes.
 * @param {readonly Box[]} boxes
 * @param {number} widthPx @param {number} heightPx of the area
 */
export function apart(boxes, widthPx, heightPx) {
  for (let round = 0, moved = true; moved && round < MOST_ROUNDS; round += 1) {
    moved = false;
    for (const [n, one] of boxes.entries()) {
      for (const other of boxes.slice(n + 1)) moved = parted(one, other) || moved;
    }
    for (const box of boxes) {
      const [right, bottom] = [Math.max(widthPx / 2 - box.halfWidth, 0), Math.max(heightPx / 2 - box.halfHeight, 0)];
      box.x = Math.min(Math.max(box.x, -right), right);
      box.y = Math.min(Math.max(box.y, -bottom), bottom);
    }
  }
}

/** Move two off each other, on the way that is shorter. @param {Box} one @param {Box} other @returns {boolean} they had to */
function parted(one, other) {
  const [x, y] = [other.x - one.x, other.y - one.y];
  const acrossPx = one.halfWidth + other.halfWidth + AIR_PX - Math.abs(x);
  const downPx = one.halfHeight + other.halfHeight + AIR_PX - Math.abs(y);
  if (acrossPx < 0.01 || downPx < 0.01) return false;
  if (acrossPx < downPx) {
    one.x -= (Math.sign(x || 1) * acrossPx) / 2;
    other.x += (Math.sign(x || 1) * acrossPx) / 2;
  } else {
    one.y -= (Math.sign(y || 1) * downPx) / 2;
    other.y += (Math.sign(y || 1) * downPx) / 2;
  }
  return true;
}

/**
 * Where on a line a label covers least of what is there already, near a part of it by preference.
 * @param {readonly Point[]} points of the line @param {number} wanted part of it
 * @param {number} halfWidth @param {number} halfHeight of the label
 * @param {readonly Box[]} there
 * @returns {Box}
 */
export function free(points, wanted, halfWidth, halfHeight, there) {
  const last = points.length - 1;
  const near = [...points.keys()].sort((a, b) => Math.abs(a - wanted * last) - Math.abs(b - wanted * last));
  let [best, least] = [{ ...points[near[0]], halfWidth, halfHeight }, Infinity];
  for (const n of near) {
    const label = { ...points[n], halfWidth, halfHeight };
    const covered = there.reduce((sum, box) => sum + shared(label, box), 0);
    if (covered < least - 1) [best, least] = [label, covered];
    if (covered === 0) break;
  }
  return best;
}

/** The area that two boxes share. @param {Box} one @param {Box} other */
function shared(one, other) {
  const across = one.halfWidth + other.halfWidth - Math.abs(one.x - other.x);
  const down = one.halfHeight + other.halfHeight - Math.abs(one.y - other.y);
  return across > 0 && down > 0 ? across * down : 0;
}

/** @param {Box} box @param {Point} point */
function inside({ x, y, halfWidth, halfHeight }, point) {
  return Math.abs(point.x - x) <= halfWidth && Math.abs(point.y - y) <= halfHeight;
}
