import type { EntryType } from './entry.ts';

/**
 * What happens to one kind of content: left out, written into the entry after redaction, or withheld: kept beside the
 * log under a salted digest that stands in the entry, so that it can be shown, or erased, later.
 */
export type CaptureMode = 'none' | 'inline' | 'withheld';

/** Which content enters the log. System instructions go with `messages`; queries and document texts with `retrieval`. */
export interface Capture {
  readonly messages: CaptureMode;
  readonly toolArguments: CaptureMode;
  readonly toolResults: CaptureMode;
  readonly decisionInput: CaptureMode;
  readonly decisionOutput: CaptureMode;
  readonly retrieval: CaptureMode;
}

export const DEFAULT_CAPTURE: Capture = {
  messages: 'none',
  toolArguments: 'inline',
  toolResults: 'none',
  decisionInput: 'inline',
  decisionOutput: 'none',
  retrieval: 'none',
};

export type ContentKind = keyof Capture;

type ContentMembers = Readonly<Record<string, ContentKind>>;

const MESSAGES: ContentMembers = {
  input_messages: 'messages',
  output_messages: 'messages',
  system_instructions: 'messages',
};

/** The members of payloads that hold content, and the kind of it. */
export const CONTENT: Readonly<Partial<Record<EntryType, ContentMembers>>> = {
  llm_call: MESSAGES,
  agent_invocation: MESSAGES,
  message_content: { parts: 'messages' },
  // The reason of an approval may be a message to the model.
  human_oversight: { note: 'messages' },
  // Whoever explains a score quotes what was said.
  evaluation: { explanation: 'messages' },
  tool_call: { arguments: 'toolArguments', result: 'toolResults' },
  decision: { input: 'decisionInput' },
  decision_end: { output: 'decisionOutput' },
  context_assembly: { query: 'retrieval', documents: 'retrieval' },
};

/** What whoever gathers content is to look for: what is withheld is read like what is written. */
export function gathered(capture: Capture): Capture {
  const modes = Object.entries(capture).map(([kind, mode]) => [kind, mode === 'withheld' ? 'inline' : mode] as const);
  return Object.fromEntries(modes) as Record<ContentKind, CaptureMode>;
}
