import { didYouMean } from '../did-you-mean.ts';
import { isObject } from '../canonical.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { isLogName, isTime } from '../names.ts';
import { witnessOf } from '../cosignature.ts';
import { parseVkey } from '../note.ts';
import { parseAuthorities, parseCertificates } from './certificate.ts';
import type { Demands } from './collection.ts';
import type { OutsideWitnesses } from './anchors.ts';
import { parseJson } from './json.ts';
import type { TrustedKey } from './keys.ts';
import { portablePrimitives } from './primitives.ts';
import { quoted } from './problem.ts';

/**
 * What a verifier goes by, written down once: which logs, by which keys, each from when to when, and what is demanded.
 * It is the verifier's own: it comes from nowhere near the records.
 */
export interface Policy extends OutsideWitnesses, Pick<Demands, 'for' | 'require'> {
  readonly keys: readonly TrustedKey[];
}

const MAX_POLICY_BYTES = 1_048_576;

const MEMBERS = ['v', 'logs', 'for', 'require', 'tsa_certificates', 'witnesses'];
const LOG_MEMBERS = ['name', 'keys'];
const KEY_MEMBERS = ['vkey', 'not_before', 'not_after'];

/**
 * Reads a policy: `{"v": 1, "logs": [{"name": …, "keys": [{"vkey": …, "not_before": …, "not_after": …}]}]}`, and as far as
 * they are meant `"for": "audit"`, `"require": "anchored"` or `"witnessed"`, `"tsa_certificates": [PEM …]` and
 * `"witnesses": [vkey …]`. Times have the form of `ts`; both may be left out.
 *
 * @throws TypeError that says what is wrong with it, and where
 */
export function parsePolicy(text: string): Policy {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_POLICY_BYTES) throw new TypeError('A policy has at most a megabyte.');
  const parsed = parseJson(bytes, MAX_POLICY_BYTES);
  if (!parsed.ok) throw new TypeError('A policy is a JSON document, and this is none that can be read.');
  const policy = objectOf(parsed.value, undefined, MEMBERS);
  if (policy['v'] !== 1) throw new TypeError('The policy has v 1, the version of its form.');
  const purpose = policy['for'];
  if (purpose !== undefined && purpose !== 'audit') throw new TypeError('In the policy, for is "audit", or left out.');
  const keys = listOf(policy['logs'], 'logs').flatMap((log, index) => keysOf(log, `logs[${index}]`));
  if (keys.length === 0) throw new TypeError('The policy names no key; without one it trusts nobody.');
  const required = policy['require'];
  if (required !== undefined && required !== 'anchored' && required !== 'witnessed') {
    throw new TypeError('In the policy, require is "anchored" or "witnessed", or left out.');
  }
  const tsaCertificates = textsOf(policy, 'tsa_certificates', parseCertificates);
  try {
    parseAuthorities(tsaCertificates);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new TypeError(`In the policy, tsa_certificates: ${cause.message}`, { cause });
  }
  return {
    keys,
    ...(purpose === undefined ? {} : { for: purpose }),
    ...(required === undefined ? {} : { require: required }),
    tsaCertificates,
    witnesses: textsOf(policy, 'witnesses', (vkey) => witnessOf(portablePrimitives, vkey)),
  };
}

/** A list of texts that may be left out, each of which is tried. */
function textsOf(policy: JsonObject, member: string, attempt: (text: string) => unknown): string[] {
  return listOf(policy[member] ?? [], member).map((text, index) => {
    const where = `In the policy, ${member}[${index}]`;
    if (typeof text !== 'string') throw new TypeError(`${where} is no text.`);
    try {
      attempt(text);
    } catch (cause) {
      if (cause instanceof TypeError) throw new TypeError(`${where}: ${cause.message}`, { cause });
      throw cause;
    }
    return text;
  });
}

function keysOf(value: JsonValue, where: string): TrustedKey[] {
  const log = objectOf(value, where, LOG_MEMBERS);
  const { name } = log;
  if (typeof name !== 'string' || !isLogName(name)) throw new TypeError(`In the policy, ${where}.name is no log name.`);
  return listOf(log['keys'], `${where}.keys`).map((key, index) => keyOf(key, name, `${where}.keys[${index}]`));
}

function keyOf(value: JsonValue, log: string, where: string): TrustedKey {
  const { vkey, not_before: notBefore, not_after: notAfter } = objectOf(value, where, KEY_MEMBERS);
  const parsed = typeof vkey === 'string' ? parseVkey(portablePrimitives, vkey) : undefined;
  if (typeof vkey !== 'string' || parsed === undefined) {
    throw new TypeError(`In the policy, ${where}.vkey is no verifier key; one reads name+8 hex digits+base64.`);
  }
  if (parsed.name !== log) {
    throw new TypeError(
      `In the policy, ${where}.vkey is a key of ${quoted(parsed.name)}, and the log is ${quoted(log)}.`,
    );
  }
  const times = { not_before: notBefore, not_after: notAfter };
  for (const [member, time] of Object.entries(times)) {
    if (time !== undefined && (typeof time !== 'string' || !isTime(time))) {
      throw new TypeError(`In the policy, ${where}.${member} is no time; one reads 2026-11-25T09:30:00.000Z.`);
    }
  }
  if (typeof notBefore === 'string' && typeof notAfter === 'string' && notBefore > notAfter) {
    throw new TypeError(`In the policy, ${where} ends before it begins.`);
  }
  return {
    vkey,
    ...(typeof notBefore === 'string' ? { notBefore } : {}),
    ...(typeof notAfter === 'string' ? { notAfter } : {}),
  };
}

function objectOf(value: JsonValue | undefined, where: string | undefined, members: readonly string[]): JsonObject {
  if (!isObject(value))
    throw new TypeError(where === undefined ? 'A policy is an object.' : `In the policy, ${where} is an object.`);
  for (const member of Object.keys(value)) {
    if (members.includes(member)) continue;
    throw new TypeError(
      `${where === undefined ? 'A policy' : `In the policy, ${where}`} has no member ${quoted(member)}${didYouMean(member, members)}`,
    );
  }
  return value;
}

function listOf(value: JsonValue | undefined, where: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new TypeError(`In the policy, ${where} is a list.`);
  return value as readonly JsonValue[];
}
