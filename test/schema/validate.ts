import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';

/** docs/entry.schema.json by a validator that is not ours. */

const SCHEMA = new URL('../../docs/entry.schema.json', import.meta.url);

export const entrySchema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as {
  readonly $defs: Readonly<Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>>;
};

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false }).compile(entrySchema);

/** What is wrong with a parsed line, by the schema; empty if nothing is. */
export function schemaProblems(entry: unknown): string[] {
  if (validate(entry)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}
