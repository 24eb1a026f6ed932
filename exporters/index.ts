export {
  DEFAULT_FRAMEWORKS,
  exportPack,
  type ExportOptions,
  type ExportResult,
  type PackSource,
} from './evidence-pack.ts';
export { AuditSpanExporter, type AuditSpanExporterOptions } from './audit-span-exporter.ts';
export { readControlsFile, type ControlsProblem, type ControlsReading } from '../src/frameworks/controls-file.ts';
export { awaitingReview, type AwaitedReview } from './awaiting-review.ts';
export { diagnose, type DiagnoseOptions } from './diagnose.ts';
export { memorySink, type MemorySink } from './memory.ts';
export { proveEntry, type EntryProof } from './prove.ts';
export { readLog } from './read-log.ts';
export { directorySink } from './segment-file.ts';
