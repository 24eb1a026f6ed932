import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

import {
  BIT_STRING,
  BOOLEAN,
  context,
  encodeDer,
  encodeOid,
  encodeUnsigned,
  GENERALIZED_TIME,
  INTEGER,
  NULL,
  OCTET_STRING,
  SEQUENCE,
  SET,
} from '../src/der.ts';

/** A time-stamping authority of our own, which makes right tokens, and every wrong one. */

type SigningKey = 'p256' | 'p384' | 'rsa2048' | 'rsa1024' | 'pss2048' | 'ed25519';

const SCHEMES: Readonly<Record<SigningKey, { oid: string; hash: string; isBare?: true; bits?: number }>> = {
  p256: { oid: '1.2.840.10045.4.3.2', hash: 'sha256', isBare: true },
  p384: { oid: '1.2.840.10045.4.3.3', hash: 'sha384', isBare: true },
  rsa2048: { oid: '1.2.840.113549.1.1.11', hash: 'sha256', bits: 2_048 },
  rsa1024: { oid: '1.2.840.113549.1.1.11', hash: 'sha256', bits: 1_024 },
  pss2048: { oid: '1.2.840.113549.1.1.10', hash: 'sha256', bits: 2_048 },
  ed25519: { oid: '1.3.101.112', hash: 'sha512', isBare: true },
};
const HASHES: Readonly<Record<string, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

const text = new TextEncoder();
const sequence = (...parts: Uint8Array[]): Uint8Array => encodeDer(SEQUENCE, ...parts);
const small = (number: number): Uint8Array => encodeDer(INTEGER, Uint8Array.of(number));
const truth = (): Uint8Array => encodeDer(BOOLEAN, Uint8Array.of(0xff));
const octets = (bytes: Uint8Array): Uint8Array => encodeDer(OCTET_STRING, bytes);
const hashed = (hash: string): Uint8Array => sequence(encodeOid(HASHES[hash] ?? ''), encodeDer(NULL));
const digest = (hash: string, bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest();

/** `2026-11-25T09:30:00.250Z` in the form of RFC 3161 §2.4.2. */
function generalized(time: string): Uint8Array {
  const form = time.replaceAll(/[-:T]/g, '').replace(/(\.\d*?)0*Z$/, '$1Z');
  return encodeDer(GENERALIZED_TIME, text.encode(form.replace('.Z', 'Z')));
}

function nameOf(name: string): Uint8Array {
  return sequence(encodeDer(SET, sequence(encodeOid('2.5.4.3'), encodeDer(0x0c, text.encode(name)))));
}

function algorithm(key: SigningKey): Uint8Array {
  const { oid, isBare, hash } = SCHEMES[key];
  if (key !== 'pss2048') return sequence(encodeOid(oid), ...(isBare === true ? [] : [encodeDer(NULL)]));
  const mask = sequence(encodeOid('1.2.840.113549.1.1.8'), hashed(hash));
  return sequence(
    encodeOid(oid),
    sequence(encodeDer(context(0), hashed(hash)), encodeDer(context(1), mask), encodeDer(context(2), small(32))),
  );
}

function signedBy(key: SigningKey, privateKey: KeyObject, bytes: Uint8Array): Uint8Array {
  if (key === 'ed25519') return sign(null, bytes, privateKey);
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return sign(SCHEMES[key].hash, bytes, { key: privateKey, ...(key === 'pss2048' ? padding : {}) });
}

const pairs = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>();

/** RSA keys take a while: one of each kind serves all who are not at odds. */
function pairOf(key: SigningKey, owner: string): { publicKey: KeyObject; privateKey: KeyObject } {
  const { bits } = SCHEMES[key];
  const id = bits === undefined ? `${key} ${owner}` : `${bits}`;
  const made =
    pairs.get(id) ??
    (bits !== undefined
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : key === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: key === 'p256' ? 'P-256' : 'P-384' }));
  pairs.set(id, made);
  return made;
}

interface AuthorityOptions {
  readonly name: string;
  readonly key?: SigningKey;
  /** Whose private key it has: by default its own, new one. */
  readonly keyOwner?: string;
  readonly issuer?: Authority;
  /** For a CA. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly purposes?: readonly string[];
  readonly isPurposeCritical?: boolean;
  /** First byte of the key usage. */
  readonly usage?: number;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly criticalExtension?: string;
}

export interface Authority {
  readonly name: string;
  readonly key: SigningKey;
  readonly privateKey: KeyObject;
  readonly certificate: Uint8Array;
  readonly pem: string;
  readonly serial: number;
  readonly issuerName: string;
}

const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
let serials = 0;

