import { isMainThread } from 'node:worker_threads';

import type { AuditLog } from '../index.ts';
import type { RunningSdk } from './telemetry.ts';

/** So long the tracing backend may take before the process ends by a signal; the log is closed by then. */
const SHUTDOWN_MILLIS = 5_000;

/**
 * Closes log and SDK when the application has nothing more to do, and when a signal ends it that it does not handle
 * itself. An application that handles it, by whatever package, decides alone: its `process.exit` is seen by the log.
 */
export function closeAtTheEnd(audit: AuditLog, sdk: RunningSdk): void {
  process.once('beforeExit', () => {
    sdk.shutdown().catch(tell);
  });
  // Signals come to the main thread only.
  if (isMainThread) for (const signal of ['SIGTERM', 'SIGINT'] as const) onUnhandled(signal, () => close(audit, sdk));
}

async function close(audit: AuditLog, sdk: RunningSdk): Promise<void> {
  await audit.close({ reason: 'signal' });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SHUTDOWN_MILLIS);
  });
  await Promise.race([sdk.shutdown().catch(tell), limit]);
  clearTimeout(timer);
}

function onUnhandled(signal: NodeJS.Signals, close: () => Promise<void>): void {
  const listener = (): void => {
    // Gone before the others run: some count the listeners to know whether the signal is theirs alone (signal-exit).
    process.removeListener(signal, listener);
    if (process.listenerCount(signal) > 0) return;
    // With no listener left, the signal does what it would have done; so does a second one meanwhile.
    void close().finally(() => process.kill(process.pid, signal));
  };
  process.on(signal, listener);
}

function tell(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  process.emitWarning(`The SDK did not shut down well: ${why}`, { type: 'SpansealWarning', code: 'SPANSEAL_REGISTER' });
}
