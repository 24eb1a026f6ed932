import { sameBytes } from '../base64.ts';
import type { Primitives } from '../primitives.ts';
import { MAY_SIGN_CERTIFICATES, type Certificate } from './certificate.ts';
import { checkSignature, schemeOf } from './public-key.ts';

/** Whether a certificate leads to an authority that the verifier gave. */
export type PathAnswer =
  | { readonly holds: true }
  /** `unknown`: no given authority has the name of its issuer, so that nothing can be said. */
  | { readonly holds: false; readonly unknown: boolean; readonly why: string };

/** More are in no path, and whoever made the token may have put in thousands. */
const MAX_PATH = 8;
const MAX_SIGNATURES = 32;

/**
 * RFC 5280 §6, as far as authorities of time-stamps go: names and key ids chain, each is an authority and valid at the
 * time, each signature stands, and no critical extension is unknown. What was revoked meanwhile is not asked: a verifier
 * is offline.
 *
 * @param given - the authorities that the verifier trusts
 * @param others - what came with the token, to fill in with
 * @param at - Unix milliseconds
 */
export async function checkPath(
  primitives: Primitives,
  certificate: Certificate,
  given: readonly Certificate[],
  others: readonly Certificate[],
  at: number,
): Promise<PathAnswer> {
  let left = MAX_SIGNATURES;
  const climb = async (from: Certificate, depth: number): Promise<PathAnswer> => {
    let answer: PathAnswer = { holds: false, unknown: true, why: `nobody gave the authority that issued ${from.name}` };
    for (const isGiven of [true, false]) {
      if (!isGiven && depth === MAX_PATH) continue;
      for (const issuer of (isGiven ? given : others).filter((each) => mayHaveIssued(each, from))) {
        const why = unfit(issuer, depth, at) ?? (--left < 0 ? 'too many certificates' : undefined);
        const next =
          why === undefined && (await isSigned(primitives, from, issuer))
            ? isGiven
              ? ({ holds: true } as const)
              : await climb(issuer, depth + 1)
            : refusal(why ?? `the certificate of ${from.name} is not signed by ${issuer.name}`, !isGiven);
        if (next.holds) return next;
        // What is said against a given authority weighs more than that another one is not known.
        if (answer.unknown) answer = next;
      }
    }
    return answer;
  };
  return climb(certificate, 0);
}

function refusal(why: string, unknown: boolean): PathAnswer & { readonly holds: false } {
  return { holds: false, unknown, why };
}

/** An authority whose key was changed keeps its name: then the key ids tell them apart. */
function mayHaveIssued(issuer: Certificate, { issuer: name, authorityKeyId }: Certificate): boolean {
  return (
    sameBytes(issuer.subject, name) &&
    (issuer.keyId === undefined || authorityKeyId === undefined || sameBytes(issuer.keyId, authorityKeyId))
  );
}

/** Why a certificate cannot have issued one that `below` others stand under. */
function unfit(issuer: Certificate, below: number, at: number): string | undefined {
  const { name, isAuthority, keyUsage, pathLength, unknownCritical } = issuer;
  if (!isAuthority) return `${name} is no authority`;
  if (keyUsage !== undefined && (keyUsage & MAY_SIGN_CERTIFICATES) === 0) return `${name} may not sign certificates`;
  if (pathLength !== undefined && pathLength < below) return `${name} allows no authority under it`;
  return (
    untimely(issuer, at) ?? (unknownCritical === undefined ? undefined : `${name} has an unknown critical extension`)
  );
}

/** Why a certificate is not valid at a time. */
export function untimely({ name, notBefore, notAfter }: Certificate, at: number): string | undefined {
  if (at >= notBefore && at <= notAfter) return undefined;
  const [from, to] = [notBefore, notAfter].map((time) => new Date(time).toISOString());
  return `the certificate of ${name} is valid from ${from} to ${to}`;
}

async function isSigned(primitives: Primitives, certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const scheme = schemeOf(certificate.algorithm);
  if (scheme === undefined) return false;
  const { signed, signature } = certificate;
  return (await checkSignature(primitives, issuer.spki, scheme, signed, signature)) === 'holds';
}
