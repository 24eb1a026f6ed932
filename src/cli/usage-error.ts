/** Wrong usage of the command line. Any other `TypeError` that reaches the command's end is a defect of this program. */
export class UsageError extends TypeError {
  override readonly name = 'UsageError';
}

/**
 * Runs what takes over something that was typed: what it calls misuse is wrong usage here.
 *
 * @throws UsageError in place of a `TypeError`
 */
export function taking<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
