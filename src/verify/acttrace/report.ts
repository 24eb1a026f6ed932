import type { Primitives } from '../../primitives.ts';
import { LineSplitter } from '../lines.ts';
import { pieces, type Source } from '../source.ts';
import { LenientCheck, signatureOf, type LenientVerdict } from './chain.ts';
import { Members, parseTree, TreeError, type Flavour } from './json.ts';
import type { ActtraceProblem, ActtraceProblemCode } from './problems.ts';
import { StrictCheck, type ActtraceEntry, type StrictResult } from './strict.ts';

/** A part of the file that its own rules leave to whoever has the file. */
export interface UnauthenticatedPart {
  readonly part: string;
  readonly why: string;
}

/** What can be said of a log or an evidence pack of acttrace (`acttrace-chain/1`). */
export interface ActtraceReport {
  readonly kind: 'acttrace';
  /** Whether nothing in it is evidently tampered with or incomplete. It says nothing about what nobody signs. */
  readonly ok: boolean;
  readonly file: string;
  /** `pack`: it has a header. */
  readonly form: 'log' | 'pack';
  readonly entries: number;
  /** Hash of the last entry, hex. */
  readonly head: string;
  readonly system: string | undefined;
  readonly producer: string | undefined;
  /** `shared_key`: signed by the key that was given, with which whoever checks can forge. */
  readonly authenticity: 'shared_key' | 'not_checked' | 'unsigned' | 'failed';
  /** The verdicts of acttrace's own implementations. */
  readonly lenient: Readonly<Record<Flavour, LenientVerdict>>;
  /** Of each code the first 100. */
  readonly problems: readonly ActtraceProblem[];
  readonly problemCounts: Readonly<Partial<Record<ActtraceProblemCode, number>>>;
  readonly unauthenticated: readonly UnauthenticatedPart[];
}

export interface ActtraceOptions {
  /** What the file is called in the report. */
  readonly name?: string;
  /** The signing key, as its bytes. A line feed at its end, as an editor leaves it, may be there or not. */
  readonly key?: Uint8Array;
  /** Told of each entry that can be read. */
  readonly onEntry?: (entry: ActtraceEntry) => void;
}

/** Longer lines are refused: all of one is in memory. */
const MAX_LINE_BYTES = 16_777_216;
const LINE_FEED = 0x0a;

/**
 * Verifies a log or an evidence pack of acttrace by the rules of its own two implementations, and by what they leave
 * open. Bad evidence is in the report, never an exception; memory does not grow with the file.
 *
 * @throws TypeError for a source that is none
 */
export async function checkActtrace(
  primitives: Primitives,
  source: Source,
  { name = 'input', key: given, onEntry }: ActtraceOptions = {},
): Promise<ActtraceReport> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let checks: ReturnType<typeof checksOf> | undefined;
  const held: Uint8Array[] = [];
  let key = given;
  const line = (bytes: Uint8Array): void => {
    if (checks === undefined) {
      const fits = given === undefined ? true : keyFits(primitives, bytes, given);
      // A header before the entry that tells.
      if (fits === undefined && held.length < 2) {
        held.push(Uint8Array.from(bytes));
        return;
      }
      if (fits === 'trimmed') key = given?.subarray(0, -1);
      checks = checksOf(primitives, key);
      for (const earlier of held.splice(0)) feed(checks, earlier, onEntry);
    }
    feed(checks, bytes, onEntry);
  };
  for await (const piece of pieces(source)) for (const { bytes } of splitter.push(piece)) line(bytes);
  const rest = splitter.unfinished;
  if (rest.length > 0) line(rest);
  checks ??= checksOf(primitives, key);
  for (const earlier of held) feed(checks, earlier, onEntry);
  const strict = checks.strict.end(rest.length === 0);
  return reportOf(name, strict, given !== undefined, {
    python: checks.python.end(),
    javascript: checks.javascript.end(),
  });
}

function checksOf(primitives: Primitives, key: Uint8Array | undefined) {
  return {
    strict: new StrictCheck(primitives, key),
    python: new LenientCheck(primitives, 'python', key),
    javascript: new LenientCheck(primitives, 'javascript', key),
  };
}

