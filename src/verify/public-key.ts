import {
  BIT_STRING,
  checkInteger,
  context,
  DerError,
  DerReader,
  derValue,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  oidOf,
  SEQUENCE,
  smallInteger,
  wholeBits,
  type DerValue,
} from '../der.ts';
import type { Primitives } from '../primitives.ts';

/**
 * The signatures of certificates and time-stamps: RSA (PKCS #1 v1.5 and PSS), ECDSA and Ed25519, checked by Web Crypto,
 * which browsers and Node share. We only read which one it is.
 */

export type HashName = 'SHA-256' | 'SHA-384' | 'SHA-512';

/** Hash algorithms (RFC 5754 §2), without SHA-1: it has collisions. */
const HASHES: Readonly<Record<string, HashName>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';

const RSA_PKCS1: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
};
const ECDSA: Readonly<Record<string, HashName>> = {
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
};
const CURVES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', bytes: 32 },
  '1.3.132.0.34': { name: 'P-384', bytes: 48 },
};

/** Shorter ones were broken, or will be while records are kept; longer ones only cost time. */
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;
const MAX_RSA_EXPONENT_BYTES = 4;

/** How something is signed. */
export type SignatureScheme =
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  | { readonly kind: 'ed25519' };

/** `unsupported`: neither stands nor fails, since it is none of the above, or there is no Web Crypto here. */
export type SignatureAnswer = 'holds' | 'fails' | 'weak_key' | 'unsupported';

/** The name and parameters in an `AlgorithmIdentifier`. */
export function algorithmOf({ content }: DerValue): {
  readonly oid: string;
  readonly parameters: DerValue | undefined;
} {
  const reader = new DerReader(content);
  const oid = oidOf(reader.read(OBJECT_IDENTIFIER).content);
  const parameters = reader.done ? undefined : reader.any();
  reader.end();
  return { oid, parameters };
}

/** The hash that an `AlgorithmIdentifier` names; `undefined` for one that is not taken. */
export function hashOf(algorithm: DerValue): HashName | undefined {
  const { oid, parameters } = algorithmOf(algorithm);
  checkNoParameters(parameters);
  return HASHES[oid];
}

/** Absent or NULL: nothing can be said there that nobody signed. */
function checkNoParameters(parameters: DerValue | undefined): void {
  if (parameters !== undefined && (parameters.tag !== NULL || parameters.content.length > 0)) {
    throw new DerError('parameters of an algorithm that has none');
  }
}

/**
 * How something is signed, by its `AlgorithmIdentifier`; `undefined` for what is not taken.
 *
 * @param digest - what a CMS signer says apart, and RSA's bare name leaves open
 */
export function schemeOf(algorithm: DerValue, digest?: HashName): SignatureScheme | undefined {
  const { oid, parameters } = algorithmOf(algorithm);
  if (oid === RSA_PSS) return pssOf(parameters);
  if (oid === ED25519 || Object.hasOwn(ECDSA, oid)) {
    if (parameters !== undefined) throw new DerError('parameters of a signature that has none');
  } else {
    checkNoParameters(parameters);
  }
  if (oid === ED25519) return { kind: 'ed25519' };
  const ecdsa = ECDSA[oid];
  if (ecdsa !== undefined) return { kind: 'ecdsa', hash: ecdsa };
  const rsa = oid === RSA_ENCRYPTION ? digest : RSA_PKCS1[oid];
  return rsa === undefined ? undefined : { kind: 'rsa-pkcs1', hash: rsa };
}

/** RFC 4055 §3.1, with one hash for both of its places, as RFC 8017 recommends and Web Crypto takes. */
function pssOf(parameters: DerValue | undefined): SignatureScheme | undefined {
  if (parameters === undefined || parameters.tag !== SEQUENCE) throw new DerError('RSASSA-PSS without parameters');
  const reader = new DerReader(parameters.content);
  const hash = reader.optional(context(0));
  const mask = reader.optional(context(1));
  const salt = reader.optional(context(2));
  const trailer = reader.optional(context(3));
  reader.end();
  if (hash === undefined || mask === undefined || salt === undefined || trailer !== undefined) return undefined;
  const hashName = hashOf(derValue(hash.content, SEQUENCE));
  const generator = algorithmOf(derValue(mask.content, SEQUENCE));
  if (generator.oid !== MGF1 || generator.parameters === undefined || hashName === undefined) return undefined;
  if (generator.parameters.tag !== SEQUENCE || hashOf(generator.parameters) !== hashName) return undefined;
  return { kind: 'rsa-pss', hash: hashName, saltLength: smallInteger(derValue(salt.content, INTEGER).content) };
}

