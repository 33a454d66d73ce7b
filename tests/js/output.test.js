import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Output } from '../../static/js/model/output.js';

const TRACEBACK = 'Traceback (most recent call last):\n  File "fails.py", line 3, in run\nKeyError: 1\n';

test('what is printed in pieces becomes lines, each at its first piece, streams apart', () => {
  const output = new Output();
  output.tell({ at: 10, stream: 'stdout', text: 'one\ntw' });
  output.tell({ at: 20, stream: 'stderr', text: 'slow' });
  output.tell({ at: 20, stream: 'stdout', text: 'o\n\nthree' });
  output.tell({ at: 30, stream: 'stderr', text: 'er\n' });
  assert.deepEqual(output.lines, [
    { stream: 'stdout', text: 'one' },
    { stream: 'stdout', text: 'two' },
    { stream: 'stderr', text: 'slower' },
    { stream: 'stdout', text: '' },
    { stream: 'stdout', text: 'three' },
  ]);
  assert.deepEqual([...output.at.subarray(0, 5)], [10, 10, 20, 20, 20]);
  assert.deepEqual([9, 10, 19, 20, 99].map((at) => output.countAt(at)), [0, 2, 2, 5, 5]);
});

test('times never go back, lines have an end, and there may be many', () => {
  const output = new Output();
  output.tell({ at: 50, stream: 'stdout', text: `${'x'.repeat(1e5)}\n` });
  output.tell({ at: 40, stream: 'stderr', text: 'earlier\n'.repeat(500) });
  assert.equal(output.lines[0].text.length, 4000);
  assert.equal(output.lines.length, 501);
  assert.ok(output.at.subarray(0, 501).every((at) => at === 50));
});

test('a traceback that is told by itself is not told among the lines as well', () => {
  const output = new Output();
  output.tell({ at: 1, stream: 'stdout', text: 'KeyError: 1\n' });
  assert.equal(output.countBefore(TRACEBACK), 1);
  output.tell({ at: 2, stream: 'stderr', text: TRACEBACK.replace('fails.py', '/home/me/fails.py') });
  assert.equal(output.countBefore(TRACEBACK), 1);
  assert.equal(output.countBefore(TRACEBACK.replace('KeyError', 'ValueError')), 4);
  assert.equal(output.countBefore(''), 4);
  output.tell({ at: 3, stream: 'stderr', text: 'afterwards\n' });
  assert.equal(output.countBefore(TRACEBACK), 5);
});
