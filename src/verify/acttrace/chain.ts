import { encodeHex } from '../../base64.ts';
import type { Primitives } from '../../primitives.ts';
import { canonicalText, Members, parseTree, Spelled, spelledBy, TreeError, type Flavour, type Tree } from './json.ts';

/** The rules of acttrace-chain/1, as each of its two implementations verifies them: their verdict, and why. */

export interface LenientVerdict {
  readonly accepted: boolean;
  readonly detail: string;
}

export const GENESIS: string = '0'.repeat(64);

const utf8 = new TextEncoder();

/** What is hashed of an entry, with the hash before it. @throws TreeError */
export function chainHash(primitives: Primitives, previous: string, entry: Members, flavour: Flavour): string {
  const body = new Members();
  for (const name of ['payload', 'seq', 'ts', 'type']) body.own.set(name, entry.get(name) ?? null);
  return encodeHex(primitives.sha256(utf8.encode(previous + canonicalText(body, flavour))));
}

export function signatureOf(primitives: Primitives, key: Uint8Array, text: string): string {
  return encodeHex(primitives.hmacSha256(key, utf8.encode(text)));
}

/** What the signature of a header covers: four of its members. @throws TreeError */
export function headerText(meta: Members, flavour: Flavour): string {
  const signed = new Members();
  for (const name of ['entries', 'head_hash', 'risk_tier', 'system']) signed.own.set(name, meta.get(name) ?? null);
  return canonicalText(signed, flavour);
}

/** What `str.strip()` takes away: not the byte-order mark, as JavaScript's `trim` does, but four separators and NEL. */
function isPythonSpace(char: string | undefined): boolean {
  if (char === undefined || char === '\ufeff') return false;
  return /\s/.test(char) || (char >= '\u001c' && char <= '\u001f') || char === '\u0085';
}

function stripped(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isPythonSpace(text[start])) start++;
  while (end > start && isPythonSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const looseText = new TextDecoder('utf-8', { ignoreBOM: true });

/** One implementation's pass over a file. Gives up at the first thing that it does not take. */
export class LenientCheck {
  readonly #primitives: Primitives;
  readonly #flavour: Flavour;
  readonly #key: Uint8Array | undefined;
  #previous = GENESIS;
  #seen = 0;
  #meta: Members | undefined;
  #failure: string | undefined;

  constructor(primitives: Primitives, flavour: Flavour, key: Uint8Array | undefined) {
    this.#primitives = primitives;
    this.#flavour = flavour;
    this.#key = key;
  }

  /** A line of the file, without its `\n`. */
  line(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    for (const text of this.#textsIn(bytes)) {
      if (text !== '') this.#failure ??= this.#row(text);
    }
  }

  /** A line that is longer than what is read. */
  tooLong(): void {
    this.#failure ??= 'not said: a line has more than 16 MiB, and is not read here';
  }

  #textsIn(bytes: Uint8Array): string[] {
    if (this.#flavour === 'javascript') return [looseText.decode(bytes).trim()];
    try {
      // Python ends a line at a carriage return, too.
      return strictText.decode(bytes).split('\r').map(stripped);
    } catch {
      this.#failure = 'cannot read the file: it is not UTF-8';
      return [];
    }
  }

  #row(text: string): string | undefined {
    try {
      const row = parseTree(text, this.#flavour);
      if (!(row instanceof Members)) throw new TreeError('a line is no object');
      if (!row.has('_meta')) return this.#entry(row);
      const meta = row.get('_meta');
      this.#meta = meta instanceof Members ? meta : new Members();
      return undefined;
    } catch (error) {
      if (error instanceof TreeError) return `corrupt log: ${error.message}`;
      throw error;
    }
  }

  #entry(row: Members): string | undefined {
    for (const name of ['seq', 'ts', 'type', 'payload', 'prev_hash', 'hash']) {
      if (!row.has(name)) throw new TreeError(`${name} is missing`);
    }
    const at = `at seq ${this.#said(row.get('seq'))}`;
    const expected = chainHash(this.#primitives, this.#previous, row, this.#flavour);
    if (row.get('prev_hash') !== this.#previous) return `broken link ${at}: prev_hash mismatch`;
    if (row.get('hash') !== expected) return `tampered entry ${at}: hash mismatch`;
    if (this.#key !== undefined && row.get('sig') !== signatureOf(this.#primitives, this.#key, expected)) {
      return `bad signature ${at}`;
    }
    this.#previous = expected;
    this.#seen++;
    return undefined;
  }

  #said(tree: Tree | undefined): string {
    return tree instanceof Spelled ? spelledBy(tree, this.#flavour) : JSON.stringify(tree ?? null);
  }

  end(): LenientVerdict {
    const failure = this.#failure ?? this.#completeness();
    if (failure !== undefined) return { accepted: false, detail: failure };
    const notes =
      this.#key === undefined
        ? this.#meta === undefined
          ? []
          : ['completeness from unauthenticated in-file _meta']
        : ['signatures verified', ...(this.#meta === undefined ? [] : ['metadata signature verified'])];
    const suffix = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
    return { accepted: true, detail: `ok: ${this.#seen} entries, head ${this.#previous.slice(0, 12)}…${suffix}` };
  }

  #completeness(): string | undefined {
    const meta = this.#meta;
    if (meta === undefined) return undefined;
    if (this.#key !== undefined) {
      const sig = meta.get('sig');
      if (typeof sig !== 'string' || sig === '') return 'unauthenticated _meta: the header carries no signature';
      if (sig !== this.#headerSignature(meta, this.#key)) return 'forged _meta: header signature mismatch';
    }
    const head = meta.get('head_hash') ?? null;
    if (head !== null && head !== this.#previous) return 'incomplete log: another head is expected';
    const entries = this.#count(meta.get('entries') ?? null);
    return entries !== null && entries !== this.#seen
      ? `incomplete log: found ${this.#seen} entries, expected ${entries}`
      : undefined;
  }

  #headerSignature(meta: Members, key: Uint8Array): string | undefined {
    try {
      return signatureOf(this.#primitives, key, headerText(meta, this.#flavour));
    } catch (error) {
      if (error instanceof TreeError) return undefined;
      throw error;
    }
  }

  /** What a count is compared as: Python takes 7.0 and true for numbers, JavaScript passes over all but whole ones. */
  #count(tree: Tree): number | null {
    if (tree === null) return null;
    if (this.#flavour === 'javascript') {
      return tree instanceof Spelled && /^-?[0-9]+$/.test(tree.text) ? Number(tree.text) : null;
    }
    if (typeof tree === 'boolean') return tree ? 1 : 0;
    return tree instanceof Spelled ? Number(tree.text) : Number.NaN;
  }
}
