import type { SpansealError } from './error.ts';
import type { SealedCheckpoint } from './segment.ts';

/** What became of one entry. */
export type Receipt =
  | {
      readonly recorded: true;
      readonly segment: string;
      readonly seq: number;
      /** RFC 6962 leaf hash of the line, hex. */
      readonly leafHash: string;
      /**
       * Resolves with the checkpoint that covers the entry, once that is written: within a second, or at `flush()`.
       *
       * @throws SpansealError `SEGMENT_ABANDONED` if the segment ends without one
       */
      sealed(): Promise<SealedCheckpoint>;
    }
  | {
      readonly recorded: false;
      readonly error: SpansealError;
      /** Always rejects, with `error`. */
      sealed(): Promise<never>;
    };

export function lostReceipt(error: SpansealError): Receipt {
  return { recorded: false, error, sealed: () => unobtrusive(Promise.reject(error)) };
}

/**
 * Whoever asks whether an entry is sealed, and only waits for it later or not at all, has no process ended over it by a
 * rejection that nobody handles; who waits hears of it.
 */
export function unobtrusive<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
