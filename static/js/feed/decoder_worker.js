// The worker of decoder.js: chunks come in packed, and go out as columns, without being copied.

import { Damage, decodeChunk } from './recording.js';

/** @typedef {{onmessage: (event: MessageEvent) => void, postMessage: (message: any, transfer?: ArrayBuffer[]) => void}} Scope */
const scope = /** @type {Scope} */ (/** @type {unknown} */ (self));

scope.onmessage = async ({ data: { number, bytes } }) => {
  try {
    const chunk = await decodeChunk(bytes);
    const columns = Object.values(chunk.rows ?? {}).filter((column) => ArrayBuffer.isView(column));
    scope.postMessage({ number, chunk }, [...new Set(columns.map((column) => /** @type {ArrayBuffer} */ (column.buffer)))]);
  } catch (error) {
    scope.postMessage({ number, damage: error instanceof Damage ? error.message : undefined });
  }
};

scope.postMessage({ ready: true });
