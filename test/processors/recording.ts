import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT_CONTEXT, trace, type Attributes, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { BasicTracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'vitest';

import { AuditSpanProcessor, type AuditSpanProcessorOptions } from '../../processors/index.ts';
import type { Entry, Usage } from '../../src/entry.ts';
import {
  AuditLog,
  ed25519Signer,
  generateKey,
  memorySink,
  verifyPath,
  type AuditLogOptions,
  type MemorySink,
  type Sink,
  type VerifyOptions,
} from '../../src/index.ts';
import type { TallyPayload } from '../../src/entry.ts';

/** The log of all these tests. */
export const LOG = 'acme.example/triage';
export const key = generateKey({ name: LOG });

export interface RecordingOptions {
  readonly log?: Partial<Omit<AuditLogOptions, 'directory' | 'sink'>>;
  readonly processor?: AuditSpanProcessorOptions;
  /** Stands between the log and the memory. */
  readonly wrapSink?: (sink: MemorySink) => Sink;
  /** The provider's sampler, which may know the log. */
  readonly sampler?: (audit: AuditLog) => Sampler;
  /** Other processors, registered before and after ours. */
  readonly before?: readonly SpanProcessor[];
  readonly after?: readonly SpanProcessor[];
}

/** A log in memory, our processor, and an SDK's provider that it is registered with. */
export class Recording {
  readonly sink: MemorySink = memorySink();
  readonly audit: AuditLog;
  readonly processor: AuditSpanProcessor;
  readonly provider: BasicTracerProvider;
  readonly tracer: Tracer;

  constructor({ log, processor, sampler, wrapSink = (sink) => sink, before = [], after = [] }: RecordingOptions = {}) {
    this.audit = new AuditLog({
      system: 'triage',
      log: LOG,
      signer: ed25519Signer(key),
      ...log,
      sink: wrapSink(this.sink),
    });
    this.processor = new AuditSpanProcessor(this.audit, processor);
    this.provider = new BasicTracerProvider({
      spanProcessors: [...before, this.processor, ...after],
      ...(sampler === undefined ? {} : { sampler: sampler(this.audit) }),
    });
    this.tracer = this.provider.getTracer('test', '1.0.0');
  }

  /** Starts a span below another one, without a context manager. */
  start(attributes: Attributes = {}, parent?: Span | Context, name = 'span'): Span {
    const context = parent === undefined ? ROOT_CONTEXT : 'getValue' in parent ? parent : below(parent);
    return this.tracer.startSpan(name, { attributes }, context);
  }

  get entries(): Entry[] {
    return this.sink.entries();
  }

  /** Entries made from spans, in order. */
  get calls(): CallEntry[] {
    return callsIn(this.entries);
  }

  /** The only entry made from a span, as it stands at last. */
  of(span: Span): CallEntry {
    const found = this.all(span).at(-1);
    if (found === undefined) throw new Error('no entry of that span');
    return found;
  }

  all(span: Span): CallEntry[] {
    const { spanId } = span.spanContext();
    return this.calls.filter((entry) => entry.span_id === spanId);
  }

  /** Shuts down, and checks that what was recorded verifies. */
  async close(): Promise<void> {
    await this.provider.shutdown();
    await this.audit.close();
    // A log that nothing was written to leaves no file.
    if (this.sink.list().some((segment) => this.sink.bytes(segment).length > 0))
      await expectVerified(this.sink, { keys: [this.audit.signer?.vkey ?? key.vkey] });
    for (const tally of talliesIn(this.entries)) expectArithmetic(tally);
  }
}

export function below(span: Span, context: Context = ROOT_CONTEXT): Context {
  return trace.setSpan(context, span);
}

const CALL_TYPES = [
  'llm_call',
  'tool_call',
  'context_assembly',
  'agent_invocation',
  'guardrail',
  'evaluation',
] as const;

export type CallEntry = Extract<Entry, { type: 'llm_call' | 'tool_call' | 'context_assembly' | 'agent_invocation' }>;

export function callsIn(entries: readonly Entry[]): CallEntry[] {
  return entries.filter((entry): entry is CallEntry => (CALL_TYPES as readonly string[]).includes(entry.type));
}

/**
 * What a reader counts, knowing these two rules and nothing else: an entry with `same_call` never counts, and an
 * `unended` one that a later `ends` names no longer does.
 */
export function standing(entries: readonly Entry[]): CallEntry[] {
  const calls = callsIn(entries);
  const superseded = new Set<string>();
  let segment = '';
  const named = new Map<Entry, string>();
  for (const entry of entries) {
    if (entry.type === 'audit_open') segment = entry.payload.segment;
    named.set(entry, `${segment} ${entry.seq}`);
    const { ends, ends_segment: of = segment } = entry.payload as { ends?: number; ends_segment?: string };
    if (ends !== undefined) superseded.add(`${of} ${ends}`);
  }
  return calls.filter((entry) => !superseded.has(named.get(entry) ?? ''));
}

export function counting(entries: readonly Entry[]): CallEntry[] {
  return standing(entries).filter(({ payload }) => payload.same_call === undefined);
}

/** Model calls that count. */
export function modelCalls(entries: readonly Entry[]): CallEntry[] {
  return counting(entries).filter(({ type }) => type === 'llm_call');
}

/** The sum of what entries report as their own `usage`. */
export function usageIn(entries: readonly Entry[]): Required<Pick<Usage, 'input_tokens' | 'output_tokens'>> {
  const sum = { input_tokens: 0, output_tokens: 0 };
  for (const { payload } of standing(entries)) {
    const usage = 'usage' in payload ? payload.usage : undefined;
    sum.input_tokens += usage?.input_tokens ?? 0;
    sum.output_tokens += usage?.output_tokens ?? 0;
  }
  return sum;
}

/** Tallies, also those that stand in `audit_close`. */
export function talliesIn(entries: readonly Entry[]): TallyPayload[] {
  return entries.flatMap((entry) => {
    if (entry.type === 'tally') return [entry.payload];
    return entry.type === 'audit_close' && entry.payload.tally !== undefined ? [entry.payload.tally] : [];
  });
}

export function expectArithmetic({ spans }: TallyPayload): void {
  const ignored = Object.values(spans.ignored).reduce((sum, count) => sum + count, 0);
  expect(spans.carried + spans.started).toBe(spans.ended + spans.unended + spans.open);
  expect(spans.recorded + ignored).toBe(spans.ended + spans.late + spans.unended);
  for (const count of [spans.started, spans.ended, spans.unended, spans.open, spans.recorded]) {
    expect(count).toBeGreaterThanOrEqual(0);
  }
}

/** Verifies a log in memory as somebody would who got its files: all segments together, with the key alone. */
export async function expectVerified(sink: MemorySink, options: VerifyOptions = {}): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'spanseal-'));
  try {
    for (const segment of sink.list()) writeFileSync(join(directory, `${segment}.jsonl`), sink.bytes(segment));
    const report = await verifyPath(directory, { keys: [key.vkey], ...options });
    expect({ problems: report.problems, failed: report.failed }).toEqual({ problems: [], failed: [] });
    expect(report.ok).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Attributes of the GenAI conventions, as instrumentations set them. */
export const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'm' };
export const EMBEDDINGS = { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'e' };
export const TOOL = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'lookup' };
export const AGENT = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'triage' };
/** An agent that names a model: with usage it stands for a call, if none is seen below it. */
export const MODEL_AGENT = { ...AGENT, 'gen_ai.request.model': 'm' };
/** A GenAI span that is looked through. */
export const STEP = { 'gen_ai.operation.name': 'agent_step' };

export function usage(input: number, output: number): Attributes {
  return { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output };
}
