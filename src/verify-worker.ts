import { parentPort } from 'node:worker_threads';

import { nodePrimitives } from './node-primitives.ts';
import { checkAhead } from './verify/ahead.ts';

/** A thread that looks at pieces of a file, one after the other: what it is given, it gives back with what it found. */
parentPort?.on('message', (bytes: Uint8Array<ArrayBuffer>) => {
  const { ends, leaves, runs } = checkAhead(nodePrimitives, bytes);
  parentPort?.postMessage({ bytes, ends, leaves, runs }, [
    bytes.buffer,
    ends.buffer as ArrayBuffer,
    leaves.buffer as ArrayBuffer,
  ]);
});
