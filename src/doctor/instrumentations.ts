import { counted } from '../counted.ts';
import { isArray } from '../canonical.ts';
import { at, countAt, textOf, type JsonObject } from '../json.ts';
import { scopeOf, share, textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';
import { NameCounts } from './name-counts.ts';
import type { TallySums } from './tally-sums.ts';
import { Unsaid } from './unsaid.ts';

/** Scopes whose own vocabulary is known: what else their spans carry, some processor wrote. */
const OWN_DIALECT: Readonly<Record<string, string>> = { ai: 'ai-sdk', gen_ai: 'ai-sdk' };

/**
 * How the AI SDK (scope `ai`) names its spans. OpenInference's processor appends the function's id, Sentry's renames them
 * altogether; both leave `ai.operationId`, by which they are read as what they were.
 */
const AI_SDK_NAME = /^ai\.[A-Za-z.]+$/;

/** Members of which nobody has a reason to write stars. */
const MASKABLE = [
  'request_model',
  'response_model',
  'response_id',
  'provider',
  'name',
  'call_id',
  'agent',
  'conversation_id',
  'input_messages',
  'output_messages',
  'system_instructions',
  'arguments',
  'result',
  'query',
] as const;

/**
 * A JSON text that is nothing but a mask, one that processors and Langfuse's `mask` leave; what the log's own redactor
 * leaves reads `[redacted:<category>]`.
 */
const MASK =
  /"(?:\*{3,}|[<[(]?(?:masked|redacted|hidden|filtered|anonymi[sz]ed)[>\])]?|<fully masked due to failed mask function>)"/i;

/** Which instrumentations made the entries, and what is missing from what they say. */
export class Instrumentations implements Examiner {
  readonly #sums: TallySums;
  readonly #seen = new NameCounts();
  readonly #rewritten = new NameCounts();
  readonly #masked = new NameCounts();
  readonly #unreadable = new NameCounts();
  readonly #dropped = new NameCounts();
  readonly #calls = new NameCounts();
  readonly #withoutModel = new Unsaid();
  readonly #withoutUsage = new Unsaid();
  #usageUnknown = 0;

  constructor(sums: TallySums) {
    this.#sums = sums;
  }

  entry(entry: ExaminedEntry): void {
    const { type, payload } = entry;
    if (at(payload, 'instrumentation') === undefined) return;
    const scope = scopeOf(payload);
    const dialect = textAt(payload, 'instrumentation', 'dialect') ?? '?';
    const version = textAt(payload, 'instrumentation', 'version');
    this.#seen.add(`${scope}${version === undefined ? '' : ` ${version}`} (${dialect})`);
    const own = Object.hasOwn(OWN_DIALECT, scope) ? OWN_DIALECT[scope] : undefined;
    if (own !== undefined && own !== dialect) this.#rewritten.add(`${scope}, read as ${dialect} instead of ${own}`);
    else if (scope === 'ai' && !AI_SDK_NAME.test(textAt(payload, 'span', 'name') ?? 'ai.')) {
      this.#rewritten.add(`${scope}, renamed`);
    }
    if (at(payload, 'error', 'type') === 'unreadable') this.#unreadable.add(`${scope} (${dialect})`);
    this.#lookForMasks(scope, payload);
    const dropped = countAt(payload, 'span', 'dropped_attributes') + countAt(payload, 'span', 'dropped_events');
    if (dropped > 0) this.#dropped.add(scope);
    if (type === 'llm_call') this.#call(scope, entry, dropped > 0);
  }

  #lookForMasks(scope: string, payload: JsonObject): void {
    for (const member of MASKABLE) {
      const value = payload[member];
      if (value === undefined || !MASK.test(JSON.stringify(value))) continue;
      this.#masked.add(`${scope}, ${member}`);
      return;
    }
  }

  #call(scope: string, { payload, span_id: spanId }: ExaminedEntry, dropped: boolean): void {
    const namesModel = payload['request_model'] !== undefined || payload['response_model'] !== undefined;
    const reports = payload['usage'] !== undefined || payload['aggregate_usage'] !== undefined;
    // An outer span of calls that count elsewhere, and may have said less there.
    const sameCall = payload['same_call'];
    if (isArray(sameCall)) {
      for (const inner of sameCall) {
        const innerId = textOf(at(inner, 'span_id'));
        if (namesModel) this.#withoutModel.said(innerId);
        if (reports) this.#withoutUsage.said(innerId);
      }
      return;
    }
    this.#calls.add(scope);
    // Of what failed many instrumentations say little.
    if (payload['outcome'] !== 'ok') return;
    if (!namesModel) this.#withoutModel.add(scope, spanId);
    if (reports) return;
    if (dropped) this.#usageUnknown++;
    else this.#withoutUsage.add(scope, spanId);
  }

  *findings(): Iterable<DoctorFinding> {
    const calls = this.#calls.total;
    const [withoutModel, withoutUsage] = [this.#withoutModel.counts(), this.#withoutUsage.counts()];
    const ofCalls = (scope: string, count: number): string => `${scope}: ${share(count, this.#calls.of(scope))}`;
    if (this.#rewritten.total > 0) {
      yield finding(
        'rewritten_spans',
        `${counted(this.#rewritten.total, 'entry is', 'entries are')} of spans that are not as their instrumentation makes them.`,
        { where: this.#rewritten.lines() },
      );
    }
    if (this.#masked.total > 0) {
      yield finding(
        'masked_values',
        `${counted(this.#masked.total, 'entry holds', 'entries hold')} masks instead of values.`,
        {
          where: this.#masked.lines(),
        },
      );
    }
    if (withoutModel.total > 0) {
      yield finding('calls_without_model', `${share(withoutModel.total, calls)} model calls name no model.`, {
        where: withoutModel.lines(ofCalls),
      });
    }
    if (withoutUsage.total > 0) {
      yield finding(
        'calls_without_usage',
        `${share(withoutUsage.total, calls)} model calls went well and report no tokens.`,
        {
          where: withoutUsage.lines(ofCalls),
        },
      );
    }
    if (this.#dropped.total > 0) {
      const unknown =
        this.#usageUnknown === 0
          ? ''
          : ` Of ${counted(this.#usageUnknown, 'model call')} among them the tokens are unknown, not absent.`;
      yield finding(
        'attributes_dropped',
        `${counted(this.#dropped.total, 'span')} lost attributes or events to the limits of the SDK.${unknown}`,
        { where: this.#dropped.lines() },
      );
    }
    if (this.#unreadable.total > 0) {
      yield finding('unreadable_spans', `${counted(this.#unreadable.total, 'span')} could not be read.`, {
        where: this.#unreadable.lines(),
      });
    }
    if (this.#seen.total > 0) yield this.#overview();
  }

  #overview(): DoctorFinding {
    const [ended, others] = [this.#sums.get('ended'), this.#sums.ignored('not_genai')];
    const unknown = ended === 0 ? '' : ` Of the spans that ended, no dialect knows ${share(others, ended)}.`;
    return finding(
      'instrumentations',
      `${counted(this.#seen.size, 'instrumentation')} made ${counted(this.#seen.total, 'entry', 'entries')}.${unknown}`,
      { where: this.#seen.lines() },
    );
  }
}
