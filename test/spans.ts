import { readdirSync, readFileSync } from 'node:fs';

import type { Attributes, HrTime, SpanStatus } from '@opentelemetry/api';

import { snapshot, type SpanLike, type SpanSnapshot } from '../processors/snapshot.ts';

/** Recorded spans of published instrumentations: test/fixtures/spans/README.md. */

const DIRECTORY = new URL('fixtures/spans/', import.meta.url);

interface DumpedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly parentSpanId?: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events?: readonly {
    readonly name: string;
    readonly time: HrTime;
    readonly attributes?: Readonly<Record<string, unknown>>;
  }[];
  readonly instrumentationScope: { readonly name: string; readonly version?: string };
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

export interface Truth {
  readonly model_calls: number;
  readonly failed?: number;
  readonly incomplete?: number;
  readonly embedding_calls?: number;
  readonly tool_executions?: number;
  readonly tool_failed?: number;
  /** Tools that wait for a person. */
  readonly tool_waiting?: number;
  /** Whether spans of tools name the call they answer; they do unless said otherwise. */
  readonly tool_call_ids?: boolean;
  /** What token counts are where they are not those of the provider's reply. */
  readonly usage?: string;
  /** `null` where no model is asked. */
  readonly request_model?: string | null;
  /** `null` where no span says it, or no model is asked. */
  readonly provider?: string | null;
  readonly outcome?: string;
  readonly why?: string;
}

interface TruthFile {
  readonly emitters: Readonly<Record<string, string | null>>;
  readonly families: Readonly<Record<string, Readonly<Record<string, Truth>>>>;
  readonly observable: Readonly<Record<string, Readonly<Record<string, Partial<Truth>>>>>;
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, DIRECTORY), 'utf8'));
}

const truthFile = read('truth.json') as TruthFile;

/** The recorded instrumentations, by name. */
export const RECORDED: readonly string[] = Object.keys(truthFile.emitters);

/** Those of which is known what happened; the others were told what to say. */
export const EMITTERS: readonly string[] = RECORDED.filter((emitter) => truthFile.emitters[emitter] !== null);

/** Scenarios of an emitter, those with captured content among them. */
export function scenariosOf(emitter: string): readonly string[] {
  return readdirSync(new URL(`${emitter}/`, DIRECTORY))
    .filter((name) => name !== 'versions.json')
    .map((name) => name.replace(/(\.unended)?\.json$/, ''))
    .filter((name, index, names) => names.indexOf(name) === index);
}

/** Whether anybody wrote down what happened: not where a scenario asks no provider. */
export function hasTruth(emitter: string, scenario: string): boolean {
  return truthFile.families[truthFile.emitters[emitter] ?? '']?.[scenario.replace(/\.content$/, '')] !== undefined;
}

/** What happened, and what the emitter's spans can show of it. */
export function truthOf(emitter: string, scenario: string): { readonly truth: Truth; readonly observable: Truth } {
  const base = scenario.replace(/\.content$/, '');
  const truth = truthFile.families[truthFile.emitters[emitter] ?? '']?.[base];
  if (truth === undefined) throw new Error(`no truth for ${emitter}/${scenario}`);
  return { truth, observable: { ...truth, ...truthFile.observable[emitter]?.[base] } };
}

/** One recorded span, as an SDK 2.x span object. */
export interface RecordedSpan {
  readonly span: SpanLike;
  readonly snapshot: SpanSnapshot;
  readonly ended: boolean;
}

/** Spans of one scenario: those that ended, in that order, then those that never did. */
export function recordedSpans(emitter: string, scenario: string): readonly RecordedSpan[] {
  const names = readdirSync(new URL(`${emitter}/`, DIRECTORY));
  const load = (name: string): readonly DumpedSpan[] =>
    names.includes(name) ? (read(`${emitter}/${name}`) as readonly DumpedSpan[]) : [];
  return [
    ...load(`${scenario}.json`).map((dump) => recordedSpan(dump, true)),
    ...load(`${scenario}.unended.json`).map((dump) => recordedSpan(dump, false)),
  ];
}

function recordedSpan(dump: DumpedSpan, ended: boolean): RecordedSpan {
  const context = { traceId: dump.traceId, spanId: dump.spanId, traceFlags: dump.traceFlags };
  const span: SpanLike = {
    name: dump.name,
    kind: dump.kind,
    startTime: dump.startTime,
    endTime: dump.endTime,
    duration: dump.duration,
    status: dump.status,
    attributes: attributes(dump.attributes),
    events: (dump.events ?? []).map((event) => ({ ...event, attributes: attributes(event.attributes ?? {}) })),
    parentSpanContext: dump.parentSpanId === undefined ? undefined : { ...context, spanId: dump.parentSpanId },
    instrumentationScope: dump.instrumentationScope,
    droppedAttributesCount: dump.droppedAttributesCount,
    droppedEventsCount: dump.droppedEventsCount,
    droppedLinksCount: dump.droppedLinksCount,
    spanContext: () => context,
  };
  return { span, snapshot: snapshot(span), ended };
}

function attributes(dumped: Readonly<Record<string, unknown>>): Attributes {
  const result: Attributes = {};
  for (const [key, value] of Object.entries(dumped)) {
    const isUndefined = typeof value === 'object' && value !== null && '$undefined' in value;
    result[key] = isUndefined ? undefined : (value as Attributes[string]);
  }
  return result;
}

/** A span made by hand, as the processor hands it to a dialect. */
export function spanOf(attributes: Readonly<Record<string, unknown>>, more: Partial<SpanSnapshot> = {}): SpanSnapshot {
  return {
    name: 'span',
    kind: 'internal',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: undefined,
    sampled: true,
    startMillis: 1_795_442_400_000,
    endMillis: 1_795_442_401_000,
    status: 'unset',
    statusMessage: undefined,
    attributes,
    events: [],
    scope: { name: 'test', version: undefined },
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    ...more,
  };
}
