// What the program printed, as lines with their times.

import { lastAtOrBefore } from './columns.js';

/** @typedef {{stream: string, text: string}} Line */

/** Of a longer line only the beginning is kept: nobody reads on, and a browser would be long at it. */
const LONGEST_LINE = 4000;
const FOLDERS = /File "[^"]*\//;

/** Lines in the order in which each began; the times never go back. */
export class Output {
  constructor() {
    /** @type {Line[]} */
    this.lines = [];
    /** When each line was seen, ns. */
    this.at = new Float64Array(64);
    /** @type {Map<string, Line>} by stream: its last line, while that has no end */
    this.open = new Map();
  }

  /**
   * Text came out of a stream: ends of lines, whole ones, or the beginning of one.
   * @param {{at: number, stream: string, text: string}} told
   */
  tell({ at, stream, text }) {
    const parts = text.split('\n');
    const rest = parts.pop() ?? '';
    for (const part of parts) {
      this.#add(at, stream, part);
      this.open.delete(stream);
    }
    if (rest !== '') this.#add(at, stream, rest);
  }

  /** @param {number} at @param {string} stream @param {string} part */
  #add(at, stream, part) {
    const open = this.open.get(stream);
    if (open) {
      open.text = (open.text + part).slice(0, LONGEST_LINE);
      return;
    }
    const count = this.lines.length;
    if (count === this.at.length) {
      const larger = new Float64Array(count * 2);
      larger.set(this.at);
      this.at = larger;
    }
    // Two streams are read one after the other: what was seen together may come in either order.
    this.at[count] = Math.max(at, count > 0 ? this.at[count - 1] : 0);
    const line = { stream, text: part.slice(0, LONGEST_LINE) };
    this.lines.push(line);
    this.open.set(stream, line);
  }

  /** How many lines had come by a moment. @param {number} at ns */
  countAt(at) {
    return lastAtOrBefore(this.at, this.lines.length, at) + 1;
  }

  /**
   * How many lines there are without a traceback at their end that is told by itself already.
   * @param {string} traceback
   */
  countBefore(traceback) {
    const told = traceback.split('\n').filter((line) => line !== '');
    const first = this.lines.length - told.length;
    const repeated = told.length > 0 && first >= 0 && told.every((line, n) => {
      const { stream, text } = this.lines[first + n];
      return stream === 'stderr' && text.replace(FOLDERS, 'File "') === line.replace(FOLDERS, 'File "');
    });
    return repeated ? first : this.lines.length;
  }
}
