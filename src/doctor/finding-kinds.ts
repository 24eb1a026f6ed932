/** What can be found out about a set-up, each with what it means and what to do; docs/doctor.md lists the same. */

/** `problem`: the log misses what it is for. `warning`: it says less than it could. `ok`: told for completeness. */
export type Severity = 'problem' | 'warning' | 'note' | 'ok';

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['problem', 'warning', 'note', 'ok'];

export interface FindingKind {
  /** The usual one first. */
  readonly severities: readonly Severity[];
  readonly means: string;
  readonly todo: string;
}

const kind = (severity: Severity | readonly Severity[], means: string, todo: string): FindingKind => ({
  severities: typeof severity === 'string' ? [severity] : severity,
  means,
  todo,
});

/** The closed set of codes, in the order in which findings of one severity are told. */
export type FindingCode =
  | 'no_entries'
  | 'unreadable'
  | 'unreadable_lines'
  | 'no_tracer_provider'
  | 'api_skew'
  | 'processor_not_registered'
  | 'processor_not_first'
  | 'no_context_manager'
  | 'sampler_may_drop'
  | 'span_limits_low'
  | 'not_examined'
  | 'set_up'
  | 'no_spans'
  | 'no_genai_spans'
  | 'not_counted'
  | 'spans_lost'
  | 'after_close'
  | 'sampled_away'
  | 'sampler_predicate'
  | 'sampling_undeclared'
  | 'exporter_source'
  | 'unsampled_recorded'
  | 'rewritten_spans'
  | 'masked_values'
  | 'calls_without_model'
  | 'calls_without_usage'
  | 'attributes_dropped'
  | 'unreadable_spans'
  | 'content_missing'
  | 'unended_spans'
  | 'late_ends'
  | 'instrumentations'
  | 'capture'
  | 'no_decisions'
  | 'calls_outside_decisions'
  | 'context_lost'
  | 'review_missing'
  | 'reviewer_unknown'
  | 'environment_development'
  | 'unsigned'
  | 'gaps'
  | 'write_failures'
  | 'seals_discarded'
  | 'redactor_failed'
  | 'segments_abandoned'
  | 'segments_open'
  | 'unsealed_tail'
  | 'clock_steps';

