import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { canonicalBytes, canonicalize } from '../../src/canonical.ts';
import { canonicalProblem, parseJson } from '../../src/verify/json.ts';
import { fromHex, readVectors, vectors } from '../vectors.ts';

const FILES = ['arrays', 'french', 'structures', 'unicode', 'values', 'weird'];
const NUMBERS = 10_000;

vectors('cyberphone-jcs', (folder) => {
  const testdata = join(folder, 'testdata');

  it('has the files that are tested here, and no others', () => {
    expect(readdirSync(join(testdata, 'input')).sort()).toEqual(FILES.map((name) => `${name}.json`));
  });

  it.each(FILES)('%s.json: input to output, output a fixed point', (name) => {
    const output = readFileSync(join(testdata, 'output', `${name}.json`));
    const hex = readFileSync(join(testdata, 'outhex', `${name}.txt`), 'utf8').replace(/\s/g, '');
    expect(output.equals(fromHex(hex))).toBe(true);

    expect(canonicalize(readVectors(testdata, 'input', `${name}.json`))).toBe(output.toString('utf8'));
    expect(output.equals(canonicalBytes(readVectors(testdata, 'input', `${name}.json`)))).toBe(true);
    expect(canonicalize(readVectors(testdata, 'output', `${name}.json`))).toBe(output.toString('utf8'));

    const parsed = parseJson(output, output.length);
    if (!parsed.ok) expect.unreachable(`${name}.json: ${parsed.problem}`);
    // 1e+30 in values.json is RFC 8785, but beyond what an entry may hold.
    expect(canonicalProblem(parsed.value, parsed.text)).toBe(name === 'values' ? 'number_range' : undefined);
  });

  it('writes 10,000 numbers as ECMAScript does', () => {
    const lines = readFileSync(join(folder, 'es6testfile10k.txt'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBe(NUMBERS);
    const view = new DataView(new ArrayBuffer(8));
    for (const line of lines) {
      const [bits, expected] = line.split(',');
      view.setBigUint64(0, BigInt(`0x${bits}`));
      const number = view.getFloat64(0);
      if (canonicalize(number) !== expected || canonicalize([Number(expected)]) !== `[${expected}]`) {
        expect.unreachable(`${line}: got ${canonicalize(number)}`);
      }
    }
    console.log(`RFC 8785, cyberphone: ${FILES.length} files, ${lines.length} numbers`);
  });
});
