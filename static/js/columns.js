// Rows of one track as growable typed arrays.

const FIRST_CAPACITY = 64;

/**
 * @template {Float64Array | Uint32Array | Uint8Array} A
 * @param {A} column
 * @param {number} capacity
 * @returns {A}
 */
function grown(column, capacity) {
  const larger = new /** @type {any} */ (column.constructor)(capacity);
  larger.set(column);
  return larger;
}

/** Append-only columns; the times never go back. */
export class Columns {
  constructor() {
    this.count = 0;
    this.at = new Float64Array(FIRST_CAPACITY);
    this.value = new Float64Array(FIRST_CAPACITY);
    this.thing = new Uint32Array(FIRST_CAPACITY);
    this.line = new Uint32Array(FIRST_CAPACITY);
    this.state = new Uint8Array(FIRST_CAPACITY);
    this.kind = new Uint8Array(FIRST_CAPACITY);
    this.flags = new Uint8Array(FIRST_CAPACITY);
  }

  /**
   * @param {number} at @param {number} state @param {number} kind @param {number} flags
   * @param {number} thing @param {number} line @param {number} value
   */
  push(at, state, kind, flags, thing, line, value) {
    const row = this.count;
    if (row === this.at.length) this.#grow(row * 2);
    this.at[row] = at;
    this.state[row] = state;
    this.kind[row] = kind;
    this.flags[row] = flags;
    this.thing[row] = thing;
    this.line[row] = line;
    this.value[row] = value;
    this.count = row + 1;
  }

  /** @param {number} capacity */
  #grow(capacity) {
    this.at = grown(this.at, capacity);
    this.value = grown(this.value, capacity);
    this.thing = grown(this.thing, capacity);
    this.line = grown(this.line, capacity);
    this.state = grown(this.state, capacity);
    this.kind = grown(this.kind, capacity);
    this.flags = grown(this.flags, capacity);
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
