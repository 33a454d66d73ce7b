// The figures of a range, to be put elsewhere: as CSV and as Markdown.

import { formatDuration, formatShare } from '../text/format.js';

/**
 * @typedef {{thread: number, reason: string, thing: number, culprit: number, ns: number, sentence: string}} Blame
 * @typedef {{from: number, to: number, tracks: {id: number, name: string, kind: string, lifetime_ns: number, states: Record<string, number>}[], handoffs: {count: number, forced: number} | null,
 *   waits: {thing: number, name: string, kind: string, internal: boolean, wait_ns: number, count: number, histogram: number[], p50_ns: number | null, p95_ns: number | null, p99_ns: number | null}[],
 *   bounds_ns: number[], parallelism: {most: number, mean: number, together_ns: number}, cores: {count: number, busy_ns: number, by_core: {id: number, name: string, busy_ns: number}[]} | null, blame: Blame[]}} Figures as the server tells them
 * @typedef {(id: number) => string} Name of a track, by its id
 */

const COLUMNS = Object.freeze(['figure', 'track', 'what', 'thing', 'culprit', 'value', 'unit', 'sentence']);
const PERCENTILES = Object.freeze(/** @type {const} */ (['p50', 'p95', 'p99']));

/** What a thing was waited for, if it isn't one that a library made for itself. @param {Figures} figures */
export function waitedFor({ waits }) {
  return waits.filter(({ internal, wait_ns: ns, count }) => !internal && (ns > 0 || count > 0));
}

/**
 * All figures, one a line: `blame` (the ns of a thread add up to its life in the range), `state`, `wait`, `histogram` (`what`: from
 * how many ns on), `core`, and `range`, of all together.
 * @param {Figures} figures @param {Name} name
 */
export function asCsv(figures, name) {
  const named = (/** @type {number} */ id) => (id === 0 ? '' : name(id));
  const { from, to, blame, tracks, handoffs, parallelism, cores, bounds_ns: bounds } = figures;
  /** @type {(string | number)[][]} */
  const rows = [['range', '', 'from', '', '', from, 'ns', ''], ['range', '', 'to', '', '', to, 'ns', '']];
  if (handoffs) rows.push(['range', '', 'handoffs', '', '', handoffs.count, '', ''], ['range', '', 'forced handoffs', '', '', handoffs.forced, '', '']);
  rows.push(['range', '', 'at once, most', '', '', parallelism.most, 'threads', ''], ['range', '', 'at once, mean', '', '', parallelism.mean, 'threads', '']);
  for (const core of cores?.by_core ?? []) rows.push(['core', core.name, 'busy', '', '', core.busy_ns, 'ns', '']);
  for (const { thread, reason, thing, culprit, ns, sentence } of blame) rows.push(['blame', name(thread), reason, named(thing), named(culprit), ns, 'ns', sentence]);
  for (const each of waitedFor(figures)) {
    rows.push(['wait', '', 'waited', each.name, '', each.wait_ns, 'ns', ''], ['wait', '', 'waits', each.name, '', each.count, '', '']);
    for (const part of PERCENTILES) rows.push(['wait', '', part, each.name, '', each[`${part}_ns`] ?? '', 'ns', '']);
    each.histogram.forEach((count, n) => {
      if (count > 0) rows.push(['histogram', '', n === 0 ? 0 : bounds[n - 1], each.name, '', count, 'waits', '']);
    });
  }
  for (const track of tracks) {
    for (const [state, ns] of Object.entries(track.states)) if (ns > 0) rows.push(['state', track.name, state, '', '', ns, 'ns', '']);
  }
  return [COLUMNS, ...rows].map((cells) => `${cells.map((cell) => quoted(String(cell))).join(',')}\r\n`).join('');
}

/** @param {string} cell */
function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** To be read in a text. @param {Figures} figures @param {Name} name */
export function asMarkdown(figures, name) {
  const { from, to, blame, tracks } = figures;
  const length = (/** @type {number | null} */ ns) => (ns === null ? '–' : formatDuration(ns));
  const states = [...new Set(tracks.flatMap((track) => Object.keys(track.states).filter((state) => track.states[state] > 0)))];
  return [
    `From ${formatDuration(from)} to ${formatDuration(to)}, ${formatDuration(to - from)}: ${inShort(figures).join('; ')}.`,
    ...table(['who', 'time', 'of the range', 'what'], [0, 3], blame.map(({ thread, ns, sentence }) => [name(thread), formatDuration(ns), formatShare(ns, to - from), sentence])),
    ...table(['waited for', 'waited', 'waits', ...PERCENTILES], [0], waitedFor(figures).map((each) => [each.name, formatDuration(each.wait_ns), String(each.count), ...PERCENTILES.map((part) => length(each[`${part}_ns`]))])),
    ...table(['who', 'there for', ...states], [0], tracks.map((track) => [track.name, formatDuration(track.lifetime_ns), ...states.map((state) => (track.states[state] ? formatShare(track.states[state], track.lifetime_ns) : '–'))])),
    '',
  ].join('\n');
}

/** Nothing, without rows. @param {readonly string[]} heads @param {readonly number[]} words columns that are no figures @param {readonly string[][]} rows */
function table(heads, words, rows) {
  if (rows.length === 0) return [];
  const line = (/** @type {readonly string[]} */ row) => `| ${row.map((cell) => cell.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return ['', line(heads), line(heads.map((_, n) => (words.includes(n) ? ':--' : '--:'))), ...rows.map(line)];
}

/** What a range had, in a few sentences. @param {Figures} figures @returns {string[]} */
export function inShort({ from, to, handoffs, parallelism, cores }) {
  const said = [];
  if (handoffs) said.push(`${handoffs.count} ${handoffs.count === 1 ? 'handoff' : 'handoffs'} of the GIL, ${handoffs.forced} forced`);
  said.push(`at most ${parallelism.most} ${parallelism.most === 1 ? 'thread' : 'threads'} ran or computed at the same instant, ${parallelism.mean.toFixed(2)} on average while any did`);
  if (cores && cores.count > 0) said.push(`${formatShare(cores.busy_ns, (to - from) * cores.count)} of ${cores.count} ${cores.count === 1 ? 'core' : 'cores'} used`);
  return said;
}
