import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** The modules that one imports. @param {string} name */
function importsOf(name) {
  const text = readFileSync(new URL(`../../static/js/${name}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^import [^;]*'\.\/(\w+\.js)';$/gm)].map(([, imported]) => imported);
}

test('a page fetches all modules of the timeline at once: the first one names them all', () => {
  const reached = new Set(importsOf('main.js'));
  for (const name of reached) for (const imported of importsOf(name)) reached.add(imported);
  assert.ok(reached.has('raster.js'));
  assert.deepEqual(importsOf('main.js').sort(), [...reached].sort());
});
