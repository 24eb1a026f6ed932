import type { Check, Detector } from './detector.ts';
import { atLeast, opening, RUN_START, WORD_START } from './word-start.ts';

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
/** Twilio. */
const TWILIO_KEY = String.raw`${opening(WORD_START, 'SK')}(?=[a-f0-9]*[0-9])[a-f0-9]{32}(?![A-Za-z0-9])`;

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
const AWS_SECRET = String.raw`(?:secret_access_key|SECRET_ACCESS_KEY|[Ss]ecretAccessKey)(?:[\s"':=]|\\["\\nrt]){1,12}(?<from>(?:[A-Za-z0-9/+]|\\/){40,256})`;

const GOOGLE_KEY = String.raw`${opening(RUN_START, 'AIza')}${atLeast(35, KEY_CHARACTER)}`;
const GITHUB_TOKEN = String.raw`(?:${opening(WORD_START, 'gh[oprsu]_')}${atLeast(20, '[A-Za-z0-9]')}|${opening(WORD_START, 'github_pat_')}${atLeast(20, '[A-Za-z0-9_]')})`;
const SLACK_TOKEN = String.raw`${opening(WORD_START, '(?:xox[abcdeprs]|xapp)-')}${atLeast(10, '[A-Za-z0-9-]')}`;

/** `sk-xxxxxxxx`, `xoxb-your-token`: what stands in manuals. */
const isKey: Check = {
  name: 'no_placeholder',
  holds: (value) => !/[xX]{8}|[-_]your[-_]|\.\.\./.test(value),
};

/** Prefixes of makers whose keys go on with letters and digits, by how many these are at least. */
const PREFIXED: readonly (readonly [prefixes: string, count: number, characters: string])[] = [
  // Hugging Face, Groq, xAI, Perplexity, Replicate, npm.
  ['hf_|gsk_|xai-|pplx-|r8_|npm_', 30, '[A-Za-z0-9]'],
  // GitLab, PyPI, Linear, Notion, Shopify, DigitalOcean.
  ['gl(?:pat|dt|rt|ptt|cbt|soat)-', 20, KEY_CHARACTER],
  ['pypi-', 50, KEY_CHARACTER],
  ['lin_(?:api|oauth)_', 32, '[A-Za-z0-9]'],
  ['ntn_|secret_(?=[A-Za-z]*[0-9])', 40, '[A-Za-z0-9]'],
  ['shp(?:at|ca|pa|ss)_', 32, '[A-Fa-f0-9]'],
  ['do[opr]_v1_', 64, '[a-f0-9]'],
  // Databricks, Vault, Doppler, Mailgun, age, SendGrid, Postman, Grafana, Cloudflare, Sentry.
  ['dapi(?=[a-f0-9]*[0-9])', 32, '[a-f0-9]'],
  ['hv[sbr]\\.', 24, KEY_CHARACTER],
  ['dp\\.(?:pt|st|ct|sa|scim|audit)\\.', 40, '[A-Za-z0-9.]'],
  ['key-(?=[a-f0-9]*[0-9])', 32, '[a-f0-9]'],
  ['AGE-SECRET-KEY-1', 58, '[A-Z0-9]'],
  ['SG\\.(?=[A-Za-z0-9_-]{16,32}\\.)', 60, '[A-Za-z0-9_.-]'],
  ['PMAK-', 24, '[A-Za-z0-9-]'],
  ['gl(?:c|sa)_', 32, '[A-Za-z0-9_=+/]'],
  ['v1\\.0-(?=[a-f0-9]{24}-)', 140, '[a-f0-9-]'],
  ['sntr(?:y[su])_', 40, '[A-Za-z0-9_=+/]'],
];
const PREFIXED_KEY = PREFIXED.map(
  ([prefixes, count, characters]) => `${opening(WORD_START, `(?:${prefixes})`)}${atLeast(count, characters)}`,
).join('|');

