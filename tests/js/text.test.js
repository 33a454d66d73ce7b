import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Sequence } from '../../static/js/feed/sequence.js';
import { highlight } from '../../static/js/panels/highlight.js';
import { pauseBefore } from '../../static/js/feed/live.js';
import { commandOf } from '../../static/js/view/gestures.js';
import { blend, pixel, tile } from '../../static/js/drawing/patterns.js';

test('chunks come in order and once, whatever is repeated, early or missing', () => {
  /** @type {Sequence<number>} */
  const sequence = new Sequence();
  const given = [0, 1, 1, 0, 4, 5, 2, 2, 3, 5, 6].flatMap((number) => sequence.take(number, number));
  assert.deepEqual([given, sequence.hasGap, sequence.expected], [[0, 1, 2, 3, 4, 5, 6], false, 7]);
  assert.deepEqual(sequence.take(9, 9), []);
  assert.equal(sequence.hasGap, true);
  assert.deepEqual([sequence.skip(), sequence.expected, sequence.skip()], [[9], 10, []]);
});

test('highlighted pieces joined again are the text, over strings of several lines too', () => {
  const text = 'def run(n: int = 4_000):\n    """First\n    and "second" line"""\n    x = f\'{n}\' + "a\\"b"  # why "not"\n    return 0x1F if n else None\n\tdef_ = \'\'\'a\nb\'\'\' or 1.5e-3';
  const lines = highlight(text);
  assert.equal(lines.map((line) => line.map((piece) => piece.text).join('')).join('\n'), text);
  const kinds = lines.map((line) => line.filter(({ kind }) => kind !== 'plain').map(({ kind, text: part }) => `${kind} ${part}`));
  assert.deepEqual(kinds, [
    ['keyword def', 'definition run', 'figure 4_000'],
    ['string """First'],
    ['string     and "second" line"""'],
    ["string f'{n}'", 'string "a\\"b"', 'comment # why "not"'],
    ['keyword return', 'figure 0x1F', 'keyword if', 'keyword else', 'keyword None'],
    ["string '''a"],
    ["string b'''", 'keyword or', 'figure 1.5e-3'],
  ]);
});

test('pauses before the next attempt grow, have a limit, and differ', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => pauseBefore(attempt, 1));
  assert.deepEqual(longest, [300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
  assert.equal(pauseBefore(3, 0), 1200);
});

test('keys are known by their place, signs by what they say, and shortcuts of the browser are left alone', () => {
  const press = (/** @type {any} */ event) => commandOf({ ctrlKey: false, metaKey: false, altKey: false, key: '', code: '', ...event });
  assert.equal(press({ code: 'KeyW', key: 'z' }), 'zoom-in');
  assert.equal(press({ code: 'KeyA', key: 'q' }), 'earlier');
  assert.equal(press({ code: 'Slash', key: '?' }), 'help');
  assert.equal(press({ code: 'BracketRight', key: '+' }), 'zoom-in');
  assert.equal(press({ code: 'KeyS', key: 's', ctrlKey: true }), null);
  assert.equal(press({ code: 'Tab', key: 'Tab' }), null);
});

test('every pattern but the plain one has two tones, at every resolution', () => {
  for (const ratio of [1, 1.5, 2, 3]) {
    for (const pattern of /** @type {const} */ (['plain', 'hatch', 'dots', 'bars', 'broken', 'sparse'])) {
      const { side, pixels } = tile(pattern, [200, 100, 50], [0, 0, 0], ratio);
      assert.equal(pixels.length, side * side);
      assert.equal(new Set(pixels).size, pattern === 'plain' ? 1 : 2, `${pattern} at ${ratio}`);
    }
  }
  assert.equal(pixel([1, 2, 3], 255), 0xff030201);
  assert.deepEqual(blend([0, 100, 200], [100, 0, 200], 0.5), [50, 50, 200]);
});
