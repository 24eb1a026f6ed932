import type { Attributes, Histogram, MeterProvider, Observable } from '@opentelemetry/api';

import {
  ATTR_ERROR_TYPE,
  ATTR_OTEL_COMPONENT_NAME,
  ATTR_OTEL_COMPONENT_TYPE,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
} from './semconv.ts';
import { PACKAGE_VERSION } from './version.ts';

/**
 * What a log tells of itself as OpenTelemetry metrics. All but one are observed when they are collected, from counters
 * that the log keeps anyway: an entry costs no more for it.
 */

const METER = 'spanseal';

/** Which log a measurement is of. */
const ATTR_LOG = 'spanseal.log';

/** What a log has counted since it was made. */
export interface LogCounters {
  readonly entries: number;
  readonly bytes: number;
  readonly lost: number;
  readonly sealsDiscarded: number;
  readonly unsealed: number;
  /** How long the oldest entry that no seal covers has waited, in milliseconds; 0 without one. */
  readonly unsealedMillis: number;
  readonly openSpans: number;
  readonly openDecisions: number;
  /** Spans that processors are done with, by what kept them from being recorded; `''` if nothing did. */
  readonly spans: ReadonlyMap<string, number>;
}

/** Why a span that should be recorded was not. All else that a span is passed over for is no failure. */
const FAILURES: ReadonlySet<string> = new Set(['write_failed', 'after_close', 'failed']);

/** Seconds within which a seal is made: a local key takes a millisecond, a key service its time. */
const SEAL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

let made = 0;

/** Measures a log; what is returned takes how long each seal took. */
export class LogMetrics {
  readonly #sealDuration: Histogram;
  readonly #attributes: Attributes;

  constructor(provider: MeterProvider, log: string, read: () => LogCounters) {
    const meter = provider.getMeter(METER, PACKAGE_VERSION);
    const attributes: Attributes = { [ATTR_LOG]: log };
    this.#attributes = attributes;
    this.#sealDuration = meter.createHistogram('spanseal.seal.duration', {
      unit: 's',
      description: 'Time to sync, sign and write a seal.',
      advice: { explicitBucketBoundaries: SEAL_SECONDS },
    });
    const observe = (instrument: Observable, value: (counters: LogCounters) => number): void =>
      instrument.addCallback((result) => {
        result.observe(value(read()), attributes);
      });
    const counter = (name: string, unit: string, description: string, value: (counters: LogCounters) => number): void =>
      observe(meter.createObservableCounter(name, { unit, description }), value);
    const level = (name: string, unit: string, description: string, value: (counters: LogCounters) => number): void =>
      observe(meter.createObservableUpDownCounter(name, { unit, description }), value);
    counter('spanseal.entry.written', '{entry}', 'Entries written.', ({ entries }) => entries);
    counter('spanseal.entry.size', 'By', 'Bytes written, line feeds included.', ({ bytes }) => bytes);
    counter('spanseal.entry.lost', '{entry}', 'Entries that could not be written.', ({ lost }) => lost);
    counter('spanseal.seal.discarded', '{seal}', 'Seals that the signer failed.', (all) => all.sealsDiscarded);
    level('spanseal.entry.unsealed', '{entry}', 'Entries that no seal covers yet.', ({ unsealed }) => unsealed);
    level('spanseal.span.open', '{span}', 'Spans that have started and not ended.', ({ openSpans }) => openSpans);
    level('spanseal.decision.open', '{decision}', 'Decisions that have not ended.', (all) => all.openDecisions);
    const lag = { unit: 's', description: 'Age of the oldest entry without a seal.' };
    observe(meter.createObservableGauge('spanseal.seal.lag', lag), (all) => all.unsealedMillis / 1_000);
    const component = {
      ...attributes,
      [ATTR_OTEL_COMPONENT_TYPE]: 'spanseal_audit_span_processor',
      [ATTR_OTEL_COMPONENT_NAME]: `spanseal_audit_span_processor/${made++}`,
    };
    meter
      .createObservableCounter(METRIC_OTEL_SDK_PROCESSOR_SPAN_PROCESSED, {
        unit: '{span}',
        description: 'Spans whose processing has finished, successfully or not.',
      })
      .addCallback((result) => {
        let passed = 0;
        for (const [ignored, count] of read().spans) {
          if (FAILURES.has(ignored)) result.observe(count, { ...component, [ATTR_ERROR_TYPE]: ignored });
          else passed += count;
        }
        result.observe(passed, component);
      });
  }

  sealed(millis: number): void {
    this.#sealDuration.record(millis / 1_000, this.#attributes);
  }
}
