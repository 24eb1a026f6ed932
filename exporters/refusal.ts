import { SpansealError } from '../src/error.ts';
import type { JsonObject } from '../src/json.ts';
import type { Problems } from '../src/verify/problem.ts';
import type { SegmentRecord } from '../src/verify/segment.ts';

/** What keeps a log from being exported: evidence of it would be evidence of nothing. */

export function refuseInvalid(problems: Problems, location: string): void {
  const problem = problems.list.find(({ verdict }) => verdict === 'integrity' || verdict === 'authenticity');
  if (problem === undefined) return;
  throw new SpansealError(
    'LOG_INVALID',
    `The log in ${location} does not hold: ${problem.code} in ${problem.file}, line ${problem.line ?? 1}: ${problem.what}. See spanseal verify ${location}.`,
  );
}

export function refuseOther({ name, log, system, lines }: SegmentRecord, header: JsonObject, location: string): void {
  if (lines === 0 || (log === header['log'] && system === header['system'])) return;
  throw new SpansealError(
    'LOG_INVALID',
    `The segment ${name} in ${location} is of another log or system; a directory holds one log.`,
  );
}
