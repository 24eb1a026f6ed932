// Anthropic's messages as the stand-in answers them: whole, or as the events of a stream. A call costs 120 input tokens,
// of which 64 read from the cache and 16 written to it (Anthropic's own count leaves both out: 40), and 34 output tokens.
const USAGE = {
  input_tokens: 40,
  cache_read_input_tokens: 64,
  cache_creation_input_tokens: 16,
  cache_creation: { ephemeral_5m_input_tokens: 16, ephemeral_1h_input_tokens: 0 },
  output_tokens: 34,
  service_tier: 'standard',
};

/** What a request offers and what it has been answered, for the stand-in to choose its reply by. */
export function messageRequest(body) {
  return {
    tools: (body.tools ?? []).map(({ name, input_schema: parameters }) => ({ name, parameters })),
    choice: body.tool_choice?.name ?? body.tool_choice?.type,
    answered: (body.messages ?? []).some(
      ({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'tool_result'),
    ),
  };
}

/** The reply: a text, or the call of a tool. */
export function messageOf(body, { tool, text }, id) {
  const block =
    tool === undefined
      ? { type: 'text', text, citations: null }
      : { type: 'tool_use', id: id('toolu_'), name: tool.name, input: JSON.parse(tool.arguments) };
  return {
    id: id('msg_'),
    type: 'message',
    role: 'assistant',
    model: String(body.model ?? 'unknown'),
    content: [block],
    stop_reason: tool === undefined ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: USAGE,
  };
}

/** The same, as server-sent events. */
export function messageEvents(message, pieces) {
  const [block] = message.content;
  const isText = block.type === 'text';
  const deltas = isText
    ? pieces(block.text).map((text) => ({ type: 'text_delta', text }))
    : pieces(JSON.stringify(block.input)).map((json) => ({ type: 'input_json_delta', partial_json: json }));
  const begun = { ...message, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } };
  const events = [
    { type: 'message_start', message: begun },
    { type: 'content_block_start', index: 0, content_block: isText ? { ...block, text: '' } : { ...block, input: {} } },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: USAGE.output_tokens },
    },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

const ERRORS = {
  'error-429': { status: 429, type: 'rate_limit_error', message: 'Rate limit reached for requests.' },
  'error-500': { status: 500, type: 'api_error', message: 'The server had an error while processing your request.' },
};

/** The failure that was asked for, as Anthropic words it. */
export function anthropicError(fault) {
  const error = ERRORS[fault];
  if (error === undefined) return undefined;
  const { status, type, message } = error;
  return { status, body: { type: 'error', error: { type, message } } };
}
