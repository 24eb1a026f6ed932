export interface StandInOptions {
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Before each answer. Default 0. */
  readonly latencyMillis?: number;
  /** After each event of a stream. Default 0. */
  readonly chunkMillis?: number;
  /** What the model says when it calls no tool. */
  readonly answer?: string | ((body: Record<string, unknown>) => string);
}

export interface StandInProvider {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string;
  /** What was asked, in order; headers are not kept. */
  readonly requests: readonly { readonly path: string; readonly body: Record<string, unknown> }[];
  /** Stops listening and ends what is under way. */
  close(): Promise<void>;
}

/** Starts a stand-in for the OpenAI API and Anthropic's messages on the loopback address; see the head of the `.mjs` file for what it does. */
export function startProvider(options?: StandInOptions): Promise<StandInProvider>;
