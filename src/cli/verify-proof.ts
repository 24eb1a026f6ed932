import { readFileSync, statSync } from 'node:fs';

import { MAX_LINE_BYTES } from '../entry.ts';
import { SpansealError } from '../error.ts';
import { nodePrimitives } from '../node-primitives.ts';
import { MAX_PROOF_CHARS } from '../tlog-proof.ts';
import { Keys, type HmacKey, type TrustedKey } from '../verify/keys.ts';
import { checkProof, type ProofReport } from '../verify/proof.ts';
import { EXIT_FAILS, EXIT_HOLDS, EXIT_NO_KEY } from '../verify/report.ts';
import type { Arguments } from './command.ts';
import { jsonText, labelled, shown, wrap } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** Options of `verify` that speak of a log, and not of one entry. */
const OF_A_LOG = ['expect-root', 'expect-entries', 'prior', 'for'] as const;
const FLAGS_OF_A_LOG = ['live', 'allow-unsigned', 'fast'] as const;

/** Checks one line by its proof: `spanseal verify <line> --proof <proof>`. */
export function verifyProofFile(
  args: Arguments,
  output: Output,
  proofPath: string,
  { keys, hmacKeys }: { readonly keys: readonly (string | TrustedKey)[]; readonly hmacKeys: readonly HmacKey[] },
): number {
  const refused = [
    ...OF_A_LOG.filter((name) => args.text(name) !== undefined),
    ...FLAGS_OF_A_LOG.filter((name) => args.flag(name)),
  ];
  if (refused[0] !== undefined) {
    throw new UsageError(`--${refused[0]} speaks of a log, and --proof of one entry; leave one of them out.`);
  }
  const path = args.positional(0);
  const line = readSmall(path, MAX_LINE_BYTES + 1);
  const proof = new TextDecoder('utf-8', { ignoreBOM: true }).decode(readSmall(proofPath, 4 * MAX_PROOF_CHARS));
  const report = checkProof(nodePrimitives, new Keys(nodePrimitives, keys, hmacKeys), line, proof);
  if (args.flag('json')) output.print(jsonText(report));
  else for (const text of linesOf(report, path)) output.print(text);
  if (report.ok) return EXIT_HOLDS;
  const noKey = report.failure === 'unknown_key' && keys.length + hmacKeys.length === 0;
  return noKey ? EXIT_NO_KEY : EXIT_FAILS;
}

/** What is larger than it may be fails as what it is, unread. */
function readSmall(path: string, maxBytes: number): Uint8Array {
  try {
    const stat = statSync(path);
    // A pipe would be waited for, for ever.
    if (!stat.isFile()) throw new UsageError(`${path} is no regular file; --proof takes the line and its proof.`);
    return stat.size > maxBytes ? new Uint8Array(maxBytes + 1) : readFileSync(path);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError('UNREADABLE', `${path} cannot be read (${code}); check the path and its permissions.`, {
      cause,
    });
  }
}

function linesOf(report: ProofReport, path: string): string[] {
  if (!report.ok) {
    const intact = report.failure === 'unknown_key' || report.failure === 'unsigned';
    return wrap(
      `${intact ? 'INCLUDED, NOT AUTHENTICATED' : 'FAILS'}: ${shown(path)}: ${report.what} (${report.failure}).`,
      '  ',
    );
  }
  const { log, segment, seq, size, root, signedBy, shared, entry } = report;
  const rows: readonly (readonly [string, string])[] = [
    ['log', log],
    ['segment', segment],
    ['entry', `${seq}, of type ${shown(entry['type'])}, written ${shown(entry['ts'])}`],
    ['checkpoint', `over ${size} entries, root ${root}`],
    ['signed by', `${signedBy}${shared ? ' (a shared key: whoever can check it can forge it)' : ''}`],
  ];
  return [
    `Entry ${shown(path)}`,
    ...rows.flatMap(([label, text]) => labelled(`  ${label}`, 14, text)),
    '',
    ...wrap('Result: this entry is in the log. What else is in it, and that nothing is missing, is not shown.', '  '),
  ];
}
