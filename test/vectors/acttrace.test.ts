import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { nodePrimitives } from '../../src/node-primitives.ts';
import { chainHash, headerText, signatureOf } from '../../src/verify/acttrace/chain.ts';
import { canonicalText, Members, parseTree, type Flavour, type Tree } from '../../src/verify/acttrace/json.ts';
import { checkActtrace } from '../../src/verify/acttrace/report.ts';
import { verifyActtrace } from '../../src/verify/index.ts';
import { vectors } from '../vectors.ts';

const FLAVOURS: readonly Flavour[] = ['python', 'javascript'];

function member(tree: Tree | undefined, name: string): Tree {
  const value = tree instanceof Members ? tree.get(name) : undefined;
  if (value === undefined) throw new Error(`no ${name}`);
  return value;
}

vectors('acttrace', (folder) => {
  const read = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
  const tree = (...path: string[]): Tree => parseTree(read(...path), 'python');
  const text = (value: Tree): string => String(value);

  it('hashes what its fixtures hash', () => {
    const cases = member(tree('fixtures', 'acttrace', 'hashes.json'), 'cases') as readonly Tree[];
    expect(cases.length).toBeGreaterThan(2);
    for (const each of cases as readonly Members[]) {
      for (const flavour of FLAVOURS) {
        const body = new Members();
        for (const name of ['payload', 'seq', 'ts', 'type']) body.own.set(name, member(each, name));
        expect(canonicalText(body, flavour)).toBe(member(each, 'canonicalBody'));
        const previous = text(member(each, 'prevHash'));
        expect(chainHash(nodePrimitives, previous, each, flavour)).toBe(member(each, 'hash'));
      }
    }
  });

  it('signs what its fixture signs', () => {
    const fixture = tree('fixtures', 'acttrace', 'meta-sig.json');
    const meta = member(fixture, 'meta') as Members;
    const signed = headerText(meta, 'python');
    expect(signed).toBe(member(fixture, 'canonicalBody'));
    const key = Buffer.from(text(member(fixture, 'key')));
    expect(signatureOf(nodePrimitives, key, signed)).toBe(member(fixture, 'sig'));
  });

  const chains = [
    ['fixtures/acttrace/chain-signed.jsonl', 'conformance-passphrase', 'cendor-acttrace/1.14.0'],
    ['vectors-py/js_written_chain.jsonl', 'roundtrip-key', '@cendor/acttrace/3.0.0'],
    ['vectors-py/js_written_chain_pre_provenance.jsonl', 'roundtrip-key', undefined],
  ] as const;

  describe.each(chains)('%s', (file, passphrase, producer) => {
    const bytes = readFileSync(join(folder, file));
    const key = Buffer.from(passphrase);

    it('verifies, in both languages and strictly', async () => {
      for (const given of [key, Buffer.from(`${passphrase}\n`)]) {
        const report = await checkActtrace(nodePrimitives, bytes, { key: given });
        expect(report).toMatchObject({
          ok: true,
          form: 'pack',
          entries: 7,
          producer,
          authenticity: 'shared_key',
          problems: [],
        });
        for (const flavour of FLAVOURS) {
          expect(report.lenient[flavour].detail).toMatch(
            /^ok: 7 entries, head [0-9a-f]{12}… \(signatures verified; metadata signature verified\)$/,
          );
        }
      }
      expect(await verifyActtrace(bytes, { key })).toMatchObject({ ok: true });
      expect(await checkActtrace(nodePrimitives, bytes)).toMatchObject({ ok: true, authenticity: 'not_checked' });
    });

    it('does not verify with another key', async () => {
      const report = await checkActtrace(nodePrimitives, bytes, { key: Buffer.from('another') });
      expect(report).toMatchObject({ ok: false, authenticity: 'failed' });
      expect(report.problemCounts).toEqual({ signature: 7, meta_signature: 1 });
      for (const flavour of FLAVOURS) expect(report.lenient[flavour].accepted).toBe(false);
    });
  });
});
