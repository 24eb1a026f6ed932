import { encodeBase64 } from '../base64.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { MAX_LINE_BYTES } from '../entry.ts';
import type { JsonObject } from '../json.ts';
import { leafHash, verifyInclusion } from '../merkle.ts';
import { isSegmentName } from '../names.ts';
import type { Primitives } from '../primitives.ts';
import { parseTlogProof } from '../tlog-proof.ts';
import { canonicalProblem, parseJson } from './json.ts';
import type { Keys } from './keys.ts';
import { quoted } from './problem.ts';
import { entryProblem, payloadProblem, type CheckedEntry } from './rules.ts';

/** Why a proof shows nothing. */
export type ProofFailure =
  /** The line is no entry of this format. */
  | 'entry'
  /** The text is no C2SP tlog-proof over a checkpoint of this format. */
  | 'proof'
  /** The entry is not in the tree, or not where the proof says. */
  | 'inclusion'
  /** Nobody signed the checkpoint. */
  | 'unsigned'
  /** No key was given, or none that signed. */
  | 'unknown_key'
  /** The signature does not stand. */
  | 'signature'
  /** It is by a given key, and the entry says a time at which that key is not to be trusted. */
  | 'key_validity';

/** That an entry is in a log, or why it is not shown. */
export type ProofReport =
  | {
      readonly ok: true;
      readonly log: string;
      readonly segment: string;
      readonly seq: number;
      /** Entries that the checkpoint covers, and their root (base64). */
      readonly size: number;
      readonly root: string;
      readonly checkpoint: string;
      /** The vkey that signed. */
      readonly signedBy: string;
      /** By a shared key: whoever can check can forge. */
      readonly shared: boolean;
      readonly entry: JsonObject;
    }
  | { readonly ok: false; readonly failure: ProofFailure; readonly what: string };

type Failed = Extract<ProofReport, { ok: false }>;

const NEW_LINE = 0x0a;

/** Checks that a line is an entry of a log, by its proof and the keys that were given. */
export function checkProof(primitives: Primitives, keys: Keys, line: Uint8Array, text: string): ProofReport {
  const bytes = line.at(-1) === NEW_LINE ? line.subarray(0, -1) : line;
  const entry = readEntry(primitives, bytes);
  if ('failure' in entry) return entry;
  const proof = parseTlogProof(text);
  if (proof === undefined) return failed('proof', 'the text is no c2sp.org/tlog-proof@v1');
  const checkpoint = parseCheckpoint(proof.checkpoint);
  const slash = checkpoint?.origin.lastIndexOf('/') ?? -1;
  const segment = checkpoint?.origin.slice(slash + 1) ?? '';
  if (checkpoint === undefined || slash < 1 || !isSegmentName(segment)) {
    return failed('proof', 'what the proof ends with is no checkpoint of a segment');
  }
  const { index, path } = proof;
  const { size, root } = checkpoint;
  if (entry.seq !== index) return failed('inclusion', `the entry is number ${entry.seq}, and the proof for ${index}`);
  if (!verifyInclusion(primitives.sha256, { leaf: leafHash(primitives.sha256, bytes), index, size, path }, root)) {
    return failed('inclusion', `the entry is not number ${index} of the ${size} that the checkpoint covers`);
  }
  const log = checkpoint.origin.slice(0, slash);
  const signer = signerOf(keys, checkpoint, log);
  if ('failure' in signer) return signer;
  const untimely = keys.untimely(signer, entry.ts);
  if (untimely !== undefined) return failed('key_validity', `the checkpoint is by ${quoted(signer.name)}; ${untimely}`);
  return {
    ok: true,
    log,
    segment,
    seq: index,
    size,
    root: encodeBase64(root),
    checkpoint: proof.checkpoint,
    signedBy: signer.vkey,
    shared: signer.kind === 'shared',
    entry: entry as unknown as JsonObject,
  };
}

function failed(failure: ProofFailure, what: string): Failed {
  return { ok: false, failure, what };
}

function readEntry(primitives: Primitives, bytes: Uint8Array): CheckedEntry | Failed {
  const parsed = parseJson(bytes, MAX_LINE_BYTES);
  const problem = parsed.ok ? canonicalProblem(parsed.value, parsed.text) : parsed.problem;
  if (!parsed.ok || problem !== undefined) return failed('entry', `the line is no entry (${problem ?? 'not_json'})`);
  const shape = entryProblem(parsed.value);
  if (shape !== undefined) return failed('entry', shape);
  const entry = parsed.value as unknown as CheckedEntry;
  const broken = payloadProblem(primitives, entry.type, entry.payload);
  return broken === undefined ? entry : failed('entry', broken);
}

function signerOf(keys: Keys, { text, signature }: SignedCheckpoint, log: string) {
  if (signature === undefined) return failed('unsigned', 'nobody signed the checkpoint');
  // A key speaks for the log that it is named after, and for no other.
  const signer = signature.name === log ? keys.signer(signature) : undefined;
  if (signer === undefined) {
    const what = keys.given ? 'is by none of the keys that were given' : 'cannot be checked: no key was given';
    return failed('unknown_key', `the signature as ${quoted(signature.name)} ${what}`);
  }
  return signer.verify(new TextEncoder().encode(text), signature.signature)
    ? signer
    : failed('signature', `the signature is not by ${quoted(signer.name)} over this checkpoint`);
}
