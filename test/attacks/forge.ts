import { attestationLine, attestationMessage, attestationStatement } from '../../src/attestation.ts';
import { encodeHex } from '../../src/base64.ts';
import { canonicalize } from '../../src/canonical.ts';
import { checkpointText, formatCheckpoint } from '../../src/checkpoint.ts';
import type { JsonObject } from '../../src/json.ts';
import { leafHash, treeRoot } from '../../src/merkle.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { keyIdText, parseVkey } from '../../src/note.ts';
import type { LocalSigner } from '../../src/index.ts';
import { openedAt } from '../../src/verify/collection.ts';
import { bytesOf, linesOf, LOG } from './corpus.ts';

/** What an attacker has: the format, and perhaps a key. Writes whatever it is told. */

const { sha256 } = nodePrimitives;

/** A JSON object that may be anything but what the format wants. */
export type Loose = Record<string, unknown>;

export function jcs(value: unknown): string {
  return canonicalize(value as JsonObject);
}

/** Writes segments line by line, with the chain, the tree and the seals that belong to them. */
export class SegmentForge {
  readonly name: string;
  readonly log: string;
  readonly #signer: LocalSigner | undefined;
  readonly #lines: Uint8Array[] = [];
  readonly #leaves: Uint8Array[] = [];
  #millis: number;
  #ts = '';

  constructor(options: { name?: string; log?: string; signer?: LocalSigner | undefined; open?: Loose } = {}) {
    this.name = options.name ?? '20261123T093000Z-00000000000000aa';
    this.log = options.log ?? LOG;
    this.#signer = options.signer;
    this.#millis = Date.parse(openedAt(this.name));
    this.add('audit_open', {
      environment: 'test',
      key: options.signer?.vkey ?? null,
      log: this.log,
      producer: { name: 'spanseal', version: '0.1.0' },
      segment: this.name,
      system: this.log,
      ...options.open,
    });
  }

  get size(): number {
    return this.#lines.length;
  }

  /** Leaf hash of the last line, hex. */
  get head(): string {
    const last = this.#leaves.at(-1);
    return last === undefined ? '0'.repeat(64) : encodeHex(last);
  }

  /** An entry; `more` replaces and adds fields. */
  add(type: string, payload: Loose, more: Loose = {}): this {
    this.#ts = new Date(this.#millis++).toISOString();
    return this.line(jcs({ v: 1, seq: this.size, ts: this.#ts, type, payload, prev_hash: this.head, ...more }));
  }

  /** A line as it is, without its `\n`. */
  line(line: string | Uint8Array): this {
    const bytes = typeof line === 'string' ? Buffer.from(line) : line;
    this.#lines.push(bytes);
    this.#leaves.push(leafHash(sha256, bytes));
    return this;
  }

  root(size: number = this.size): Uint8Array {
    return treeRoot(sha256, this.#leaves.slice(0, size));
  }

  /** The text of a checkpoint, signed if there is a signer. */
  checkpoint(size: number = this.size): string {
    const checkpoint = { origin: `${this.log}/${this.name}`, size, root: this.root(size) };
    const signature = this.#signer?.sign(Buffer.from(checkpointText(checkpoint)));
    const key = parseVkey(nodePrimitives, this.#signer?.vkey ?? '');
    if (signature === undefined || key === undefined) return formatCheckpoint(checkpoint, undefined);
    return formatCheckpoint(checkpoint, { name: key.name, keyId: key.keyId, signature });
  }

  seal(size?: number, more?: Loose): this {
    return this.add('seal', { checkpoint: this.checkpoint(size) }, more);
  }

  close(payload: Loose = {}): this {
    return this.add('audit_close', { reason: 'shutdown', ...payload }).seal(undefined, { ts: this.#ts });
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#lines.flatMap((line) => [line, Uint8Array.of(0x0a)]));
  }
}

/** The lines of a pack before its attestation. */
export function packLines(pack: Uint8Array): string[] {
  return linesOf(pack).slice(0, -1);
}

/** Lines with the attestation that belongs to them, made with this key or with none. */
export function attested(lines: readonly string[], signer?: LocalSigner, key = signer?.vkey): Uint8Array {
  const body = bytesOf(lines);
  const statement = attestationStatement(encodeHex(sha256(body)));
  const parsed = parseVkey(nodePrimitives, key ?? '');
  const signature =
    signer === undefined || parsed === undefined
      ? undefined
      : { keyid: keyIdText(parsed), sig: signer.sign(attestationMessage(statement)) };
  return Buffer.concat([body, bytesOf([jcs(attestationLine(statement, signature))])]);
}

/** A line read, changed and written again. */
export function edited(line: string, change: (value: Loose) => unknown): string {
  return jcs(change(JSON.parse(line) as Loose));
}

/** The value at a path of an object that was just parsed. */
export function at(value: unknown, ...path: readonly (string | number)[]): Loose {
  let found = value;
  for (const member of path) found = (found as Loose)[member];
  return found as Loose;
}
