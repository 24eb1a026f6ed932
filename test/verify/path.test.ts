import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { verify, verifyPath, type Report, type VerifyOptions } from '../../src/index.ts';
import { catalogueDocument, findFramework } from '../../src/frameworks/index.ts';
import type { Framework } from '../../src/frameworks/framework.ts';
import { canonicalize } from '../../src/canonical.ts';
import type { JsonObject } from '../../src/json.ts';
import { exitCode } from '../../src/verify/report.ts';
import {
  makeCorpus,
  packOf,
  problemsOf,
  signerOf,
  verifyDirectory,
  withDirectory,
  type Corpus,
} from '../attacks/corpus.ts';
import { at, attested, edited, packLines } from '../attacks/forge.ts';

/** Files and directories as they are, and as an attacker leaves them. */

const SEGMENT_FILE = '20261123T095900Z-00000000000000aa.jsonl';

let corpus: Corpus;

beforeAll(async () => {
  corpus = await makeCorpus('ed25519');
});

/** The log in a directory of its own, `log` in a temporary one. */
function withLog<T>(use: (log: string, directory: string) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const log = join(directory, 'log');
    mkdirSync(log);
    for (const [name, bytes] of corpus.segments) writeFileSync(join(log, `${name}.jsonl`), bytes);
    return use(log, directory);
  });
}

describe('verifyPath', () => {
  it('answers for files and directories as for their bytes', async () => {
    await withLog(async (log) => {
      const named: VerifyOptions = { ...corpus.options, name: 'log' };
      expect(await verifyPath(log, named)).toEqual(await verifyDirectory(corpus.segments, corpus.options));
      for (const [name, bytes] of corpus.segments) {
        const report = await verifyPath(join(log, `${name}.jsonl`), corpus.options);
        expect(report).toEqual(await verify(bytes, { ...corpus.options, name: `${name}.jsonl` }));
      }
    });
  });

  it('mentions other files and never opens them', async () => {
    await withLog(async (log) => {
      mkdirSync(join(log, 'archive'));
      for (const name of ['notes.txt', `${SEGMENT_FILE}.gz`, `x${SEGMENT_FILE}`, SEGMENT_FILE.toUpperCase()]) {
        writeFileSync(join(log, name), 'x');
      }
      const report = await verifyPath(log, corpus.options);
      expect(report.ok).toBe(true);
      expect(report.notices.filter(({ code }) => code === 'other_file')).toHaveLength(5);
    });
  });

  it('opens no name that stands in a file', async () => {
    await withLog(async (log, directory) => {
      writeFileSync(join(directory, 'secret.jsonl'), '{}\n');
      const name = `../${directory.split('/').at(-1) ?? ''}/secret`;
      const lines = packLines(corpus.pack);
      const hostile = lines.with(
        1,
        edited(lines[1] ?? '', () => ({ segment: { name } })),
      );
      writeFileSync(join(log, 'pack'), attested(hostile, signerOf(corpus)));
      const report = await verifyPath(join(log, 'pack'), corpus.options);
      expect(problemsOf(report)).toContain('pack_line 2');
      expect(JSON.stringify(report.segments)).not.toContain('secret');
    });
  });

  it('cannot read what is not there: an exception, and no evidence', async () => {
    await withLog(async (log) => {
      await expect(verifyPath(join(log, 'nowhere'))).rejects.toMatchObject({ code: 'UNREADABLE' });
      mkdirSync(join(log, SEGMENT_FILE));
      await expect(verifyPath(log, corpus.options)).rejects.toMatchObject({ code: 'UNREADABLE' });
      rmSync(join(log, SEGMENT_FILE), { recursive: true });
      symlinkSync('/nowhere/at/all', join(log, SEGMENT_FILE));
      await expect(verifyPath(log, corpus.options)).rejects.toMatchObject({ code: 'UNREADABLE' });
    });
  });

  it('of an empty directory, or an empty file, is evidence that fails', async () => {
    await withDirectory(async (directory) => {
      expect(exitCode(await verifyPath(directory, corpus.options))).toBe(1);
      writeFileSync(join(directory, 'empty'), '');
      expect(exitCode(await verifyPath(join(directory, 'empty'), corpus.options))).toBe(1);
    });
  });

  // Nobody writes into it: opened for reading it waits for ever.
  it('of a directory with a pipe in it does not wait for it', { timeout: 10_000 }, async () => {
    await withLog(async (log) => {
      const pipe = join(log, SEGMENT_FILE);
      execFileSync('mkfifo', [pipe]);
      const late = new Promise<string>((resolve) => {
        setTimeout(() => resolve('waits'), 1_000);
      });
      const judged = verifyPath(log, corpus.options).then(
        () => 'judged',
        () => 'refused',
      );
      const answer = await Promise.race([judged, late]);
      if (answer === 'waits') {
        writeFileSync(pipe, '');
        await judged;
      }
      expect(answer).toBe('refused');
    });
  });
});

/** A framework that nobody has but whoever has its catalogue. */
const OWN: Framework = { ...findFramework('gdpr'), id: 'own', aliases: ['own_alias'], title: 'Our own rules' };
const CATALOGUE = canonicalize(catalogueDocument([OWN]) as unknown as JsonObject);

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('the catalogue beside a pack', () => {
  /** Judges a pack that is annotated with {@link OWN}, with this file beside it. */
  async function withCatalogue(use: (judge: (catalogue?: string) => Promise<Report>) => Promise<void>): Promise<void> {
    const annotated = await packOf(corpus.segments, { frameworks: ['gdpr'], signer: signerOf(corpus) });
    const [header = '', ...rest] = packLines(annotated).map((line) => line.replaceAll('"gdpr":{', '"own":{'));
    const own = edited(header, (value) => ({
      pack: {
        ...at(value, 'pack'),
        frameworks: [{ id: OWN.id, version: OWN.version, digest: sha256(canonicalize(OWN as unknown as JsonObject)) }],
        catalogue: { ...at(value, 'pack', 'catalogue'), digest: sha256(CATALOGUE) },
      },
    }));
    await withDirectory(async (directory) => {
      const path = join(directory, 'pack.jsonl');
      writeFileSync(path, attested([own, ...rest], signerOf(corpus)));
      await use(async (catalogue) => {
        rmSync(`${path}.catalogue.json`, { force: true });
        if (catalogue !== undefined) writeFileSync(`${path}.catalogue.json`, catalogue);
        return verifyPath(path, corpus.options);
      });
    });
  }

  it('is found, and what it says is recomputed', async () => {
    await withCatalogue(async (judge) => {
      expect(await judge()).toMatchObject({ ok: true, verdicts: { mapping: 'catalogue_unknown' } });
      expect(await judge(`${CATALOGUE}\n`)).toMatchObject({ ok: true, verdicts: { mapping: 'yes' } });
      expect(await judge(CATALOGUE.replace('Our own', 'Your own'))).toMatchObject({ ok: false, failed: ['mapping'] });
    });
  });

  it('that is none, or nests, or is huge, is a problem or nothing, and no exception', async () => {
    await withCatalogue(async (judge) => {
      for (const content of ['', '{', 'null', '[]', '{"v":1}', '{"__proto__":{"frameworks":[]}}']) {
        expect((await judge(content)).verdicts.integrity).toBe('consistent');
      }
      expect((await judge('['.repeat(1_000_000) + ']'.repeat(1_000_000))).verdicts.integrity).toBe('consistent');
      expect((await judge(' '.repeat(9_000_000))).verdicts).toMatchObject({ mapping: 'catalogue_unknown' });
    });
  });
});
