import type { AuditLogCore } from '../src/audit-log-core.ts';
import { checkMembers, isRecord, TRUTH, type Kind } from '../src/option-kinds.ts';

/** What processors and exporters are made with. */

export const DIALECTS_OPTION: Kind = {
  what: 'an array of dialects, each with name, recognises and map',
  is: (value) => Array.isArray(value) && value.every(isDialect),
};

function isDialect(value: unknown): boolean {
  return isRecord(value) && typeof value['recognises'] === 'function' && typeof value['map'] === 'function';
}

/** @throws TypeError if that is no log, or those are no options */
export function checkProcessor(
  what: string,
  log: AuditLogCore,
  options: object,
  kinds: Readonly<Record<string, Kind>> = {},
): void {
  // By its shape: of another copy of this package it is a log, too.
  if (typeof (log as Partial<AuditLogCore> | undefined)?.append !== 'function') {
    throw new TypeError(`${what} takes the AuditLog that it records in, then its options.`);
  }
  if (!isRecord(options)) throw new TypeError(`The options of ${what} are an object.`);
  checkMembers(options, { closeLog: TRUTH, ...kinds }, `${what} has no option `, '');
}
