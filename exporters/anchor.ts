import { AuditLogCore } from '../src/audit-log-core.ts';
import { encodeBase64 } from '../src/base64.ts';
import { parseCheckpoint } from '../src/checkpoint.ts';
import { formatTime } from '../src/clock.ts';
import { cosignatureToken, witnessOf } from '../src/cosignature.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { textOf } from '../src/json.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { checkMembers, COUNT, OBJECT, TEXT, TEXTS, type Kind } from '../src/option-kinds.ts';
import { lastCheckpoint } from '../src/segment-tail.ts';
import type { Signer } from '../src/signer.ts';
import { listSegments, type Sink } from '../src/sink.ts';
import type { AnchorKind, OutsideWitnesses } from '../src/verify/anchors.ts';
import { parseAuthorities } from '../src/verify/certificate.ts';
import { entriesOfTypes } from './entries-of-types.ts';
import { OwnRecord, sinkOf, type LogSource } from './own-record.ts';
import type { PostOptions } from './post.ts';
import { timeStampFrom, timeStampIn } from './time-stamp-authority.ts';
import { cosignaturesFrom, cosignaturesIn } from './witness-client.ts';

/** Who is to vouch for a checkpoint: one of `tsa`, `witness`, `response` and `cosignatures`. */
export interface AnchorOptions extends OutsideWitnesses, PostOptions {
  /** URL of a time-stamping authority (RFC 3161). */
  readonly tsa?: string;
  /** URL of a witness (c2sp.org/tlog-witness), below which `add-checkpoint` is. */
  readonly witness?: string;
  /** What an authority answered to a request that was made elsewhere: a `TimeStampResp`, or its token. Needs `checkpoint`. */
  readonly response?: Uint8Array;
  /** Signature lines of witnesses, or the cosigned note. Needs `checkpoint`. */
  readonly cosignatures?: string;
  /** The checkpoint that is vouched for, as it stands in its seal; by default the newest of the log. */
  readonly checkpoint?: string;
  /** The log's key, where the log does not run in this process. */
  readonly signer?: Signer;
}

export interface AnchorResult {
  /** What is vouched for: the origin, entries covered, root (base64). */
  readonly checkpoint: string;
  readonly anchors: readonly {
    readonly kind: AnchorKind;
    readonly authority: string;
    /** When, by who vouches. */
    readonly genTime: string;
    /** The `anchor` entry, as `segment:seq`. */
    readonly recorded: string;
  }[];
}

const OPTIONS: Readonly<Record<keyof AnchorOptions, Kind>> = {
  tsa: { what: 'the URL of a time-stamping authority', is: isUrl },
  witness: { what: 'the URL of a witness', is: isUrl },
  response: { what: 'the bytes of a response', is: (value) => value instanceof Uint8Array },
  cosignatures: TEXT,
  checkpoint: TEXT,
  tsaCertificates: TEXTS,
  witnesses: TEXTS,
  headers: OBJECT,
  timeoutMillis: COUNT,
  signer: OBJECT,
};

const WAYS = ['tsa', 'witness', 'response', 'cosignatures'] as const;

/** Room in an entry for all that is not the token: the checkpoint, names and hashes. */
const ENTRY_RESERVE_BYTES = 4_096;

interface Vouching {
  readonly kind: AnchorKind;
  readonly token: Uint8Array | string;
  readonly genTime: number;
  readonly authority: string;
}

/**
 * Has somebody outside vouch for a checkpoint of the log, and records that in an `anchor`: from then on what it covers
 * cannot be rewritten by anybody, the holder of the key included. What comes is checked first, against `tsaCertificates`
 * and `witnesses` if they are given. Nothing of the log leaves but the checkpoint, or for a time-stamp its digest.
 *
 * @throws TypeError on options that cannot be meant, and if the log is sealed by another key than the one given
 * @throws SpansealError `ANCHOR_FAILED`, `WRITE_FAILED`, `UNREADABLE`, `LOG_INVALID`
 */
