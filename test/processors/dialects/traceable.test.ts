import { createHash } from 'node:crypto';

import { fc } from '../../fast-check.ts';
import { expect, test } from 'vitest';

import { DIALECTS } from '../../../processors/dialects/index.ts';
import { dialectOf } from './dialect-of.ts';
import type { SpanSnapshot } from '../../../processors/snapshot.ts';
import { RECORDED, recordedSpans, scenariosOf, spanOf } from '../../spans.ts';
import { EVERYTHING, KNOWN_KEYS, OPERATIONS, SCOPES, SPAN_NAMES, TEXTS } from './known.ts';

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
    'chat embeddings rerank retrieval memory assembly invoke_agent background-model flow',
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
    said.add(value).add(value.trim()).add(value.toLowerCase()).add(sha256(value));
    // The provider in front of an SDK's interface.
    said.add(value.toLowerCase().replace(/\.[a-z]+$/, ''));
    for (const part of value.split(',')) said.add(part.trim());
    // Genkit's `provider/model`; Sentry's operation, behind its prefix.
    const slash = value.indexOf('/');
    said.add(value.slice(slash + 1)).add(value.slice(0, Math.max(slash, 0)).toLowerCase());
    said.add(value.slice(0, Math.max(slash, 0))).add(value.replace(/^gen_ai\./, ''));
    try {
      if (depth < 8) add(JSON.parse(value), depth + 1);
    } catch {
      // No JSON.
    }
  };
  // The operation, and what it is about; Traceloop's of a vector database stands behind a full stop.
  add([
    span.name,
    span.name.replace(/^.*\./s, ''),
    span.name.replace(/^\S+ /, ''),
    span.name.replace(/ .*/s, ''),
    span.statusMessage,
  ]);
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
  // Waited for since the span's start.
  for (const key of ['langfuse.observation.completion_start_time', 'mastra.completion_start_time']) {
    said.add(Date.parse(String(span.attributes[key]).replaceAll('"', '')) - span.startMillis);
  }
  for (const sum of provenSums(span)) said.add(sum);
  return said;
}

/** Counts of which the span's own total says that they add up to it. */
function provenSums({ attributes }: SpanSnapshot): readonly number[] {
  const { total, ...parts } = counts(attributes['langfuse.observation.usage_details']);
  const sum = (of: Readonly<Record<string, number>>): number => Object.values(of).reduce((a, b) => a + b, 0);
  const side = (word: string): number =>
    sum(Object.fromEntries(Object.entries(parts).filter(([name]) => name.startsWith(word))));
  const usage = counts(attributes['gcp.vertex.agent.llm_response'], 'usageMetadata');
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0, totalTokenCount } = usage;
  const output = candidatesTokenCount + thoughtsTokenCount;
  return [
    ...(sum(parts) === total ? [side('input'), side('output')] : []),
    ...(promptTokenCount + output === totalTokenCount ? [output] : []),
  ];
}

function counts(json: unknown, member?: string): Readonly<Record<string, number>> {
  try {
    const whole = JSON.parse(String(json)) as Record<string, unknown>;
    const object = (member === undefined ? whole : whole[member]) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(object).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return {};
  }
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
  const { payload, usage, error, call, approvals } = mapped;
  return scalars({ payload, usage, error, call, approvals }).filter(
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
  fc.constantFrom(...TEXTS),
);

test('any span: nothing is invented', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...KNOWN_KEYS), value, { maxKeys: 40 }),
      fc.constantFrom(...OPERATIONS),
      fc.constantFrom(...SCOPES),
      fc.constantFrom(...SPAN_NAMES),
      (attributes, operation, scope, name) => {
        expect(
          invented(spanOf({ ...attributes, ...operation }, { name, scope: { name: scope, version: undefined } })),
        ).toEqual([]);
      },
    ),
    {
      numRuns: 6_000,
      examples: [
        // A reason of nothing but a comma, which is trimmed.
        [
          { 'gen_ai.response.finish_reasons': [', '] },
          { 'gen_ai.operation.name': 'model_inference' },
          'gen_ai',
          'span',
        ],
      ],
    },
  );
});

test('dialects are asked in order, the more specific first', () => {
  expect(DIALECTS.map(({ name }) => name)).toEqual([
    'logfire',
    'anthropic',
    'ai-sdk',
    'langfuse',
    'openinference',
    'traceloop',
    'mastra',
    'langsmith',
    'genkit',
    'google-adk',
    'pydantic-ai',
    'sentry',
    'strands',
    'opentelemetry',
  ]);
});
