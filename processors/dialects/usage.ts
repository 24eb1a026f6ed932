import type { Usage } from '../../src/entry.ts';
import {
  ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_COMPLETION_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_PROMPT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TOTAL_TOKENS,
} from '../../src/semconv.ts';
import { count, decimal, statedOrNothing, type Attributes } from './values.ts';

/** For each count the attributes that may hold it; the first usable one is taken. */
export type UsageNames = Readonly<Record<keyof Usage, readonly string[]>>;

/** Names of the conventions, older names, and names that instrumentations put under the conventions' prefix. */
export const GEN_AI_USAGE: UsageNames = {
  input_tokens: [ATTR_GEN_AI_USAGE_INPUT_TOKENS, ATTR_GEN_AI_USAGE_PROMPT_TOKENS, 'llm.usage.prompt_tokens'],
  output_tokens: [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, ATTR_GEN_AI_USAGE_COMPLETION_TOKENS, 'llm.usage.completion_tokens'],
  cache_read_input_tokens: [
    ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.input_tokens.cached',
    'gen_ai.usage.prompt_tokens_details.cache_read',
    'gen_ai.usage.details.cache_read_tokens',
  ],
  cache_write_input_tokens: [
    ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.cache_write_input_tokens',
    'gen_ai.usage.input_tokens.cache_write',
    'gen_ai.usage.prompt_tokens_details.cache_write',
    'gen_ai.usage.details.cache_write_tokens',
  ],
  reasoning_output_tokens: [
    ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.output_tokens.reasoning',
    'gen_ai.usage.details.reasoning_tokens',
    'gen_ai.usage.completion_tokens_details.reasoning',
  ],
  total_tokens: [ATTR_GEN_AI_USAGE_TOTAL_TOKENS, 'llm.usage.total_tokens'],
};

function firstCount(attributes: Attributes, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = count(attributes[name]);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Token counts that a span states. A total is never computed, and cached tokens are never added to the input. */
export function usageOf(attributes: Attributes, names: UsageNames): Usage | undefined {
  return statedOrNothing<Usage>({
    input_tokens: firstCount(attributes, names.input_tokens),
    output_tokens: firstCount(attributes, names.output_tokens),
    cache_read_input_tokens: firstCount(attributes, names.cache_read_input_tokens),
    cache_write_input_tokens: firstCount(attributes, names.cache_write_input_tokens),
    reasoning_output_tokens: firstCount(attributes, names.reasoning_output_tokens),
    total_tokens: firstCount(attributes, names.total_tokens),
  });
}

/** In no convention. None of them comes with a currency, so none is recorded. */
const COSTS = ['gen_ai.usage.cost', 'gen_ai.usage.total_cost', 'operation.cost', 'gen_ai.cost.total_tokens'] as const;

/** What a call cost, where the span says so. */
export function costOf(attributes: Attributes): { readonly amount: string } | undefined {
  for (const name of COSTS) {
    const amount = decimal(attributes[name]);
    if (amount !== undefined) return { amount };
  }
  return undefined;
}
