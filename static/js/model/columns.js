// Rows as growable typed arrays.

const FIRST_CAPACITY = 64;

/** From this many rows on, columns grow by a quarter instead of to the double: less of them is empty. */
const MANY = 1 << 12;

/** How many there is room for next. @param {number} capacity */
export function next(capacity) {
  return capacity < MANY ? capacity * 2 : (capacity * 5) >>> 2;
}

/**
 * @template {Float64Array | Uint32Array | Uint8Array} A
 * @param {A} column
 * @param {number} capacity
 * @returns {A}
 */
export function grown(column, capacity) {
  const larger = new /** @type {any} */ (column.constructor)(capacity);
  larger.set(column);
  return larger;
}

/** When something became something else: append-only; the times never go back. */
export class Moments {
  constructor() {
    this.count = 0;
    this.at = new Float64Array(FIRST_CAPACITY);
    /** What it became. */
    this.thing = new Uint32Array(FIRST_CAPACITY);
  }

  /** @param {number} at @param {number} thing */
  push(at, thing) {
    const row = this.count;
    if (row === this.at.length) this.grow(next(row));
    this.at[row] = at;
    this.thing[row] = thing;
    this.count = row + 1;
  }

  /** @param {number} capacity */
  grow(capacity) {
    this.at = grown(this.at, capacity);
    this.thing = grown(this.thing, capacity);
  }

  /**
   * The last row at or before `at`; -1 before the first. `low` is a row known to be at or before it.
   * @param {number} at
   * @param {number} low
   * @returns {number}
   */
  rowAt(at, low = 0) {
    return lastAtOrBefore(this.at, this.count, at, low);
  }
}

/** The rows of one track. */
export class Columns extends Moments {
  constructor() {
    super();
    this.line = new Uint32Array(FIRST_CAPACITY);
    this.state = new Uint8Array(FIRST_CAPACITY);
    this.kind = new Uint8Array(FIRST_CAPACITY);
    this.flags = new Uint8Array(FIRST_CAPACITY);
  }

  /**
   * @param {number} at @param {number} thing @param {number} state @param {number} kind @param {number} flags
   * @param {number} line
   */
  add(at, thing, state, kind, flags, line) {
    const row = this.count;
    this.push(at, thing);
    this.state[row] = state;
    this.kind[row] = kind;
    this.flags[row] = flags;
    this.line[row] = line;
  }

  /** @param {number} capacity */
  grow(capacity) {
    super.grow(capacity);
    this.line = grown(this.line, capacity);
    this.state = grown(this.state, capacity);
    this.kind = grown(this.kind, capacity);
    this.flags = grown(this.flags, capacity);
  }
}

/**
 * Index of the last of `count` sorted times at or before `at`, or -1.
 * Gallops from `low`, so that a walk from left to right costs little.
 * @param {Float64Array} times
 * @param {number} count
 * @param {number} at
 * @param {number} low
 * @returns {number}
 */
export function lastAtOrBefore(times, count, at, low = 0) {
  if (count === 0 || times[low] > at) {
    if (low === 0 || count === 0) return -1;
    low = 0;
    if (times[0] > at) return -1;
  }
  let step = 1;
  let high = low + 1;
  while (high < count && times[high] <= at) {
    low = high;
    high = low + step;
    step *= 2;
  }
  if (high > count) high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (times[middle] <= at) low = middle;
    else high = middle;
  }
  return low;
}
