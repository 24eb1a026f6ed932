import { describe, expect, test } from 'vitest';
import { scannerOf } from '../../src/detect/index.ts';
import { DEFAULT_CATEGORIES, defaultRedactor } from '../../src/redact/index.ts';

/** Nothing that was ever valid: the makers' prefixes and lengths, filled by counting. */
function fake(length: number, alphabet = 'Aa0Bb1Cc2Dd3Ee4Ff5Gg6Hh7Ii8Jj9KkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz'): string {
  return Array.from({ length }, (_, index) => alphabet[(index * 7) % alphabet.length]).join('');
}

const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 7519 §3.1. */
const RFC_7519_JWT = [
  'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9',
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
  'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
].join('.');

/** RFC 7516 Appendix A.2, its ciphertext shortened. */
const RFC_7516_JWE = [
  'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0',
  'UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPoltGRhWhw7Zx0',
  'AxY8DCtDaGlsbGljb3RoZQ',
  'KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY',
  '9hH0vgRfYgPnAHOd8stkvw',
].join('.');

const PEM_BODY = [fake(64), fake(64), `${fake(22)}==`];

function pem(label: string, newline: string): string {
  return [`-----BEGIN ${label}-----`, ...PEM_BODY, `-----END ${label}-----`].join(newline);
}

