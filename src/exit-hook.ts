/**
 * What must still be done when the process exits: one listener for all logs, there while any of them is open. Ten logs
 * with a listener each would make Node warn of a leak.
 */
const closers = new Set<() => void>();

function closeAll(): void {
  for (const close of closers) close();
}

/** Calls `close`, synchronously, when the process exits. */
export function onExit(close: () => void): void {
  if (closers.size === 0) process.on('exit', closeAll);
  closers.add(close);
}

/** Forgets what {@link onExit} was told. */
export function offExit(close: () => void): void {
  closers.delete(close);
  if (closers.size === 0) process.removeListener('exit', closeAll);
}
