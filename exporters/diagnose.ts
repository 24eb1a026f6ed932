import type { AuditLogCore } from '../src/audit-log-core.ts';
import { DEFAULT_ENVIRONMENT } from '../src/opening.ts';
import { finding, worstFirst, type DoctorFinding } from '../src/doctor/finding.ts';
import { LogDoctor } from '../src/doctor/log-doctor.ts';
import type { JsonObject } from '../src/json.ts';
import { textOf } from '../src/json.ts';
import { readOpening } from '../src/segment-tail.ts';
import type { Sink } from '../src/sink.ts';
import { escapeText } from '../src/verify/problem.ts';
import { readLog } from './read-log.ts';
import { examineSetUp } from './set-up.ts';

export interface DiagnoseOptions {
  /** The environment variables, `process.env`; the package reads none by itself. Of them `NODE_ENV` is looked at. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** So many segments of this process are looked at, the newest ones. */
const MAX_SEGMENTS = 16;

/**
 * What is wrong with a set-up, seen from the running application: call it when the first requests have been served.
 * It looks at the segments that this log has written, at its counters, and at what is registered with OpenTelemetry.
 * It writes nothing, registers nothing, and never rejects. It does not verify: `verifyPath` does.
 *
 * @returns what was found, worst first; the codes stand in docs/doctor.md
 */
export async function diagnose(audit: AuditLogCore, options: DiagnoseOptions = {}): Promise<readonly DoctorFinding[]> {
  try {
    return await examine(audit, options);
  } catch (error) {
    return [finding('not_examined', `Looking at it failed: ${escapeText(messageOf(error))}`)];
  }
}

async function examine(audit: AuditLogCore, { env = {} }: DiagnoseOptions): Promise<readonly DoctorFinding[]> {
  const current = audit.head()?.segment;
  const doctor = new LogDoctor({ current });
  const found: DoctorFinding[] = [];
  try {
    for await (const entry of readLog(ownSegments(audit.sink, current))) {
      doctor.entry({ ...entry, payload: entry.payload as unknown as JsonObject }, JSON.stringify(entry));
    }
  } catch (error) {
    found.push(finding('unreadable', escapeText(messageOf(error))));
  }
  const counters = audit.tally.payload(new Date().toISOString());
  doctor.counters(counters);
  const ofLog = doctor.findings();
  const arriving =
    counters.spans.started > 0 || !ofLog.some(({ code }) => code === 'no_spans' || code === 'not_counted');
  found.push(...examineSetUp(audit, arriving));
  // What the provider shows says more than that nothing is declared.
  const isSamplerSeen = found.some(({ code }) => code === 'sampler_may_drop');
  found.push(...ofLog.filter(({ code }) => code !== 'sampling_undeclared' || !isSamplerSeen));
  return worstFirst(withNodeEnv(found, audit.environment, env['NODE_ENV']));
}

/** A log of development in a process of production needs no other evidence. */
function withNodeEnv(found: DoctorFinding[], environment: string, nodeEnv: string | undefined): DoctorFinding[] {
  if (environment !== DEFAULT_ENVIRONMENT || nodeEnv !== 'production') return found;
  const plain = 'The log says `environment: development`, and NODE_ENV is production.';
  return [
    ...found.filter(({ code }) => code !== 'environment_development'),
    finding('environment_development', plain, { severity: 'problem' }),
  ];
}

/** The sink, as if it held what this log has written and nothing else: a directory may hold years of others. */
function ownSegments(sink: Sink, current: string | undefined): Sink {
  const there = new Set(current === undefined ? [] : sink.list());
  const own: string[] = [];
  for (let name = current; name !== undefined && there.delete(name) && own.length < MAX_SEGMENTS;) {
    own.unshift(name);
    name = textOf(readOpening(sink, name)?.['previous']);
  }
  return { ...sink, location: sink.location, list: () => own, open: (segment) => sink.open(segment) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
