import { decodeBase64, sameBytes } from '../base64.ts';
import {
  BIT_STRING,
  BOOLEAN,
  booleanOf,
  checkInteger,
  context,
  DerError,
  DerReader,
  derValue,
  GENERALIZED_TIME,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  oidOf,
  SEQUENCE,
  smallInteger,
  timeOf,
  UTC_TIME,
  valuesIn,
  wholeBits,
  type DerValue,
} from '../der.ts';

/** What an X.509 certificate (RFC 5280) says, as far as a time-stamp asks for it. */
export interface Certificate {
  /** The whole certificate. */
  readonly bytes: Uint8Array;
  /** What is signed. */
  readonly signed: Uint8Array;
  readonly algorithm: DerValue;
  readonly signature: Uint8Array;
  readonly serial: Uint8Array;
  /** Names in DER: they are compared byte for byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** A common name or organisation, to call it by. */
  readonly name: string;
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spki: Uint8Array;
  readonly isAuthority: boolean;
  /** How many authorities may stand between it and the last certificate. */
  readonly pathLength: number | undefined;
  /** First byte of the key usage; `undefined` where none is given. */
  readonly keyUsage: number | undefined;
  readonly extendedKeyUsage: { readonly critical: boolean; readonly purposes: readonly string[] } | undefined;
  readonly keyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  /** A critical extension that is not known here: then nothing can be said of the certificate (§4.2). */
  readonly unknownCritical: string | undefined;
}

export const MAY_SIGN = 0x80;
export const MAY_COMMIT = 0x40;
export const MAY_SIGN_CERTIFICATES = 0x04;

const EXTENSION = '2.5.29.';
const SUBJECT_KEY_ID = `${EXTENSION}14`;
const KEY_USAGE = `${EXTENSION}15`;
const BASIC_CONSTRAINTS = `${EXTENSION}19`;
const CERTIFICATE_POLICIES = `${EXTENSION}32`;
const AUTHORITY_KEY_ID = `${EXTENSION}35`;
const EXTENDED_KEY_USAGE = `${EXTENSION}37`;

const COMMON_NAME = '2.5.4.3';
const ORGANISATION = '2.5.4.10';
const MAX_NAME_CHARS = 200;

/** @throws DerError */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const outer = new DerReader(derValue(bytes, SEQUENCE).content);
  const signed = outer.read(SEQUENCE);
  const algorithm = outer.read(SEQUENCE);
  const signature = wholeBits(outer.read(BIT_STRING).content);
  outer.end();
  const reader = new DerReader(signed.content);
  const version = reader.optional(context(0));
  if (version === undefined || smallInteger(derValue(version.content, INTEGER).content) !== 2) {
    throw new DerError('a certificate that is not of version 3');
  }
  const serial = checkInteger(reader.read(INTEGER).content);
  // What is said outside of what is signed must be what is said inside (§4.1.1.2).
  if (!sameBytes(reader.read(SEQUENCE).bytes, algorithm.bytes)) throw new DerError('two signature algorithms');
  const issuer = reader.read(SEQUENCE).bytes;
  const [notBefore, notAfter, ...more] = valuesIn(reader.read(SEQUENCE).content).map(validityTime);
  if (notBefore === undefined || notAfter === undefined || more.length > 0) throw new DerError('no validity');
  const subject = reader.read(SEQUENCE);
  const spki = reader.read(SEQUENCE).bytes;
  reader.optional(0x81);
  reader.optional(0x82);
  const extensions = reader.optional(context(3));
  reader.end();
  return {
    bytes,
    signed: signed.bytes,
    algorithm,
    signature,
    serial,
    issuer,
    subject: subject.bytes,
    name: nameIn(subject.content),
    notBefore,
    notAfter,
    spki,
    ...extended(extensions),
  };
}

function validityTime(value: DerValue): number {
  if (value.tag !== UTC_TIME && value.tag !== GENERALIZED_TIME) throw new DerError('a time that is none');
  return timeOf(value);
}

type Extended = Pick<
  Certificate,
  'isAuthority' | 'pathLength' | 'keyUsage' | 'extendedKeyUsage' | 'keyId' | 'authorityKeyId' | 'unknownCritical'
>;

