import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  AuditLog,
  ed25519Signer,
  generateKey,
  hmacSigner,
  memorySink,
  verify,
  verifyPath,
  type Signer,
} from '../src/index.ts';
import { formatHmacKeyFile } from '../src/signer.ts';
import { directoryLog, KEY, LOG, memoryLog, ofType, SIGNER, temporaryFolder } from './log.ts';

const keys = [KEY.vkey];
const OTHER = ed25519Signer({ privateKey: generateKey({ name: LOG }).privateKey });

describe('a signer that answers at once', () => {
  test.each([
    ['of another key', (message: Uint8Array) => OTHER.sign(message)],
    ['that is too short', () => new Uint8Array(63)],
    ['that is none', () => 'signed' as never],
  ])('with a signature %s seals nothing: the log goes on unsealed', async (_, sign) => {
    const { audit, sink } = memoryLog({ signer: { vkey: KEY.vkey, local: true, sign } });
    audit.record({});
    await audit.flush();
    expect(audit.health().sealsDiscarded).toBeGreaterThan(0);
    await audit.close();
    expect(ofType(sink.entries(), 'seal')).toEqual([]);
    expect(ofType(sink.entries(), 'decision_record')).toHaveLength(1);
  });
});

describe('a key', () => {
  test('carries its name, and the same vkey wherever it is read', () => {
    const { name, vkey, privateKey } = generateKey({ name: 'acme.example/loans' });
    const file = join(temporaryFolder(), 'audit.key');
    writeFileSync(file, privateKey, { mode: 0o600 });
    expect(name).toBe('acme.example/loans');
    expect(ed25519Signer({ keyFile: file }).vkey).toBe(vkey);
    expect(ed25519Signer({ privateKey }).vkey).toBe(vkey);
    const { privateKey: keyObject } = generateKeyPairSync('ed25519');
    expect(ed25519Signer({ name, privateKey: keyObject }).vkey).toMatch(
      /^acme\.example\/loans\+[0-9a-f]{8}\+A[Q-Za-f]/,
    );
  });

  test('without a name, of another kind, or none is misuse', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(() => ed25519Signer({ privateKey })).toThrow(TypeError);
    expect(() => ed25519Signer({ name: LOG, privateKey: rsa })).toThrow(/no Ed25519 private key/);
    const forged = { type: 'private' as const, asymmetricKeyType: 'ed25519', export: () => KEY.privateKey };
    expect(() => ed25519Signer({ name: LOG, privateKey: forged })).toThrow(/no Ed25519 private key/);
    expect(() => ed25519Signer({ name: LOG, privateKey: 'nonsense' })).toThrow(/no PKCS#8 PEM/);
    expect(() => ed25519Signer({ name: LOG })).toThrow(/keyFile/);
    expect(() => ed25519Signer({ name: LOG, keyFile: '/x', privateKey })).toThrow(/keyFile/);
    expect(() => hmacSigner({ name: LOG, key: randomBytes(31) })).toThrow(/at least 32/);
    expect(() => generateKey({ name: 'a//b' })).toThrow(/no log name/);
  });

  test('in a file that others can read is refused, with what mends it', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'audit.key');
    writeFileSync(file, KEY.privateKey);
    for (const mode of [0o644, 0o640, 0o660, 0o604, 0o620]) {
      chmodSync(file, mode);
      const refuse = (): unknown => ed25519Signer({ keyFile: file });
      // Root's own file may be readable by a group: that is how Kubernetes and Docker mount secrets.
      if (mode === 0o640 && process.getuid?.() === 0) expect(refuse).not.toThrow();
      else expect(refuse).toThrow(`chmod 600 '${file}'`);
    }
    chmodSync(file, 0o400);
    const link = join(folder, '..data');
    symlinkSync(file, link);
    expect(ed25519Signer({ keyFile: link }).vkey).toBe(KEY.vkey);
    mkdirSync(join(folder, 'directory'));
    expect(() => ed25519Signer({ keyFile: join(folder, 'directory') })).toThrow(/not a regular file/);
    expect(() => ed25519Signer({ keyFile: join(folder, 'missing') })).toThrow(/spanseal keygen/);
    expect(() => ed25519Signer({ keyFile: '/dev/zero' })).toThrow(/not a regular file/);
  });

  test('that is shared signs too, and the verifier says what that means', async () => {
    const key = randomBytes(32);
    const file = join(temporaryFolder(), 'shared.key');
    writeFileSync(file, formatHmacKeyFile(LOG, key), { mode: 0o600 });
    const signer = hmacSigner({ keyFile: file });
    expect(signer.vkey).toBe(hmacSigner({ name: LOG, key }).vkey);
    const { audit, sink } = memoryLog({ signer });
    audit.record({});
    await audit.close();
    const bytes = sink.bytes(sink.list()[0] ?? '');
    expect(await verify(bytes, { hmacKeys: [{ key }] })).toMatchObject({
      ok: true,
      verdicts: { authenticity: 'shared_key' },
    });
    expect(await verify(bytes, { hmacKeys: [{ name: LOG, key: randomBytes(32) }] })).toMatchObject({ ok: false });
    expect(await verify(bytes)).toMatchObject({ ok: false, verdicts: { authenticity: 'unknown_key' } });

    const raw = join(temporaryFolder(), 'raw.key');
    writeFileSync(raw, key, { mode: 0o600 });
    expect(hmacSigner({ name: LOG, keyFile: raw }).vkey).toBe(signer.vkey);
  });
});

