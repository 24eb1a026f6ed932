export type { Redaction, RedactedField, Redactor } from './redactor.ts';
export { DEFAULT_CATEGORIES, defaultRedactor } from './default-redactor.ts';
