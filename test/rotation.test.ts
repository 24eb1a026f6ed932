import { describe, expect, test } from 'vitest';

import { ed25519Signer, generateKey, memorySink, AuditLog, type LocalSigner, type Report } from '../src/index.ts';
import { parsePolicy, type TrustedKey } from '../src/verify/index.ts';
import { verifyDirectory } from './attacks/corpus.ts';
import { memoryLog, ofType } from './log.ts';
import { authority } from './time-stamp-authority.ts';
import { cosignerVkey } from './witness.ts';

/** A log over several keys, and a verifier that trusts each for a time. */

const LOG = 'acme.example/triage';
const keys = [1, 2, 3].map(() => generateKey({ name: LOG }));
const vkeys = keys.map(({ vkey }) => vkey);
const signers = keys.map(({ privateKey }) => ed25519Signer({ privateKey }));
const [first, second, third] = signers as [LocalSigner, LocalSigner, LocalSigner];

/** A log that was signed by the three keys, one a day. */
async function rotated() {
  let millis = Date.UTC(2026, 10, 1);
  const clock = { now: () => millis++ };
  const { audit, sink } = memoryLog({ log: LOG, signer: first, clock });
  audit.flag('first');
  for (const [index, signer] of [second, third].entries()) {
    await audit.flush();
    // A step of the clock would close the segment by itself.
    await audit.roll();
    millis = Date.UTC(2026, 10, index + 2);
    audit.rotateKey(signer, { approvedBy: 'u-9', ticketRef: 'SEC-17' });
    audit.flag(['second', 'third'][index] ?? '');
  }
  await audit.close();
  return { sink, verify: (given: readonly (string | TrustedKey)[]) => judged(sink, given) };
}

function judged(sink: ReturnType<typeof memoryLog>['sink'], given: readonly (string | TrustedKey)[]): Promise<Report> {
  return verifyDirectory(
    sink.list().map((name) => [name, sink.bytes(name)] as const),
    { keys: given },
  );
}

describe('rotateKey', () => {
  test('seals what there is by the old key, all else by the new, and says so', async () => {
    const { sink, verify } = await rotated();
    const report = await verify(vkeys);
    expect({ problems: report.problems, ok: report.ok }).toEqual({ problems: [], ok: true });
    const signedBy = report.segments.map((segment) => segment.signedBy);
    expect(new Set(signedBy)).toEqual(new Set(vkeys));
    expect(signedBy.toSorted((a, b) => vkeys.indexOf(a) - vkeys.indexOf(b))).toEqual(signedBy);
    expect(ofType(sink.entries(), 'change').map(({ payload }) => payload)).toEqual([
      { kind: 'key', subject: LOG, from: vkeys[0], to: vkeys[1], approved_by: 'u-9', ticket_ref: 'SEC-17' },
      { kind: 'key', subject: LOG, from: vkeys[1], to: vkeys[2], approved_by: 'u-9', ticket_ref: 'SEC-17' },
    ]);
  });

  test('closes the running segment for it', async () => {
    const { audit, sink } = memoryLog({ log: LOG, signer: first });
    audit.flag('by the first');
    const receipt = audit.rotateKey(second);
    expect(receipt.recorded).toBe(true);
    expect(audit.signer?.vkey).toBe(vkeys[1]);
    await audit.close();
    expect(sink.list()).toHaveLength(2);
    expect(ofType(sink.entries(), 'audit_close').map(({ payload }) => payload.reason)).toEqual([
      'rotation',
      'shutdown',
    ]);
    expect((await judged(sink, vkeys.slice(0, 2))).problems).toEqual([]);
    // Who has one of the keys only can tell that the rest is not by it.
    expect(await judged(sink, vkeys.slice(0, 1))).toMatchObject({ ok: false, failed: ['authenticity'] });
  });

  test('refuses what cannot be meant, and changes nothing', async () => {
    const { audit } = memoryLog({ log: LOG, signer: first });
    const foreign = ed25519Signer({ privateKey: generateKey({ name: 'acme.example/other' }).privateKey });
    expect(() => audit.rotateKey(foreign)).toThrow("The signer's key is that of 'acme.example/other'");
    expect(() => audit.rotateKey(first)).toThrow('signs acme.example/triage already');
    expect(audit.signer?.vkey).toBe(vkeys[0]);
    await audit.close();
    expect(() => audit.rotateKey(second)).toThrow(expect.objectContaining({ code: 'LOG_CLOSED' }));
    const unsigned = new AuditLog({ system: 'test', log: LOG, sink: memorySink(), warnUnsigned: false });
    expect(() => unsigned.rotateKey(second)).toThrow('is not signed');
    await unsigned.close();
  });
});

