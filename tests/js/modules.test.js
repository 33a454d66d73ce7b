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

/** All modules that one needs, not those that it asks for later. @param {string} name */
function reachedFrom(name) {
  const reached = new Set(importsOf(name));
  for (const each of reached) for (const imported of importsOf(each)) reached.add(imported);
  return [...reached].sort();
}

const [COMING, FIRST, LATER] = ['main.js', 'first.js', 'panels/later.js'].map(reachedFrom);

test('a page first fetches what a recording comes in by, and nothing else', () => {
  assert.ok(COMING.includes('feed/recording.js'));
  assert.deepEqual(COMING.filter((name) => posix.dirname(name) !== 'feed'), []);
});

test('what is fetched together is fetched at once: one module names all of it', () => {
  assert.deepEqual(importsOf('main.js').sort(), COMING);
  assert.deepEqual(importsOf('first.js').sort(), FIRST.filter((name) => !COMING.includes(name)));
  assert.deepEqual(importsOf('panels/later.js').sort(), LATER.filter((name) => !FIRST.includes(name)));
});

test('what isn’t seen in the first picture comes after it', () => {
  assert.ok(FIRST.includes('drawing/raster.js'));
  for (const name of ['panels/source_panel.js', 'panels/ring.js', 'panels/help.js']) {
    assert.ok(!FIRST.includes(name));
    assert.ok(LATER.includes(name));
  }
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
