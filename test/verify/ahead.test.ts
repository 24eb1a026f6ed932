import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { disclosuresFile, segmentOfFile } from '../../src/names.ts';
import { nodePrimitives } from '../../src/node-primitives.ts';
import { nodeEnvironment, verifyPath } from '../../src/verify-path.ts';
import { checkAhead, wholeLines, type CheckedPiece } from '../../src/verify/ahead.ts';
import type { Report } from '../../src/verify/report.ts';
import { verifySegments, verifySource, type VerifyOptions } from '../../src/verify/verify.ts';
import { ATTACKS, lay } from '../attacks/published.ts';
import { directoryLog, KEY, temporaryFolder } from '../log.ts';

/** Lines that were looked at ahead, on several threads, are judged as if they had not been. */

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** What threads find, without threads: pieces of any size, also of less than a line. */
async function* ahead(bytes: Uint8Array, size: number): AsyncGenerator<CheckedPiece | Uint8Array> {
  for await (const piece of wholeLines(inPieces(bytes, 777), size)) {
    if (piece.isWhole) yield { bytes: piece.bytes, ...checkAhead(nodePrimitives, piece.bytes) };
    else yield piece.bytes;
  }
}

const PIECES = [300, 4_000, 70_000];

async function aheadOf(path: string, options: VerifyOptions, size: number): Promise<Report> {
  const segment = segmentOfFile(path.split('/').at(-1) ?? '');
  if (segment !== undefined) {
    const bytes = readFileSync(path);
    return verifySource(nodeEnvironment, bytes, {
      ...options,
      name: `${segment}.jsonl`,
      checked: () => ahead(bytes, size),
    });
  }
  const names = readdirSync(path).sort();
  const files = names.filter((name) => segmentOfFile(name) !== undefined);
  const segments = files.map((file) => {
    const bytes = readFileSync(join(path, file));
    const disclosures = disclosuresFile(segmentOfFile(file) ?? '');
    return {
      file,
      bytes: () => inPieces(bytes, 100_000),
      checked: () => ahead(bytes, size),
      ...(names.includes(disclosures)
        ? { disclosures: () => inPieces(readFileSync(join(path, disclosures)), 100_000) }
        : {}),
    };
  });
  const own = new Set(files.flatMap((file) => [file, disclosuresFile(segmentOfFile(file) ?? '')]));
  return verifySegments(
    nodeEnvironment,
    path,
    segments,
    options,
    names.filter((name) => !own.has(name)),
  );
}

const CASES = ATTACKS.filter(
  ({ kind, files }) => kind === 'directory' || segmentOfFile(files[0]?.[0] ?? '') !== undefined,
);

describe('every file of the corpus that is a segment or a directory', () => {
  test.each(CASES.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const { path } = lay(each, join(temporaryFolder(), 'case'));
    const { keys = [], hmac_keys = [], allow_unsigned, live } = each.options;
    const options: VerifyOptions = {
      keys,
      hmacKeys: hmac_keys.map(({ name, key }) => ({
        ...(name === undefined ? {} : { name }),
        key: Buffer.from(key, 'base64'),
      })),
      ...(allow_unsigned === undefined ? {} : { allowUnsigned: allow_unsigned }),
      ...(live === undefined ? {} : { live }),
    };
    const expected = await verifyPath(path, options);
    for (const size of PIECES) expect(await aheadOf(path, options, size)).toEqual(expected);
  });
});

test('pieces are put together to whole lines, whatever they were cut into', async () => {
  const lines = Array.from({ length: 300 }, (_, index) => `${'x'.repeat((index * 37) % 500)}\n`);
  for (const text of [lines.join(''), `${lines.join('')}torn`, '', 'torn', '\n', '\n\n', 'a\n\nb']) {
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 7, 501, 4_096]) {
      const read: Uint8Array[] = [];
      for await (const { bytes: piece, isWhole } of wholeLines(inPieces(bytes, 13), size)) {
        if (isWhole) expect(piece.at(-1)).toBe(10);
        read.push(piece.slice());
      }
      expect(Buffer.concat(read).toString()).toBe(text);
    }
  }
});

/** Threads run the built package; `npm test` builds it. */
describe('threads', () => {
  const built = async (): Promise<{ verifyPath: typeof verifyPath }> =>
    (await import(new URL('../../dist/src/index.js', import.meta.url).href)) as { verifyPath: typeof verifyPath };

  test(
    'say of a directory and of a file what one says, also where something is wrong',
    { timeout: 120_000 },
    async () => {
      const { verifyPath: verifyBuilt } = await built();
      const directory = join(temporaryFolder(), 'log');
      const audit = directoryLog(directory, { maxSegmentBytes: 2_000_000 });
      for (let index = 0; index < 6_000; index++) {
        audit.record({ index, text: (index % 7 === 0 ? 'a "quoted" text\n' : 'x').repeat(index % 40) });
        if (index % 1_000 === 0) await audit.flush();
      }
      await audit.close();
      const [first = '', second = ''] = readdirSync(directory).sort();
      const original = readFileSync(join(directory, first));
      const changes: Record<string, Buffer> = {
        nothing: original,
        'a flipped bit': Buffer.concat([
          original.subarray(0, 1_100_000),
          Buffer.of((original[1_100_000] ?? 0) ^ 1),
          original.subarray(1_100_001),
        ]),
        'a line less': Buffer.concat([
          original.subarray(0, original.indexOf(10, 1_200_000) + 1),
          original.subarray(original.indexOf(10, original.indexOf(10, 1_200_000) + 1) + 1),
        ]),
        'its end': original.subarray(0, 1_300_001),
        'one line of 2 MB': Buffer.concat([
          original.subarray(0, 1_000_001),
          Buffer.alloc(2_000_000, 'x'),
          original.subarray(1_000_001),
        ]),
      };
      for (const [what, bytes] of Object.entries(changes)) {
        writeFileSync(join(directory, first), bytes);
        for (const path of [
          directory,
          join(directory, first),
          ...(what === 'nothing' ? [join(directory, second)] : []),
        ]) {
          const alone = await verifyBuilt(path, { keys: [KEY.vkey] });
          const together = await verifyBuilt(path, { keys: [KEY.vkey], workers: 3 });
          expect({ what, report: together }).toEqual({ what, report: alone });
          if (what === 'nothing' && path === directory) expect(alone.ok).toBe(true);
          if (what !== 'nothing') expect(alone.ok).toBe(false);
        }
      }
    },
  );

  test('are a number of them', async () => {
    const { verifyPath: verifyBuilt } = await built();
    for (const workers of [0, 1.5, -1, 1_000]) {
      await expect(verifyBuilt('.', { workers })).rejects.toThrow('`workers` is a whole number from 1 to 256');
    }
  });
});