const day = (of: number): string => new Date(Date.UTC(2026, 10, of)).toISOString();

describe('a key that is trusted for a time', () => {
  const limited = (): TrustedKey[] => [
    { vkey: vkeys[0] ?? '', notAfter: day(2) },
    { vkey: vkeys[1] ?? '', notBefore: day(2), notAfter: day(3) },
    { vkey: vkeys[2] ?? '', notBefore: day(3) },
  ];

  test('speaks for its time', async () => {
    const { verify } = await rotated();
    expect((await verify(limited())).problems).toEqual([]);
  });

  test.each([
    ['after it', 0, { notAfter: day(0) }],
    ['before it', 2, { notBefore: day(20) }],
  ])('does not speak for what was signed %s', async (_, index, limits) => {
    const { verify } = await rotated();
    const report = await verify(limited().with(index, { vkey: vkeys[index] ?? '', ...limits }));
    expect(report).toMatchObject({ ok: false, verdicts: { authenticity: 'failed' } });
    expect(Object.keys(report.problemCounts)).toEqual(['key_validity']);
    expect(report.problems[0]?.what).toMatch(/the key is trusted (from|until) 20/);
  });

  test('given twice with other limits is misuse, and so is a time that is none', async () => {
    const { verify } = await rotated();
    const vkey = vkeys[0] ?? '';
    await expect(verify([vkey, { vkey, notAfter: day(9) }])).rejects.toThrow('given twice');
    await expect(verify([{ vkey, notAfter: 'tomorrow' }])).rejects.toThrow('is no time');
  });
});

describe('a policy', () => {
  const policy = (keysOfLog: unknown, more: object = {}): string =>
    JSON.stringify({ v: 1, logs: [{ name: LOG, keys: keysOfLog }], ...more });

  test('is keys with their times, and what is demanded', () => {
    const text = policy([{ vkey: vkeys[0], not_after: day(2) }, { vkey: vkeys[1] }], { for: 'audit' });
    expect(parsePolicy(text)).toEqual({
      keys: [{ vkey: vkeys[0], notAfter: day(2) }, { vkey: vkeys[1] }],
      for: 'audit',
      tsaCertificates: [],
      witnesses: [],
    });
  });

  test('is who may vouch from outside, too', () => {
    const { pem } = authority({ name: 'Root', ca: true });
    const [witness] = [cosignerVkey('witness.example')];
    const outside = { require: 'witnessed', tsa_certificates: [pem], witnesses: [witness] };
    expect(parsePolicy(policy([{ vkey: vkeys[0] }], outside))).toMatchObject({
      require: 'witnessed',
      tsaCertificates: [pem],
      witnesses: [witness],
    });
  });

  test.each([
    ['no JSON', '{', 'none that can be read'],
    ['a list', '[]', 'is an object'],
    ['another version', '{"v":2,"logs":[]}', 'v 1'],
    ['no log', '{"v":1,"logs":[]}', 'names no key'],
    ['a member of another name', policy([], { foor: 'audit' }), 'no member "foor"; did you mean for?'],
    ['a demand that there is not', policy([{ vkey: vkeys[0] }], { for: 'fun' }), 'for is "audit"'],
    ['a requirement that there is not', policy([{ vkey: vkeys[0] }], { require: 'all' }), 'require is "anchored"'],
    ['a certificate that is none', policy([{ vkey: vkeys[0] }], { tsa_certificates: ['x'] }), 'tsa_certificates[0]'],
    ['a witness that is none', policy([{ vkey: vkeys[0] }], { witnesses: [vkeys[0]] }), 'that of a witness is 0x04'],
    ['a witness that is no text', policy([{ vkey: vkeys[0] }], { witnesses: [1] }), 'witnesses[0] is no text'],
    ['a key of another log', policy([{ vkey: generateKey({ name: 'b' }).vkey }]), 'is a key of \\"b\\"'],
    ['a key that is none', policy([{ vkey: 'x' }]), 'logs[0].keys[0].vkey is no verifier key'],
    ['a day', policy([{ vkey: vkeys[0], not_after: '2026-11-25' }]), 'not_after is no time'],
    ['an end before its beginning', policy([{ vkey: vkeys[0], not_before: day(3), not_after: day(2) }]), 'ends before'],
    ['keys that are no list', policy({}), 'logs[0].keys is a list'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => parsePolicy(text)).toThrow(TypeError);
    expect(() => parsePolicy(text)).toThrow(message.replaceAll('\\"', '"'));
  });
});
