import type { Dialect } from './dialect.ts';

const SPAN_TYPE = 'logfire.span_type';
const PENDING = 'pending_span';

/**
 * Placeholders that Logfire makes while a span is open, with a copy of its attributes: no span of their own, so nothing
 * to record. All other spans of Logfire are in the vocabulary of whatever made them.
 */
export const logfirePending: Dialect = {
  name: 'logfire',
  recognises: (attributes) => attributes[SPAN_TYPE] === PENDING,
  map: () => undefined,
};
