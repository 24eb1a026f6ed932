import type { Redactor } from './redactor.ts';

/** What a log redacts by. */
export class LogRedactor {
  readonly redact: Redactor;
  /** Whose name stands in the flags that tell of what was found. */
  readonly policy: { readonly name: string; readonly version?: string } | undefined;
  /** Names of members in which nothing was found; undefined where the redactor may answer otherwise next time. */
  readonly cleanNames: Set<string> | undefined;

  constructor(redact: Redactor, policy?: LogRedactor['policy']) {
    this.redact = redact;
    this.policy = policy;
    this.cleanNames = policy === undefined ? undefined : new Set();
  }
}
