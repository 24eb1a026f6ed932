import { sameBytes } from '../base64.ts';
import { DerError, DerReader, derValue, OBJECT_IDENTIFIER, OCTET_STRING, oidOf, SEQUENCE } from '../der.ts';
import type { Primitives } from '../primitives.ts';
import { parseTimeStamp, TST_INFO, type TimeStamp } from '../time-stamp.ts';
import { MAY_COMMIT, MAY_SIGN, parseCertificate, type Certificate } from './certificate.ts';
import { checkPath, untimely } from './certificate-path.ts';
import { checkSignature, digestOf, hashOf, schemeOf, type HashName } from './public-key.ts';

/** What came of a token. */
export type TokenAnswer =
  | { readonly state: 'holds'; readonly genTime: number; readonly accuracyMillis: number; readonly authority: string }
  /** It is no token, or not one over these bytes, or by nobody who may make one. */
  | { readonly state: 'fails'; readonly why: string }
  /** Nothing can be said: its authority was not given, or its algorithm is none that is taken. */
  | { readonly state: 'not_checked'; readonly why: string };

const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

const NO_WEB_CRYPTO = 'there is no Web Crypto here';

const fails = (why: string): TokenAnswer => ({ state: 'fails', why });
const notChecked = (why: string): TokenAnswer => ({ state: 'not_checked', why });

/**
 * Checks an RFC 3161 token over some bytes: the digest, the signed attributes, the signature, that its certificate is
 * for time-stamping alone and valid then, and that it leads to an authority that the verifier gave. Never rejects.
 *
 * @param given - authorities to trust; others among them fill in where a token brings no certificate of its own
 */
export async function checkTimeStamp(
  primitives: Primitives,
  token: Uint8Array,
  stamped: Uint8Array,
  given: readonly Certificate[],
): Promise<TokenAnswer> {
  try {
    const stamp = parseTimeStamp(token);
    return (await imprintAnswer(stamp, stamped)) ?? (await signerAnswer(primitives, stamp, given));
  } catch (error) {
    if (error instanceof DerError) return fails(`it is no time-stamp of RFC 3161: ${error.message}`);
    throw error;
  }
}

async function imprintAnswer(stamp: TimeStamp, stamped: Uint8Array): Promise<TokenAnswer | undefined> {
  const hash = hashOf(stamp.imprintAlgorithm);
  if (hash === undefined) return notChecked('it stamps a digest that is not SHA-256, SHA-384 or SHA-512');
  const digest = await digestOf(hash, stamped);
  if (digest === undefined) return notChecked(NO_WEB_CRYPTO);
  return sameBytes(digest, stamp.imprint) ? undefined : fails('it stamps other data');
}

async function signerAnswer(
  primitives: Primitives,
  stamp: TimeStamp,
  given: readonly Certificate[],
): Promise<TokenAnswer> {
  const { signer, genTime, accuracyMillis } = stamp;
  const hash = hashOf(signer.digestAlgorithm);
  const scheme = hash === undefined ? undefined : schemeOf(signer.algorithm, hash);
  if (hash === undefined || scheme === undefined) return notChecked('it is signed by an algorithm that is not taken');
  if (scheme.kind !== 'ed25519' && scheme.hash !== hash) return fails('it names two hashes for one signature');
  const sent = stamp.certificates.map(parseCertificate);
  const certificate = signerAmong(stamp, sent, given);
  if (certificate === undefined) return notChecked('it brings no certificate of its signer, and none was given');
  const attributes = await attributesAnswer(stamp, certificate, hash);
  if (attributes !== undefined) return attributes;
  const answer = await checkSignature(primitives, certificate.spki, scheme, signer.signedBytes, signer.signature);
  if (answer === 'unsupported') return notChecked('it is signed by a key that is not taken, or there is no Web Crypto');
  if (answer === 'weak_key') return fails('its key is RSA of fewer than 2,048 bits');
  if (answer === 'fails') return fails(`its signature is not by ${certificate.name}`);
  const why = unfit(certificate, genTime);
  if (why !== undefined) return fails(why);
  const authorities = given.filter(({ isAuthority }) => isAuthority);
  const path = await checkPath(primitives, certificate, authorities, sent, genTime);
  if (path.holds) return { state: 'holds', genTime, accuracyMillis, authority: certificate.name };
  return path.unknown ? notChecked(path.why) : fails(path.why);
}

