import { isObject } from '../canonical.ts';
import type { JsonValue } from '../json.ts';

/** What can be verified without a file system. */
export type Source = Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** The bytes of a source, in pieces that are gone with the next. @throws TypeError if it is none */
export async function* pieces(source: Source): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    // As one that is no `Buffer`: its views, one for each line, take ten times as long to make.
    yield new Uint8Array(source.buffer, source.byteOffset, source.length);
  } else if (isBlob(source)) {
    yield* pieces(source.stream());
  } else if (isReadableStream(source)) {
    // By its reader: not every browser iterates over a stream.
    const reader = source.getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    } finally {
      await reader.cancel();
    }
  } else if (isObject(source as unknown as JsonValue) && Symbol.asyncIterator in source) {
    yield* source;
  } else {
    throw new TypeError('verify() takes a Uint8Array, a Blob, a ReadableStream or an async iterable of Uint8Array.');
  }
}

/** The same pieces, each told before it is handed on: whoever splits lines writes into it. */
export async function* tapped(source: Source, tell: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces(source)) {
    tell(piece);
    yield piece;
  }
}

export function isBlob(source: Source): source is Blob {
  return typeof Blob !== 'undefined' && source instanceof Blob;
}

function isReadableStream(source: Source): source is ReadableStream<Uint8Array> {
  return typeof ReadableStream !== 'undefined' && source instanceof ReadableStream;
}
