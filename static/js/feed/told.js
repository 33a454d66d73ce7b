// What a chunk tells in words, as JSON: read, and looked at before anything is believed.

const isNumber = Number.isFinite;
const isId = (/** @type {unknown} */ value) => Number.isInteger(value) && Number(value) > 0;
const isText = (/** @type {unknown} */ value) => typeof value === 'string';
const isTextOrNone = (/** @type {unknown} */ value) => value === undefined || value === null || isText(value);

/** @typedef {(value: any) => boolean} Test */
/**
 * What each entry of a list must have. Another list, and what else an entry has, are from a newer Gilscope: they are left alone.
 * @type {Readonly<Record<string, Readonly<Record<string, Test>>>>}
 */
const LISTS = Object.freeze({
  tracks: { id: isId, name: isTextOrNone, function: isTextOrNone, error: isTextOrNone },
  locations: { id: isNumber, file: isText, line: isNumber, function: isTextOrNone, call: isTextOrNone },
  sources: { file: isText, text: isText },
  output: { at: isNumber, stream: isText, text: isText },
  lost: { track: isNumber, from: isNumber, to: isNumber, count: isNumber },
  marks: { id: isText, at: isNumber, text: isText },
});
/** Of the end: what it may leave out. @type {Readonly<Record<string, Test>>} */
const END = Object.freeze({ verdict: isText, sentence: isText, traceback: isText, duration_ns: (/** @type {unknown} */ value) => isNumber(value) && Number(value) <= Number.MAX_SAFE_INTEGER });

/** The object that stands as JSON in some bytes; null where something else does. @param {Uint8Array} bytes @returns {any} */
export function parseObject(bytes) {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Whether a meta chunk holds what one should. @param {any} told an object */
export function isMeta(told) {
  return Object.entries(LISTS).every(([name, needs]) => told[name] === undefined || isListOf(told[name], needs));
}

/** Whether an end chunk holds what one should. @param {any} told an object */
export function isEnd(told) {
  return Object.entries(END).every(([name, test]) => told[name] === undefined || told[name] === null || test(told[name]));
}

/** @param {unknown} list @param {Readonly<Record<string, Test>>} needs */
function isListOf(list, needs) {
  const tests = Object.entries(needs);
  return Array.isArray(list) && list.every((entry) => isObject(entry) && tests.every(([name, test]) => test(entry[name])));
}

/** @param {unknown} value */
function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
