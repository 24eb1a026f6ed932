import type { Detector } from './detector.ts';

/**
 * A text is often JSON or a URL inside a string, where the character before a value belongs to an escape: the `n` of
 * `\n`, the `D` of `%3D`. Such a value starts a word all the same, and the escape stays whole, so that what was JSON
 * is JSON afterwards. So does one that is glued to the end of a private key.
 */
const OPENING = String.raw`(?<=\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}| (?:KEY|BLOCK)-----)`;

/** The start of a word of letters and digits. */
const WORD_START = String.raw`(?:(?<![A-Za-z0-9])|${OPENING})`;

/** The start of a run of letters, digits, `-` and `_`: one start a run, where a pattern reads on to the run's end. */
const RUN_START = String.raw`(?:(?<![A-Za-z0-9_-])|${OPENING})`;

/**
 * A fixed beginning that must stand at such a start. The engine finds the letters first and looks back from them: over
 * text without them that takes a twentieth of the time of looking at each character for a start.
 */
function opening(start: string, letters: string): string {
  return `${letters}(?<=${start}${letters})`;
}

/** `{n,}`, but without the stack of one entry a character that V8 keeps for that: 10 MB of one class overflow it. */
function atLeast(count: number, characters: string): string {
  return `${characters}{${count}}${characters}*`;
}

// E-mail ------------------------------------------------------------------------------------------------------------

/** The separator, also as a URL writes it. */
const AT = String.raw`(?:@|%40)`;
/** A letter that JSON writes in ASCII: `\u00f6`. Not one of ASCII, which is `<` or a line feed. */
const JSON_LETTER = String.raw`(?<!\\)\\u(?!00[0-7])[0-9A-Fa-f]{4}`;
/** Percent-encoded `+`, `-`, `.`, `'`, `_` and the bytes of letters outside ASCII. */
const URL_LETTER = String.raw`%(?:2[BDEbde7]|5[Ff]|[89A-Fa-f][0-9A-Fa-f])`;
/** Where the local part starts: not within a word or an escape, and after the backslash of `DOMAIN\user`. */
const LOCAL_START = String.raw`(?:(?<![\p{L}\p{N}_%\\])|(?<=\\)(?![bfnrt]|u[0-9A-Fa-f]{4})|${OPENING})`;
/** `git@host:path` names no person. In `scheme://user:password@host` no e-mail stands; `password` sees to it. */
const NO_ADDRESS = String.raw`(?!git${AT})(?<!(?<!mailto):\/\/[^\s/?#@"'<>]{0,256})`;
/** RFC 6531: letters of any script. Of the signs of RFC 5322 §3.2.3 only those that real addresses have. */
const LOCAL_PART = String.raw`(?:[\p{L}\p{N}_]|${JSON_LETTER}|${URL_LETTER})(?:${JSON_LETTER}|${URL_LETTER}|[\p{L}\p{M}\p{N}._+'-]){0,255}`;
/** Not a version (`openai@4.0.0-beta.x`) nor a picture's scale (`logo@2x.png`). */
const NO_DOMAIN = String.raw`(?!v?[0-9]{1,9}\.[0-9]{1,9}\.|[1-9]x\.)`;
/** The last label has letters only, or is punycode. What is glued to its end goes with it. */
const DOMAIN = String.raw`(?:[\p{L}\p{M}\p{N}-]{1,63}\.){1,16}(?:[Xx][Nn]--[A-Za-z0-9-]{2,59}|[\p{L}\p{M}]{2,63})[\p{L}\p{M}\p{N}_]*`;

/** Begins with its rarest character and looks back from there: what stands between two of them is read once. */
const EMAIL = String.raw`${AT}(?<=${NO_ADDRESS}${LOCAL_START}(?<from>${LOCAL_PART})${AT})${NO_DOMAIN}${DOMAIN}`;

// Keys --------------------------------------------------------------------------------------------------------------

const KEY_CHARACTER = '[A-Za-z0-9_-]';

/** Makers whose prefix says enough. */
const SK_MAKER = String.raw`(?:proj|svcacct|None|ant|or-v1|lf|live|test)[_-]${atLeast(6, KEY_CHARACTER)}`;
/**
 * A part that looks drawn by lot, not written: three letters and three digits, ten digits, or twenty characters. So
 * `sk-learn-contrib-2` stays, and `sk-ssh-ed25519`, which OpenSSH calls a kind of key.
 */
