export { AuditLog, DEFAULT_EXPORT_TIMEOUT_MILLIS, type AuditLogOptions, type ExportOnClose } from './audit-log.ts';
export { anchorLog, type AnchorOptions, type AnchorResult } from '../exporters/anchor.ts';
export { awaitingReview, type AwaitedReview } from '../exporters/awaiting-review.ts';
export { AuditLogRecordProcessor } from '../processors/audit-log-record-processor.ts';
export { AuditSpanExporter, type AuditSpanExporterOptions } from '../exporters/audit-span-exporter.ts';
export { AuditSpanProcessor, type AuditSpanProcessorOptions } from '../processors/audit-span-processor.ts';
export { exportPack, type ExportOptions, type ExportResult, type PackSource } from '../exporters/evidence-pack.ts';
export { diagnose, type DiagnoseOptions } from '../exporters/diagnose.ts';
export { discloseValues, type DiscloseOptions, type DiscloseResult } from '../exporters/disclose.ts';
export { eraseValues, type EraseOptions, type EraseResult } from '../exporters/erase.ts';
export {
  holdLog,
  releaseLog,
  standingHolds,
  type HoldOptions,
  type ReleaseOptions,
  type StandingHold,
} from '../exporters/legal-hold.ts';
export { importActtrace, type ImportOptions, type ImportResult } from '../exporters/import-acttrace.ts';
export { memorySink, type MemorySink } from '../exporters/memory.ts';
export {
  pruneLog,
  type KeptBecause,
  type PruneOptions,
  type PruneResult,
  type RetiredSegment,
} from '../exporters/prune.ts';
export { proveEntry, type EntryProof } from '../exporters/prove.ts';
export { readLog } from '../exporters/read-log.ts';
export type { Head, Health } from './audit-log-core.ts';
export { DEFAULT_CAPTURE, type Capture, type CaptureMode } from './capture.ts';
export type { Decision, StartedDecision } from './decision.ts';
export type { DoctorFinding } from './doctor/finding.ts';
export type { FindingCode, Severity } from './doctor/finding-kinds.ts';
export type * from './entry.ts';
export { SpansealError, type SpansealErrorCode } from './error.ts';
export type * from './events.ts';
export { frameworks, type Control, type Framework, type Profile, type Strength } from './frameworks/index.ts';
export { oversightMessage } from './oversight-signature.ts';
export type { JsonObject, JsonValue } from './json.ts';
export type { ClockOptions } from './log-options.ts';
export type { DecisionClaim, PropagationOptions } from './propagation.ts';
export type { Receipt } from './receipt.ts';
export { guardCalls } from './guard/client.ts';
export { guard, type AppliedTo, type Guarded, type GuardOptions } from './guard/guard.ts';
export { guardMiddleware, type GuardMiddleware } from './guard/middleware.ts';
export { redact, scan, type FindPlace, type ScanFinding, type Scanned } from './guard/scan.ts';
export { BUILT_IN_POLICIES, DEFAULT_POLICY, type PolicyName } from './policy/built-in.ts';
export type { FindSeverity } from './policy/severity.ts';
export type { Policy, PolicyAction, PolicyOption } from './policy/policy.ts';
export { policyRedactor } from './policy/redactor.ts';
export { defaultRedactor } from './redact/index.ts';
export type { Handled, Handling, RedactedField, Redaction, Redactor } from './redact/redactor.ts';
export { CATEGORIES, GROUPS, LOCALES, type Category, type Group, type Locale } from './detect/index.ts';
export { auditSampler, type AuditSamplerOptions, type SampledSpan, type SamplerLike } from './sampler.ts';
export type { SealedCheckpoint } from './segment.ts';
export {
  ed25519Signer,
  generateKey,
  hmacSigner,
  type Ed25519SignerOptions,
  type GeneratedKey,
  type HmacSignerOptions,
  type KeyObjectLike,
  type LocalSigner,
  type Signer,
} from './signer.ts';
export type { DisclosureStore, SegmentReader, SegmentWriter, Sink } from './sink.ts';
export { readEarlierRecord, verify, verifyPath } from './verify-path.ts';
export type {
  EarlierRecord,
  EarlierSegment,
  History,
  HmacKey,
  Notice,
  Problem,
  ProblemCode,
  Report,
  SegmentReport,
  Source,
  VerifyOptions,
} from './verify/index.ts';
