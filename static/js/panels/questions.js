// Asks the server what has to be worked out about a recording, and says what becomes of it.

import { node } from '../nodes.js';
import { unasked } from './status.js';

/**
 * @param {string} recording its id
 * @param {string} what `why`, `path` or `range`
 * @param {Record<string, number>} parameters
 * @param {AbortSignal} signal
 * @returns {Promise<any>} the answer; an error's message is a sentence for the reader
 */
async function ask(recording, what, parameters, signal) {
  const told = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(Math.round(value))]));
  let response;
  let answer;
  try {
    response = await fetch(`/recordings/${encodeURIComponent(recording)}/${what}?${told}`, { signal, headers: { Accept: 'application/json' } });
    answer = await response.json();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(response ? 'The server gave no answer that can be read.' : 'The server can’t be reached. Is it still running?');
  }
  if (!response.ok) throw new Error(answer.sentence ?? 'The server gave no answer.');
  return answer;
}

/** The place of one answer: it says that it is asked for, shows it, or says why there is none and offers to ask again. */
export class Asking {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.current = new AbortController();
  }

  /** Nothing is asked any more, nothing shows. */
  stop() {
    this.current.abort();
    this.element.replaceChildren();
  }

  /**
   * @param {string | null} recording whom the server knows it by; null where there is no server
   * @param {boolean} ended all of it was recorded
   * @param {string} what
   * @param {Record<string, number>} parameters
   * @param {string} meanwhile what stands there until the answer comes
   * @param {(told: any) => void} answered
   * @param {number} [pauseMs] so long it isn't asked yet, for the next question may come at once
   */
  async ask(recording, ended, what, parameters, meanwhile, answered, pauseMs = 0) {
    this.stop();
    const asking = new AbortController();
    this.current = asking;
    const { signal } = asking;
    const why = unasked(recording, ended);
    this.#say(why || meanwhile);
    if (why) return;
    try {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (signal.aborted) return;
      const told = await ask(/** @type {string} */ (recording), what, parameters, signal);
      if (signal.aborted) return;
      this.element.replaceChildren();
      answered(told);
    } catch (error) {
      if (signal.aborted) return;
      const again = node('button', { type: 'button', class: 'gt-button' }, 'Try again');
      again.addEventListener('click', () => this.ask(recording, ended, what, parameters, meanwhile, answered));
      this.#say(/** @type {Error} */ (error).message, again);
    }
  }

  /** @param {string} text @param {...HTMLElement} more */
  #say(text, ...more) {
    this.element.replaceChildren(node('p', { class: 'gt-quiet' }, text), ...more);
  }
}
