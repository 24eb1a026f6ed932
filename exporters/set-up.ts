import { apiSkew, observeApi } from '../processors/api-version.ts';
import {
  classOf,
  contextReaches,
  exporterOf,
  observeProvider,
  type ProviderState,
} from '../processors/provider-state.ts';
import type { AuditLogCore } from '../src/audit-log-core.ts';
import { finding, type DoctorFinding } from '../src/doctor/finding.ts';
import { escapeText } from '../src/verify/problem.ts';

/** What only a running process shows: what is registered, in which order, and what the sampler may drop. */

/** Processors that hand a span on as it is. */
const PASSING_ON: ReadonlySet<string> = new Set(['BatchSpanProcessor', 'SimpleSpanProcessor', 'NoopSpanProcessor']);

/** The default of every SDK, by the specification. */
const DEFAULT_ATTRIBUTE_COUNT = 128;

/** The sampler that every SDK has by default: it drops what a caller of this service did not sample, and nothing else. */
const PARENT_BASED_ALWAYS_ON =
  'ParentBased{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, ' +
  'remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, ' +
  'localParentNotSampled=AlwaysOffSampler}';

/** Samplers that record all: ours, and what SDK 2.x and 3.x have for the same. */
const RECORDING_ALL = /^(?:AuditSampler|AlwaysRecordSampler)\{|^AlwaysOnSampler$/;

const DROPPING_ALL = /^(?:ParentBased\{root=)?(?:AlwaysOffSampler|TraceIdRatioBased\{0\})(?:[,}]|$)/;

/**
 * Never throws, registers nothing, and leaves no trace.
 *
 * @param arriving - whether spans have reached the log
 */
export function examineSetUp(audit: AuditLogCore, arriving: boolean): DoctorFinding[] {
  const skew = apiSkew(observeApi());
  const skewFinding = skew === undefined ? [] : [finding('api_skew', escapeText(skew.message))];
  // A log that is closed has no processors any more.
  if (audit.closed) return skewFinding;
  const provider = observeProvider();
  if (provider === undefined) {
    return arriving
      ? [
          ...skewFinding,
          finding('not_examined', 'No tracer provider is registered globally; spans come from another one.'),
        ]
      : [...skewFinding, finding('no_tracer_provider', 'No tracer provider is registered globally.')];
  }
  const found = [
    ...skewFinding,
    // A copy that does not see the context manager says so already.
    ...(contextReaches() || skew?.own === true ? [] : [finding('no_context_manager', '`context.with` does nothing.')]),
    ...processorFindings(audit, provider, arriving),
    ...samplerFindings(provider),
    ...limitFindings(provider),
  ];
  if (found.length > 0) return found;
  const many = provider.processors?.length === 1 ? 'the only one' : `the first of ${provider.processors?.length}`;
  return [
    finding(
      'set_up',
      `${escapeText(provider.name)} calls this log's processor, ${many}, samples by ${escapeText(provider.sampler ?? '?')}, ` +
        'and contexts reach what runs in them.',
    ),
  ];
}

function processorFindings(
  audit: AuditLogCore,
  { name, processors }: ProviderState,
  arriving: boolean,
): DoctorFinding[] {
  const provider = escapeText(name);
  if (processors === undefined) {
    return [
      finding('not_examined', `${provider} does not show its processors: whether ours is the first cannot be seen.`),
    ];
  }
  const sources = new Set(audit.spanSources);
  const index = processors.findIndex((processor) => {
    const exporter = exporterOf(processor);
    return sources.has(processor) || (exporter !== undefined && sources.has(exporter));
  });
  if (index < 0) {
    const names = processors.map((processor) => escapeText(classOf(processor)));
    // Behind a processor that passes spans on, or of another provider.
    return arriving
      ? [
          finding(
            'not_examined',
            `Spans reach the log, and ${provider} does not show how: in which order cannot be seen.`,
            {
              where: names,
            },
          ),
        ]
      : [finding('processor_not_registered', `${provider} has no processor of this log.`, { where: names })];
  }
  const before = processors.slice(0, index).map(classOf);
  if (before.length === 0) return [];
  return [
    finding(
      'processor_not_first',
      `${before.length} of ${processors.length} processors come before the one of this log.`,
      {
        severity: before.every((each) => PASSING_ON.has(each)) ? 'note' : 'warning',
        where: before.map(escapeText),
      },
    ),
  ];
}

function samplerFindings({ name, sampler }: ProviderState): DoctorFinding[] {
  if (sampler === undefined) return [finding('not_examined', `${escapeText(name)} does not show its sampler.`)];
  if (RECORDING_ALL.test(sampler)) return [];
  const shown = escapeText(sampler);
  if (sampler === PARENT_BASED_ALWAYS_ON) {
    return [
      finding('sampler_may_drop', `${shown} drops spans whose remote parent was not sampled.`, { severity: 'note' }),
    ];
  }
  return DROPPING_ALL.test(sampler)
    ? [finding('sampler_may_drop', `${shown} drops every span that starts a trace.`, { severity: 'problem' })]
    : [finding('sampler_may_drop', `${shown} may drop spans.`, { severity: 'warning' })];
}

function limitFindings({ limits }: ProviderState): DoctorFinding[] {
  const { attributeCount = DEFAULT_ATTRIBUTE_COUNT, attributeValueLength = Infinity } = limits ?? {};
  return [
    ...(attributeCount < DEFAULT_ATTRIBUTE_COUNT
      ? [finding('span_limits_low', `A span keeps ${attributeCount} attributes.`)]
      : []),
    ...(Number.isFinite(attributeValueLength)
      ? [finding('span_limits_low', `Attribute values are cut at ${attributeValueLength} characters.`)]
      : []),
  ];
}
