import { FINDINGS, SEVERITIES, type FindingCode, type Severity } from './finding-kinds.ts';

/** One thing that was found out. Texts that stood in the log are escaped and shortened. */
export interface DoctorFinding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What was found, with its numbers. */
  readonly what: string;
  /** What to do about it. */
  readonly todo: string;
  /** Scopes, segments or entries that it is about, the first ones of them. */
  readonly where?: readonly string[];
}

/** A finding of the usual severity, unless another is given. */
export function finding(
  code: FindingCode,
  what: string,
  { severity, where = [] }: { readonly severity?: Severity | undefined; readonly where?: readonly string[] } = {},
): DoctorFinding {
  const { severities, todo } = FINDINGS[code];
  return {
    code,
    severity: severity ?? severities[0] ?? 'note',
    what,
    todo,
    ...(where.length === 0 ? {} : { where }),
  };
}

const CODES = Object.keys(FINDINGS) as FindingCode[];

/** Worst first, then in the order of the codes. */
export function worstFirst(findings: Iterable<DoctorFinding>): DoctorFinding[] {
  const rank = ({ severity, code }: DoctorFinding): number =>
    SEVERITIES.indexOf(severity) * CODES.length + CODES.indexOf(code);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
