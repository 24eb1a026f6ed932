import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { verifyPath } from '../../src/index.ts';
import { directoryLog, KEY, temporaryFolder } from '../log.ts';
import { service } from '../services.ts';

/** A time-stamping authority of somebody else's making: `openssl ts`, asked over the network; and its verdict on ours. */

const { stdout } = spawnSync('openssl', ['version'], { encoding: 'utf8' });
const isThere = /^OpenSSL [3-9]/.test(stdout ?? '');
const why = isThere ? '' : ' (skipped: no OpenSSL 3 on this machine)';
if (!isThere) console.warn(`the time-stamping authority of openssl${why}`);

const folder = mkdtempSync(join(tmpdir(), 'spanseal-tsa-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const openssl = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

const CONFIG = `
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[tsa_cert]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = ./serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`;

const KINDS = {
  'ECDSA P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'ECDSA P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'RSA 2048': ['rsa:2048'],
  'RSA 1024': ['rsa:1024'],
} as const;

describe.skipIf(!isThere)(`openssl ts${why}`, () => {
  beforeAll(() => {
    writeFileSync(at('tsa.cnf'), CONFIG);
    writeFileSync(at('serial'), '01\n');
    const ca = ['-extensions', 'ca', '-subj', '/CN=Root', '-days', '30', '-keyout', 'ca.key', '-out', 'ca.pem'];
    openssl('req', '-config', 'tsa.cnf', '-x509', '-newkey', 'rsa:2048', '-nodes', ...ca);
  });

  function makeAuthority(kind: keyof typeof KINDS): { pem: string; key: string } {
    const name = kind.replaceAll(/\W/g, '');
    const [newKey, ...rest] = KINDS[kind];
    const made = ['-nodes', '-subj', `/CN=Stamper ${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`];
    openssl('req', '-config', 'tsa.cnf', '-new', '-newkey', newKey, ...rest, ...made);
    const issued = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-out', `${name}.pem`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...issued, '-extfile', 'tsa.cnf', '-extensions', 'tsa_cert');
    return { pem: `${name}.pem`, key: `${name}.key` };
  }

  async function authorityService({ pem, key }: { pem: string; key: string }): Promise<string> {
    return service(({ body }, reply) => {
      writeFileSync(at('query.tsq'), body);
      const how = ['-config', 'tsa.cnf', '-queryfile', 'query.tsq', '-signer', pem, '-inkey', key, '-out', 'reply.tsr'];
      openssl('ts', '-reply', ...how);
      reply.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(readFileSync(at('reply.tsr')));
    });
  }

  test.each(['ECDSA P-256', 'ECDSA P-384', 'RSA 2048'] as const)('stamps with %s, and both agree', async (kind) => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.record({ text: 'one' });
    const tsaCertificates = [readFileSync(at('ca.pem'), 'utf8')];
    const url = await authorityService(makeAuthority(kind));
    const { checkpoint } = await audit.anchor({ tsa: url, tsaCertificates });
    await audit.close();
    const report = await verifyPath(directory, { keys: [KEY.vkey], tsaCertificates, require: 'anchored' });
    expect(report).toMatchObject({ ok: true, problems: [], verdicts: { independence: 'time_stamped' } });
    // By hand, with what the entry holds: the checkpoint as a file, the token as another.
    const lines = readFileSync(join(directory, readdirSync(directory)[0] ?? ''), 'utf8').split('\n');
    const entry = lines.map((line) => JSON.parse(line || '{}') as { type?: string; payload: Record<string, string> });
    const anchor = entry.find(({ type }) => type === 'anchor')?.payload ?? {};
    expect(anchor['checkpoint']).toBe(checkpoint);
    writeFileSync(at('checkpoint'), anchor['checkpoint'] ?? '');
    writeFileSync(at('token.der'), Buffer.from(anchor['token'] ?? '', 'base64'));
    const how = ['-verify', '-data', 'checkpoint', '-in', 'token.der', '-token_in', '-CAfile', 'ca.pem'];
    expect(openssl('ts', ...how).toString()).toContain('Verification: OK');
  });

  test('stamps with a key that is too short, and is refused', async () => {
    const audit = directoryLog(temporaryFolder());
    audit.record({ text: 'one' });
    const url = await authorityService(makeAuthority('RSA 1024'));
    await expect(audit.anchor({ tsa: url })).rejects.toThrow(/RSA of fewer than 2,048 bits/);
    await audit.close();
  });

  test('answers a request that went there by hand', async () => {
    const directory = temporaryFolder();
    const audit = directoryLog(directory);
    audit.record({ text: 'one' });
    await audit.flush();
    const checkpoint = audit.head()?.checkpoint?.text ?? '';
    writeFileSync(at('noted.txt'), checkpoint);
    const { pem, key } = makeAuthority('ECDSA P-256');
    openssl('ts', '-query', '-data', 'noted.txt', '-sha256', '-cert', '-out', 'by-hand.tsq');
    const how = ['-config', 'tsa.cnf', '-queryfile', 'by-hand.tsq', '-signer', pem, '-inkey', key];
    openssl('ts', '-reply', ...how, '-out', 'by-hand.tsr');
    await audit.anchor({ checkpoint, response: Uint8Array.from(readFileSync(at('by-hand.tsr'))) });
    await audit.close();
    const tsaCertificates = [readFileSync(at('ca.pem'), 'utf8')];
    expect(await verifyPath(directory, { keys: [KEY.vkey], tsaCertificates, require: 'anchored' })).toMatchObject({
      ok: true,
    });
  });
});