describe('a key service', () => {
  /** The local key behind a promise, as a remote one would answer. */
  function service(answer: (message: Uint8Array, count: number) => Promise<Uint8Array>): {
    signer: Signer;
    asked: number[];
  } {
    const asked: number[] = [];
    const signer: Signer = {
      vkey: KEY.vkey,
      sign(message) {
        asked.push(Number(new TextDecoder().decode(message).split('\n')[1]));
        return answer(message, asked.length);
      },
    };
    return { signer, asked };
  }

  const later = <T>(value: T, millis: number): Promise<T> =>
    new Promise((resolve) => setTimeout(() => resolve(value), millis));

  test('seals when it answers, one signature at a time', async () => {
    let inFlight = 0;
    let most = 0;
    const { signer } = service(async (message) => {
      most = Math.max(most, ++inFlight);
      await later(undefined, 5);
      inFlight--;
      return SIGNER.sign(message);
    });
    const directory = temporaryFolder();
    const audit = directoryLog(directory, { signer });
    const receipts = Array.from({ length: 5_000 }, (_, index) => audit.record({ index }));
    await audit.flush();
    await Promise.all(receipts.map((receipt) => receipt.sealed()));
    await audit.close();
    expect(most).toBe(1);
    expect(await verifyPath(directory, { keys })).toMatchObject({ ok: true, entries: expect.any(Number) as number });
  });

  test('that fails, or answers what is no signature, never signs a size twice and is counted', async () => {
    const { signer, asked } = service((message, count) => {
      if (count === 1) return Promise.reject(new Error('throttled'));
      if (count === 2) return Promise.resolve(randomBytes(64));
      if (count === 3) return Promise.resolve(randomBytes(3));
      return Promise.resolve(SIGNER.sign(message));
    });
    const { audit, sink } = memoryLog({ signer, sealIntervalMillis: 60_000 });
    for (let index = 0; index < 5; index++) {
      audit.record({ index });
      await audit.flush();
    }
    expect(audit.health().sealsDiscarded).toBe(3);
    await audit.close();
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    expect(await verify(sink.bytes(sink.list()[0] ?? ''), { keys })).toMatchObject({ ok: true });
  });

  test('that hangs is given up after its time; entries stay, unsealed', async () => {
    const { signer } = service(() => new Promise(() => {}));
    const { audit, sink } = memoryLog({ signer, signTimeoutMillis: 20 });
    const receipt = audit.record({});
    const sealed = receipt.sealed().catch((error: unknown) => error);
    await audit.flush();
    await audit.close();
    expect(await sealed).toMatchObject({ code: 'SEGMENT_ABANDONED' });
    const report = await verify(sink.bytes(sink.list()[0] ?? ''), { keys, live: true });
    expect(report).toMatchObject({ segments: [{ sealed: 0, state: 'open' }], verdicts: { integrity: 'consistent' } });
    expect(ofType(sink.entries(), 'decision_record')).toHaveLength(1);
  });

  test('that answers after the close seals nothing any more', async () => {
    const { signer } = service((message, count) => later(SIGNER.sign(message), count === 1 ? 30 : 0));
    const { audit, sink } = memoryLog({ signer, sealIntervalMillis: 1 });
    audit.record({});
    await later(undefined, 10);
    await audit.close();
    await later(undefined, 50);
    const types = sink.entries().map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['audit_close', 'seal']);
    expect(types.filter((type) => type === 'seal')).toHaveLength(1);
    expect(await verify(sink.bytes(sink.list()[0] ?? ''), { keys })).toMatchObject({ ok: true });
  });

  test('of another log is refused when the log is made', () => {
    const other = generateKey({ name: 'example.org/other' });
    const make = (signer: Signer): AuditLog => new AuditLog({ system: 'test', log: LOG, sink: memorySink(), signer });
    expect(() => make(ed25519Signer({ privateKey: other.privateKey }))).toThrow(TypeError);
    expect(() => make({ vkey: 'nonsense', sign: () => new Uint8Array(64) })).toThrow(TypeError);
  });
});
