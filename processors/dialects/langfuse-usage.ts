import type { Usage } from '../../src/entry.ts';
import type { JsonObject } from '../../src/json.ts';
import { GEN_AI_USAGE, usageOf, type UsageNames } from './usage.ts';
import { count, record, type Attributes } from './values.ts';

const ATTR_USAGE = 'langfuse.observation.usage_details';

/** Names in the free-form details: Langfuse's own, and those of the clients that its integrations wrap. */
const DETAILS: UsageNames = {
  input_tokens: ['input', 'input_tokens', 'prompt_tokens', 'promptTokens'],
  output_tokens: ['output', 'output_tokens', 'completion_tokens', 'completionTokens'],
  cache_read_input_tokens: [
    'input_cached_tokens',
    'input_cache_read',
    'cache_read_input_tokens',
    'input_cache_read_tokens',
    'input_cached',
  ],
  cache_write_input_tokens: [
    'input_cache_creation',
    'cache_creation_input_tokens',
    'input_cache_creation_tokens',
    'input_cache_write_tokens',
    'input_cache_write',
  ],
  reasoning_output_tokens: ['output_reasoning_tokens', 'output_reasoning', 'reasoning_tokens'],
  total_tokens: ['total', 'total_tokens', 'totalTokens'],
};

const IN = /^(input|prompt|cache)/;
const OUT = /^(output|completion|reasoning)/;

/** Token counts of an observation; under the conventions' names, where it has none of its own. */
export function langfuseUsage(attributes: Attributes): Usage | undefined {
  const details = record(attributes[ATTR_USAGE]);
  if (details === undefined) return usageOf(attributes, GEN_AI_USAGE);
  const usage = usageOf(details, DETAILS);
  return usage === undefined ? undefined : inclusive(usage, details);
}

/**
 * Integrations take cached and reasoning tokens out of the counts that include them, or leave them in. Which of the two
 * it was the total shows: if it is the sum of all parts, they were taken out, and come back in. Else, or without a
 * total, the counts stay what they are.
 */
function inclusive(usage: Usage, details: JsonObject): Usage {
  const { input_tokens: input, output_tokens: output, total_tokens: total } = usage;
  if (input === undefined || output === undefined || total === undefined || input + output === total) return usage;
  let allInput = 0;
  let allOutput = 0;
  for (const name in details) {
    const part = count(details[name]);
    if (part === undefined || DETAILS.total_tokens.includes(name)) continue;
    if (IN.test(name)) allInput += part;
    else if (OUT.test(name)) allOutput += part;
    else return usage;
  }
  return allInput + allOutput === total ? { ...usage, input_tokens: allInput, output_tokens: allOutput } : usage;
}
