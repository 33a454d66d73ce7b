// Where the reader has been: views as addresses, to go back to and forth again. The browser's own history stays as it is.

/** So many steps are remembered. */
const LONGEST = 200;

export class Trail {
  constructor() {
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.ahead = [];
    /** @type {string | null} where the reader is; null before the first view */
    this.here = null;
  }

  /** The view has come to rest. @param {string} address */
  rest(address) {
    if (address === this.here) return;
    if (this.here !== null) this.past.push(this.here);
    if (this.past.length > LONGEST) this.past.shift();
    this.here = address;
    this.ahead.length = 0;
  }

  /** @returns {string | null} the view before this one; null if there is none */
  back() {
    return this.#step(this.past, this.ahead);
  }

  /** @returns {string | null} the view that was left by going back */
  forth() {
    return this.#step(this.ahead, this.past);
  }

  /** @param {string[]} from @param {string[]} to */
  #step(from, to) {
    const address = from.pop();
    if (address === undefined || this.here === null) return null;
    to.push(this.here);
    this.here = address;
    return address;
  }
}
