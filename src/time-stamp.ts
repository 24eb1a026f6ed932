import { sameBytes } from './base64.ts';
import {
  BOOLEAN,
  booleanOf,
  checkInteger,
  context,
  DerError,
  DerReader,
  derValue,
  encodeDer,
  encodeOid,
  encodeUnsigned,
  GENERALIZED_TIME,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  oidOf,
  SEQUENCE,
  SET,
  smallInteger,
  timeOf,
  valuesIn,
  type DerValue,
} from './der.ts';

/** RFC 3161: asking an authority for a time-stamp, and reading what it answers. */

const SIGNED_DATA = '1.2.840.113549.1.7.2';
export const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const SHA_256 = '2.16.840.1.101.3.4.2.1';

/** A `TimeStampReq` for a SHA-256 digest, that asks for the certificate to be sent along. */
export function timeStampRequest(digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = encodeDer(SEQUENCE, encodeOid(SHA_256), encodeDer(NULL));
  return encodeDer(
    SEQUENCE,
    encodeUnsigned(Uint8Array.of(1)),
    encodeDer(SEQUENCE, algorithm, encodeDer(OCTET_STRING, digest)),
    encodeUnsigned(nonce),
    encodeDer(BOOLEAN, Uint8Array.of(0xff)),
  );
}

/** `PKIStatus` (§2.4.2). */
const STATUS = ['granted', 'granted with modifications', 'rejected', 'waiting', 'revocation warning', 'revoked'];

/**
 * The token in a `TimeStampResp`, or in the token itself.
 *
 * @throws DerError that says why there is none
 */
export function tokenIn(response: Uint8Array): Uint8Array {
  const reader = new DerReader(derValue(response, SEQUENCE).content);
  const first = reader.any();
  // A token alone begins with what kind of content it is.
  if (first.tag === OBJECT_IDENTIFIER) return response;
  if (first.tag !== SEQUENCE) throw new DerError('neither a response nor a token');
  const status = new DerReader(first.content);
  const code = smallInteger(status.read(INTEGER).content);
  if (code > 1) {
    const texts = status.optional(SEQUENCE);
    const said =
      texts === undefined ? [] : valuesIn(texts.content).map(({ content }) => new TextDecoder().decode(content));
    throw new DerError(
      `the authority answers: ${[STATUS[code] ?? `status ${code}`, ...said].join(', ').slice(0, 300)}`,
    );
  }
  const token = reader.read(SEQUENCE).bytes;
  reader.end();
  return token;
}

/** What a token says, before anything of it is checked. */
export interface TimeStamp {
  /** The `AlgorithmIdentifier` of the hash, and the digest of what was stamped. */
  readonly imprintAlgorithm: DerValue;
  readonly imprint: Uint8Array;
  /** Unix milliseconds. */
  readonly genTime: number;
  /** How far `genTime` may be from the truth. */
  readonly accuracyMillis: number;
  readonly nonce: Uint8Array | undefined;
  /** The `TSTInfo`, which the signed attributes have the digest of. */
  readonly content: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly signer: {
    readonly issuer: Uint8Array | undefined;
    readonly serial: Uint8Array | undefined;
    readonly keyId: Uint8Array | undefined;
    readonly digestAlgorithm: DerValue;
    readonly algorithm: DerValue;
    readonly signature: Uint8Array;
    /** The attributes as they are signed (RFC 5652 §5.4): with the tag of a SET. */
    readonly signedBytes: Uint8Array;
    /** Values by object identifier; each attribute stands once, with one value. */
    readonly attributes: ReadonlyMap<string, DerValue>;
  };
}

/**
 * Reads a `TimeStampToken`: CMS `SignedData` (RFC 5652 §5) by one signer over one `TSTInfo`, without revocation lists and
 * unsigned attributes: what nobody signed could be anything.
 *
 * @throws DerError
 */
export function parseTimeStamp(token: Uint8Array): TimeStamp {
  const outer = new DerReader(derValue(token, SEQUENCE).content);
  if (oidOf(outer.read(OBJECT_IDENTIFIER).content) !== SIGNED_DATA) throw new DerError('no signed data');
  const wrapped = outer.read(context(0)).content;
  outer.end();
  const reader = new DerReader(derValue(wrapped, SEQUENCE).content);
  if (smallInteger(reader.read(INTEGER).content) !== 3) throw new DerError('signed data that are not of version 3');
  const digestAlgorithms = valuesIn(reader.read(SET).content);
  const content = contentIn(reader.inside(SEQUENCE));
  const certificates = reader.optional(context(0));
  const signers = valuesIn(reader.read(SET).content);
  reader.end();
  const [signerInfo] = signers;
  if (signerInfo === undefined || signers.length > 1) throw new DerError(`${signers.length} signers, not one`);
  const signer = parseSigner(signerInfo);
  // One signer has one hash: a list of others would be nobody's word.
  const [digestAlgorithm, ...more] = digestAlgorithms;
  if (digestAlgorithm === undefined || more.length > 0 || !isSameAlgorithm(digestAlgorithm, signer.digestAlgorithm)) {
    throw new DerError('a list of hashes that is not the one of the signer');
  }
  const kept = certificates === undefined ? [] : valuesIn(certificates.content);
  if (kept.some(({ tag }) => tag !== SEQUENCE)) throw new DerError('a certificate of another kind');
  return { ...parseTstInfo(content), content, certificates: kept.map(({ bytes }) => bytes), signer };
}

