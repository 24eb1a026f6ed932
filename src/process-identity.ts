import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import type { JsonObject } from './json.ts';

/** Who writes a segment: enough to tell later whether that process still runs (Linux; elsewhere by its pid alone). */
export interface ProcessIdentity extends JsonObject {
  readonly host: string;
  readonly pid: number;
  readonly started_at: string;
  /** Clock ticks since boot, field 22 of proc(5) stat: unlike a time of day, no clock step changes it. */
  readonly start_ticks?: number;
  readonly boot_id?: string;
  readonly runtime: string;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** When a process started; `undefined` if there is none that runs, or no proc(5). */
function startTicks(pid: number | 'self'): number | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command, field 2, may hold spaces and parentheses: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie writes nothing any more, however long its parent does not ask for it.
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const ticks = Number(fields[19]);
  return Number.isSafeInteger(ticks) ? ticks : undefined;
}

/** This process. */
export function processIdentity(): ProcessIdentity {
  const ticks = startTicks('self');
  const bootId = readText('/proc/sys/kernel/random/boot_id')?.trim();
  return {
    host: hostname(),
    pid: process.pid,
    started_at: new Date(Date.now() - Math.round(process.uptime() * 1_000)).toISOString(),
    ...(ticks === undefined ? {} : { start_ticks: ticks }),
    ...(bootId === undefined ? {} : { boot_id: bootId }),
    runtime: `node ${process.versions.node}`,
  };
}

/**
 * Whether the process that wrote a segment is certainly gone: same host, same boot, and no process has its pid and its
 * start. Where that cannot be told it counts as running.
 */
export function isGone(writer: JsonObject, self: ProcessIdentity): boolean {
  const { host, pid, boot_id: bootId, start_ticks: ticks } = writer;
  if (host !== self.host || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return false;
  if (bootId !== self.boot_id) return false;
  if (self.start_ticks !== undefined && typeof ticks === 'number') return startTicks(pid) !== ticks;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