/** Category, text, and what the text becomes. */
const POSITIVES: readonly (readonly [category: string, text: string, redacted: string])[] = [
  // RFC 5322, RFC 6531.
  ['email', 'mail alice@example.com', 'mail [redacted:email]'],
  ['email', 'alice@example.com', '[redacted:email]'],
  ['email', 'To: "Alice" <alice@mail.example.co.uk>, or bob.', 'To: "Alice" <[redacted:email]>, or bob.'],
  ['email', 'write to alice@example.com.', 'write to [redacted:email].'],
  ['email', "alice.o'brien+tag_1@example.org's", "[redacted:email]'s"],
  ['email', "{'to': 'alice@example.com'}", "{'to': '[redacted:email]'}"],
  ['email', 'ALICE@EXAMPLE.COM', '[redacted:email]'],
  ['email', 'jörg.müller@bücher.example', '[redacted:email]'],
  ['email', 'криївка@оун-упа.укр und 用户@例子.公司', '[redacted:email] und [redacted:email]'],
  ['email', 'अजय@डाटा.भारत', '[redacted:email]'],
  ['email', 'user@xn--e1afmkfd.xn--p1ai!', '[redacted:email]!'],
  ['email', '13800138000@163.com', '[redacted:email]'],
  ['email', 'mailto:alice@example.com?subject=hi', 'mailto:[redacted:email]?subject=hi'],
  ['email', 'mailto://alice@example.com', 'mailto://[redacted:email]'],
  ['email', 'https://example.com/?email=alice@example.com&n=1', 'https://example.com/?email=[redacted:email]&n=1'],
  ['email', 'https://example.com/users/alice@example.com', 'https://example.com/users/[redacted:email]'],
  ['email', '?email=first%2Blast%40example.com&x=1', '?email=[redacted:email]&x=1'],
  ['email', '?to=%3Cj%C3%B6rg%40example.com%3E', '?to=%3C[redacted:email]%3E'],
  ['email', 'alice@example.com-based, bob@example.com_old', '[redacted:email]-based, [redacted:email]'],
  ['email', 'CORP\\bob@example.com, CORP\\alice@example.com', 'CORP\\b[redacted:email], CORP\\[redacted:email]'],
  // JSON inside a string: the escape before the address stays whole.
  ['email', '{"a":"x\\nalice@example.com\\tb"}', '{"a":"x\\n[redacted:email]\\tb"}'],
  ['email', '{"a":"\\u003calice@example.com\\u003e"}', '{"a":"\\u003c[redacted:email]\\u003e"}'],
  ['email', '{"a":"j\\u00f6rg@example.com"}', '{"a":"[redacted:email]"}'],

  // OpenAI, Anthropic, OpenRouter, Langfuse, and the many that write "sk-".
  ['api_key', `key sk-${fake(20)}T3BlbkFJ${fake(20)}`, 'key [redacted:api_key]'],
  ['api_key', `OPENAI_API_KEY=sk-proj-${fake(58)}_-${fake(58)}`, 'OPENAI_API_KEY=[redacted:api_key]'],
  ['api_key', `sk-svcacct-${fake(58)}T3BlbkFJ${fake(58)}`, '[redacted:api_key]'],
  ['api_key', `sk-admin-${fake(58)}T3BlbkFJ${fake(58)}`, '[redacted:api_key]'],
  ['api_key', `"x-api-key": "sk-ant-api03-${fake(93)}AA"`, '"x-api-key": "[redacted:api_key]"'],
  ['api_key', `sk-ant-oat01-${fake(93)}AA`, '[redacted:api_key]'],
  ['api_key', `sk-or-v1-${fake(64, HEX)}`, '[redacted:api_key]'],
  ['api_key', 'sk-lf-01234567-89ab-cdef-0123-456789abcdef', '[redacted:api_key]'],
  ['api_key', 'use sk-ABCDEFGH12345678.', 'use [redacted:api_key].'],
  ['api_key', 'sk-test-abcdef, sk-abc123, sk-1234567890', '[redacted:api_key], [redacted:api_key], [redacted:api_key]'],
  ['api_key', 'sk-abcdefghijklmnopqrstuvwxyz', '[redacted:api_key]'],
  ['api_key', '?key=a%3Dsk-proj-abcdef&b', '?key=a%3D[redacted:api_key]&b'],
  ['api_key', '{"a":"x\\nsk-abc123"}', '{"a":"x\\n[redacted:api_key]"}'],
  // Stripe, Hugging Face, Groq, xAI, Perplexity.
  ['api_key', `sk_live_${fake(24)} sk_test_${fake(99)}`, '[redacted:api_key] [redacted:api_key]'],
  ['api_key', `rk_live_${fake(24)}`, '[redacted:api_key]'],
  ['api_key', `hf_${fake(34)}`, '[redacted:api_key]'],
  ['api_key', `gsk_${fake(52)}`, '[redacted:api_key]'],
  ['api_key', `xai-${fake(80)}`, '[redacted:api_key]'],
  ['api_key', `pplx-${fake(48)}`, '[redacted:api_key]'],

  // RFC 6750 §2.1.
  ['bearer_token', 'Authorization: Bearer mF_9.B5f-4.1JqM', 'Authorization: Bearer [redacted:bearer_token]'],
  ['bearer_token', 'authorization: bearer secret', 'authorization: bearer [redacted:bearer_token]'],
  ['bearer_token', "-H 'Authorization: Bearer abc' -v", "-H 'Authorization: Bearer [redacted:bearer_token]' -v"],
  [
    'bearer_token',
    '{\\"Authorization\\":\\"Bearer my-secret\\"}',
    '{\\"Authorization\\":\\"Bearer [redacted:bearer_token]\\"}',
  ],
  ['bearer_token', `send Bearer ${fake(40)}== now`, 'send Bearer [redacted:bearer_token] now'],
  ['bearer_token', 'BEARER abc123.', 'BEARER [redacted:bearer_token].'],
  ['bearer_token', 'Bearer abc.def.ghi', 'Bearer [redacted:bearer_token]'],
  ['bearer_token', `Bearer 17|${fake(40)}`, 'Bearer [redacted:bearer_token]'],
  ['bearer_token', 'the Bearer my_token works', 'the Bearer [redacted:bearer_token] works'],

  ['jwt', `id_token=${RFC_7519_JWT}&x`, 'id_token=[redacted:jwt]&x'],
  ['jwt', `"${RFC_7516_JWE}"`, '"[redacted:jwt]"'],
  ['jwt', 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ. unsecured', '[redacted:jwt] unsecured'],
  ['jwt', `{"a":"x\\n${RFC_7519_JWT}"}`, '{"a":"x\\n[redacted:jwt]"}'],

  // RFC 7468 §10 and §11, RFC 9580 §6.2.
  ['private_key', `a\n${pem('PRIVATE KEY', '\n')}\nb`, 'a\n[redacted:private_key]\nb'],
  ['private_key', pem('RSA PRIVATE KEY', '\r\n'), '[redacted:private_key]'],
  ['private_key', pem('ENCRYPTED PRIVATE KEY', '\n'), '[redacted:private_key]'],
  ['private_key', pem('OPENSSH PRIVATE KEY', '\n'), '[redacted:private_key]'],
  ['private_key', pem('PGP PRIVATE KEY BLOCK', '\n'), '[redacted:private_key]'],
  ['private_key', `{"private_key":"${pem('PRIVATE KEY', '\\n')}\\n"}`, '{"private_key":"[redacted:private_key]\\n"}'],
  [
    'private_key',
    `-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${fake(32, HEX)}\n\n${fake(64)}\n-----END EC PRIVATE KEY-----`,
    '[redacted:private_key]',
  ],
  ['private_key', `-----BEGIN PRIVATE KEY-----\n${fake(64)}\n${fake(40)} …`, '[redacted:private_key] …'],

  // The keys that AWS's own documentation shows.
  ['aws_key', 'AKIAIOSFODNN7EXAMPLE', '[redacted:aws_key]'],
  ['aws_key', `id=ASIA${fake(16, UPPER)};`, 'id=[redacted:aws_key];'],
  [
    'aws_key',
    'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n',
    'aws_secret_access_key = [redacted:aws_key]\n',
  ],
  [
    'aws_key',
    '{\\"SecretAccessKey\\": \\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\\"}',
    '{\\"SecretAccessKey\\": \\"[redacted:aws_key]\\"}',
  ],
  ['google_api_key', `?key=AIza${fake(35)}&x`, '?key=[redacted:google_api_key]&x'],
  ['github_token', `ghp_${fake(36)}, ghs_${fake(36)}`, '[redacted:github_token], [redacted:github_token]'],
  ['github_token', `github_pat_${fake(22)}_${fake(59)}`, '[redacted:github_token]'],
  ['slack_token', `xoxb-${fake(12, '0123456789')}-${fake(24)}`, '[redacted:slack_token]'],
  ['slack_token', `xapp-1-${fake(11, UPPER)}-${fake(64, HEX)}`, '[redacted:slack_token]'],

  // RFC 3986 §3.2.1.
  [
    'password',
    'postgres://app:s3cr%40t@db.example.com:5432/x',
    'postgres://app:[redacted:password]@db.example.com:5432/x',
  ],
  ['password', 'redis://:hunter2@localhost', 'redis://:[redacted:password]@localhost'],
];

const NEGATIVES: readonly string[] = [
  // Identifiers that an entry is found by.
  'call_abc123 toolu_01A09q90qw90lq917835lq9 chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b msg_67ccd2bf17f0819081ff3bb2cf6508e6',
  'run_abc123 thread_abc123 asst_abc123 file-BK7bzQj3FfZFXr7DbL6xJwfo req_011CSHoEeqs5C35K2UUqR7Fy',
  '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==',
  '2025-11-23T21:26:00.000Z 1763933160 1763933160123456789',
  'ARN arn:aws:iam::123456789012:user/alice, AIDA and AROA ids, ASIAN markets, AKIA',
  // Models and versions.
  'gpt-4o-2024-08-06 claude-opus-4-20250514 gemini-2.5-pro text-embedding-3-small meta-llama/Llama-3.3-70B',
  'v1.2.3-beta.1+build.5 ^4.0.0-rc.1 ~2.1',
  // Names with the same letters.
  'sk-learn sk-learn-contrib-2 scikit-learn-1.5.2 sk-SK sk-container-id-1 sk-toggleable__content sk-estimator-doc-link',
  'risk-assessment-2024 task-force-alpha123456 disk-abc123def456 desk-1234567890 mask-abcdefghijklmnopqrstuvwxyz',
  'sk-ed25519 sk-ssh-ed25519 sk-ecdsa-sha2-nistp256',
  'xoxo-hugs hf_hub_download gsk_price sk_live_ npm_config_registry pplx-api xai-sdk eyJ eyJhbGci.b.c',
  'keyJhbGciOiJIUzI1NiJ9.keyJpc3MiOiJqb2UifQ.abcdefgh',
  // An "@" that separates nothing of a person's.
  '@scope/pkg @opentelemetry/api@1.9.1 openai@4.0.0-beta.next pkg@v1.2.3-rc.dev lodash@^4.17.21',
  '/app/node_modules/.pnpm/openai@4.0.0_zod@3.23.8/node_modules/openai/core.js',
  '@app.route("/x")\n@dataclass\n@pytest.mark.parametrize\n\t@org.junit.Test',
  '{"code":"x\\n@app.route(1)\\n@dataclass"}',
  'user@ @user user@localhost a @ b.com me @example.com root@10.0.0.1 x@y',
  'git@github.com:owner/repo.git ssh://git@github.com/owner/repo.git git+ssh://git@gitlab.com/a/b',
  'logo@2x.png icon@3x.jpg java.lang.Object@6d06d69c uses: actions/checkout@v4.1.0 image@sha256:abc',
  'https://medium.com/@user.name/post https://example.com:8443/a?b=c#d http://[::1]:4318/v1/traces',
  'ssh://alice@host.example.com/path https://example.com/a:b@c',
  // Prose about tokens and keys.
  'The bearer of bad news; bearer shares/bonds; a bearer responsibilities clause; non-transferable bearer certificates.',
  'Bearer authentication uses a Bearer token. Bearer\nSection1 Use `Authorization: Bearer <token>`.',
  'Authorization: Bearer tokens are opaque. Authorization: Bearer authentication. Authorization: Bearer ${token}',
  'The file starts with -----BEGIN PRIVATE KEY----- on a line of its own, then come the bytes.',
  '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----',
  '-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END CERTIFICATE-----',
  'aws_secret_access_key is required; secretAccessKey: undefined; SECRET_ACCESS_KEY=$KEY',
  '%40 100%40off a%40b',
  '',
];

describe('what is found', () => {
  test.each(POSITIVES)('%s: %j', (category, text, redacted) => {
    expect(defaultRedactor(text)).toEqual({ text: redacted, categories: [category] });
  });
});

describe('what stays', () => {
  test.each(NEGATIVES)('%j', (text) => {
    expect(defaultRedactor(text)).toEqual({ text, categories: [] });
  });
});

describe('the list of detectors', () => {
  test('has names that are stable, because a log header carries them', () => {
    expect(DEFAULT_CATEGORIES.toSorted()).toEqual([
      'api_key',
      'aws_key',
      'bearer_token',
      'credit_card',
      'email',
      'github_token',
      'google_api_key',
      'iban',
      'in_aadhaar',
      'jwt',
      'national_id',
      'password',
      'phone',
      'private_key',
      'slack_token',
      'uk_nino',
      'us_ssn',
    ]);
  });

  test('is JSON whose patterns are regular expressions', () => {
    const { document } = scannerOf({ categories: DEFAULT_CATEGORIES });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    for (const { pattern, flags } of document) expect(() => new RegExp(pattern, flags)).not.toThrow();
    expect(new Set(document.map(({ name }) => name))).toEqual(new Set(DEFAULT_CATEGORIES));
  });
});