/** One says NULL and the other nothing: RFC 5754 §2 takes both. */
function isSameAlgorithm(left: DerValue, right: DerValue): boolean {
  const [name, other] = [left, right].map(({ tag, content }) => {
    const [oid, parameters, ...more] = valuesIn(content);
    const isBare = parameters === undefined || (parameters.tag === NULL && parameters.content.length === 0);
    if (tag !== SEQUENCE || oid === undefined || !isBare || more.length > 0) throw new DerError('a hash that is none');
    return oid.bytes;
  });
  return name !== undefined && other !== undefined && sameBytes(name, other);
}

function contentIn(reader: DerReader): Uint8Array {
  if (oidOf(reader.read(OBJECT_IDENTIFIER).content) !== TST_INFO) throw new DerError('no time-stamp inside');
  const content = derValue(reader.read(context(0)).content, OCTET_STRING).content;
  reader.end();
  return content;
}

function parseTstInfo(
  bytes: Uint8Array,
): Pick<TimeStamp, 'imprintAlgorithm' | 'imprint' | 'genTime' | 'accuracyMillis' | 'nonce'> {
  const reader = new DerReader(derValue(bytes, SEQUENCE).content);
  if (smallInteger(reader.read(INTEGER).content) !== 1) throw new DerError('a time-stamp that is not of version 1');
  oidOf(reader.read(OBJECT_IDENTIFIER).content);
  const imprint = reader.inside(SEQUENCE);
  const imprintAlgorithm = imprint.read(SEQUENCE);
  const digest = imprint.read(OCTET_STRING).content;
  imprint.end();
  checkInteger(reader.read(INTEGER).content);
  const genTime = timeOf(reader.read(GENERALIZED_TIME));
  const accuracy = reader.optional(SEQUENCE);
  const ordering = reader.optional(BOOLEAN);
  const nonce = reader.optional(INTEGER);
  // The authority's own name for itself: the certificate has it too.
  reader.optional(context(0));
  const extensions = reader.optional(context(1));
  reader.end();
  if (ordering !== undefined) booleanOf(ordering.content);
  if (extensions !== undefined) checkExtensions(extensions.content);
  return {
    imprintAlgorithm,
    imprint: digest,
    genTime,
    accuracyMillis: accuracy === undefined ? 0 : accuracyMillis(accuracy.content),
    nonce: nonce === undefined ? undefined : checkInteger(nonce.content),
  };
}

function accuracyMillis(content: Uint8Array): number {
  const reader = new DerReader(content);
  const seconds = reader.optional(INTEGER);
  const millis = reader.optional(0x80);
  const micros = reader.optional(0x81);
  reader.end();
  return numberOr0(seconds) * 1_000 + numberOr0(millis) + Math.ceil(numberOr0(micros) / 1_000);
}

function numberOr0(value: DerValue | undefined): number {
  return value === undefined ? 0 : smallInteger(value.content);
}

function checkExtensions(content: Uint8Array): void {
  for (const extension of valuesIn(content)) {
    const reader = new DerReader(extension.content);
    const oid = oidOf(reader.read(OBJECT_IDENTIFIER).content);
    const flag = reader.optional(BOOLEAN);
    if (flag !== undefined && booleanOf(flag.content)) throw new DerError(`the unknown critical extension ${oid}`);
  }
}

function parseSigner(value: DerValue): TimeStamp['signer'] {
  const reader = new DerReader(derValue(value.bytes, SEQUENCE).content);
  const version = smallInteger(reader.read(INTEGER).content);
  const keyId = version === 3 ? reader.read(0x80).content : undefined;
  const named = keyId === undefined ? reader.inside(SEQUENCE) : undefined;
  if (version !== 1 && version !== 3) throw new DerError('a signer that is not of version 1 or 3');
  const issuer = named?.read(SEQUENCE).bytes;
  const serial = named === undefined ? undefined : checkInteger(named.read(INTEGER).content);
  named?.end();
  const digestAlgorithm = reader.read(SEQUENCE);
  const attributes = reader.read(context(0));
  const algorithm = reader.read(SEQUENCE);
  const signature = reader.read(OCTET_STRING).content;
  reader.end();
  const signedBytes = Uint8Array.from(attributes.bytes);
  signedBytes[0] = SET;
  return {
    issuer,
    serial,
    keyId,
    digestAlgorithm,
    algorithm,
    signature,
    signedBytes,
    attributes: attributesIn(attributes.content),
  };
}

function attributesIn(content: Uint8Array): ReadonlyMap<string, DerValue> {
  const attributes = new Map<string, DerValue>();
  for (const attribute of valuesIn(content)) {
    const reader = new DerReader(derValue(attribute.bytes, SEQUENCE).content);
    const oid = oidOf(reader.read(OBJECT_IDENTIFIER).content);
    const [value, ...more] = valuesIn(reader.read(SET).content);
    reader.end();
    if (value === undefined || more.length > 0 || attributes.has(oid))
      throw new DerError('an attribute with two values');
    attributes.set(oid, value);
  }
  return attributes;
}
