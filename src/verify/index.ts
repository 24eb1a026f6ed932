import { sha256 } from '@noble/hashes/sha2.js';

import { withDisclosures } from '../disclosure.ts';
import type { JsonObject } from '../json.ts';
import { earlierCheckpoints, type EarlierRecord } from './history.ts';
import { Keys } from './keys.ts';
import { portablePrimitives } from './primitives.ts';
import { checkProof, type ProofReport } from './proof.ts';
import type { Report } from './report.ts';
import { checkActtrace, type ActtraceOptions, type ActtraceReport } from './acttrace/report.ts';
import type { Source } from './source.ts';
import { verifySource, type Environment, type VerifyOptions } from './verify.ts';

const portable: Environment = {
  primitives: portablePrimitives,
  runningHash() {
    const hash = sha256.create();
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.clone().digest(),
    };
  },
};

/**
 * Verifies a segment or an evidence pack, anywhere JavaScript runs: it needs no file system, no network and no Node.
 *
 * Bad evidence is in the report, never an exception; memory does not grow with the file.
 *
 * @throws TypeError on misuse: a key that is none, a source of another kind
 */
export function verify(source: Source, options: VerifyOptions = {}): Promise<Report> {
  return verifySource(portable, source, options);
}

/**
 * The earlier record that noted checkpoints are, for `VerifyOptions.earlier`.
 *
 * @throws TypeError if the text is none, or a signature by one of the keys does not stand
 */
export function checkpointRecord(text: string, options: Pick<VerifyOptions, 'keys'> = {}): EarlierRecord {
  const record = earlierCheckpoints(text, 'the checkpoints', new Keys(portablePrimitives, options.keys ?? [], []));
  if (record !== undefined) return record;
  throw new TypeError('That is no checkpoint; give what spanseal checkpoint prints.');
}

/**
 * The entry with what was withheld put back in its place: a new object, each member its own. The entry must be one that
 * has been verified.
 *
 * @param disclosures - pointer → disclosure, of any of the values that the entry withholds
 * @throws TypeError if a disclosure is not the one that the entry has the digest of
 */
export function applyDisclosures(entry: JsonObject, disclosures: Readonly<Record<string, string>>): JsonObject {
  return withDisclosures(portablePrimitives, entry, disclosures);
}

/**
 * Checks that a line is an entry of a log, by its proof (C2SP tlog-proof) and a key that signed the checkpoint in it. That
 * the log holds nothing else, and what stands around the entry, is not shown.
 *
 * Bad evidence is in the report, never an exception.
 *
 * @param line - the bytes of the entry, with its `\n` or without
 * @throws TypeError on misuse: a key that is none
 */
export function verifyProof(
  line: Uint8Array,
  proof: string,
  options: Pick<VerifyOptions, 'keys' | 'hmacKeys'> = {},
): ProofReport {
  return checkProof(
    portablePrimitives,
    new Keys(portablePrimitives, options.keys ?? [], options.hmacKeys ?? []),
    line,
    proof,
  );
}

/**
 * Verifies a log or an evidence pack of acttrace (`acttrace-chain/1`), by its own rules and by what they leave open.
 *
 * Bad evidence is in the report, never an exception; memory does not grow with the file.
 *
 * @throws TypeError for a source that is none
 */
export function verifyActtrace(source: Source, options: ActtraceOptions = {}): Promise<ActtraceReport> {
  return checkActtrace(portablePrimitives, source, options);
}

export { earlierRecordOf, type EarlierRecord, type EarlierSegment, type History } from './history.ts';
export { verifyConsistency, verifyInclusion } from '../merkle.ts';
export type { Primitives } from '../primitives.ts';
export { portablePrimitives } from './primitives.ts';
export type { ProofFailure, ProofReport } from './proof.ts';
export { escapeText, PROBLEMS, type Problem, type ProblemCode, type VerdictName } from './problem.ts';
export { exitCode, type Notice, type Report, type SegmentReport, type SegmentState, type Verdicts } from './report.ts';
export type { ValueCounts } from './value-counts.ts';
export type { AnchorKind, OutsideWitnesses } from './anchors.ts';
export type { HmacKey, TrustedKey } from './keys.ts';
export { parsePolicy, type Policy } from './policy.ts';
export type { Vouched, VouchedBy } from './vouched.ts';
export type { CheckedEntry } from './rules.ts';
export type { OnEntry, SeenEntry } from './seen.ts';
export type { Source } from './source.ts';
export type { VerifyOptions } from './verify.ts';
export { ACTTRACE_PROBLEMS, type ActtraceProblem, type ActtraceProblemCode } from './acttrace/problems.ts';
export type { ActtraceOptions, ActtraceReport, UnauthenticatedPart } from './acttrace/report.ts';
export type { LenientVerdict } from './acttrace/chain.ts';