const RANDOM_PART = String.raw`(?:(?!ed25519|nistp|sha[0-9])(?=(?:[0-9]*[A-Za-z]){3})(?=(?:[A-Za-z]*[0-9]){3})[A-Za-z0-9]{6}|[0-9]{10}|[A-Za-z0-9]{20})`;
const SK_ANY = String.raw`(?=${KEY_CHARACTER}*?(?<![A-Za-z0-9])${RANDOM_PART})${atLeast(6, KEY_CHARACTER)}`;
const SK_KEY = String.raw`(?:${opening(WORD_START, 'sk-')}${SK_MAKER}|${opening(RUN_START, 'sk-')}${SK_ANY})`;

/** The `r` of a JSON escape starts no key. */
const STRIPE_KEY = String.raw`${opening(String.raw`(?<!\\(?=r))${WORD_START}`, '[rs]k_(?:live|test)_')}${atLeast(10, '[A-Za-z0-9]')}`;
/** Hugging Face, Groq, xAI, Perplexity. */
const MODEL_HOST_KEY = String.raw`${opening(WORD_START, '(?:hf_|gsk_|xai-|pplx-)')}${atLeast(30, '[A-Za-z0-9]')}`;

/** RFC 7515 §7.1 and RFC 7516 §7.1: a header that is a JSON object, then a claims set too, or three more parts. */
const JWT = String.raw`${opening(RUN_START, 'eyJ')}${atLeast(8, KEY_CHARACTER)}\.(?:eyJ${atLeast(4, KEY_CHARACTER)}\.${KEY_CHARACTER}*|${KEY_CHARACTER}*\.${atLeast(8, KEY_CHARACTER)}\.${atLeast(8, KEY_CHARACTER)}\.${atLeast(8, KEY_CHARACTER)})`;

/** RFC 6750 §2.1 (`b64token`), and `|` and `%`, which are in use. */
const TOKEN = String.raw`[A-Za-z0-9._~+/|%-]*[A-Za-z0-9_~+/|%-]=*`;
const BEARER = String.raw`(?:[Bb]earer|BEARER)[ \t]{1,8}`;
/** After the header's name anything is a token but the words of a sentence about it. */
const IN_HEADER = String.raw`(?<=(?:[Aa]uthorization|AUTHORIZATION)[\s"'\x60\\,:=]{1,12}${BEARER})(?!(?:[Bb]earer|BEARER|[Tt]okens?|[Aa]uth[a-z]*|[Ss]chemes?|[Hh]eaders?)(?![A-Za-z0-9_~+/|%=-]))(?=[A-Za-z0-9._~+/|%-]{3})`;
/** Elsewhere it must not look like prose ("bearer of bad news"): a digit or `_`, three dotted parts, or great length. */
const LIKE_TOKEN = String.raw`(?=[A-Za-z0-9._~+/|%-]{6})(?=[A-Za-z.~+/|%-]*[0-9_]|[A-Za-z-]+\.[A-Za-z-]+\.[A-Za-z]|[A-Za-z]{24})`;
const BEARER_TOKEN = String.raw`${opening(WORD_START, '(?:[Bb]earer|BEARER)')}[ \t]{1,8}(?:${IN_HEADER}|${LIKE_TOKEN})(?<from>${TOKEN})`;

/** RFC 7468 and OpenPGP. Of one that is cut short go the lines of base64; the header alone is no secret. */
const PRIVATE_KEY_LABEL = String.raw`[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----`;
const PRIVATE_KEY = String.raw`-----BEGIN ${PRIVATE_KEY_LABEL}(?:(?:[^[-]|-(?!----)|\[(?!redacted:)){0,32768}-----END ${PRIVATE_KEY_LABEL}|(?:(?:[\s"'>|]|\\[nrt]){1,16}${atLeast(20, '[A-Za-z0-9+/=]')}){1,4096})`;

/** IAM's unique ids for credentials. The id alone opens nothing, but names the account. */
const AWS_KEY_ID = String.raw`${opening(WORD_START, '(?:AKIA|ASIA|ABIA|ACCA)')}[A-Z0-9]{16}(?![A-Za-z0-9])`;
/** The secret has no shape of its own: only its name tells. */
const AWS_SECRET = String.raw`(?:secret_access_key|SECRET_ACCESS_KEY|[Ss]ecretAccessKey)(?:[\s"':=]|\\["\\nrt]){1,12}(?<from>${atLeast(40, '[A-Za-z0-9/+]')})`;

