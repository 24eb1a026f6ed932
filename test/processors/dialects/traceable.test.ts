import { createHash } from 'node:crypto';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { DIALECTS, dialectOf } from '../../../processors/dialects/index.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { RECORDED, recordedSpans, scenariosOf, spanOf } from '../../spans.ts';
import { EVERYTHING, KNOWN_KEYS, OPERATIONS, SCOPES } from './known.ts';

/**
 * Nothing is invented: every scalar in a mapped payload is one that the span states, in an attribute, an event or its
 * name, or follows from one by a documented normalisation.
 */

/** Words that a normalisation writes for others of the same meaning. */
const WORDS: ReadonlySet<unknown> = new Set(
  [
    // Finish reasons.
    'stop length content_filter tool_call compaction error',
    // Providers of the conventions.
    'gcp.vertex_ai gcp.gemini azure.ai.openai azure.ai.inference x_ai aws.bedrock mistral_ai moonshot_ai',
    'ibm.watsonx.ai openai anthropic',
    // Operations, from a span's operation id, method or operation.
    'chat embeddings rerank retrieval memory assembly',
    // Guardrails.
    'allowed blocked modified redacted flagged escalated injection exfiltration',
    // Roles that an event's name says, and the parts of a message that the AI SDK spreads over attributes.
    'system user assistant tool text reasoning object files tool_calls',
  ].flatMap((words) => words.split(' ')),
);

/** Every scalar that a span states, with what follows from it. */
function statedBy(span: SpanSnapshot): ReadonlySet<unknown> {
  const said = new Set<unknown>(WORDS);
  const add = (value: unknown, depth = 0): void => {
    if (typeof value === 'number') {
      said
        .add(value)
        .add(String(value))
        .add(Math.round(value))
        .add(Math.round(value * 1_000));
    } else if (typeof value === 'string') {
      addText(value, depth);
    } else if (Array.isArray(value)) {
      said.add(sha256(JSON.stringify(value)));
      // Documents are known by their place in a list.
      value.forEach((item: unknown, index) => {
        said.add(index);
        add(item, depth + 1);
      });
    } else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value)) add(item, depth + 1);
    } else {
      said.add(value);
    }
  };
  const addText = (value: string, depth: number): void => {
    said.add(value).add(value.toLowerCase()).add(sha256(value));
    // The provider in front of an SDK's interface.
    said.add(value.toLowerCase().replace(/\.[a-z]+$/, ''));
    for (const part of value.split(',')) said.add(part.trim());
    try {
      if (depth < 8) add(JSON.parse(value), depth + 1);
    } catch {
      // No JSON.
    }
  };
  add([span.name, span.name.replace(/^\S+ /, ''), span.statusMessage]);
  for (const attributes of [span.attributes, ...span.events.map((event) => event.attributes)]) {
    for (const value of Object.values(attributes)) add(value);
  }
  // Definitions of tools that stand in one attribute each are digested as the list of their texts.
  const tools = [];
  for (let index = 0; `llm.tools.${index}.tool.json_schema` in span.attributes; index++) {
    tools.push(span.attributes[`llm.tools.${index}.tool.json_schema`]);
  }
  said.add(sha256(JSON.stringify(tools)));
  // OpenInference's costs are in dollars by its convention.
  said.add('USD');
  // Streaming is said by the operation's id.
  if (String(span.attributes['ai.operationId']).includes('.stream')) said.add(true);
  return said;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Amounts are written as decimal text. */
function isAmount(value: unknown, said: ReadonlySet<unknown>): boolean {
  return typeof value === 'string' && /^\d+\.\d+$/.test(value) && said.has(Number(value));
}

function scalars(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(scalars) : [value];
}

function invented(span: SpanSnapshot): unknown[] {
  const dialect = dialectOf(span.attributes, span.scope.name);
  const mapped = dialect?.map(span, EVERYTHING);
  if (mapped === undefined) return [];
  const said = statedBy(span);
  const { payload, usage, error, call } = mapped;
  return scalars({ payload, usage, error, call }).filter(
    (value) => value !== undefined && !said.has(value) && !isAmount(value, said),
  );
}

test('recorded spans: nothing is invented', () => {
  let count = 0;
  for (const emitter of RECORDED) {
    for (const scenario of scenariosOf(emitter)) {
      for (const { snapshot } of recordedSpans(emitter, scenario)) {
        expect(invented(snapshot), `${emitter} ${scenario} ${snapshot.name}`).toEqual([]);
        count++;
      }
    }
  }
  expect(count).toBeGreaterThan(300);
});

const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.constantFrom('openai.chat', 'tool-calls', 'stop,length', '["end_turn"]', 'azure', 'block', 'prompt_injection'),
  fc.constantFrom(
    '[{"role":"user","parts":[{"type":"tool_call","id":"c1","name":"get","arguments":{"a":1}}]}]',
    '[{"id":"d1","score":0.5,"text":"t"}]',
    '[{"type":"function","function":{"name":"f"}}]',
    '{"openai":{"reasoningTokens":12,"cost":"0.5"}}',
    '{"name":"p","version":4}',
  ),
);

test('any span: nothing is invented', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...KNOWN_KEYS), value, { maxKeys: 40 }),
      fc.constantFrom(...OPERATIONS),
      fc.constantFrom('gen_ai', 'ai', ...SCOPES),
      (attributes, operation, scope) => {
        expect(
          invented(spanOf({ ...attributes, ...operation }, { scope: { name: scope, version: undefined } })),
        ).toEqual([]);
      },
    ),
    { numRuns: 3_000 },
  );
});

test('dialects are asked in order, the more specific first', () => {
  expect(DIALECTS.map(({ name }) => name)).toEqual(['ai-sdk', 'openinference', 'traceloop', 'opentelemetry']);
});
