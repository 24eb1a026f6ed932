// The application: a small agent that triages loan applications, with the AI SDK and OpenAI's own client. Its model and
// tool calls know nothing of the log; what it adds is the decision around them.
import { openai } from '@ai-sdk/openai';
import { generateText, stepCountIs, tool } from 'ai';
import OpenAI from 'openai';
import { z } from 'zod';

import { audit, sdk } from './telemetry.mjs';

const application = {
  applicant: 'A-1042',
  amount: 12_000,
  contact: 'jo.miller@example.com',
  note: 'My payslips: portal.example/jo, key sk-not-a-real-key-0123456789',
};

const creditReport = tool({
  description: 'The credit report of an applicant.',
  inputSchema: z.object({ applicant: z.string().meta({ examples: [application.applicant] }) }),
  execute: async ({ applicant }) => ({ applicant, score: 612, openLoans: 1, incomeVerified: false }),
});

const declared = {
  input: application,
  decisionType: 'credit_triage',
  actor: 'triage-agent',
  actorKind: 'agent',
  automation: 'human_in_the_loop',
  effect: 'legal',
  reviewRequired: true,
  caseRef: 'loan-2291',
};

async function triage(decision) {
  const { text } = await generateText({
    model: openai('gpt-4o'),
    system: 'You triage loan applications. Read the credit report first. Then say in one sentence what to do.',
    prompt: JSON.stringify(application),
    tools: { credit_report: creditReport },
    stopWhen: stepCountIs(4),
    experimental_telemetry: { isEnabled: true },
  });
  await new OpenAI().chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: `Write to the applicant, in two sentences, that this was found: ${text}` }],
  });
  decision.result('referred', { reasonCodes: ['income_unverified'] });
  return decision.id;
}

try {
  console.log(await audit.decision(declared, triage));
} finally {
  await sdk.shutdown();
}
