export type { Redaction, RedactedField, Redactor } from './redactor.ts';
export { DEFAULT_CATEGORIES, defaultRedactor, detectorsDocument } from './default-redactor.ts';
