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
  /** Judges a pack that is annotated with a framework of its maker's, with this file beside it. */
  async function withCatalogue(
    use: (judge: (catalogue?: string) => Promise<Report>, path: string) => Promise<void>,
    own = OWN,
    catalogue = CATALOGUE,
  ): Promise<void> {
    const annotated = await packOf(corpus.segments, { frameworks: ['gdpr'], signer: signerOf(corpus) });
    const [header = '', ...rest] = packLines(annotated).map((line) => line.replaceAll('"gdpr":{', '"own":{'));
    const named = edited(header, (value) => ({
      pack: {
        ...at(value, 'pack'),
        frameworks: [{ id: own.id, version: own.version, digest: sha256(canonicalize(own as unknown as JsonObject)) }],
        catalogue: { ...at(value, 'pack', 'catalogue'), digest: sha256(catalogue) },
      },
    }));
    await withDirectory(async (directory) => {
      const path = join(directory, 'pack.jsonl');
      writeFileSync(path, attested([named, ...rest], signerOf(corpus)));
      const judge = async (content?: string): Promise<Report> => {
        rmSync(`${path}.catalogue.json`, { force: true });
        if (content !== undefined) writeFileSync(`${path}.catalogue.json`, content);
        return verifyPath(path, corpus.options);
      };
      await use(judge, path);
    });
  }

  const noticed = ({ notices }: Report): string[] =>
    notices.flatMap(({ code, what }) => (code === 'catalogue_beside' ? [what] : []));
  const problem = ({ problems }: Report): string[] =>
    problems.flatMap(({ code, what }) => (code === 'catalogue' ? [what] : [code]));

  it('is found, and what it says is recomputed, and named as coming with the pack', async () => {
    await withCatalogue(async (judge) => {
      const unknown = await judge();
      expect(unknown).toMatchObject({ ok: true, verdicts: { mapping: 'catalogue_unknown' } });
      expect(noticed(unknown)).toEqual([]);
      const recomputed = await judge(`${CATALOGUE}\n`);
      expect(recomputed).toMatchObject({ ok: true, verdicts: { mapping: 'yes' } });
      expect(noticed(recomputed)).toEqual([expect.stringContaining('"own"')]);
      const changed = await judge(CATALOGUE.replace('Our own', 'Your own'));
      expect(changed).toMatchObject({ ok: false, failed: ['mapping'] });
      expect(problem(changed)).toEqual(['the catalogue file is another one than the header names']);
    });
  });

  it('is not named where this version has the same', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'pack.jsonl');
      writeFileSync(path, await packOf(corpus.segments, { frameworks: ['gdpr'], signer: signerOf(corpus) }));
      const document = canonicalize(catalogueDocument([findFramework('gdpr')]) as unknown as JsonObject);
      writeFileSync(`${path}.catalogue.json`, `${document}\n`);
      const report = await verifyPath(path, corpus.options);
      expect(report).toMatchObject({ ok: true, verdicts: { mapping: 'yes' } });
      expect(noticed(report)).toEqual([]);
    });
  });

  it.each([
    ['empty', '', 'is no JSON of the format (not_json)'],
    ['cut', '{', 'is no JSON of the format (not_json)'],
    ['null', 'null', 'is none: catalogue: must be an object'],
    ['a list', '[]', 'is none: catalogue: must be an object'],
    ['of another shape', '{"v":1}', 'is none: catalogue: lacks version (and 3 more)'],
    ['a trap', '{"__proto__":{"frameworks":[]}}', 'is none'],
    ['deep', '['.repeat(500_000) + ']'.repeat(500_000), 'is no JSON of the format (too_deep)'],
    ['huge', ' '.repeat(1_100_000), 'has more than 1048576 bytes'],
  ])('that is %s, is a problem that says why, and no exception', async (_, content, why) => {
    await withCatalogue(async (judge) => {
      const report = await judge(content);
      expect(report).toMatchObject({ ok: false, failed: ['mapping'], verdicts: { integrity: 'consistent' } });
      expect(problem(report)).toEqual([expect.stringContaining(why)]);
    });
  });

  it('that is no file is not waited for', async () => {
    await withCatalogue(async (_, path) => {
      execFileSync('mkfifo', [`${path}.catalogue.json`]);
      expect(problem(await verifyPath(path, corpus.options))).toEqual(['the catalogue file is no regular file']);
    });
  });

  // With one entry of 48 kB, 3.9 MB of such rules took 103 s.
  it('that would cost each entry more than a catalogue does, is not run', async () => {
    const rule = (when: unknown): Framework['conditional_mapping'][number] =>
      ({ entry_type: 'decision', when, controls: [], strength: {} }) as never;
    const items = Array.from({ length: 60 }, (_, index) => index);
    const costly: readonly (readonly [unknown, number, string])[] = [
      [['includes_any', 'payload.input.list', items.map((item) => ({ item }))], 1, 'must be a text, a number'],
      [['includes_any', 'payload.input.list', items], 200, 'steps to annotate an entry, more than 10000'],
    ];
    for (const [when, count, why] of costly) {
      const own = { ...OWN, conditional_mapping: Array.from({ length: count }, () => rule(when)) };
      const catalogue = canonicalize(catalogueDocument([own]) as unknown as JsonObject);
      await withCatalogue(
        async (judge) => {
          const report = await judge(catalogue);
          expect(report).toMatchObject({ ok: false, failed: ['mapping'] });
          expect(problem(report)).toEqual([expect.stringContaining(why)]);
        },
        own,
        catalogue,
      );
    }
  });
});
