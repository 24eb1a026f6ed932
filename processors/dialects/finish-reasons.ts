import { content } from './values.ts';

/** The conventions' words (`stop`, `length`, `content_filter`, `tool_call`, `compaction`, `error`) for providers' own. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['complete', 'stop'],
  ['completed', 'stop'],
  ['finished', 'stop'],
  ['endoftext', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['content_filter', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
  ['refusal', 'content_filter'],
  ['safety', 'content_filter'],
  ['recitation', 'content_filter'],
  ['blocklist', 'content_filter'],
  ['prohibited_content', 'content_filter'],
  ['blocked', 'content_filter'],
  ['spii', 'content_filter'],
  ['error_toxic', 'content_filter'],
  ['tool_call', 'tool_call'],
  ['tool_calls', 'tool_call'],
  ['tool_use', 'tool_call'],
  ['function_call', 'tool_call'],
  ['compaction', 'compaction'],
  ['error', 'error'],
]);

/**
 * Finish reasons in one vocabulary, from an array, a JSON array, a comma list or one word. A word that is not known is
 * kept as it is.
 */
export function finishReasons(value: unknown): string[] | undefined {
  const reasons: string[] = [];
  for (const item of list(value)) {
    if (typeof item !== 'string') continue;
    const word = item.trim();
    if (word !== '') reasons.push(WORDS.get(word) ?? WORDS.get(snakeCase(word)) ?? word);
  }
  return reasons.length === 0 ? undefined : reasons;
}

/** `tool-calls`, `toolCalls` and `TOOL_CALLS` are `tool_calls`. */
function snakeCase(word: string): string {
  return word
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string') return [];
  const parsed = content(value);
  return Array.isArray(parsed) ? parsed : value.split(',');
}
