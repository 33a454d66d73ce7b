// For tests/test_readers.py: how the browser takes in recording files. Their paths come as JSON, one list; what is made of each goes out in the same way.

import { readFileSync } from 'node:fs';
import { Feed } from '../../static/js/feed/feed.js';
import { ChunkType } from '../../static/js/feed/recording.js';
import { Model } from '../../static/js/model/model.js';

/** @param {string} path */
async function taken(path) {
  const model = new Model();
  const address = URL.createObjectURL(new Blob([readFileSync(path)]));
  const refused = await new Promise((done) => {
    new Feed(address, null).listen({
      header: () => {},
      chunk: ({ header, rows, json }) => {
        if (rows) model.addRows(rows);
        else if (header.type === ChunkType.END) model.tellEnd(json, header.firstRow);
        else model.tellMeta(json);
      },
      damage: (sentence) => model.tellDamage(sentence),
      progress: () => {},
      status: () => {},
      connection: () => {},
      complete: () => done(''),
      failed: done,
    });
  });
  const rows = model.all.map(({ id, rows: { at, state, kind, count } }) => [id, Array.from({ length: count }, (_, n) => [at[n], state[n], kind[n]])]);
  return { refused, flaws: model.flaws, rows: Object.fromEntries(rows) };
}

const paths = JSON.parse(readFileSync(0, 'utf8'));
const all = [];
for (const path of paths) all.push(await taken(path));
process.stdout.write(JSON.stringify(all));
