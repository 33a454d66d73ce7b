// Marks that readers set: a moment and a text, kept by the server in the recording's file.

/** @typedef {{id: string, at: number, text: string}} Mark */

export const LONGEST_TEXT = 200;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A name that no other mark has. @returns {string} */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** The marks of one recording. What fails changes nothing, and says why. */
export class Marks {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Mark[]} by time */
    this.all = [];
    /** Where the server has them; empty: nobody can change them. */
    this.address = '';
    /** What went wrong last, in a sentence. */
    this.error = '';
    /** @type {Mark | null} the one that was deleted last, and can be had back */
    this.deleted = null;
  }

  /** Take those that the server has. @param {string} address */
  async load(address) {
    this.address = address;
    try {
      const response = await fetch(address);
      if (!response.ok || this.address !== address) return;
      this.all = (await response.json()).marks;
      this.changed();
    } catch {
      // A file without a server, or a server of before: it has none.
    }
  }

  /** Those of a file that no server stands behind. @param {Mark[]} marks */
  show(marks) {
    this.all = marks;
    this.changed();
  }

  /** Set a mark, or change the one with its id. @param {Mark} mark @returns {Promise<boolean>} */
  async put(mark) {
    const { id, at, text } = mark;
    const done = await this.#ask(id, 'PUT', JSON.stringify({ at: Math.round(at), text }));
    if (!done) return false;
    this.all = [...this.all.filter((other) => other.id !== id), { id, at: Math.round(at), text: text.trim() }].sort((a, b) => a.at - b.at);
    if (this.deleted?.id === id) this.deleted = null;
    this.changed();
    return true;
  }

  /** @param {string} id */
  async delete(id) {
    if (!(await this.#ask(id, 'DELETE'))) return;
    this.deleted = this.all.find((mark) => mark.id === id) ?? null;
    this.all = this.all.filter((mark) => mark.id !== id);
    this.changed();
  }

  /** Have the one that was deleted last back. */
  async undo() {
    if (this.deleted) await this.put(this.deleted);
  }

  /** @param {string} id @param {'PUT' | 'DELETE'} method @param {string} [body] */
  async #ask(id, method, body) {
    this.error = '';
    try {
      const response = await fetch(`${this.address}/${id}`, { method, body, headers: { 'Content-Type': 'application/json' } });
      if (!response.ok) this.error = (await response.json().catch(() => ({}))).error ?? 'The server didn’t take the mark.';
    } catch {
      this.error = 'The server can’t be reached. Nothing was changed; try again when it is back.';
    }
    if (this.error) this.changed();
    return this.error === '';
  }
}