/** One of the verifier's only where the token brings none: else what it brings could be changed unseen. */
function signerAmong(
  { signer }: TimeStamp,
  sent: readonly Certificate[],
  given: readonly Certificate[],
): Certificate | undefined {
  return (sent.length === 0 ? given : sent).find((each) => isOf(each, signer));
}

/** What the signer of a token is called, by a certificate that nothing here vouches for. @throws DerError */
export function signerName(stamp: TimeStamp, given: readonly Certificate[]): string | undefined {
  return signerAmong(stamp, stamp.certificates.map(parseCertificate), given)?.name;
}

function isOf(certificate: Certificate, { issuer, serial, keyId }: TimeStamp['signer']): boolean {
  if (keyId !== undefined) return certificate.keyId !== undefined && sameBytes(certificate.keyId, keyId);
  return (
    issuer !== undefined &&
    serial !== undefined &&
    sameBytes(certificate.issuer, issuer) &&
    sameBytes(certificate.serial, serial)
  );
}

/** RFC 3161 §2.3 and §2.4.2: for nothing but time-stamping, and said so critically. */
function unfit(certificate: Certificate, genTime: number): string | undefined {
  const { name, keyUsage, extendedKeyUsage, isAuthority, unknownCritical } = certificate;
  const [purpose, ...more] = extendedKeyUsage?.purposes ?? [];
  if (extendedKeyUsage?.critical !== true || purpose !== TIME_STAMPING || more.length > 0) {
    return `the certificate of ${name} is not for time-stamping alone`;
  }
  if (
    keyUsage !== undefined &&
    ((keyUsage & (MAY_SIGN | MAY_COMMIT)) === 0 || (keyUsage & ~(MAY_SIGN | MAY_COMMIT)) !== 0)
  ) {
    return `the key of ${name} is not one to sign with alone`;
  }
  if (isAuthority) return `the certificate of ${name} is one of an authority`;
  if (unknownCritical !== undefined) return `the certificate of ${name} has an unknown critical extension`;
  return untimely(certificate, genTime);
}

async function attributesAnswer(
  { signer, content }: TimeStamp,
  certificate: Certificate,
  hash: HashName,
): Promise<TokenAnswer | undefined> {
  const { attributes } = signer;
  const type = attributes.get(CONTENT_TYPE);
  if (type?.tag !== OBJECT_IDENTIFIER || oidOf(type.content) !== TST_INFO)
    return fails('it signs another type of content');
  const digest = await digestOf(hash, content);
  if (digest === undefined) return notChecked(NO_WEB_CRYPTO);
  const said = attributes.get(MESSAGE_DIGEST);
  if (said?.tag !== OCTET_STRING || !sameBytes(said.content, digest)) return fails('it signs other content');
  return (await isBoundTo(attributes, certificate)) ? undefined : fails('it was not signed for this certificate');
}

/** The signature says by which certificate it is: RFC 2634 §5.4 (by SHA-1) or RFC 5035 §3. Both, if both are there. */
async function isBoundTo(attributes: TimeStamp['signer']['attributes'], { bytes }: Certificate): Promise<boolean> {
  const first = attributes.get(SIGNING_CERTIFICATE);
  const second = attributes.get(SIGNING_CERTIFICATE_V2);
  for (const [attribute, isSecond] of [
    [first, false],
    [second, true],
  ] as const) {
    if (attribute === undefined) continue;
    const ids = new DerReader(derValue(attribute.bytes, SEQUENCE).content).inside(SEQUENCE);
    // The first is that of the signer; others would be those above it.
    const id = ids.inside(SEQUENCE);
    const algorithm = isSecond ? id.optional(SEQUENCE) : undefined;
    const hash = !isSecond ? 'SHA-1' : algorithm === undefined ? 'SHA-256' : hashOf(algorithm);
    const digest = hash === undefined ? undefined : await digestOf(hash, bytes);
    if (digest === undefined || !sameBytes(id.read(OCTET_STRING).content, digest)) return false;
  }
  return first !== undefined || second !== undefined;
}