export async function anchorLog(source: LogSource, options: AnchorOptions): Promise<AnchorResult> {
  checkMembers(options, OPTIONS, 'An anchor has no option ', '');
  const ways = WAYS.filter((way) => options[way] !== undefined);
  if (ways.length !== 1) {
    throw new TypeError('An anchor needs one of `tsa`, `witness`, `response` and `cosignatures`: who vouches for it.');
  }
  if (options.checkpoint === undefined && (options.response ?? options.cosignatures) !== undefined) {
    throw new TypeError('Give the `checkpoint` that was vouched for, as spanseal checkpoint printed it.');
  }
  const sink = sinkOf(source);
  const record = new OwnRecord(source, options.signer);
  const checkpoint =
    options.checkpoint === undefined ? await newestCheckpoint(source) : await ownCheckpoint(sink, options.checkpoint);
  const vouchings = await vouchingsFor(sink, checkpoint, options);
  const receipts = await record.write(
    vouchings.map((vouching) => ({ type: 'anchor', payload: anchorPayload(checkpoint, vouching) })),
  );
  return {
    checkpoint,
    anchors: vouchings.map(({ kind, authority, genTime }, index) => ({
      kind,
      authority,
      genTime: formatTime(genTime),
      recorded: `${receipts[index]?.segment}:${receipts[index]?.seq}`,
    })),
  };
}

async function vouchingsFor(sink: Sink, checkpoint: string, options: AnchorOptions): Promise<readonly Vouching[]> {
  const { tsa, witness, response, cosignatures, tsaCertificates = [], witnesses = [] } = options;
  const given = parseAuthorities(tsaCertificates);
  const trusted = witnesses.map((vkey) => witnessOf(nodePrimitives, vkey));
  if (tsa !== undefined || response !== undefined) {
    const stamped =
      tsa === undefined
        ? await timeStampIn(response ?? new Uint8Array(0), checkpoint, given)
        : await timeStampFrom(tsa, checkpoint, given, options);
    return [{ kind: 'rfc3161', ...stamped }];
  }
  const cosigned =
    witness === undefined
      ? cosignaturesIn(cosignatures ?? '', checkpoint, trusted)
      : await cosignaturesFrom(witness, { sink, checkpoint }, trusted, options);
  return cosigned.map(({ cosignature, time }) => ({
    kind: 'cosignature',
    token: cosignatureToken(cosignature),
    genTime: time,
    authority: cosignature.name,
  }));
}

function anchorPayload(checkpoint: string, { kind, token, genTime, authority }: Vouching): object {
  const text = typeof token === 'string' ? token : encodeBase64(token);
  if (text.length > MAX_LINE_BYTES - ENTRY_RESERVE_BYTES) {
    throw new SpansealError(
      'ANCHOR_FAILED',
      `The time-stamp takes ${text.length} bytes in base64, and an entry has no room for it; ask for one without the certificates above the signer's. Nothing was recorded.`,
    );
  }
  return { kind, checkpoint, token: text, gen_time: formatTime(genTime), authority };
}

/** @throws SpansealError `ANCHOR_FAILED` if nothing was sealed yet */
async function newestCheckpoint(source: LogSource): Promise<string> {
  if (source instanceof AuditLogCore && !source.closed) {
    await source.flush();
    const sealed = source.head()?.checkpoint?.text;
    if (sealed !== undefined) return sealed;
  }
  const sink = sinkOf(source);
  for (const segment of listSegments(sink).toReversed()) {
    const text = lastCheckpoint(sink, segment);
    if (text !== undefined) return text;
  }
  throw new SpansealError('ANCHOR_FAILED', `Nothing in ${sink.location} is sealed yet: there is nothing to vouch for.`);
}

/**
 * A checkpoint that came back from elsewhere, as it stands in its seal: an anchor of something else would be held
 * against the log for ever.
 */
async function ownCheckpoint(sink: Sink, given: string): Promise<string> {
  // As a file or a mail leaves it.
  const wanted = `${given.replaceAll('\r\n', '\n').trimEnd()}\n`;
  const parsed = parseCheckpoint(wanted) ?? parseCheckpoint(`${wanted}\n`);
  if (parsed === undefined) throw new TypeError('That is no checkpoint; give what spanseal checkpoint prints.');
  const { origin, text } = parsed;
  const segment = origin.slice(origin.lastIndexOf('/') + 1);
  const seals = listSegments(sink).includes(segment) ? await entriesOfTypes(sink, segment, ['seal']) : [];
  const seal = seals
    .map(({ entry }) => textOf(entry.payload['checkpoint']))
    .find((note) => note.startsWith(`${text}\n`));
  if (seal !== undefined) return seal;
  throw new SpansealError(
    'ANCHOR_FAILED',
    `No seal in ${sink.location} has that checkpoint of ${origin}: it is of another log, or was rewritten. Nothing was recorded.`,
  );
}

function isUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  return ['http:', 'https:'].includes(new URL(value).protocol);
}
