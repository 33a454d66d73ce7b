import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const HERE = new URL('../../static/js/', import.meta.url);
/** What a recording comes in by, what it is, its words, how it is drawn, what one looks at, what stands around it. */
const ROOMS = ['feed', 'model', 'text', 'drawing', 'view', 'panels'];
const MODULES = readdirSync(HERE, { recursive: true }).filter((name) => name.endsWith('.js'));

/** The modules that one imports. @param {string} name */
function importsOf(name) {
  const text = readFileSync(new URL(name, HERE), 'utf8');
  const found = [...text.matchAll(/^(?:import|export|\}) [^;]*'(\.\.?\/[\w/]+\.js)';$/gm)].map(([, imported]) => imported);
  return found.map((imported) => posix.join(posix.dirname(name), imported));
}

test('a page fetches all modules of the timeline at once: the first one names them all', () => {
  const reached = new Set(importsOf('main.js'));
  for (const name of reached) for (const imported of importsOf(name)) reached.add(imported);
  assert.ok(reached.has('drawing/raster.js'));
  assert.deepEqual(importsOf('main.js').sort(), [...reached].sort());
});

test('imports lead downwards: from what stands around a timeline to what a recording comes in by', () => {
  const room = (/** @type {string} */ name) => ROOMS.indexOf(posix.dirname(name));
  let seen = 0;
  for (const name of MODULES.filter((each) => room(each) >= 0)) {
    for (const imported of importsOf(name)) {
      seen += 1;
      const alone = imported === 'nodes.js' || room(imported) >= 0;
      assert.ok(alone && room(imported) <= room(name), `${name} imports ${imported}`);
    }
  }
  assert.ok(seen > 100);
});
