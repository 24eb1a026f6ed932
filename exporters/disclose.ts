import { canonicalize } from '../src/canonical.ts';
import { SpansealError } from '../src/error.ts';
import { members } from '../src/members.ts';
import { checkMembers, OBJECT, TEXT, TEXTS, type Kind } from '../src/option-kinds.ts';
import type { Signer } from '../src/signer.ts';
import { PACKAGE_VERSION } from '../src/version.ts';
import { DisclosureIndex } from './disclosure-index.ts';
import { OwnRecord, sinkOf, type LogSource } from './own-record.ts';
import { ownedBy, selectValues } from './value-selection.ts';

export interface DiscloseOptions {
  readonly entry: { readonly segment: string; readonly seq: number };
  /** Pointers (`/payload/input`) or kinds of `capture`; by default all that the entry withholds. */
  readonly values?: readonly string[];
  readonly purpose?: string;
  readonly requestRef?: string;
  readonly recipient?: string;
  readonly performedBy?: string;
  /** The log's key, where the log does not run in this process. */
  readonly signer?: Signer;
}

export interface DiscloseResult {
  /** Lines of a file of disclosures, `<segment>.disclosures.jsonl`, for somebody who has the segment, or a pack of it. */
  readonly lines: readonly string[];
  readonly pointers: readonly string[];
  /** Whether the log says that they were disclosed. */
  readonly custody: 'recorded' | 'not recorded';
}

const OPTIONS: Readonly<Record<keyof DiscloseOptions, Kind>> = {
  entry: OBJECT,
  values: TEXTS,
  purpose: TEXT,
  requestRef: TEXT,
  recipient: TEXT,
  performedBy: TEXT,
  signer: OBJECT,
};

/**
 * The disclosures of one entry, for somebody else. Recorded in the log (`custody`) before they are given, if it runs
 * here or its key is given.
 *
 * @throws TypeError on options that cannot be meant
 * @throws SpansealError `NOT_DISCLOSABLE` if there is no such entry, or it withholds nothing of that
 */
export async function discloseValues(source: LogSource, options: DiscloseOptions): Promise<DiscloseResult> {
  checkMembers(options, OPTIONS, 'A disclosure has no option ', '');
  const { entry } = options;
  const sink = sinkOf(source);
  const index = new DisclosureIndex(sink, entry.segment);
  try {
    const selected = await selectValues(sink, await ownedBy(sink, { entry }), options.values ?? []);
    const given = selected.flatMap(({ seq, pointer, digest }) => {
      const disclosure = index.get(seq, pointer, digest);
      return disclosure === undefined ? [] : [{ disclosure, pointer, seq }];
    });
    if (given.length === 0) {
      throw new SpansealError(
        'NOT_DISCLOSABLE',
        `Entry ${entry.seq} of ${entry.segment} in ${sink.location} has nothing of that to disclose: it withholds nothing, or it was erased.`,
      );
    }
    const pointers = given.map(({ pointer }) => pointer);
    const custody = await recordDisclosed(source, options, pointers);
    return { lines: given.map((line) => canonicalize(line)), pointers, custody };
  } finally {
    index.close();
  }
}

async function recordDisclosed(
  source: LogSource,
  { entry, purpose, requestRef, recipient, performedBy, signer }: DiscloseOptions,
  pointers: readonly string[],
): Promise<DiscloseResult['custody']> {
  const said = { action: 'disclosed', purpose, requestRef, recipient, performedBy, toolVersion: PACKAGE_VERSION };
  const selection = { kind: 'entry', segment: entry.segment, seq: entry.seq, pointers };
  try {
    await new OwnRecord(source, signer).write([
      { type: 'custody', payload: { ...members('custody', said), selection } },
    ]);
    return 'recorded';
  } catch {
    return 'not recorded';
  }
}
