import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { expect } from 'vitest';

import { canonicalBytes } from '../../src/canonical.ts';
import { catalogueDocument, findFramework } from '../../src/frameworks/index.ts';
import type { JsonValue } from '../../src/json.ts';
import { verify as verifyNow, type Report, type VerifyOptions } from '../../src/index.ts';
import { exitCode } from '../../src/verify/report.ts';

/**
 * What these tests show to the verifier is a corpus for other implementations, too: each file with what ours says of it.
 * Where `SPANSEAL_ATTACK_CORPUS` names a folder, it is noted there; `npm run attacks -- --write` puts it together.
 */
const FOLDER = process.env['SPANSEAL_ATTACK_CORPUS'];

/** Larger ones show limits, and are made by the tests. */
const MAX_BYTES = 40_000;

/** What a case may ask for; one that asks for anything else is of this implementation. */
const ASKED = new Set(['keys', 'hmacKeys', 'allowUnsigned', 'live', 'name']);

/** A file or a directory, how it was judged, and what came of it. */
export interface Case {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** By name, in base64; of an annotated pack the catalogue is beside it. */
  readonly files: readonly (readonly [string, string])[];
  readonly options: {
    readonly keys?: readonly string[];
    readonly hmac_keys?: readonly { readonly name?: string; readonly key: string }[];
    readonly allow_unsigned?: boolean;
    readonly live?: boolean;
  };
  readonly expected: {
    readonly exit: number;
    readonly verdicts: Report['verdicts'];
    readonly entries: number;
    /** Code, file, line and seq of each, in the order in which they are found. */
    readonly problems: readonly (readonly [string, string | null, number | null, number | null])[];
  };
}

/** Verifies, and notes the case. */
export async function verify(source: Uint8Array, options: VerifyOptions = {}): Promise<Report> {
  const report = await verifyNow(source, options);
  note('file', [[basename(options.name ?? 'record.jsonl'), source]], options, report);
  return report;
}

export function note(
  kind: Case['kind'],
  files: readonly (readonly [string, Uint8Array])[],
  options: VerifyOptions,
  report: Report,
): void {
  if (FOLDER === undefined) return;
  if (files.reduce((sum, [, bytes]) => sum + bytes.length, 0) > MAX_BYTES) return;
  if (Object.keys(options).some((option) => !ASKED.has(option))) return;
  const { keys: given, hmacKeys, allowUnsigned, live } = options;
  const keys = given?.filter((key) => typeof key === 'string');
  const { currentTestName: test = '', testPath = '' } = expect.getState();
  const noted: Case = {
    name: `${basename(testPath, '.test.ts')}: ${test}`,
    kind,
    files: [...files, ...files.flatMap(catalogueBeside)].map(([name, bytes]) => [
      name,
      Buffer.from(bytes).toString('base64'),
    ]),
    options: {
      ...(keys === undefined ? {} : { keys }),
      ...(hmacKeys === undefined
        ? {}
        : { hmac_keys: hmacKeys.map(({ key, ...name }) => ({ ...name, key: Buffer.from(key).toString('base64') })) }),
      ...(allowUnsigned === undefined ? {} : { allow_unsigned: allowUnsigned }),
      ...(live === undefined ? {} : { live }),
    },
    expected: expectedOf(report),
  };
  const shard = createHash('sha256').update(testPath).digest('hex').slice(0, 8);
  appendFileSync(join(FOLDER, `${basename(testPath)}-${shard}.jsonl`), `${JSON.stringify(noted)}\n`);
}

/** What a pack was annotated with, as the exporter puts it beside the pack: others cannot know it by heart. */
function catalogueBeside([name, bytes]: readonly [string, Uint8Array]): (readonly [string, Uint8Array])[] {
  try {
    const [first = ''] = Buffer.from(bytes).toString('utf8').split('\n', 1);
    const { pack } = JSON.parse(first) as {
      pack: { frameworks: readonly { id: string }[]; catalogue: { digest: string } };
    };
    const chosen = pack.frameworks.map(({ id }) => findFramework(id));
    const catalogue = canonicalBytes(catalogueDocument(chosen) as unknown as JsonValue);
    const isIt = createHash('sha256').update(catalogue).digest('hex') === pack.catalogue.digest;
    return chosen.length > 0 && isIt ? [[`${name}.catalogue.json`, catalogue]] : [];
  } catch {
    // No pack, a broken header, a framework of nobody's.
    return [];
  }
}

export function expectedOf(report: Report): Case['expected'] {
  const { verdicts, entries, problems } = report;
  return {
    exit: exitCode(report),
    verdicts,
    entries,
    problems: problems.map(({ code, file, line, seq }) => [code, file ?? null, line ?? null, seq ?? null]),
  };
}
