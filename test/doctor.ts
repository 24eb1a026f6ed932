import { LogDoctor } from '../src/doctor/log-doctor.ts';
import type { DoctorFinding } from '../src/doctor/finding.ts';
import { FINDINGS, type FindingCode } from '../src/doctor/finding-kinds.ts';
import type { Entry } from '../src/index.ts';
import type { JsonObject } from '../src/json.ts';

/** What the doctor finds in entries; every finding is of the closed set, and of a severity that it may have. */
export function examined(
  entries: readonly Entry[],
  options: ConstructorParameters<typeof LogDoctor>[0] = {},
): Map<FindingCode, DoctorFinding> {
  const doctor = new LogDoctor(options);
  for (const entry of entries) {
    doctor.entry({ ...entry, payload: entry.payload as unknown as JsonObject }, JSON.stringify(entry));
  }
  return byCode(doctor.findings());
}

export function byCode(findings: readonly DoctorFinding[]): Map<FindingCode, DoctorFinding> {
  for (const { code, severity } of findings) {
    const severities: readonly string[] = FINDINGS[code].severities;
    if (!severities.includes(severity)) throw new Error(`${code} is told as ${severity}`);
  }
  return new Map(findings.map((finding) => [finding.code, finding]));
}
