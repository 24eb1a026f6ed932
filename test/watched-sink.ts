import { memorySink, type MemorySink, type Sink } from '../src/index.ts';

/** What is done before a sink does it: looked at, put off, or made to fail by throwing. */
interface Watch {
  readonly append?: (bytes: Uint8Array) => void;
  readonly sync?: () => void | Promise<void>;
}

/** A sink in memory that is watched; `memory` is what it keeps. */
export function watchedSink({ append, sync }: Watch): { readonly sink: Sink; readonly memory: MemorySink } {
  const memory = memorySink();
  const sink: Sink = {
    ...memory,
    create(segment) {
      const writer = memory.create(segment);
      return {
        torn: false,
        append(bytes) {
          append?.(bytes);
          writer.append(bytes);
        },
        async sync() {
          await sync?.();
          await writer.sync();
        },
        syncNow() {
          void sync?.();
          writer.syncNow();
        },
        isInPlace: () => true,
        close: () => writer.close(),
      };
    },
  };
  return { sink, memory };
}

/** As the system says it of a disk that is full. */
export function diskFull(): Error {
  return Object.assign(new Error('disk full'), { code: 'ENOSPC' });
}
