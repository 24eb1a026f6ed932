import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  AuditLog,
  exportPack,
  memorySink,
  type AuditLogOptions,
  type ExportOptions,
  type LocalSigner,
  type MemorySink,
  type Report,
  type VerifyOptions,
} from '../../src/index.ts';
import { segmentOfFile } from '../../src/names.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { ed25519Verifier, hmacVerifier } from '../../src/note.ts';
import { nodeEnvironment } from '../../src/verify-path.ts';
import { verifySegments } from '../../src/verify/verify.ts';
import { testKey } from '../ed25519-key.ts';
import { note, verify } from './judged.ts';

/** A small log whose every byte is attacked: a closed segment, one whose process died, and one that recovers it. */

/** Name of the log and of its key: short, because each of its bits costs a verification. */
export const LOG = 'a';

export type SigningKind = 'ed25519' | 'hmac' | 'none';

export interface Signing {
  readonly signer: LocalSigner | undefined;
  /** What its verifier is given. */
  readonly options: VerifyOptions;
}

/** @param seed - the key is made of it: the same in every run */
export function signing(kind: SigningKind, log = LOG, seed = 'the log'): Signing {
  if (kind === 'none') return { signer: undefined, options: { allowUnsigned: true } };
  if (kind === 'hmac') {
    const key = createHash('sha256').update(seed).digest();
    const { vkey } = hmacVerifier(nodePrimitives, log, key);
    const sign = (message: Uint8Array): Uint8Array => createHmac('sha256', key).update(message).digest();
    return { signer: { vkey, local: true, sign }, options: { hmacKeys: [{ key }] } };
  }
  const { publicKey, sign } = testKey(seed);
  const { vkey } = ed25519Verifier(nodePrimitives, log, publicKey);
  return { signer: { vkey, local: true, sign }, options: { keys: [vkey] } };
}

/** Segments by name, ascending. */
export type Segments = ReadonlyMap<string, Uint8Array>;

export interface Corpus extends Signing {
  readonly segments: Segments;
  readonly closed: string;
  /** Sealed entries, an unsealed tail and torn bytes: its process was killed. */
  readonly crashed: string;
  readonly recovering: string;
  readonly pack: Uint8Array;
}

/** A time source that goes on by a millisecond with each look. */
export function ticking(from: number): { now(): number } {
  let millis = from;
  return { now: () => millis++ };
}

const STARTED = Date.UTC(2026, 10, 23, 9, 30);
const MINUTE = 60_000;

/** What a test's log has in common: nothing of this machine's clock, little in its first entry. */
export function logOptions(sink: MemorySink, signer: LocalSigner | undefined, minute: number): AuditLogOptions {
  let ids = 0;
  return {
    system: LOG,
    log: LOG,
    sink,
    ...(signer === undefined ? {} : { signer }),
    warnUnsigned: false,
    redactor: false,
    clock: ticking(STARTED + minute * MINUTE),
    randomId: () => `${minute}-${ids++}`,
  };
}

export function sinkOf(segments: Segments): MemorySink {
  const sink = memorySink();
  for (const [name, bytes] of segments) sink.create(name).append(bytes);
  return sink;
}

export function segmentsOf(sink: MemorySink): Segments {
  return new Map(sink.list().map((name) => [name, Uint8Array.from(sink.bytes(name))]));
}

/** Leaves a log as a process that is killed does: nothing after the last seal is sealed, half a line stands at the end. */
async function abandon(audit: AuditLog, sink: MemorySink): Promise<Segments> {
  const before = segmentsOf(sink);
  const name = sink.list().at(-1) ?? '';
  await audit.close();
  const torn = Buffer.from('{"payload":{"act');
  return new Map([...before, [name, Buffer.concat([before.get(name) ?? torn, torn])]]);
}

export async function makeCorpus(kind: SigningKind, options: ExportOptions = { frameworks: [] }): Promise<Corpus> {
  const { signer, options: verifying } = signing(kind);
  const first = memorySink();
  const closedLog = new AuditLog(logOptions(first, signer, 0));
  closedLog.decision({ id: 'd', input: { sum: 1.5 } }, (decision) => decision.result('approved'));
  await closedLog.close();

  const dying = new AuditLog(logOptions(first, signer, 1));
  dying.flag('sealed');
  await dying.flush();
  dying.flag('not sealed');
  const left = await abandon(dying, first);

  const last = sinkOf(left);
  const recoveringLog = new AuditLog(logOptions(last, signer, 2));
  const [closed = '', crashed = ''] = last.list();
  await recoveringLog.recover(crashed);
  await recoveringLog.close();
  const segments = segmentsOf(last);
  const [, , recovering = ''] = segments.keys();
  const pack = await packOf(segments, { ...(signer === undefined ? {} : { signer }), ...options });
  return { signer, options: verifying, segments, closed, crashed, recovering, pack };
}

/** @throws Error for the unsigned one */
export function signerOf({ signer }: Corpus): LocalSigner {
  if (signer === undefined) throw new Error('this corpus has no signer');
  return signer;
}

/** The bytes of a pack of these segments. */
export async function packOf(segments: Segments, options: ExportOptions): Promise<Uint8Array> {
  return withDirectory(async (directory) => {
    const { path } = await exportPack(sinkOf(segments), join(directory, 'pack'), options);
    return Uint8Array.from(readFileSync(path));
  });
}

export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'spanseal-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function* streamed(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Verifies segments as `verifyPath` does those of a directory, without the files. */
export async function verifyDirectory(
  files: Iterable<readonly [string, Uint8Array]>,
  options: VerifyOptions,
): Promise<Report> {
  const all = [...files].map(([name, bytes]) => [name.includes('.') ? name : `${name}.jsonl`, bytes] as const);
  const sorted = all.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const own = sorted.filter(([file]) => segmentOfFile(file) !== undefined);
  const others = sorted.flatMap(([file]) => (segmentOfFile(file) === undefined ? [file] : []));
  const sources = own.map(([file, bytes]) => ({ file, bytes: () => streamed(bytes) }));
  const report = await verifySegments(nodeEnvironment, 'log', sources, options, others);
  note('directory', sorted, options, report);
  return report;
}

/** Verifies a segment as the file that it is. */
export function verifySegment(
  corpus: Corpus,
  name: string,
  bytes: Uint8Array,
  options?: VerifyOptions,
): Promise<Report> {
  return verify(bytes, { ...corpus.options, name: `${name}.jsonl`, ...options });
}

/** The problems of a report, short: `code line/seq`, in the order they were found. */
export function problemsOf(report: Report): string[] {
  return report.problems.map(({ code, line, seq }) => `${code} ${line ?? '-'}${seq === undefined ? '' : `/${seq}`}`);
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** Lines without their `\n`. What stands behind the last `\n` is not among them. */
export function linesOf(bytes: Uint8Array): string[] {
  return textOf(bytes).split('\n').slice(0, -1);
}

export function bytesOf(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
