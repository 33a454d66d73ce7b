// The blame table of a range, to be put elsewhere: as CSV and as Markdown.

import { formatDuration, formatShare } from '../text/format.js';

/**
 * @typedef {{thread: number, reason: string, thing: number, culprit: number, ns: number, sentence: string}} Blame
 * @typedef {{from: number, to: number, tracks: {id: number, name: string, kind: string, lifetime_ns: number, states: Record<string, number>}[], handoffs: {count: number, forced: number} | null,
 *   waits: {thing: number, name: string, kind: string, internal: boolean, wait_ns: number, count: number, histogram: number[], p50_ns: number | null, p95_ns: number | null, p99_ns: number | null}[],
 *   bounds_ns: number[], parallelism: {most: number, mean: number, together_ns: number}, cores: {count: number, busy_ns: number, by_core: {id: number, name: string, busy_ns: number}[]} | null, blame: Blame[]}} Figures as the server tells them
 * @typedef {(id: number) => string} Name of a track, by its id
 */

const COLUMNS = Object.freeze(['thread', 'reason', 'thing', 'culprit', 'ns', 'sentence']);

/**
 * One line for each thread, reason, thing and culprit; the ns of a thread add up to its life in the range.
 * @param {Figures} figures @param {Name} name
 */
export function asCsv({ blame }, name) {
  const named = (/** @type {number} */ id) => (id === 0 ? '' : name(id));
  const rows = blame.map((row) => [name(row.thread), row.reason, named(row.thing), named(row.culprit), String(row.ns), row.sentence]);
  return [COLUMNS, ...rows].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** @param {string} cell */
function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** To be read in a text. @param {Figures} figures @param {Name} name */
export function asMarkdown(figures, name) {
  const { from, to, blame } = figures;
  const rows = blame.map(({ thread, ns, sentence }) => [name(thread), formatDuration(ns), formatShare(ns, to - from), sentence]);
  const cells = (/** @type {string[]} */ row) => `| ${row.map((cell) => cell.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [
    `From ${formatDuration(from)} to ${formatDuration(to)}, ${formatDuration(to - from)}:`,
    '',
    '| who | time | of the range | what |',
    '| :-- | --: | --: | :-- |',
    ...rows.map(cells),
    '',
  ].join('\n');
}

/** What a range had, in a few sentences. @param {Figures} figures @returns {string[]} */
export function inShort({ from, to, handoffs, parallelism, cores }) {
  const said = [];
  if (handoffs) said.push(`${handoffs.count} ${handoffs.count === 1 ? 'handoff' : 'handoffs'} of the GIL, ${handoffs.forced} forced`);
  said.push(`at most ${parallelism.most} ${parallelism.most === 1 ? 'thread' : 'threads'} ran or computed at the same instant, ${parallelism.mean.toFixed(2)} on average while any did`);
  if (cores && cores.count > 0) said.push(`${formatShare(cores.busy_ns, (to - from) * cores.count)} of ${cores.count} ${cores.count === 1 ? 'core' : 'cores'} used`);
  return said;
}
