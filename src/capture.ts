/** What happens to one kind of content: left out, or written into the entry after redaction. */
export type CaptureMode = 'none' | 'inline';

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
