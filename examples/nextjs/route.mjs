// app/api/answer/route: a handler that answers with a stream. It returns long before the model has said its last word,
// and even before it was asked: the stream is pulled by whoever reads the response. So the body is bound to the
// decision, which then holds the call and ends when the last byte is read, or the client is gone.
import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';

import { audit } from './audit.mjs';

export const runtime = 'nodejs';

export async function POST(request) {
  const { question } = await request.json();
  const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY });
  return audit.decision({ input: question, actor: 'helpdesk-assistant', actorKind: 'agent' }, (decision) => {
    const answer = streamText({
      model: openai('gpt-4o'),
      prompt: question,
      experimental_telemetry: { isEnabled: true },
      onFinish: ({ finishReason }) => decision.result(finishReason === 'stop' ? 'answered' : 'cut_short'),
    });
    return boundTo(decision, answer.toTextStreamResponse());
  });
}

const boundTo = (decision, response) => new Response(decision.bind(response.body), response);
