// Asks the server what has to be worked out about a recording.

/**
 * @param {string} recording its id
 * @param {string} what `why`, `path` or `range`
 * @param {Record<string, number>} parameters
 * @param {AbortSignal} signal
 * @returns {Promise<any>} the answer; an error's message is a sentence for the reader
 */
export async function ask(recording, what, parameters, signal) {
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

/** Why the server isn't asked: it hasn't the recording, or not yet all of it. @param {string | null} recording @param {boolean} ended */
export function unasked(recording, ended) {
  if (!recording) return 'This is worked out by the server that has the recording. Here, only its file is shown.';
  return ended ? '' : 'The run goes on. This is told when it has ended: working it out now would take a core from what is measured.';
}
