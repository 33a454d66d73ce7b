// Python source in pieces: keywords, strings, comments, numbers, definitions. Enough to read by.

/** @typedef {'plain' | 'keyword' | 'string' | 'comment' | 'figure' | 'definition'} PieceKind */
/** @typedef {{kind: PieceKind, text: string}} Piece */

const KEYWORDS = new Set(
  ('False None True and as assert async await break class continue def del elif else except finally for from global ' +
    'if import in is lambda match nonlocal not or pass raise return try while with yield case').split(' '),
);

const TOKEN =
  /(?<comment>#.*)|(?<open>[rbufRBUF]{0,2}(?:"""|'''))|(?<string>[rbufRBUF]{0,2}(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?))|(?<number>\b(?:0[xX][\da-fA-F_]+|0[bB][01_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?)\b)|(?<word>[\p{L}_][\p{L}\p{N}_]*)/gu;

/**
 * Cut a text into lines of pieces; joined again they are the text.
 * @param {string} text
 * @returns {Piece[][]}
 */
export function highlight(text) {
  /** @type {string | null} the quotes that a string over several lines waits for */
  let open = null;
  return text.split('\n').map((line) => {
    const cut = cutLine(line, open);
    open = cut.open;
    return cut.pieces;
  });
}

/**
 * @param {string} line
 * @param {string | null} open
 * @returns {{pieces: Piece[], open: string | null}}
 */
function cutLine(line, open) {
  /** @type {Piece[]} */
  const pieces = [];
  const add = (/** @type {PieceKind} */ kind, /** @type {string} */ text) => {
    if (text !== '') pieces.push({ kind, text });
  };
  let done = 0;
  if (open !== null) {
    const end = line.indexOf(open);
    if (end < 0) {
      add('string', line);
      return { pieces, open };
    }
    done = end + 3;
    add('string', line.slice(0, done));
  }
  let previous = '';
  TOKEN.lastIndex = done;
  for (let match = TOKEN.exec(line); match !== null; match = TOKEN.exec(line)) {
    const groups = /** @type {Record<string, string | undefined>} */ (match.groups);
    add('plain', line.slice(done, match.index));
    done = match.index + match[0].length;
    if (groups.open !== undefined) {
      const quotes = groups.open.slice(-3);
      const end = line.indexOf(quotes, done);
      if (end < 0) {
        add('string', line.slice(match.index));
        return { pieces, open: quotes };
      }
      done = end + 3;
      TOKEN.lastIndex = done;
      add('string', line.slice(match.index, done));
    } else if (groups.comment !== undefined) add('comment', match[0]);
    else if (groups.string !== undefined) add('string', match[0]);
    else if (groups.number !== undefined) add('figure', match[0]);
    else {
      const defines = previous === 'def' || previous === 'class';
      add(KEYWORDS.has(match[0]) ? 'keyword' : defines ? 'definition' : 'plain', match[0]);
      previous = match[0];
    }
  }
  add('plain', line.slice(done));
  return { pieces, open: null };
}