function extended(extensions: DerValue | undefined): Extended {
  const seen = new Set<string>();
  let found: Extended = {
    isAuthority: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    keyId: undefined,
    authorityKeyId: undefined,
    unknownCritical: undefined,
  };
  if (extensions === undefined) return found;
  for (const { tag, content } of valuesIn(derValue(extensions.content, SEQUENCE).content)) {
    if (tag !== SEQUENCE) throw new DerError('an extension that is none');
    const reader = new DerReader(content);
    const oid = oidOf(reader.read(OBJECT_IDENTIFIER).content);
    const flag = reader.optional(BOOLEAN);
    const critical = flag !== undefined && booleanOf(flag.content);
    const value = reader.read(OCTET_STRING).content;
    reader.end();
    if (seen.has(oid)) throw new DerError('an extension that stands twice');
    seen.add(oid);
    found = { ...found, ...extension(oid, critical, value) };
  }
  return found;
}

function extension(oid: string, critical: boolean, value: Uint8Array): Partial<Extended> {
  switch (oid) {
    case BASIC_CONSTRAINTS: {
      const reader = new DerReader(derValue(value, SEQUENCE).content);
      const authority = reader.optional(BOOLEAN);
      const length = reader.optional(INTEGER);
      reader.end();
      return {
        isAuthority: authority !== undefined && booleanOf(authority.content),
        pathLength: length === undefined ? undefined : smallInteger(length.content),
      };
    }
    case KEY_USAGE: {
      const bits = derValue(value, BIT_STRING).content;
      return { keyUsage: bits[1] ?? 0 };
    }
    case EXTENDED_KEY_USAGE: {
      const purposes = valuesIn(derValue(value, SEQUENCE).content).map(({ tag, content }) => {
        if (tag !== OBJECT_IDENTIFIER) throw new DerError('a purpose that is none');
        return oidOf(content);
      });
      return { extendedKeyUsage: { critical, purposes } };
    }
    case SUBJECT_KEY_ID:
      return { keyId: derValue(value, OCTET_STRING).content };
    case AUTHORITY_KEY_ID: {
      const keyId = new DerReader(derValue(value, SEQUENCE).content).optional(0x80);
      return keyId === undefined ? {} : { authorityKeyId: keyId.content };
    }
    // Any policy will do: which one an authority acts under is for a person to read.
    case CERTIFICATE_POLICIES:
      return {};
    default:
      return critical ? { unknownCritical: oid } : {};
  }
}

/** The last common name, or else the organisation, that a name gives. */
function nameIn(content: Uint8Array): string {
  const found = new Map<string, string>();
  for (const set of valuesIn(content)) {
    for (const attribute of valuesIn(set.content)) {
      const reader = new DerReader(attribute.content);
      const oid = oidOf(reader.read(OBJECT_IDENTIFIER).content);
      found.set(oid, new TextDecoder().decode(reader.any().content));
    }
  }
  return (found.get(COMMON_NAME) ?? found.get(ORGANISATION) ?? 'an authority without a name').slice(0, MAX_NAME_CHARS);
}

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/**
 * The certificates that a verifier gave to check time-stamps with: that of an authority must be among them.
 *
 * @throws TypeError if there are some and none is, or one cannot be read
 */
export function parseAuthorities(pems: readonly string[]): Certificate[] {
  const certificates = pems.flatMap(parseCertificates);
  if (pems.length > 0 && !certificates.some(({ isAuthority }) => isAuthority)) {
    throw new TypeError(
      'None of the certificates is that of an authority; give the one that the time-stamping certificate was issued by.',
    );
  }
  return certificates;
}

/**
 * The certificates in a text.
 *
 * @throws TypeError if there is none, or one that cannot be read
 */
export function parseCertificates(pem: string): Certificate[] {
  const certificates = [...pem.matchAll(PEM)].map(([, body = ''], index) => {
    const der = decodeBase64(body.replace(/\s/g, ''));
    try {
      if (der === undefined) throw new DerError('no base64');
      return parseCertificate(der);
    } catch (cause) {
      if (!(cause instanceof DerError)) throw cause;
      throw new TypeError(`Certificate ${index + 1} cannot be read: ${cause.message}.`, { cause });
    }
  });
  if (certificates.length === 0) {
    throw new TypeError('That holds no certificate; one is PEM, from -----BEGIN CERTIFICATE----- on.');
  }
  return certificates;
}
