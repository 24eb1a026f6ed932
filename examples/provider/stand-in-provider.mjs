// A stand-in for the OpenAI API on the loopback address, for the demo, the examples and the tests: no key, no network,
// no cost, and the answers are known. It speaks what clients and instrumentations read: chat completions, responses and
// embeddings, and Anthropic's messages, whole or as a stream of server-sent events, tool calls, usage, and errors on
// demand.
//
//   const provider = await startProvider();
//   const client = new OpenAI({ baseURL: provider.url, apiKey: 'none-needed' });
//
// Every call costs 120 input tokens, 64 of them cached, and 34 output tokens, 12 of them reasoning; an embedding 8.
// If tools are offered and no tool result has come back yet, the first tool (or the one `tool_choice` names) is called
// with arguments made from its JSON Schema: examples, defaults and enums are used.
//
// A model named `error-429`, `error-500` or `cut-stream`, or a header `x-stand-in` with such a word, fails the call:
// 429 and 500 with Retry-After and OpenAI's error body, `cut-stream` in the middle of a stream (or of the body).
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { anthropicError, messageEvents, messageOf, messageRequest } from './anthropic-messages.mjs';

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const DEFAULT_ANSWER = 'Refer the application to a person: the income it declares is not verified.';
const SNAPSHOTS = { 'gpt-4o': 'gpt-4o-2024-08-06', 'gpt-4o-mini': 'gpt-4o-mini-2024-07-18' };
const FAULTS = ['error-429', 'error-500', 'cut-stream'];
const EMBEDDING_DIMENSIONS = 1_536;
const EMBEDDING_TOKENS = 8;

