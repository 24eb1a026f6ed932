import { sameBytes } from '../base64.ts';
import { isTime } from '../names.ts';
import { hmacVerifier, parseVkey, vkeyVerifier, type NoteSignature, type NoteVerifier } from '../note.ts';
import type { Primitives } from '../primitives.ts';

/** A shared secret to check with: at least 32 bytes. Without a name it is tried under the name of the log at hand. */
export interface HmacKey {
  readonly name?: string;
  readonly key: Uint8Array;
}

/** A verifier key, and from when to when it is trusted: by the time that the record itself says. */
export interface TrustedKey {
  readonly vkey: string;
  /** In the form of `ts`; nothing earlier is trusted. */
  readonly notBefore?: string;
  /** Likewise, nothing later. */
  readonly notAfter?: string;
}

/** The keys that the verifier was given. Keys come from nowhere else: one inside a file is never trusted. */
export class Keys {
  readonly #primitives: Primitives;
  readonly #trusted: readonly NoteVerifier[];
  readonly #hmacKeys: readonly HmacKey[];
  readonly #validity: ReadonlyMap<string, TrustedKey>;
  readonly #used = new Set<string>();
  readonly #resolved = new Map<string, NoteVerifier | undefined>();
  readonly #untrusted = new Map<string, NoteVerifier | undefined>();

  /** @throws TypeError if a text is no vkey, a time none or a secret too short: misuse, not evidence */
  constructor(primitives: Primitives, keys: readonly (string | TrustedKey)[], hmacKeys: readonly HmacKey[]) {
    this.#primitives = primitives;
    this.#trusted = keys.map((key) => vkeyVerifier(primitives, typeof key === 'string' ? key : key.vkey));
    this.#validity = validityOf(keys, this.#trusted);
    for (const { name, key } of hmacKeys) hmacVerifier(primitives, name ?? 'any', key);
    this.#hmacKeys = hmacKeys;
  }

  /** Whether any key was given. */
  get given(): boolean {
    return this.#trusted.length + this.#hmacKeys.length > 0;
  }

  /** The given key that a vkey in a file names; `undefined` if it was not given. */
  find(vkey: string, log: string): NoteVerifier | undefined {
    const id = `${vkey} ${log}`;
    if (!this.#resolved.has(id)) this.#resolved.set(id, this.#resolve(vkey, log));
    return this.#resolved.get(id);
  }

  #resolve(vkey: string, log: string): NoteVerifier | undefined {
    const trusted = this.#trusted.find((verifier) => verifier.vkey === vkey);
    if (trusted !== undefined) {
      this.#used.add(trusted.vkey);
      return trusted;
    }
    for (const [index, { name, key }] of this.#hmacKeys.entries()) {
      let verifier: NoteVerifier;
      try {
        verifier = hmacVerifier(this.#primitives, name ?? log, key);
      } catch {
        continue;
      }
      if (verifier.vkey === vkey) {
        this.#used.add(`hmac ${index}`);
        return verifier;
      }
    }
    return undefined;
  }

  /** Why a given key is not trusted at a time; `undefined` if it is, or has no limits. */
  untimely(verifier: NoteVerifier, ts: string): string | undefined {
    const { notBefore, notAfter } = this.#validity.get(verifier.vkey) ?? {};
    if (notBefore !== undefined && ts < notBefore) return `it says ${ts}, and the key is trusted from ${notBefore} on`;
    if (notAfter !== undefined && ts > notAfter) return `it says ${ts}, and the key is trusted until ${notAfter}`;
    return undefined;
  }

  /** The given key that a signature names; `undefined` if it was not given. */
  signer({ name, keyId }: Pick<NoteSignature, 'name' | 'keyId'>): NoteVerifier | undefined {
    const shared = this.#hmacKeys
      .filter((key) => (key.name ?? name) === name)
      .map(({ key }) => hmacVerifier(this.#primitives, name, key));
    return [...this.#trusted, ...shared].find((verifier) => verifier.name === name && sameBytes(verifier.keyId, keyId));
  }

  /** Whether a signature says that it is by a given key, and is not. */
  contradicts(text: string, { name, keyId, signature }: NoteSignature): boolean {
    const bytes = new TextEncoder().encode(text);
    return this.#trusted.some(
      (verifier) => verifier.name === name && sameBytes(verifier.keyId, keyId) && !verifier.verify(bytes, signature),
    );
  }

  /** Whether a key of that name was given. */
  has(name: string): boolean {
    return this.#trusted.some((verifier) => verifier.name === name);
  }

  /** The key that a file names for itself, if it can be checked with what the file says alone. */
  untrusted(vkey: string): NoteVerifier | undefined {
    if (!this.#untrusted.has(vkey)) {
      let verifier: NoteVerifier | undefined;
      try {
        verifier = parseVkey(this.#primitives, vkey) === undefined ? undefined : vkeyVerifier(this.#primitives, vkey);
      } catch {
        // A shared key, or a weak one: nothing can be said with it.
      }
      this.#untrusted.set(vkey, verifier);
    }
    return this.#untrusted.get(vkey);
  }

  /** Given keys that no segment or attestation named. */
  get unused(): string[] {
    return [
      ...this.#trusted.filter(({ vkey }) => !this.#used.has(vkey)).map(({ vkey }) => vkey),
      ...this.#hmacKeys.flatMap(({ name }, index) =>
        this.#used.has(`hmac ${index}`) ? [] : [`HMAC key ${name ?? index + 1}`],
      ),
    ];
  }
}

/** @throws TypeError for what is no time, or one key with two validities */
function validityOf(keys: readonly (string | TrustedKey)[], trusted: readonly NoteVerifier[]): Map<string, TrustedKey> {
  const validity = new Map<string, TrustedKey>();
  for (const [index, key] of keys.entries()) {
    const vkey = trusted[index]?.vkey ?? '';
    const limits = typeof key === 'string' ? { vkey } : key;
    for (const time of [limits.notBefore, limits.notAfter]) {
      if (time !== undefined && !isTime(time)) {
        throw new TypeError(`${JSON.stringify(time)} is no time; one reads 2026-11-25T09:30:00.000Z.`);
      }
    }
    const before = validity.get(vkey);
    if (before !== undefined && (before.notBefore !== limits.notBefore || before.notAfter !== limits.notAfter)) {
      throw new TypeError(`The key ${vkey} is given twice, with other limits.`);
    }
    validity.set(vkey, limits);
  }
  return validity;
}
