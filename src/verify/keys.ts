import { sameBytes } from '../base64.ts';
import { hmacVerifier, parseVkey, vkeyVerifier, type NoteSignature, type NoteVerifier } from '../note.ts';
import type { Primitives } from '../primitives.ts';

/** A shared secret to check with: at least 32 bytes. Without a name it is tried under the name of the log at hand. */
export interface HmacKey {
  readonly name?: string;
  readonly key: Uint8Array;
}

/** The keys that the verifier was given. Keys come from nowhere else: one inside a file is never trusted. */
export class Keys {
  readonly #primitives: Primitives;
  readonly #trusted: readonly NoteVerifier[];
  readonly #hmacKeys: readonly HmacKey[];
  readonly #used = new Set<string>();
  readonly #resolved = new Map<string, NoteVerifier | undefined>();
  readonly #untrusted = new Map<string, NoteVerifier | undefined>();

  /** @throws TypeError if a text is no vkey or a secret is too short: misuse, not evidence */
  constructor(primitives: Primitives, vkeys: readonly string[], hmacKeys: readonly HmacKey[]) {
    this.#primitives = primitives;
    this.#trusted = vkeys.map((vkey) => vkeyVerifier(primitives, vkey));
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
