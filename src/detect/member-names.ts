import type { Category } from './categories.ts';
import type { DetectorDocument } from './detector.ts';
import { isDrawn, PASSWORD_NAME } from './secrets.ts';

/**
 * What the name of a member says of its value: `{ password: … }`, `{ clientSecret: … }`. In a text such a pair is found by
 * what stands between the two; a value that has a member to itself is all there is, and is taken whole.
 */
interface MemberDetector {
  readonly category: Category;
  /** Over the name's words, parted by spaces. */
  readonly names: RegExp;
  readonly takes: (value: string) => boolean;
  readonly check: string;
}

/** `cardNumber` and `card_number` are read as words. */
export function wordsOf(name: string): string {
  return name.replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|[_.\s-]+/gu, ' ').trim();
}

/** Words that say nothing of a value but in which form it is. */
const FORMS = 'value|number|no|nr|raw|digits|national|international|full|current|e164|formatted';
/** What a name says together with the one above it: `{ phone: { number: … } }`. */
const GENERIC = new RegExp(`^(?:${FORMS}|text)$`, 'i');

export function isGeneric(name: string): boolean {
  return GENERIC.test(name);
}

/** @param above - the name of the member that holds the one of this name */
export function memberName(name: string, above: string | undefined): string {
  return above !== undefined && name.length <= 13 && GENERIC.test(name) ? `${above} ${name}` : name;
}

/** What a name ends in that is about a value, and is not it: its id, its time, how many there are. */
const ABOUT =
  /(?:^| )(?:ids?|uuid|at|on|by|date|time|timestamp|ts|counts?|users?|total|size|length|min|max|age|version|resolution|type|format|kind|model|mode|policy|field|column|url|uri|path|page|link|file|hash|digest|fingerprint|enabled|disabled|required|verified|valid|status|state|label|title|name|hint|help|text|placeholder|message|error|rules?|regex|pattern|schema|description|expiry|expires|expiration|strength|reset|limit|usage|ttl|index|prefix|suffix|provider|source|brand|country|region)$/i;
/** What a name begins with that is done with a value. */
const VERBS =
  /^(?:change|reset|forgot|forgotten|show|hide|toggle|has|is|requires?|needs?|allow|use|max|min|num|number of) /i;
/** Tokens that say where one is, or which request it was: pages, changes, jobs. */
const CURSORS =
  /(?:^| )(?:page|next|prev|previous|continuation|continue|sync|cursor|pagination|skip|delta|resume|start|starting|progress|work done|task|client|client request|change|marker) token$/i;
/** The working directory of a shell. */
const NO_PASSWORD = /^(?:old ?)?pwd$/i;

/** What says that the words before it are all: a `routing number` is what `routing` says. */
const SUFFIX = new RegExp(` (?:${FORMS}|numbers|num|code)$`, 'i');

/** What a name is called by, beside the words of its kind: `phone number value` is `phone`. */
export function namesOf(words: string): readonly string[] {
  const names = [words];
  for (let name = words; SUFFIX.test(name); names.push(name)) name = name.replace(SUFFIX, '');
  return names;
}

/** All of the value stands for one that is elsewhere, or is none. */
const PLACEHOLDER =
  /^(?:<[^>]*>|\{.*\}|\$\{.*\}|\$[A-Z_]+|%[A-Z_]+%|\[[^\]]*\]|x{3,}|\*+|\.{2,}|•+|_+|-+|\?+|(?:your|the|my|insert|enter|example|choose|new|current)[-_ ](?:[a-z]{1,16}[-_ ]){0,2}(?:here|value|secret|token|key|pin)|example|placeholder|todo|tbd|n\/a|none|null|nil|undefined|true|false|yes|no|required|optional|string|text|varchar|hidden|masked|redacted|pwd|missing|invalid|incorrect|wrong|expired|empty|unchanged|process\.env\.\w+|(?:var|secrets?|data|env|local)\.[\w.]+|[A-Za-z_$][\w$]*\(.*\))$/i;
/** A path, a reference, a date, a rule of validation, what is wrong with a value. */
const NO_VALUE =
  /^(?:\/[\w./-]*|[A-Za-z]:\\.*|[a-z][a-z0-9+-]{1,16}:\/\/\S*|(?:arn|vault|ssm|kms):\S*|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.Z+-]*)?|(?:min|max|len|length|required|string|between|size|regex)\b[:|].*|(?:is|was|are|must|should|shall|can't|cannot|has|needs?|doesn't|don't|may|ist|muss|darf|est|doit|es|debe) .*)$/i;
/** A label, or a sentence about one. */
const SAYS_PASSWORD = /passw|passphrase|passcode|kennwort|contrase[ñn]a|mot de passe|senha|wachtwoord|hasło/i;

function isPassword(value: string): boolean {
  if (value.length < 3 || value.length > 256 || PLACEHOLDER.test(value) || NO_VALUE.test(value)) return false;
  return /[0-9]/.test(value) || !SAYS_PASSWORD.test(value);
}

export const MEMBER_DETECTORS: readonly MemberDetector[] = [
  {
    category: 'aws_key',
    names: /(?:^| )secret access key$/i,
    takes: (value) => /^[A-Za-z0-9/+]{40}$/.test(value),
    check: 'aws_secret',
  },
  {
    category: 'bearer_token',
    names: /(?:^| )authorization$/i,
    takes: (value) => /^(?:bearer|token|apikey)[ \t]+[^\s[]{8,}$/i.test(value),
    check: 'bearer',
  },
  {
    category: 'password',
    names: /(?:^| )authorization$/i,
    takes: (value) => /^basic[ \t]+[A-Za-z0-9+/]{8,}={0,2}$/i.test(value),
    check: 'basic',
  },
  {
    category: 'password',
    names: new RegExp(
      `(?:${PASSWORD_NAME}s?|(?:^| )pass)(?: ?[0-9]| confirm(?:ation|ed)?| again| repeat(?:ed)?)?$`,
      'i',
    ),
    takes: isPassword,
    check: 'password',
  },
  {
    category: 'api_key',
    names: /(?:(?:api|access|secret|encryption|service) ?key|token|secret|credential)s?$/i,
    takes: (value) => isDrawn.holds(value, value, 0),
    check: isDrawn.name,
  },
];

/** By the words of a name. */
export function memberDetectors(words: string): readonly MemberDetector[] {
  const [named = words] = namesOf(words).slice(-1);
  if (ABOUT.test(named) || VERBS.test(named) || CURSORS.test(named) || NO_PASSWORD.test(named)) return [];
  return MEMBER_DETECTORS.filter(({ names }) => names.test(named));
}

export function memberDocument({ category, names, check }: MemberDetector): DetectorDocument {
  return { name: category, pattern: names.source, flags: names.flags, check: `member:${check}` };
}