/** A bot of Telegram. */
const TELEGRAM_TOKEN = String.raw`(?:(?<![A-Za-z0-9_])|(?<=\/bot))[0-9]{8,10}:${atLeast(35, KEY_CHARACTER)}`;
/** The address is the key. */
const SLACK_WEBHOOK = String.raw`hooks\.slack\.com\/(?:services|workflows)\/(?<from>[A-Z][A-Za-z0-9]{6,14}\/[A-Za-z0-9/]{16,128})`;
const DISCORD_WEBHOOK = String.raw`discord(?:app)?\.com\/api\/(?:v[0-9]{1,2}\/)?webhooks\/[0-9]{15,21}\/(?<from>${atLeast(40, KEY_CHARACTER)})`;
/** Connection strings of Azure, and signatures of shared access. */
const AZURE_KEY = String.raw`(?:Account|SharedAccess|Access)Key=(?<from>${atLeast(40, '[A-Za-z0-9+/]')}={0,2})`;
const AZURE_SIGNATURE = String.raw`[?&;]sig=(?<from>${atLeast(40, '[A-Za-z0-9%+/=]')})`;

// Values beside a name ----------------------------------------------------------------------------------------------

/** What stands between a name and its value: `=`, `: `, `":"`, `\": \"`, `=>`, ` is `. */
const ASSIGNED = String.raw`(?:\\{0,8}["'\x60])?\s{0,4}(?::=|=>|[:=])\s{0,4}`;
/** In quotes: to the next of them, whatever escapes stand before it. In none: to the next sign that ends a word. */
/** In JSON, where a quote that is escaped stands within the value. */
const VALUE_JSON = String.raw`(?:(?<!\\)"(?<from_4>(?!\[redacted:)(?:[^"\\\r\n[]|\[(?!redacted:)|\\[^\r\n]){1,256})(?="\s{0,4}[,}\]])|`;
const VALUE = String.raw`\\{0,8}"(?<from>(?!\[redacted:)(?:[^"\\\r\n[]|\[(?!redacted:)|\\{1,16}[^"\\\r\n[]){1,256})(?=\\{0,8}")|`;
const VALUE_APOSTROPHE = String.raw`'(?<from_2>(?!\[redacted:)(?:[^'"\\\r\n[]|\[(?!redacted:)){1,256})(?=')|`;
const VALUE_BARE = String.raw`(?<from_3>(?!\[redacted:)(?:[^\s"'\x60,;&<>\\[]|\[(?!redacted:)){2,256}(?<![.,:!?)\]}]))(?![A-Za-z0-9_]))`;

export const PASSWORD_NAME =
  '(?:password|passwd|passwort|passphrase|passcode|pwd|kennwort|contraseña|contrasena|mot de passe|senha|wachtwoord|hasło)';