type KeyKind =
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly bytes: number }
  | { readonly kind: 'ed25519'; readonly key: Uint8Array };

function kindOf(spki: Uint8Array): KeyKind | undefined {
  const reader = new DerReader(derValue(spki, SEQUENCE).content);
  const { oid, parameters } = algorithmOf(reader.read(SEQUENCE));
  const bits = wholeBits(reader.read(BIT_STRING).content);
  reader.end();
  if (oid === ED25519) return bits.length === 32 ? { kind: 'ed25519', key: bits } : undefined;
  if (oid === EC_PUBLIC_KEY) {
    const curve = parameters?.tag === OBJECT_IDENTIFIER ? CURVES[oidOf(parameters.content)] : undefined;
    return curve === undefined ? undefined : { kind: 'ec', curve: curve.name, bytes: curve.bytes };
  }
  if (oid !== RSA_ENCRYPTION) return undefined;
  const key = new DerReader(derValue(bits, SEQUENCE).content);
  const modulus = checkInteger(key.read(INTEGER).content);
  const exponent = checkInteger(key.read(INTEGER).content);
  key.end();
  if (exponent.length > MAX_RSA_EXPONENT_BYTES) return undefined;
  const digits = modulus[0] === 0 ? modulus.subarray(1) : modulus;
  return { kind: 'rsa', bits: digits.length * 8 - Math.clz32(digits[0] ?? 0) + 24 };
}

/**
 * Whether a signature stands.
 *
 * @param spki - the `SubjectPublicKeyInfo`
 */
export async function checkSignature(
  primitives: Primitives,
  spki: Uint8Array,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<SignatureAnswer> {
  const key = kindOf(spki);
  if (key === undefined) return 'unsupported';
  if (key.kind === 'ed25519' || scheme.kind === 'ed25519') {
    if (key.kind !== scheme.kind) return 'fails';
    return signature.length === 64 && primitives.verifyEd25519(key.key, message, signature) ? 'holds' : 'fails';
  }
  if ((key.kind === 'ec') !== (scheme.kind === 'ecdsa')) return 'fails';
  if (key.kind === 'rsa' && key.bits < MIN_RSA_BITS) return 'weak_key';
  if (key.kind === 'rsa' && key.bits > MAX_RSA_BITS) return 'unsupported';
  const raw = key.kind === 'ec' ? rawEcdsa(signature, key.bytes) : signature;
  if (raw === undefined) return 'fails';
  const { subtle } = globalThis.crypto ?? {};
  // A page that came over plain HTTP has none.
  if (subtle === undefined) return 'unsupported';
  const { hash } = scheme;
  const name = scheme.kind === 'ecdsa' ? 'ECDSA' : scheme.kind === 'rsa-pss' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  const imported = key.kind === 'ec' ? { name, namedCurve: key.curve } : { name, hash };
  const used =
    scheme.kind === 'rsa-pss'
      ? { name, saltLength: scheme.saltLength }
      : scheme.kind === 'ecdsa'
        ? { name, hash }
        : name;
  try {
    const cryptoKey = await subtle.importKey('spki', copied(spki), imported, false, ['verify']);
    return (await subtle.verify(used, cryptoKey, copied(raw), copied(message))) ? 'holds' : 'fails';
  } catch {
    // A point that is not on its curve, a salt longer than the key.
    return 'fails';
  }
}

/** `r ‖ s` of an ECDSA signature in DER (RFC 3279 §2.2.3), which has one spelling. */
function rawEcdsa(signature: Uint8Array, bytes: number): Uint8Array | undefined {
  const reader = new DerReader(derValue(signature, SEQUENCE).content);
  const numbers = [reader.read(INTEGER), reader.read(INTEGER)].map(({ content }) => checkInteger(content));
  reader.end();
  const raw = new Uint8Array(2 * bytes);
  for (const [index, number] of numbers.entries()) {
    if ((number[0] ?? 0) >= 0x80) return undefined;
    const digits = number[0] === 0 ? number.subarray(1) : number;
    if (digits.length > bytes) return undefined;
    raw.set(digits, (index + 1) * bytes - digits.length);
  }
  return raw;
}

/** Digest by Web Crypto; `undefined` where there is none. SHA-1 only for the attribute of RFC 2634 that is made of it. */
export async function digestOf(hash: HashName | 'SHA-1', bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const { subtle } = globalThis.crypto ?? {};
  return subtle === undefined ? undefined : new Uint8Array(await subtle.digest(hash, copied(bytes)));
}

/** What is read is a view of a buffer that others write on. */
function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}
