import type { Dialect } from '../../../processors/dialects/dialect.ts';
import { DIALECTS } from '../../../processors/dialects/index.ts';

/** The dialect that the processor takes for a span; `undefined` if the span has nothing to do with GenAI. */
export function dialectOf(attributes: Readonly<Record<string, unknown>>, scopeName: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.recognises(attributes, scopeName));
}
