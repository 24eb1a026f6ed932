import { anchorLog, type AnchorOptions, type AnchorResult } from '../exporters/anchor.ts';
import { checkExportOptions, exportPack, type ExportOptions, type ExportResult } from '../exporters/evidence-pack.ts';
import { discloseValues, type DiscloseOptions, type DiscloseResult } from '../exporters/disclose.ts';
import { eraseValues, type EraseOptions, type EraseResult } from '../exporters/erase.ts';
import { holdLog, releaseLog, type HoldOptions, type ReleaseOptions } from '../exporters/legal-hold.ts';
import { pruneLog, type PruneOptions, type PruneResult } from '../exporters/prune.ts';
import { directorySink } from '../exporters/segment-file.ts';
import { AuditLogCore } from './audit-log-core.ts';
import { checkNames, type LogOptions } from './log-options.ts';
import { checkMembers, COUNT, type Kind } from './option-kinds.ts';
import type { Receipt } from './receipt.ts';
import type { Sink } from './sink.ts';

/** A pack that is made when the log has closed; a failure of it never undoes the close. */
export interface ExportOnClose extends ExportOptions {
  readonly path: string;
  /** Default true, unlike elsewhere: it holds all that an earlier one did. */
  readonly overwrite?: boolean;
  /** The export is given up after so long. Default 30,000. */
  readonly timeoutMillis?: number;
}

export const DEFAULT_EXPORT_TIMEOUT_MILLIS = 30_000;

export type AuditLogOptions = Omit<LogOptions, 'sink'> & {
  readonly exportOnClose?: ExportOnClose;
} & (
    | {
        /** Where segment files are kept; created if need be, mode 0700. */
        readonly directory: string;
        readonly sink?: never;
      }
    | { readonly sink: Sink; readonly directory?: never }
  );

/**
 * The audit trail of one AI system: a tamper-evident log in a directory, and evidence packs made from it.
 *
 * Entries are redacted, normalised, hash-linked and written before the call that makes them returns; they are sealed by
 * a signed checkpoint every 1,024 entries or every second. The segment file is created with the first entry.
 */
export class AuditLog extends AuditLogCore {
  readonly #exportOnClose: ExportOnClose | undefined;

  /**
   * @throws TypeError on options that cannot be meant
   * @throws SpansealError `UNREADABLE` if the directory cannot be written, `OPEN_TOO_LARGE` if what is declared is too long
   */
  constructor(options: AuditLogOptions) {
    super({ ...options, sink: sinkOf(options) });
    checkExportOnClose(options.exportOnClose);
    this.#exportOnClose = options.exportOnClose;
  }

  /**
   * Writes an evidence pack of this log; see {@link exportPack}.
   *
   * @throws SpansealError `LOG_INVALID`, `EXPORT_FAILED`, `UNKNOWN_FRAMEWORK`
   */
  export(path: string, options: ExportOptions = {}): Promise<ExportResult> {
    return exportPack(this, path, options);
  }

  /**
   * Erases withheld values, and records it; see {@link eraseValues}.
   *
   * @throws TypeError, SpansealError `ERASURE_FAILED`, `WRITE_FAILED`
   */
  erase(options: Omit<EraseOptions, 'signer'>): Promise<EraseResult> {
    return eraseValues(this, options);
  }

  /**
   * The disclosures of one entry, for somebody else; recorded. See {@link discloseValues}.
   *
   * @throws TypeError, SpansealError `NOT_DISCLOSABLE`
   */
  disclose(options: Omit<DiscloseOptions, 'signer'>): Promise<DiscloseResult> {
    return discloseValues(this, options);
  }

  /** Puts a legal hold on the log, or on one decision: nothing of it is erased or pruned. @throws TypeError, SpansealError */
  hold(options: Omit<HoldOptions, 'signer'>): Promise<Receipt> {
    return holdLog(this, options);
  }

  /** Releases the holds that were filed under a reference. @throws TypeError, SpansealError */
  release(options: Omit<ReleaseOptions, 'signer'>): Promise<Receipt> {
    return releaseLog(this, options);
  }

  /**
   * Removes old segments that a verified pack holds, and records that they were retired; see {@link pruneLog}.
   *
   * @throws TypeError, SpansealError `ARCHIVE_INVALID`, `WRITE_FAILED`
   */
  prune(options: Omit<PruneOptions, 'signer'>): Promise<PruneResult> {
    return pruneLog(this, options);
  }

  /**
   * Has somebody outside vouch for the newest checkpoint, and records that; see {@link anchorLog}.
   *
   * @throws TypeError, SpansealError `ANCHOR_FAILED`, `WRITE_FAILED`
   */
  anchor(options: Omit<AnchorOptions, 'signer'>): Promise<AnchorResult> {
    return anchorLog(this, options);
  }

  /** @internal */
  protected override async afterClose(): Promise<void> {
    if (this.#exportOnClose === undefined || this.sink.list().length === 0) return;
    const { path, timeoutMillis = DEFAULT_EXPORT_TIMEOUT_MILLIS, ...options } = this.#exportOnClose;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no pack within ${timeoutMillis} ms`)), timeoutMillis);
    });
    try {
      await Promise.race([exportPack(this, path, { overwrite: true, ...options }), limit]);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.emitWarning(`The log is closed, and its pack was not made: ${why} Run: spanseal export`, {
        type: 'SpansealWarning',
        code: 'SPANSEAL_EXPORT_FAILED',
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What is wrong with it is told now: at the end, nobody would be there to mend it. */
function checkExportOnClose(given: ExportOnClose | undefined): void {
  if (given === undefined) return;
  const { path, timeoutMillis = DEFAULT_EXPORT_TIMEOUT_MILLIS, ...options } = given;
  checkExportOptions(options, 'exportOnClose.');
  const kinds = { path: FILE_NAME, timeoutMillis: COUNT };
  checkMembers({ path: path ?? null, timeoutMillis }, kinds, '', 'exportOnClose.');
}

const FILE_NAME: Kind = { what: 'the name of a file', is: (value) => typeof value === 'string' && value !== '' };

function sinkOf(options: AuditLogOptions): Sink {
  checkNames(options);
  const { directory, sink } = options;
  if ((directory === undefined) === (sink === undefined)) {
    throw new TypeError('AuditLog needs either `directory` (where segments are kept) or `sink`.');
  }
  // As an environment variable that is not set leaves it: the log would go to wherever the process was started.
  if (directory === '') throw new TypeError("`directory` is ''; name one, such as './audit'.");
  return sink ?? directorySink(directory ?? '');
}