export const FINDINGS: Readonly<Record<FindingCode, FindingKind>> = {
  no_entries: kind('problem', 'There is not one entry to look at.', 'Check the path, and that the log was written to.'),
  unreadable: kind(
    'problem',
    'The log could not be read to its end; what is told is of the part before.',
    'Run spanseal verify: it says what is wrong with which line.',
  ),
  unreadable_lines: kind(
    ['problem', 'note'],
    'Some lines are no entries. One unfinished line is torn, or just being written: a note.',
    'Run spanseal verify: it says what is wrong with which line.',
  ),

  // What a running process shows.
  no_tracer_provider: kind(
    'problem',
    'No tracer provider is registered: every span that is started does nothing.',
    'Start the SDK before anything else: node --import ./telemetry.mjs app.mjs, or new NodeSDK({ … }).start() first.',
  ),
  api_skew: kind(
    'problem',
    'Copies of @opentelemetry/api in this process do not see what is registered; what uses them makes no spans.',
    'Run npm ls @opentelemetry/api, and bring all to one version: npm dedupe, or overrides in package.json.',
  ),
  processor_not_registered: kind(
    'problem',
    'The registered provider does not call a processor of this log.',
    'Give it: new NodeSDK({ spanProcessors: [new AuditSpanProcessor(audit), …] }); only the first SDK started counts.',
  ),
  processor_not_first: kind(
    ['warning', 'note'],
    'Other processors see a span before the log does, and may rewrite it. A note if they are known to pass it on only.',
    'Put AuditSpanProcessor first in spanProcessors: what is sealed is what it saw.',
  ),
  no_context_manager: kind(
    'warning',
    'No context manager is registered: spans have no parents, one call that several spans show counts several times.',
    'NodeSDK registers one; else context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()).',
  ),
  sampler_may_drop: kind(
    ['problem', 'warning', 'note'],
    'The sampler may drop spans before the log sees them: all of them, some, or those of unsampled remote parents.',
    'Wrap it, outermost: sampler: auditSampler(yours, { audit }).',
  ),
  span_limits_low: kind(
    'warning',
    'The provider cuts what spans carry: late attributes (usage, ids) are dropped first, long texts are cut unmarked.',
    'Leave attributeCountLimit at 128 or more and attributeValueLengthLimit unset (OTEL_SPAN_ATTRIBUTE_…, spanLimits).',
  ),
  not_examined: kind(
    'note',
    'Something of the running process could not be looked at; nothing is said of it.',
    'Check it by hand: AuditSpanProcessor first, and the sampler wrapped by auditSampler.',
  ),
  set_up: kind('ok', 'What a running process shows of its provider is as it should be.', 'Nothing.'),

  // How spans come.
  no_spans: kind(
    'problem',
    'No span reached the log: no provider calls its processor, or nothing in the application makes spans.',
    'Start the telemetry before the first import of the application, with the ESM hook for ES modules. ' +
      'If the log is meant to do without a tracer, nothing.',
  ),
  no_genai_spans: kind(
    'problem',
    'Spans reached the log, and none of them was a GenAI span: the instrumentation of the AI client is not in effect.',
    'Add it, before the client is imported (ES modules need the hook). AI SDK 4 to 6: experimental_telemetry: ' +
      '{ isEnabled: true } at each call. A vocabulary of your own: a dialect.',
  ),
  not_counted: kind(
    'note',
    'There is neither a span nor a tally yet, so that nothing tells whether spans reach the log.',
    'Look again after audit.flush(), after 15 minutes, or when the log is closed.',
  ),
  spans_lost: kind(
    'problem',
    'GenAI spans reached the log and could not be written.',
    'Look for errors of spanseal in the output of diag, and at the disk.',
  ),
  after_close: kind(
    'warning',
    'Spans ended or calls were made when the log was closed already: they are not in it.',
    'Shut the SDK down last: when the server has stopped taking requests and those under way have ended.',
  ),
  sampled_away: kind(
    'warning',
    'A sampler dropped spans; of these only the number is on record.',
    "Use auditSampler(inner, { record: 'all', audit }): what the backend does not need is recorded without being sampled.",
  ),
  sampler_predicate: kind(
    'warning',
    'Which of the unsampled spans are recorded is up to a function that sees the name and first attributes only.',
    "Prefer record: 'all'. Spans that start without attributes (OpenInference's, Langfuse's) are lost if it says no.",
  ),
  sampling_undeclared: kind(
    'note',
    'Nothing tells how spans are sampled: what a sampler drops never reaches the log, and is not counted.',
    'If there is a sampler, wrap it: auditSampler(yours, { audit }). If there is none, nothing.',
  ),
  exporter_source: kind(
    'warning',
    'Spans came through AuditSpanExporter: without open spans and decisions, and as other processors left them.',
    'Use AuditSpanProcessor wherever a processor can be registered.',
  ),
  unsampled_recorded: kind('ok', 'The log has spans that the tracing backend does not get.', 'Nothing.'),

  // What they say.
  rewritten_spans: kind(
    'warning',
    'Spans carry another vocabulary, or other names, than their instrumentation writes: a processor before ours rewrote them.',
    'Put AuditSpanProcessor first in spanProcessors.',
  ),
  masked_values: kind(
    'warning',
    'Models, ids, names or content read as if they had been masked before the log saw them.',
    "Put AuditSpanProcessor first in spanProcessors, and mask with the log's own redactor.",
  ),
  calls_without_model: kind(
    'warning',
    'Model calls name no model: something took it away, or the instrumentation does not say it.',
    'Put AuditSpanProcessor first; see docs/dialects.md for what each instrumentation leaves unsaid.',
  ),
  calls_without_usage: kind(
    'note',
    'Model calls that went well report no tokens.',
    'OpenAI streams: stream_options: { include_usage: true }. See docs/dialects.md for the others.',
  ),
  attributes_dropped: kind(
    'warning',
    "The SDK's limits dropped attributes or events, the latest first: missing usage and ids of these spans are unknown.",
    'Raise spanLimits (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_SPAN_EVENT_COUNT_LIMIT).',
  ),
  unreadable_spans: kind(
    'warning',
    'A dialect could not read spans: that they were there is on record, and nothing else.',
    'Turn diag on, and report what it says with the versions below.',
  ),
  content_missing: kind(
    ['warning', 'note'],
    'Content is wanted by `capture`, and an instrumentation never puts it on its spans. A note where that is the default.',
    'Turn it on there: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, captureMessageContent, recordInputs …',
  ),
  unended_spans: kind(
    ['warning', 'note'],
    'Spans never ended: how these calls went is not on record. A note if they were open at shutdown only.',
    'Read streams to their end or cancel them, shut down when requests have ended, update the instrumentation.',
  ),
  late_ends: kind(
    'note',
    'Spans ended after they had been recorded as unended; a second entry has the outcome.',
    'If calls may take so long, raise openSpanTimeoutMillis.',
  ),
  instrumentations: kind('ok', 'Which instrumentations made the entries.', 'Compare with what your application uses.'),
  capture: kind('ok', 'Which content enters the log, by kind.', 'Change it with `capture`.'),

  // What they were for.
  no_decisions: kind(
    'warning',
    'Calls were made, and no decision was recorded: nothing says what for, for whom, or with what result.',
    'Wrap the work: audit.decision({ … }, async (d) => { … d.result(code) }).',
  ),
  calls_outside_decisions: kind(
    'note',
    'Some calls belong to no decision.',
    'Start them inside of the callback of audit.decision; what comes later goes under waitUntil, bind or run.',
  ),
  context_lost: kind(
    'warning',
    "Entries know their decision by the log's own storage alone: the context did not carry it to their spans.",
    'Register a context manager (NodeSDK does), and bring @opentelemetry/api to one version.',
  ),
  review_missing: kind(
    ['warning', 'note'],
    'Decisions that require a review have none. A note as long as all of them are of the last 24 hours.',
    'Record the review: audit.humanOversight({ decisionId, … }). spanseal inspect --decision <id> shows a decision.',
  ),
  reviewer_unknown: kind(
    'warning',
    'Oversight is on record without what the reviewer was: a person, a service or a model.',
    "Give reviewerKind and reviewer. Approvals that spans tell of never say it: record the person's own.",
  ),

  // How it is kept.
  environment_development: kind(
    ['warning', 'problem', 'note'],
    'The log says it is of development, its default, and does not look like it.',
    "Give environment: 'production' (or 'staging', 'test'). What is sealed stays as it is.",
  ),
  unsigned: kind(
    'warning',
    'Nobody signs the log: whoever can write its files can rewrite it unseen.',
    'spanseal keygen <log> -o audit.key, and signer: ed25519Signer({ keyFile }), into a new directory.',
  ),
  gaps: kind(
    'problem',
    'Entries were lost while the log could not be written.',
    "Look at disk space, permissions and quota. failure: 'refuse' keeps decisions from going unrecorded.",
  ),
  write_failures: kind(
    'problem',
    'Writing failed.',
    'Look at disk space, permissions and quota; watch audit.health().ok.',
  ),
  seals_discarded: kind(
    'warning',
    'Signatures came too late or were refused: these seals were thrown away.',
    'Look at the key service, its latency and signTimeoutMillis.',
  ),
  redactor_failed: kind(
    'problem',
    'The redactor threw, and content was left out of entries.',
    'Mend it: it is given any text, and gives back a text or { text, categories }.',
  ),
  segments_abandoned: kind(
    'problem',
    'Processes died without closing their segments, and nobody recorded what they left.',
    'Run spanseal recover <directory> --dry-run, then without; the application does it at its start on the same host.',
  ),
  segments_open: kind(
    'note',
    'Segments are not closed: they are being written, or their processes died elsewhere.',
    'If their processes have ended: spanseal recover <directory>.',
  ),
  unsealed_tail: kind(
    'warning',
    'Recovered segments end in entries that no seal covers: nobody signed them.',
    'Close the log in a signal handler (audit.close({ reason })), so that processes do not have to be killed.',
  ),
  clock_steps: kind(
    'warning',
    'The clock was set while the log was written: times before and after do not compare.',
    'Synchronise the host with a daemon that slews (chrony, systemd-timesyncd).',
  ),
};
