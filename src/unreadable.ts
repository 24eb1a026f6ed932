import { SpansealError } from './error.ts';

/** Whether the system refused something. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** What to throw for what was thrown while a path was read: `UNREADABLE` for what the system refused, else the same. */
export function unreadable(path: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  return new SpansealError(
    'UNREADABLE',
    `${path} cannot be read (${cause.code}); check the path and its permissions.`,
    {
      cause,
    },
  );
}