const CHAT_USAGE = {
  prompt_tokens: 120,
  completion_tokens: 34,
  total_tokens: 154,
  prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 12,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

const RESPONSES_USAGE = {
  input_tokens: 120,
  input_tokens_details: { cached_tokens: 64 },
  output_tokens: 34,
  output_tokens_details: { reasoning_tokens: 12 },
  total_tokens: 154,
};

/** Starts the stand-in. See stand-in-provider.d.mts. */
export async function startProvider({ port = 0, latencyMillis = 0, chunkMillis = 0, answer = DEFAULT_ANSWER } = {}) {
  const requests = [];
  const server = createServer((request, response) => {
    respond({ request, response, requests, latencyMillis, chunkMillis, answer }).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond({ request, response, requests, latencyMillis, chunkMillis, answer }) {
  const path = (request.url ?? '').split('?')[0];
  const body = await readJson(request);
  if (body === undefined) return sendError(response, 400, 'invalid_request_error', 'The body is no JSON object.');
  requests.push({ path, body });
  await pause(latencyMillis);
  const fault = faultOf(request, body);
  const send = { response, cut: fault === 'cut-stream', stream: body.stream === true, chunkMillis };
  if (request.method === 'POST' && path === '/v1/messages') return sendMessage(send, fault, body, answer);
  if (fault === 'error-429') {
    return sendError(response, 429, 'requests', 'Rate limit reached for requests.', 'rate_limit_exceeded');
  }
  if (fault === 'error-500') {
    return sendError(response, 500, 'server_error', 'The server had an error while processing your request.');
  }
  if (request.method === 'POST' && path === '/v1/chat/completions') return sendChat(send, body, answer);
  if (request.method === 'POST' && path === '/v1/responses') return sendResponses(send, body, answer);
  if (request.method === 'POST' && path === '/v1/embeddings') return sendWhole(send, embeddingsOf(body));
  return sendError(response, 404, 'invalid_request_error', `Unknown request URL: ${request.method} ${path}.`);
}

async function readJson(request) {
  const pieces = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    pieces.push(piece);
  }
  if (bytes === 0) return {};
  try {
    const value = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function faultOf(request, body) {
  return [request.headers['x-stand-in'], body.model].find((word) => FAULTS.includes(word));
}

// Chat completions ----------------------------------------------------------------------------------------------------

function sendChat(send, body, answer) {
  const head = { id: id('chatcmpl-'), created: seconds(), model: modelOf(body), service_tier: 'default' };
  const fingerprint = { system_fingerprint: 'fp_0123456789' };
  const { tool, text } = answerTo({
    tools: (body.tools ?? []).map((offered) => offered.function ?? offered.custom),
    choice: body.tool_choice?.function?.name ?? body.tool_choice,
    answered: (body.messages ?? []).some((message) => message.role === 'tool'),
    schema: body.response_format?.json_schema?.schema,
    answer: typeof answer === 'function' ? () => answer(body) : () => answer,
  });
  const call = tool && { id: id('call_'), type: 'function', function: { name: tool.name, arguments: tool.arguments } };
  const finish = call === undefined ? 'stop' : 'tool_calls';
  if (!send.stream) {
    const message = { role: 'assistant', content: call === undefined ? text : null, refusal: null, annotations: [] };
    if (call !== undefined) message.tool_calls = [call];
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    return sendWhole(send, { ...head, object: 'chat.completion', choices, usage: CHAT_USAGE, ...fingerprint });
  }
  const withUsage = body.stream_options?.include_usage === true;
  const chunk = (delta, reason = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    ...fingerprint,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...(withUsage ? { usage: null } : {}),
  });
  const chunks =
    call === undefined
      ? [chunk({ role: 'assistant', content: '', refusal: null }), ...pieces(text).map((content) => chunk({ content }))]
      : [
          chunk({
            role: 'assistant',
            content: null,
            refusal: null,
            tool_calls: [{ index: 0, ...call, function: { name: call.function.name, arguments: '' } }],
          }),
          ...pieces(call.function.arguments).map((part) =>
            chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }),
          ),
        ];
  chunks.push(chunk({}, finish));
  if (withUsage) chunks.push({ ...chunk({}), choices: [], usage: CHAT_USAGE });
  return sendStream(send, [...chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`), 'data: [DONE]\n\n']);
}

// Responses -----------------------------------------------------------------------------------------------------------

function sendResponses(send, body, answer) {
  const { tool, text } = answerTo({
    tools: (body.tools ?? []).filter((offered) => offered.type === 'function'),
    choice: body.tool_choice?.name ?? body.tool_choice,
    answered: Array.isArray(body.input) && body.input.some((item) => item.type === 'function_call_output'),
    schema: body.text?.format?.schema,
    answer: typeof answer === 'function' ? () => answer(body) : () => answer,
  });
  const item =
    tool === undefined
      ? {
          id: id('msg_'),
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
        }
      : { id: id('fc_'), type: 'function_call', status: 'completed', call_id: id('call_'), ...tool };
  const whole = {
    id: id('resp_'),
    object: 'response',
    created_at: seconds(),
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: modelOf(body),
    output: [item],
    parallel_tool_calls: true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    usage: RESPONSES_USAGE,
    user: null,
    metadata: body.metadata ?? {},
  };
  if (!send.stream) return sendWhole(send, whole);
  const begun = { ...whole, status: 'in_progress', output: [], usage: null };
  const at = { item_id: item.id, output_index: 0 };
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...(tool === undefined ? textEvents(item, at) : callEvents(item, at)),
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ];
  return sendStream(
    send,
    events.map((event, number) => {
      const data = JSON.stringify({ ...event, sequence_number: number });
      return `event: ${event.type}\ndata: ${data}\n\n`;
    }),
  );
}

function textEvents(item, at) {
  const [part] = item.content;
  const where = { ...at, content_index: 0 };
  return [
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...where, part: { ...part, text: '' } },
    ...pieces(part.text).map((delta) => ({ type: 'response.output_text.delta', ...where, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...where, text: part.text, logprobs: [] },
    { type: 'response.content_part.done', ...where, part },
  ];
}

function callEvents(item, at) {
  return [
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', arguments: '' },
    },
    ...pieces(item.arguments).map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments },
  ];
}

// Anthropic's messages ------------------------------------------------------------------------------------------------

function sendMessage(send, fault, body, answer) {
  const error = anthropicError(fault);
  if (error !== undefined) return sendFailure(send.response, error.status, error.body);
  const message = messageOf(
    body,
    answerTo({ ...messageRequest(body), answer: typeof answer === 'function' ? () => answer(body) : () => answer }),
    id,
  );
  return send.stream ? sendStream(send, messageEvents(message, pieces)) : sendWhole(send, message);
}

// Embeddings ----------------------------------------------------------------------------------------------------------

function embeddingsOf(body) {
  const many = Array.isArray(body.input) && typeof body.input[0] !== 'number';
  const count = many ? body.input.length : 1;
  const values = new Float32Array(body.dimensions ?? EMBEDDING_DIMENSIONS).fill(0.025);
  // What clients ask for by default; they decode it.
  const embedding =
    body.encoding_format === 'base64' ? Buffer.from(values.buffer).toString('base64') : Array.from(values);
  return {
    object: 'list',
    data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding })),
    model: modelOf(body),
    usage: { prompt_tokens: EMBEDDING_TOKENS * count, total_tokens: EMBEDDING_TOKENS * count },
  };
}

// What to answer ------------------------------------------------------------------------------------------------------

function answerTo({ tools, choice, answered, schema, answer }) {
  const wanted = tools.find((offered) => offered.name === choice) ?? tools[0];
  if (wanted !== undefined && !answered && choice !== 'none') {
    return { tool: { name: wanted.name, arguments: JSON.stringify(sample(wanted.parameters ?? {})) } };
  }
  return { text: schema === undefined ? answer() : JSON.stringify(sample(schema)) };
}

/** A value that meets a JSON Schema, as far as tools and answers of examples need it. */
function sample(schema) {
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  for (const member of ['const', 'default']) if (schema[member] !== undefined) return schema[member];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [alternative] = schema.anyOf ?? schema.oneOf ?? [];
  if (alternative !== undefined) return sample(alternative);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return 'A-1042';
    case 'number':
    case 'integer':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'array':
      return [sample(schema.items ?? {})];
    case 'null':
      return null;
    default:
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, of]) => [name, sample(of)]));
  }
}

function modelOf({ model }) {
  return SNAPSHOTS[model] ?? String(model ?? 'unknown');
}

function id(prefix) {
  return prefix + randomBytes(15).toString('hex').slice(0, 29);
}

function seconds() {
  return Math.floor(Date.now() / 1_000);
}

/** The words of a text, spaces kept: about what one chunk of a stream brings. */
function pieces(text) {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
}

// How to send it ------------------------------------------------------------------------------------------------------

function sendWhole({ response, cut }, value) {
  const bytes = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { ...requestId(), 'content-type': 'application/json', 'content-length': bytes.length });
  if (!cut) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

async function sendStream({ response, cut, chunkMillis }, events) {
  response.writeHead(200, { ...requestId(), 'content-type': 'text/event-stream; charset=utf-8' });
  const end = cut ? Math.ceil(events.length / 2) : events.length;
  for (const event of events.slice(0, end)) {
    if (response.destroyed) return;
    await new Promise((resolve) => response.write(event, resolve));
    await pause(chunkMillis);
  }
  if (cut) response.destroy();
  else response.end();
}

function sendError(response, status, type, message, code = null) {
  sendFailure(response, status, { error: { message, type, param: null, code } });
}

function sendFailure(response, status, body) {
  response.writeHead(status, {
    ...requestId(),
    'content-type': 'application/json',
    // The second one is honoured by the clients, too, and keeps tests of retries short.
    ...(status === 400 || status === 404 ? {} : { 'retry-after': '1', 'retry-after-ms': '20' }),
  });
  response.end(JSON.stringify(body));
}

function requestId() {
  const value = id('req_');
  return { 'x-request-id': value, 'request-id': value };
}

function pause(millis) {
  return millis > 0 ? new Promise((resolve) => setTimeout(resolve, millis)) : undefined;
}