const GOOGLE_KEY = String.raw`${opening(RUN_START, 'AIza')}${atLeast(35, KEY_CHARACTER)}`;
const GITHUB_TOKEN = String.raw`(?:${opening(WORD_START, 'gh[oprsu]_')}${atLeast(20, '[A-Za-z0-9]')}|${opening(WORD_START, 'github_pat_')}${atLeast(20, '[A-Za-z0-9_]')})`;
const SLACK_TOKEN = String.raw`${opening(WORD_START, '(?:xox[abcdeprs]|xapp)-')}${atLeast(10, '[A-Za-z0-9-]')}`;

/** RFC 3986 §3.2.1, deprecated there and common in connection strings. */
const URL_PASSWORD = String.raw`:\/\/[^\s/?#@:"'<>[\]]{0,256}:(?<from>(?:(?!\[redacted:)[^\s/?#@"'<>]){1,256})(?=@)`;

/**
 * What is looked for by default. Where two finds overlap, both categories are reported and the one that comes first
 * here is written.
 *
 * That the result has nothing to redact again rests on two rules for each pattern: a find reaches to the end of its
 * word, so that none starts at what follows only because a `]` now stands before it; and none reads across `[redacted:`.
 */
export const DETECTORS: readonly Detector[] = [
  { name: 'private_key', triggers: ['PRIVATE KEY'], pattern: new RegExp(PRIVATE_KEY, 'dg') },
  { name: 'bearer_token', triggers: ['earer', 'EARER'], pattern: new RegExp(BEARER_TOKEN, 'dg') },
  { name: 'jwt', triggers: ['eyJ'], pattern: new RegExp(JWT, 'dg') },
  { name: 'api_key', triggers: ['sk-'], pattern: new RegExp(SK_KEY, 'dg') },
  { name: 'api_key', triggers: ['sk_', 'rk_'], pattern: new RegExp(STRIPE_KEY, 'dg') },
  { name: 'api_key', triggers: ['hf_', 'gsk_', 'xai-', 'pplx-'], pattern: new RegExp(MODEL_HOST_KEY, 'dg') },
  { name: 'aws_key', triggers: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], pattern: new RegExp(AWS_KEY_ID, 'dg') },
  {
    name: 'aws_key',
    triggers: ['secret_access_key', 'SECRET_ACCESS_KEY', 'ecretAccessKey'],
    pattern: new RegExp(AWS_SECRET, 'dg'),
  },
  { name: 'google_api_key', triggers: ['AIza'], pattern: new RegExp(GOOGLE_KEY, 'dg') },
  {
    name: 'github_token',
    triggers: ['gho_', 'ghp_', 'ghr_', 'ghs_', 'ghu_', 'github_pat_'],
    pattern: new RegExp(GITHUB_TOKEN, 'dg'),
  },
  { name: 'slack_token', triggers: ['xox', 'xapp-'], pattern: new RegExp(SLACK_TOKEN, 'dg') },
  // Every such URL has an "@"; "://" would send each text with a link in it through the patterns.
  { name: 'password', triggers: ['@'], besides: '://', pattern: new RegExp(URL_PASSWORD, 'dg') },
  { name: 'email', triggers: ['@', '%40'], besides: '.', pattern: new RegExp(EMAIL, 'dgu') },
];

/** The categories that {@link DETECTORS} find, each once, in their order: `redaction.detectors` of `audit_open`. */
export const DETECTOR_NAMES: readonly string[] = [...new Set(DETECTORS.map((detector) => detector.name))];

/** One detector as JSON. */
export interface DetectorDocument {
  readonly name: string;
  /** The pattern's source, in the syntax of ECMAScript. */
  readonly pattern: string;
  readonly flags: string;
}

/** {@link DETECTORS} as a JSON array, whose digest says which rules a log was redacted by. */
export function detectorsDocument(): readonly DetectorDocument[] {
  return DETECTORS.map(({ name, pattern }) => ({ name, pattern: pattern.source, flags: pattern.flags }));
}
