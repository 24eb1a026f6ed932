import { AuditLogCore } from '../src/audit-log-core.ts';
import type { EntryType } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { isSealedWith, newestOpening, reopenedLog } from '../src/existing-log.ts';
import type { Receipt } from '../src/receipt.ts';
import type { Signer } from '../src/signer.ts';
import type { Sink } from '../src/sink.ts';
import { directorySink } from './segment-file.ts';

/** A log, the directory of one, or a sink. */
export type LogSource = AuditLogCore | Sink | string;

export function sinkOf(source: LogSource): Sink {
  if (source instanceof AuditLogCore) return source.sink;
  return typeof source === 'string' ? directorySink(source) : source;
}

/** What a log is to record of itself. */
export interface OwnEntry {
  readonly type: EntryType;
  readonly payload: object;
  readonly decisionId?: string | undefined;
}

/**
 * Records in a log what is done with it: in the running log, or in a segment that is opened, closed and sealed for it.
 * Made before anything is done, so that nothing is done that cannot be recorded.
 */
export class OwnRecord {
  readonly #source: LogSource;
  readonly #signer: Signer | undefined;

  /**
   * @param signer - of a log that is not running in this process
   * @throws TypeError if the log is sealed by another key, or by one and none is given
   * @throws SpansealError `UNREADABLE`, `LOG_INVALID`
   */
  constructor(source: LogSource, signer: Signer | undefined) {
    this.#source = source;
    this.#signer = signer;
    if (source instanceof AuditLogCore) return;
    const opening = newestOpening(sinkOf(source));
    if (isSealedWith(opening, signer)) return;
    throw new TypeError(
      opening.key === null
        ? `The log ${opening.log} is unsigned; leave the signer out.`
        : `The log ${opening.log} is sealed by ${opening.key}, and what is recorded in it must be: give \`signer\`, with that key.`,
    );
  }

  /**
   * Writes the entries, and waits until a seal covers them.
   *
   * @throws SpansealError if one of them is not written, or not sealed
   */
  async write(entries: readonly OwnEntry[]): Promise<readonly (Receipt & { readonly recorded: true })[]> {
    const running = this.#source instanceof AuditLogCore && !this.#source.closed ? this.#source : undefined;
    const log = running ?? this.#reopened();
    try {
      const receipts = entries.map((entry) => written(log.append(entry.type, entry)));
      const sealed = receipts.map((receipt) => receipt.sealed());
      await (running === undefined ? log.close() : log.flush());
      await Promise.all(sealed);
      return receipts;
    } finally {
      if (running === undefined) await log.close();
    }
  }

  #reopened(): AuditLogCore {
    const source = this.#source;
    if (source instanceof AuditLogCore) return source.reopened();
    const sink = sinkOf(source);
    return reopenedLog(sink, newestOpening(sink), this.#signer);
  }
}

function written(receipt: Receipt): Receipt & { readonly recorded: true } {
  if (receipt.recorded) return receipt;
  throw new SpansealError('WRITE_FAILED', `What was done could not be recorded: ${receipt.error.message}`, {
    cause: receipt.error,
  });
}