/** A certificate and its key: an authority, or who makes time-stamps under one. */
export function authority(options: AuthorityOptions): Authority {
  const { name, key = 'p256', issuer, ca = false, pathLength, purposes = [TIME_STAMPING] } = options;
  const { publicKey, privateKey } = pairOf(key, options.keyOwner ?? `${name} ${serials}`);
  const serial = (serials++ % 100) + 1;
  const extension = (oid: string, critical: boolean, value: Uint8Array): Uint8Array =>
    sequence(encodeOid(oid), ...(critical ? [truth()] : []), octets(value));
  const extensions = [
    ...(ca
      ? [extension('2.5.29.19', true, sequence(truth(), ...(pathLength === undefined ? [] : [small(pathLength)])))]
      : []),
    extension('2.5.29.15', true, encodeDer(BIT_STRING, Uint8Array.of(0, options.usage ?? (ca ? 0x04 : 0x80)))),
    ...(ca || purposes.length === 0
      ? []
      : [extension('2.5.29.37', options.isPurposeCritical ?? true, sequence(...purposes.map(encodeOid)))]),
    ...(options.criticalExtension === undefined ? [] : [extension(options.criticalExtension, true, encodeDer(NULL))]),
  ];
  const signing = issuer ?? { name, key, privateKey };
  const body = sequence(
    encodeDer(context(0), small(2)),
    small(serial),
    algorithm(signing.key),
    nameOf(signing.name),
    sequence(
      generalized(options.notBefore ?? '2020-01-01T00:00:00.000Z'),
      generalized(options.notAfter ?? '2050-01-01T00:00:00.000Z'),
    ),
    nameOf(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    encodeDer(context(3), sequence(...extensions)),
  );
  const signature = signedBy(signing.key, signing.privateKey, body);
  const certificate = sequence(body, algorithm(signing.key), encodeDer(BIT_STRING, Uint8Array.of(0), signature));
  const base64 = Buffer.from(certificate).toString('base64').replaceAll(/.{64}/g, '$&\n');
  const pem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  return { name, key, privateKey, certificate, pem, serial, issuerName: signing.name };
}

interface StampOptions {
  readonly genTime?: string;
  readonly nonce?: Uint8Array;
  /** Stands for the digest of what is stamped. */
  readonly imprint?: Uint8Array;
  /** Hash of what is stamped. */
  readonly imprintHash?: string;
  /** Certificates that go along; by default that of the signer. */
  readonly sent?: readonly Authority[];
  /** How the attribute names the certificate: `v1` by SHA-1, `v2`, `both`, or `none`. */
  readonly binding?: 'v1' | 'v2' | 'both' | 'none';
  /** Whose certificate the attribute names. */
  readonly boundTo?: Authority;
  readonly contentType?: string;
  /** Signed instead of the content. */
  readonly otherContent?: Uint8Array;
  readonly unsignedAttributes?: Uint8Array;
}

export const STAMPED_AT = '2026-11-25T09:30:00.250Z';

/** A time-stamp token over some bytes. */
export function stamp(signer: Authority, data: Uint8Array, options: StampOptions = {}): Uint8Array {
  const { genTime = STAMPED_AT, nonce, imprintHash = 'sha256', sent = [signer], boundTo = signer } = options;
  const { hash } = SCHEMES[signer.key];
  const info = sequence(
    small(1),
    encodeOid('1.2.3.4.1'),
    sequence(hashed(imprintHash), octets(options.imprint ?? digest(imprintHash, data))),
    small(7),
    generalized(genTime),
    sequence(small(1)),
    ...(nonce === undefined ? [] : [encodeUnsigned(nonce)]),
  );
  const attribute = (oid: string, value: Uint8Array): Uint8Array => sequence(encodeOid(oid), encodeDer(SET, value));
  const { binding = 'v2' } = options;
  const bound = (oid: string, by: string): Uint8Array =>
    attribute(oid, sequence(sequence(sequence(octets(digest(by, boundTo.certificate))))));
  const attributes = [
    attribute('1.2.840.113549.1.9.3', encodeOid(options.contentType ?? '1.2.840.113549.1.9.16.1.4')),
    attribute('1.2.840.113549.1.9.4', octets(digest(hash, options.otherContent ?? info))),
    ...(binding === 'v1' || binding === 'both' ? [bound('1.2.840.113549.1.9.16.2.12', 'sha1')] : []),
    ...(binding === 'v2' || binding === 'both' ? [bound('1.2.840.113549.1.9.16.2.47', 'sha256')] : []),
  ];
  const signature = signedBy(signer.key, signer.privateKey, encodeDer(SET, ...attributes));
  const signerInfo = sequence(
    small(1),
    sequence(nameOf(signer.issuerName), small(signer.serial)),
    hashed(hash),
    encodeDer(context(0), ...attributes),
    algorithm(signer.key),
    octets(signature),
    ...(options.unsignedAttributes === undefined ? [] : [encodeDer(context(1), options.unsignedAttributes)]),
  );
  const signedData = sequence(
    small(3),
    encodeDer(SET, hashed(hash)),
    sequence(encodeOid('1.2.840.113549.1.9.16.1.4'), encodeDer(context(0), octets(info))),
    ...(sent.length === 0 ? [] : [encodeDer(context(0), ...sent.map(({ certificate }) => certificate))]),
    encodeDer(SET, signerInfo),
  );
  return sequence(encodeOid('1.2.840.113549.1.7.2'), encodeDer(context(0), signedData));
}

/** A `TimeStampResp`: with a token, or with a status that brings none. */
export function response(token: Uint8Array | undefined, status = 0, says?: string): Uint8Array {
  const texts = says === undefined ? [] : [sequence(encodeDer(0x0c, text.encode(says)))];
  return sequence(sequence(small(status), ...texts), ...(token === undefined ? [] : [token]));
}