function feed(checks: ReturnType<typeof checksOf>, bytes: Uint8Array, onEntry: ActtraceOptions['onEntry']): void {
  const { strict, python, javascript } = checks;
  if (bytes.length > MAX_LINE_BYTES) {
    for (const check of [strict, python, javascript]) check.tooLong();
    return;
  }
  const entry = strict.line(bytes);
  python.line(bytes);
  javascript.line(bytes);
  if (entry !== undefined) onEntry?.(entry);
}

/** Whether a key with a line feed at its end is the key without it; `undefined` for a line that does not tell. */
function keyFits(primitives: Primitives, line: Uint8Array, key: Uint8Array): true | 'trimmed' | undefined {
  if (key.at(-1) !== LINE_FEED) return true;
  const row = rowOf(line);
  const [hash, sig] = [row?.get('hash'), row?.get('sig')];
  if (typeof hash !== 'string' || typeof sig !== 'string') return undefined;
  return signatureOf(primitives, key, hash) === sig ? true : 'trimmed';
}

function rowOf(line: Uint8Array): Members | undefined {
  try {
    // As the more lenient of the two reads it: with a byte-order mark, and whatever is no UTF-8.
    const row = parseTree(new TextDecoder().decode(line).trim(), 'javascript');
    return row instanceof Members ? row : undefined;
  } catch (error) {
    if (error instanceof TreeError) return undefined;
    throw error;
  }
}

/** Whether a line is one of acttrace's: a header, or an entry. Ours have other members. */
export function isActtraceLine(line: Uint8Array): boolean {
  const row = rowOf(line);
  if (row === undefined || row.has('v')) return false;
  const meta = row.get('_meta');
  return (
    (meta instanceof Members && meta.has('head_hash')) ||
    // No entry of ours has its own hash in it, not even a forged one without its `v`.
    (row.has('hash') && ['seq', 'type', 'payload', 'prev_hash'].filter((name) => row.has(name)).length >= 3)
  );
}

function reportOf(
  file: string,
  strict: StrictResult,
  keyGiven: boolean,
  lenient: ActtraceReport['lenient'],
): ActtraceReport {
  const { problems, problemCounts, entries, head, isSigned, meta, opening } = strict;
  const isForged = problemCounts.signature !== undefined || problemCounts.meta_signature !== undefined;
  const text = (name: string): string | undefined => {
    const value = opening?.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const authenticity =
    isForged || (keyGiven && !isSigned) ? 'failed' : !isSigned ? 'unsigned' : keyGiven ? 'shared_key' : 'not_checked';
  return {
    kind: 'acttrace',
    ok: problems.length === 0,
    file,
    form: meta === undefined ? 'log' : 'pack',
    entries,
    head,
    system: text('system'),
    producer: text('producer'),
    authenticity,
    lenient,
    problems,
    problemCounts,
    unauthenticated: unauthenticatedIn(strict, authenticity),
  };
}

function unauthenticatedIn(
  { meta, isAnnotated }: StrictResult,
  authenticity: ActtraceReport['authenticity'],
): UnauthenticatedPart[] {
  const parts: UnauthenticatedPart[] = [];
  const add = (part: string, why: string): void => void parts.push({ part, why });
  if (authenticity === 'unsigned')
    add('everything', 'Nobody signed it: whoever had the file could have written all of it.');
  if (authenticity === 'not_checked') {
    add('everything', 'It is signed, and no key was given: by whom is not shown. Give it with --hmac-key.');
  }
  if (authenticity === 'failed') add('everything', 'Signatures do not stand, or there are none.');
  if (meta === undefined) {
    add('the end', 'There is no header: entries that were taken away from the end would not be missed.');
  } else {
    for (const name of ['framework', 'controls_covered', 'summary', 'disclaimer']) {
      add(`_meta.${name}`, 'The signature of the header does not cover it. Here it was computed anew.');
    }
  }
  if (isAnnotated) {
    add('controls of each entry', 'Neither hash nor signature covers them. Here they were held against the types.');
  }
  add(
    'spelling',
    'White space, order and repetition of members, further members, numbers and escapes spelled otherwise.',
  );
  if (authenticity === 'shared_key')
    add('who', 'By a shared key: whoever can check it can forge it, and whoever has it can rewrite all of it.');
  add('when', 'Times are what the clock of the writer said; no outside witness is named.');
  return parts;
}
