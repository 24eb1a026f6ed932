import { createHash } from 'node:crypto';

import type { AuditLogCore } from '../src/audit-log-core.ts';
import { SpansealError } from '../src/error.ts';
import { members } from '../src/members.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import type { Receipt } from '../src/receipt.ts';
import { Members, Spelled, type Tree } from '../src/verify/acttrace/json.ts';
import { checkActtrace, type ActtraceReport } from '../src/verify/acttrace/report.ts';
import type { ActtraceEntry } from '../src/verify/acttrace/strict.ts';

export interface ImportOptions {
  /** The file's bytes, from the start, each time it is called: it is read twice. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** What the file is called, for the record. */
  readonly name: string;
  /** The signing key of the chain, as its bytes. */
  readonly key?: Uint8Array;
  /** Import a chain that does not hold strictly, too: as it was found. */
  readonly asFound?: boolean;
  /** Who imports it. */
  readonly performedBy?: string;
}

export interface ImportResult {
  readonly report: ActtraceReport;
  /** How many of its entries are in the log now. */
  readonly imported: number;
  /** What was recorded of the chain as a whole, as `segment:seq`: the beginning and the count. */
  readonly recorded: readonly string[];
}

/** So many are written together. */
const BATCH_ENTRIES = 256;

/** What is recorded is not held in memory until it is sealed. */
const FLUSH_ENTRIES = 1_024;

/**
 * Brings a chain of acttrace into a log: each entry as a `decision_record`, with its own hash and that of its line, so that
 * the file it came from can be held against the log for ever. What it says is recorded as what it said, not as something
 * that this log has seen.
 *
 * @throws SpansealError `LOG_INVALID` if the chain does not hold and `asFound` is not given, or changes meanwhile;
 * `WRITE_FAILED`
 */
export async function importActtrace(
  log: AuditLogCore,
  { bytes, name, key, asFound = false, performedBy }: ImportOptions,
): Promise<ImportResult> {
  const options = { name, ...(key === undefined ? {} : { key }) };
  const before = createHash('sha256');
  const report = await checkActtrace(nodePrimitives, hashed(bytes(), before), options);
  if (!report.ok && !asFound) {
    const [problem] = report.problems;
    throw new SpansealError(
      'LOG_INVALID',
      `${name} does not hold (line ${problem?.line}: ${problem?.code}, ${problem?.what}); see spanseal verify. To import it as it was found, say so (--as-found).`,
    );
  }
  const sha256 = before.digest('hex');
  const first = written(
    log.append('decision_record', { type: 'decision_record', payload: { data: beginning(report, sha256) } }),
  );
  let imported = 0;
  const batch: ReturnType<typeof draftOf>[] = [];
  const writeBatch = (): void => {
    for (const receipt of log.appendAll('decision_record', batch.splice(0))) {
      written(receipt);
      imported++;
    }
  };
  const onEntry = (entry: ActtraceEntry): void => {
    if (batch.push(draftOf(entry)) >= BATCH_ENTRIES) writeBatch();
  };
  const after = createHash('sha256');
  await checkActtrace(
    nodePrimitives,
    flushing(hashed(bytes(), after), log, () => imported),
    { ...options, onEntry },
  );
  writeBatch();
  if (after.digest('hex') !== sha256) {
    throw new SpansealError(
      'LOG_INVALID',
      `${name} changed while it was imported; the log holds what was read. Import it again.`,
    );
  }
  const counts = { source: `acttrace ${name}`, metric: 'entries', expected: report.entries, recorded: imported };
  const payload = members('reconciliation', { ...counts, difference: report.entries - imported, performedBy });
  const last = written(log.append('reconciliation', { type: 'reconciliation', payload }));
  await log.flush();
  return { report, imported, recorded: [first, last].map(({ segment, seq }) => `${segment}:${seq}`) };
}

async function* hashed(
  bytes: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
}

/** Lets the log seal what was imported so far. */
async function* flushing(
  bytes: AsyncIterable<Uint8Array>,
  log: AuditLogCore,
  imported: () => number,
): AsyncGenerator<Uint8Array> {
  let flushed = 0;
  for await (const piece of bytes) {
    yield piece;
    if (imported() - flushed < FLUSH_ENTRIES) continue;
    flushed = imported();
    await log.flush();
  }
}

function beginning(report: ActtraceReport, sha256: string): object {
  const { file, entries, head, system, producer, authenticity, lenient, ok, problemCounts } = report;
  return {
    import: {
      format: 'acttrace-chain/1',
      file,
      sha256,
      entries,
      head,
      system,
      producer,
      authenticity,
      holds: ok,
      accepted_by_acttrace: { python: lenient.python.accepted, javascript: lenient.javascript.accepted },
      problems: problemCounts,
    },
  };
}

function draftOf({ seq, ts, type, payload, hash, sig, lineHash }: ActtraceEntry) {
  const spelling: Record<string, string> = {};
  const id = payload instanceof Members ? payload.own.get('decision_id') : undefined;
  const said = { seq, ts, type, hash, sig, line_sha256: lineHash, payload: plain(payload, '', spelling) };
  const data = { acttrace: { ...said, ...(Object.keys(spelling).length === 0 ? {} : { spelling }) } };
  return {
    type: 'decision_record',
    payload: { data },
    ...(typeof id === 'string' ? { decisionId: id } : {}),
  } as const;
}

/**
 * A value as JSON. Numbers whose spelling would be lost are noted by JSON Pointer: `1000.0` is hashed otherwise than
 * `1000`.
 */
function plain(tree: Tree, pointer: string, spelling: Record<string, string>): unknown {
  if (tree instanceof Spelled) {
    const value = Number(tree.text);
    if (`${value}` !== tree.text) spelling[pointer] = tree.text;
    return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : tree.text;
  }
  if (tree instanceof Members) {
    // Own members whatever they are called, `__proto__` among them.
    return Object.fromEntries(
      [...tree.own].map(([name, value]) => [
        name,
        plain(value, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, spelling),
      ]),
    );
  }
  if (Array.isArray(tree))
    return (tree as readonly Tree[]).map((item, index) => plain(item, `${pointer}/${index}`, spelling));
  return tree;
}

function written(receipt: Receipt): Receipt & { readonly recorded: true } {
  if (receipt.recorded) return receipt;
  throw new SpansealError('WRITE_FAILED', `The import stopped: ${receipt.error.message}`, { cause: receipt.error });
}
