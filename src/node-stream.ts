import { errorMonitor } from 'node:events';

import type { Release } from './bind.ts';

/** The part of a Node stream that tells how it came out. */
interface NodeStream {
  readonly destroyed?: boolean;
  readonly readableEnded?: boolean;
  once(event: string | symbol, listener: (error: unknown) => void): unknown;
}

/** A stream of `node:stream` may be piped, or read by its events, and then no iteration sees its end. */
export function watchNodeStream(target: object, release: Release): boolean {
  if (!('pipe' in target && 'once' in target && typeof target.once === 'function')) return false;
  const stream = target as unknown as NodeStream;
  if (stream.destroyed === true || stream.readableEnded === true) release();
  stream.once('end', () => release());
  stream.once('close', () => release());
  // Without being the listener that keeps an error from being unhandled.
  stream.once(errorMonitor, (error) => release({ error }));
  return true;
}
