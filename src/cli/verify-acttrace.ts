import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';

import { fileBytes } from '../file-bytes.ts';
import { readKeyFile } from '../key-file.ts';
import { nodePrimitives } from '../node-primitives.ts';
import { checkActtrace, isActtraceLine, type ActtraceReport } from '../verify/acttrace/report.ts';
import { ACTTRACE_PROBLEMS, type ActtraceProblemCode } from '../verify/acttrace/problems.ts';
import { EXIT_FAILS, EXIT_HOLDS } from '../verify/report.ts';
import type { Arguments } from './command.ts';
import { refuseSecret } from './keys.ts';
import { counted, grouped, jsonText, labelled, shown, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** Options of `verify` that speak of a log of ours. */
const OF_OURS = ['key', 'policy', 'expect-root', 'expect-entries', 'prior', 'proof', 'for', 'require'] as const;
const LISTS_OF_OURS = ['key', 'tsa-ca', 'witness'] as const;
const FLAGS_OF_OURS = ['live', 'allow-unsigned', 'fast'] as const;

const PEEK_BYTES = 1_048_576;
const PEEK_LINES = 8;
const MAX_PLACES_SHOWN = 5;

/** Whether a file is one of acttrace's, by its first lines. A file that cannot be opened is none. */
export function isActtraceFile(path: string): boolean {
  let descriptor: number | undefined;
  try {
    if (!statSync(path).isFile()) return false;
    descriptor = openSync(path, 'r');
    const head = Buffer.alloc(PEEK_BYTES);
    const lines = head
      .subarray(0, readSync(descriptor, head, 0, head.length, 0))
      .toString('latin1')
      .split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(0, PEEK_LINES)
      .some((line) => isActtraceLine(Buffer.from(line, 'latin1')));
  } catch {
    // Whoever reads it next says what is wrong with it.
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The key of a chain, as its bytes: a passphrase, in the peer's terms. @throws UsageError, SpansealError `KEY_FILE` */
export function acttraceKey(args: Arguments): Uint8Array | undefined {
  const [path, another] = args.texts('hmac-key');
  if (path === undefined) return undefined;
  if (another !== undefined) throw new UsageError('A chain of acttrace has one key: give --hmac-key once.');
  refuseSecret('--hmac-key', path);
  const key = readKeyFile(path);
  if (key.length === 0) throw new UsageError(`The key file ${path} is empty.`);
  return Uint8Array.from(key);
}

/** Verifies a log or pack of acttrace: `spanseal verify <file>`. */
export async function verifyActtraceFile(args: Arguments, output: Output): Promise<number> {
  const refused = [
    ...OF_OURS.filter((name) => args.text(name) !== undefined),
    ...LISTS_OF_OURS.filter((name) => args.texts(name).length > 0),
    ...FLAGS_OF_OURS.filter((name) => args.flag(name)),
  ];
  if (refused[0] !== undefined) {
    throw new UsageError(`--${refused[0]} says nothing of a chain of acttrace, which this file is; leave it out.`);
  }
  const path = args.positional(0);
  const key = acttraceKey(args);
  const report = await checkActtrace(nodePrimitives, fileBytes(path), {
    name: basename(path),
    ...(key === undefined ? {} : { key }),
  });
  if (args.flag('json')) output.print(jsonText(report));
  else for (const line of formatActtrace(report, output.style)) output.print(line);
  return report.ok ? EXIT_HOLDS : EXIT_FAILS;
}

const AUTHENTICITY: Readonly<Record<ActtraceReport['authenticity'], string>> = {
  shared_key: 'By the shared key you gave: whoever can check it can forge it.',
  not_checked: 'Signed; no key was given, so by whom is not shown.',
  unsigned: 'Nobody signed it: whoever had it could have written it all.',
  failed: 'A signature does not stand, or is missing.',
};

function formatActtrace(report: ActtraceReport, style: Output['style']): string[] {
  const { form, file, system, producer, entries, lenient, authenticity, ok } = report;
  const claims = [
    ['system', system],
    ['written by', producer],
  ] as const;
  const verdict = (name: string, answer: string, text: string): string[] =>
    labelled(`  ${name.padEnd(15)} ${answer.padEnd(11)} `, 30, text);
  return [
    style('bold', `${form === 'pack' ? 'Evidence pack' : 'Log'} of acttrace (acttrace-chain/1) ${shown(file)}`),
    ...claims.flatMap(([label, claim]) => (claim === undefined ? [] : labelled(`  ${label}`, 15, shown(claim)))),
    '',
    ...verdict('authenticity', authenticity, AUTHENTICITY[authenticity]),
    ...verdict('acttrace Python', lenient.python.accepted ? 'accepts' : 'refuses', shown(lenient.python.detail)),
    ...verdict('acttrace JS', lenient.javascript.accepted ? 'accepts' : 'refuses', shown(lenient.javascript.detail)),
    ...verdict(
      'strictly',
      ok ? 'holds' : 'fails',
      ok ? 'It is spelled as its writer spells it, and all that can be computed is computed the same.' : 'See below.',
    ),
    ...problemLines(report, style),
    '',
    style('bold', 'What nothing in such a file authenticates'),
    ...report.unauthenticated.flatMap(({ part, why }) => labelled(`  ${part}`, 28, why)),
    '',
    ...wrap(
      ok
        ? `Result: nothing is evidently wrong with it: ${counted(entries, 'entry', 'entries')}. What it leaves open stands above.`
        : `Result: FAILS: ${counted(entries, 'entry', 'entries')}; see the problems above.`,
      '        ',
    ).map((line) => line.trimStart()),
  ];
}

function problemLines({ problems, problemCounts }: ActtraceReport, style: Output['style']): string[] {
  const codes = Object.keys(problemCounts) as ActtraceProblemCode[];
  if (codes.length === 0) return [];
  const total = codes.reduce((sum, code) => sum + (problemCounts[code] ?? 0), 0);
  return [
    '',
    style(['bold', 'red'], counted(total, 'problem')),
    ...codes.flatMap((code) => {
      const places = problems.filter((problem) => problem.code === code).slice(0, MAX_PLACES_SHOWN);
      const more = (problemCounts[code] ?? 0) - places.length;
      return [
        `  ${style('red', code)}`,
        ...wrap(ACTTRACE_PROBLEMS[code], '    '),
        ...places.flatMap(({ line, seq, what }) =>
          wrap(`line ${line}${seq === undefined ? '' : `, seq ${seq}`}: ${shown(what)}`, '      ', '    - '),
        ),
        ...(more > 0 ? [`    … and ${grouped(more)} more of ${code}`] : []),
      ];
    }),
  ];
}
