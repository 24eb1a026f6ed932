import { context as contexts, diag, trace, type Context, type HrTime, type SpanContext } from '@opentelemetry/api';

import type { AuditLogCore, SpanEvent } from '../src/audit-log-core.ts';
import {
  EVENT_GEN_AI_EVALUATION_RESULT,
  EVENT_GEN_AI_INFERENCE_DETAILS,
  EVENT_GEN_AI_OPERATION_EXCEPTION,
} from '../src/semconv.ts';
import { evaluationOf } from './dialects/opentelemetry-guardrail.ts';
import { openTelemetry } from './dialects/opentelemetry.ts';
import { isMessageEvent, spokenMessages } from './dialects/opentelemetry-messages.ts';
import { text } from './dialects/values.ts';
import { checkProcessor } from './processor-options.ts';
import { millis, type ScopeLike } from './snapshot.ts';

/** The part of a Logs SDK's record that is read, as a structural type: no SDK is imported. */
export interface LogRecordLike {
  readonly hrTime: HrTime;
  readonly eventName?: string | undefined;
  readonly body?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly spanContext?: SpanContext | undefined;
  readonly instrumentationScope?: ScopeLike | undefined;
}

/** How an exception's own event is called on a span; one that comes as a log record says the same. */
const EXCEPTION = 'exception';

/**
 * Records what GenAI instrumentations say in log records instead of on spans: messages of all generations of the
 * conventions, exceptions and evaluation results. What comes before its span has ended is part of the span's entry;
 * later messages and evaluations get entries of their own.
 *
 * Register it with the logger provider, first, beside the `AuditSpanProcessor` of the same log. Content is kept as the
 * log's `capture` says. Nothing is thrown into the application.
 */
export class AuditLogRecordProcessor {
  readonly #log: AuditLogCore;
  readonly #end: () => Promise<void>;

  /**
   * @param options - `closeLog`: whether the log closes with its last processor. Default true.
   * @throws TypeError on options that cannot be meant
   */
  constructor(log: AuditLogCore, options: { readonly closeLog?: boolean } = {}) {
    checkProcessor('AuditLogRecordProcessor', log, options);
    this.#log = log;
    this.#end = log.register({}, options.closeLog);
  }

  onEmit(record: LogRecordLike, emittedIn?: Context): void {
    try {
      this.#take(record, emittedIn ?? contexts.active());
    } catch (error) {
      diag.error('spanseal: a log record could not be recorded', error);
    }
  }

  #take(record: LogRecordLike, emittedIn: Context): void {
    // Log records that have nothing to do with GenAI are many: they cost a look at their name.
    const name = record.eventName ?? text(record.attributes['event.name']);
    if (name?.startsWith('gen_ai.') !== true) return;
    const isMessage = isMessageEvent(name);
    if (!isMessage && name !== EVENT_GEN_AI_EVALUATION_RESULT && name !== EVENT_GEN_AI_OPERATION_EXCEPTION) return;
    const span = trace.getSpan(emittedIn);
    const ids = record.spanContext ?? span?.spanContext();
    const known = ids === undefined ? undefined : this.#log.findSpan(ids.traceId, ids.spanId, span);
    const event = eventOf(record, name);
    if (name !== EVENT_GEN_AI_EVALUATION_RESULT && known?.hold(this.#kept(event)) === true) return;
    const { id, basis } = known === undefined ? this.#log.decisionAt(emittedIn) : { id: known.decisionId };
    const { name: scope, version } = record.instrumentationScope ?? { name: '' };
    const write = (type: 'evaluation' | 'message_content', payload: object): void => {
      this.#log.append(type, {
        type,
        decisionId: id,
        traceId: ids?.traceId,
        spanId: ids?.spanId,
        payload: {
          ...payload,
          decision_basis: basis,
          instrumentation: { scope, version, dialect: openTelemetry.name, event: name },
        },
      });
    };
    if (name === EVENT_GEN_AI_EVALUATION_RESULT)
      write('evaluation', evaluationOf(event.attributes, this.#log.gathered));
    else if (isMessage && this.#log.gathered.messages === 'inline') {
      for (const message of spokenMessages(event)) write('message_content', message);
    }
  }

  /** What is held of an event until its span ends: without content that would be left out then. */
  #kept(event: SpanEvent): SpanEvent {
    if (event.name === EVENT_GEN_AI_OPERATION_EXCEPTION) return { ...event, name: EXCEPTION };
    if (this.#log.gathered.messages === 'inline') return event;
    const { attributes } = event;
    const { finish_reason: reason, index } = attributes;
    return {
      ...event,
      attributes: event.name === EVENT_GEN_AI_INFERENCE_DETAILS ? {} : { finish_reason: reason, index },
    };
  }

  /** Seals all that is recorded. */
  async forceFlush(): Promise<void> {
    await this.#log.flush();
  }

  /** Seals; the log closes with its last processor. May be called again. */
  shutdown(): Promise<void> {
    return this.#end();
  }
}

/** A record as an event: what a body says stands where an event of a span says it, in its attributes. */
function eventOf(record: LogRecordLike, name: string): SpanEvent {
  const body = typeof record.body === 'object' ? record.body : undefined;
  return { name, timeMillis: millis(record.hrTime), attributes: copyOf({ ...record.attributes, ...body }) };
}

/** Whoever made the record may go on changing it. */
function copyOf(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(attributes);
  } catch {
    // Something in it is no data; when it is written, that is left out.
    return attributes;
  }
}
