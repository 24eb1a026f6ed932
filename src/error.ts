/** What went wrong, as a closed set: every {@link SpansealError} carries one of these. */
export type SpansealErrorCode =
  /** The log cannot be written and `failure: 'refuse'` is set. */
  | 'AUDIT_UNAVAILABLE'
  /** A business call on a closed log. */
  | 'LOG_CLOSED'
  /** One entry could not be written; the log goes on and a `gap` will say so. */
  | 'WRITE_FAILED'
  /** The segment was given up before this entry was sealed. */
  | 'SEGMENT_ABANDONED'
  /** `audit_open` does not fit a line. */
  | 'OPEN_TOO_LARGE'
  /** The directory, or other sink, holds the log of another system, another log, or one that is (un)signed. */
  | 'OTHER_LOG'
  /** The signing service failed or answered what may not be written. */
  | 'SIGNER_FAILED'
  /** A key file that is missing, unreadable, malformed, or open to others. */
  | 'KEY_FILE'
  /** A file or directory that the system will not open, read or create. */
  | 'UNREADABLE'
  /** The log's integrity does not hold, so nothing is exported from it. */
  | 'LOG_INVALID'
  /** The pack could not be written. */
  | 'EXPORT_FAILED'
  /** Values could not be erased: what was to go may still be there. */
  | 'ERASURE_FAILED'
  /** The archive does not hold, so nothing is pruned by it. */
  | 'ARCHIVE_INVALID'
  /** There is no such value, or nothing is left of it. */
  | 'NOT_DISCLOSABLE'
  /** No time-stamp or cosignature could be had, or it does not hold: nothing was recorded. */
  | 'ANCHOR_FAILED'
  /** A guard's policy blocks something in what was to be passed on. */
  | 'BLOCKED_BY_POLICY'
  /** A framework name that the catalogue does not have. */
  | 'UNKNOWN_FRAMEWORK';

/** The one error class of the package: a closed `code`, a message that says what, where and what to do, and a `cause`. */
export class SpansealError extends Error {
  override readonly name = 'SpansealError';
  readonly code: SpansealErrorCode;

  constructor(code: SpansealErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