/** Stands for a value that is elsewhere, or is none. */
const PLACEHOLDER =
  /^(?:[<{[(%$#]|@[A-Za-z_.-]+@?$|x{3,}|X{3,}|\*+|\.{2,}|•+|_+$|-+$|\?+$|your[-_ ]|my[-_]|the[-_ ]|example|placeholder|insert|enter[-_ ]|todo|tbd|n\/a$|process\.env|os\.|env[.[(]|import\.meta|config\.|self\.|this\.|none$|null$|nil$|undefined$|true$|false$|required|optional|string|str$|text$|varchar|redacted|hidden|masked|secret\(|\[?redacted|<redacted|changeme\?|password|passwd|passwort|pwd$|missing|invalid|incorrect|wrong|expired|empty|reset$|forgotten$)/i;

/** Names in a program, and calls: `request.form`, `getpass(`, `db_password`. */
const EXPRESSION =
  /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+[;,)\]]*$|^[A-Za-z_$][\w$.]*[([]|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

const isPassword: Check = {
  name: 'password',
  holds(value, text, start) {
    if (PLACEHOLDER.test(value) || EXPRESSION.test(value)) return false;
    const before = text.charCodeAt(start - 1);
    // Quotes say that it is a value; a single sign or two are still none.
    if (before === 0x22 || before === 0x27) return value.length >= 3 && !/^[\s:,{}[\]]*$/.test(value);
    if (value.length < 4) return false;
    // `password: must be …` is prose: words alone count only right behind `=`, or as the last of their line.
    if (!/^[\p{L}'-]+$/u.test(value)) return true;
    const line = text.slice(Math.max(0, start - 64), start);
    const behind = text.slice(start + value.length, start + value.length + 2);
    if (line.endsWith('=')) return behind === '' || /^[\s&;"'\\]/.test(behind);
    return /(?:^|[\r\n]|\\n)[ \t]*[\w.-]*[:=] ?$/.test(line) && /^(?:$|[\r\n\\])/.test(behind);
  },
};

const KEY_NAME =
  '(?:api[_ -]?key|access[_-]?key|secret[_-]?key|api[_-]?secret|client[_-]?secret|app[_-]?secret|api[_-]?token|access[_-]?token|auth[_-]?token|refresh[_-]?token|private[_-]?token|secret[_-]?token|webhook[_-]?secret|signing[_-]?secret|encryption[_-]?key|service[_-]?key|token|secret|credential)';

/** Words with a number behind them, a path of words, an address on a blockchain. */
const NO_KEY =
  /^(?:[a-z]+(?:[-_.][a-z]+)*[-_.]?v?[0-9]{0,4}|[a-z]{2,}(?:[-_.](?:[a-z]{2,}|v?[0-9]{1,4}))+|[a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*){1,8}|0x[0-9a-fA-F]{40})$/;

/** Drawn by lot, as far as can be seen: letters and digits, sixteen and more, and no path, date or id of a kind. */
export const isDrawn: Check = {
  name: 'drawn',
  holds(value) {
    if (PLACEHOLDER.test(value) || EXPRESSION.test(value)) return false;
    return (
      !NO_KEY.test(value) &&
      /^[A-Za-z0-9_+/=.~-]{16,256}$/.test(value) &&
      /[0-9]/.test(value) &&
      /[A-Za-z]/.test(value) &&
      new Set(value).size >= 8
    );
  },
};

/** RFC 7617: user and password, in base64. */
const BASIC = String.raw`[Bb]asic(?<=[Aa]uthorization[\s"'\x60\\,:=]{1,12}[Bb]asic)[ \t]{1,8}(?<from>${atLeast(8, '[A-Za-z0-9+/]')}={0,2})`;

/** After ` is `, where people write: a value that no word is. */
const PASSWORD_IS = String.raw`${PASSWORD_NAME}\s{1,2}(?:is|ist|lautet|est|es|was|e|é|è):?\s{1,2}(?:\\{0,8}["'\x60])?(?<from>(?!\[redacted:)(?:[^\s"'\x60,;<>\\[]|\[(?!redacted:)){4,128}(?<![.,:!?)\]}]))(?![A-Za-z0-9_])`;

const isNoWord: Check = {
  name: 'no_word',
  holds: (value) =>
    !PLACEHOLDER.test(value) &&
    (/[0-9]/.test(value) || !EXPRESSION.test(value)) &&
    /[0-9]|[^\p{L}'.-]/u.test(value) &&
    !/^[0-9]{1,3}$/.test(value),
};

/** Arguments of commands: `curl -u user:password`, `sshpass -p`, and SQL. */
const COMMAND_PASSWORD = String.raw`(?:curl[^\r\n|;]{0,200}? (?:-u|--user)[ =](?:["'])?[^\s:"']{1,64}:|sshpass -p ?["']?|mysql[^\r\n|;]{0,200}? -p(?=[^\s-])|(?:identified by|password) (?='))(?<from>(?![$<{])(?:'(?:[^'\r\n[]|\[(?!redacted:)){3,128}(?=')|[^\s"'\\[]{3,128}))`;

/** `--password value`, `<password>value</password>`. */
const PASSWORD_OPTION = String.raw`--?password[ ](?:["'])?(?<from>(?![-[])[^\s"'\x60\\[]{3,128})|<(?:\w{1,32}:)?(?:password|passwd|pwd)>(?<from_2>(?!\[redacted:)[^<\s[]{1,128})(?=<)`;

/** RFC 3986 §3.2.1, deprecated there and common in connection strings. */
const URL_PASSWORD = String.raw`:\/\/[^\s/?#@:"'<>[\]]{0,256}:(?<from>(?!\$\{|\{\{|%[sd])(?:(?!\[redacted:)[^\s/?#@"'<>]){1,256})(?=@)`;

/**
 * That the result has nothing to redact again rests on two rules for each pattern: a find reaches to the end of its
 * word, so that none starts at what follows only because a `]` now stands before it; and none reads across `[redacted:`.
 */
export const SECRET_DETECTORS: readonly Detector[] = [
  { category: 'private_key', triggers: ['private'], pattern: new RegExp(PRIVATE_KEY, 'dg') },
  { category: 'bearer_token', triggers: ['*bearer*'], pattern: new RegExp(BEARER_TOKEN, 'dg') },
  { category: 'jwt', triggers: ['eyJ*'], pattern: new RegExp(JWT, 'dg') },
  { category: 'api_key', triggers: ['sk-*'], pattern: new RegExp(SK_KEY, 'dg'), check: isKey },
  { category: 'api_key', triggers: ['sk_*', 'rk_*'], pattern: new RegExp(STRIPE_KEY, 'dg'), check: isKey },
  {
    category: 'api_key',
    triggers:
      'hf_* gsk_* xai-* pplx-* r8_* npm_* glpat-* gldt-* glrt-* glptt-* glcbt-* glsoat-* pypi-* lin_* ntn_* secret_* shpat_* shpca_* shppa_* shpss_* doo_v1_* dop_v1_* dor_v1_* dapi* hvs.* hvb.* hvr.* dp.* key-* age-secret-* sg.* pmak-* glc_* glsa_* v1.0-* sntrys_* sntryu_*'.split(
        ' ',
      ),
    pattern: new RegExp(PREFIXED_KEY, 'dg'),
    check: isKey,
  },
  { category: 'api_key', triggers: ['sk*'], pattern: new RegExp(TWILIO_KEY, 'dg') },
  { category: 'api_key', digits: 8, pattern: new RegExp(TELEGRAM_TOKEN, 'dg') },
  { category: 'api_key', triggers: ['discord*'], pattern: new RegExp(DISCORD_WEBHOOK, 'dg') },
  { category: 'api_key', triggers: ['*key='], pattern: new RegExp(AZURE_KEY, 'dg') },
  { category: 'api_key', triggers: ['*sig='], pattern: new RegExp(AZURE_SIGNATURE, 'dg') },
  {
    category: 'aws_key',
    triggers: ['AKIA*', 'ASIA*', 'ABIA*', 'ACCA*'],
    pattern: new RegExp(AWS_KEY_ID, 'dg'),
    check: isKey,
  },
  { category: 'aws_key', triggers: ['*secret*'], pattern: new RegExp(AWS_SECRET, 'dg') },
  { category: 'google_api_key', triggers: ['AIza*'], pattern: new RegExp(GOOGLE_KEY, 'dg') },
  {
    category: 'github_token',
    triggers: ['gho_*', 'ghp_*', 'ghr_*', 'ghs_*', 'ghu_*', 'github_*'],
    pattern: new RegExp(GITHUB_TOKEN, 'dg'),
    check: isKey,
  },
  { category: 'slack_token', triggers: ['xox*', 'xapp-*'], pattern: new RegExp(SLACK_TOKEN, 'dg'), check: isKey },
  { category: 'slack_token', triggers: ['slack.*'], pattern: new RegExp(SLACK_WEBHOOK, 'dg') },
  {
    category: 'password',
    triggers: [
      '*passw*',
      'passphrase',
      'passcode',
      '*pwd*',
      'kennwort',
      'contraseña',
      'contrasena',
      'mot',
      'senha',
      'wachtwoord',
      'hasło',
    ],
    pattern: new RegExp(`${PASSWORD_NAME}${ASSIGNED}${VALUE_JSON}${VALUE}${VALUE_APOSTROPHE}${VALUE_BARE}`, 'dgi'),
    check: isPassword,
  },
  {
    category: 'password',
    triggers: [
      '*passw*',
      'passphrase',
      'passcode',
      '*pwd*',
      'kennwort',
      'contraseña',
      'contrasena',
      'mot',
      'senha',
      'wachtwoord',
      'hasło',
    ],
    pattern: new RegExp(PASSWORD_IS, 'dgi'),
    check: isNoWord,
  },
  { category: 'password', triggers: ['*password'], pattern: new RegExp(PASSWORD_OPTION, 'dgi'), check: isPassword },
  {
    category: 'password',
    triggers: ['curl', 'sshpass', 'mysql', 'identified', '*password'],
    pattern: new RegExp(COMMAND_PASSWORD, 'dgi'),
  },
  { category: 'password', triggers: ['basic'], pattern: new RegExp(BASIC, 'dg') },
  {
    category: 'api_key',
    triggers: ['*key*', '*token*', '*secret*', '*credential*'],
    pattern: new RegExp(`${KEY_NAME}${ASSIGNED}${VALUE_JSON}${VALUE}${VALUE_APOSTROPHE}${VALUE_BARE}`, 'dgi'),
    check: isDrawn,
    yields: true,
  },
  // Every such URL has an "@"; "://" would send each text with a link in it through the patterns.
  { category: 'password', triggers: ['@'], pattern: new RegExp(URL_PASSWORD, 'dg') },
];
