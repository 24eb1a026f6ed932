import { decodeBase64, encodeBase64 } from './base64.ts';
import { HASH_BYTES } from './merkle.ts';

/**
 * The text form of a proof that one entry is in a log, C2SP tlog-proof (c2sp.org/tlog-proof@v1): where the entry is, its
 * audit path, and the checkpoint that the path leads to.
 */
export interface TlogProof {
  /** Opaque to us, and authenticated by nothing. Not written. */
  readonly extra?: Uint8Array;
  readonly index: number;
  /** Leaf to root, 32 bytes each. */
  readonly path: readonly Uint8Array[];
  /** The signed note, as it stands in the seal. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;

/** A tree of 2^53 leaves has no longer path. */
export const MAX_PATH_HASHES = 53;

/** Longest proof that is read: 53 hashes and a checkpoint take 5 KB, and `extra` may be whatever somebody wants. */
export const MAX_PROOF_CHARS = 65_535;

/** The text of a proof. */
export function formatTlogProof({ extra, index, path, checkpoint }: TlogProof): string {
  return [
    FIRST_LINE,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...path.map(encodeBase64),
    '',
    checkpoint,
  ].join('\n');
}

/** Reads the text of a proof; `undefined` for anything that the specification does not allow. */
export function parseTlogProof(text: string): TlogProof | undefined {
  if (text.length > MAX_PROOF_CHARS) return undefined;
  const end = text.indexOf('\n\n');
  if (end < 0) return undefined;
  const [first, ...lines] = text.slice(0, end).split('\n');
  if (first !== FIRST_LINE) return undefined;
  const extra = lines[0]?.startsWith('extra ') === true ? extraOf(lines.shift() ?? '') : null;
  const [, digits] = INDEX.exec(lines.shift() ?? '') ?? [];
  const index = Number(digits);
  if (extra === undefined || !Number.isSafeInteger(index) || lines.length > MAX_PATH_HASHES) return undefined;
  const path = hashesOf(lines);
  if (path === undefined) return undefined;
  return { ...(extra === null ? {} : { extra }), index, path, checkpoint: text.slice(end + 2) };
}

function extraOf(line: string): Uint8Array | undefined {
  const encoded = line.slice('extra '.length);
  return encoded === '' ? undefined : decodeBase64(encoded);
}

/** Hashes from their base64; `undefined` if one is none. */
export function hashesOf(texts: readonly string[]): readonly Uint8Array[] | undefined {
  const hashes = texts.map(decodeBase64);
  return hashes.every((hash): hash is Uint8Array => hash?.length === HASH_BYTES) ? hashes : undefined;
}
