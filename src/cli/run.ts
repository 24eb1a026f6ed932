import { SpansealError, type SpansealErrorCode } from '../error.ts';
import { escapeText } from '../verify/problem.ts';
import { EXIT_FAILS, EXIT_UNREADABLE, EXIT_USAGE } from '../verify/report.ts';
import { helpOf, parseArguments, type Command } from './command.ts';
import { wrap } from './layout.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** A defect of this program (EX_SOFTWARE of sysexits.h): nothing was found out. */
const EXIT_DEFECT = 70;

const EXIT_CODES: Readonly<Partial<Record<SpansealErrorCode, number>>> = {
  LOG_INVALID: EXIT_FAILS,
  ARCHIVE_INVALID: EXIT_FAILS,
  ANCHOR_FAILED: EXIT_FAILS,
  UNKNOWN_FRAMEWORK: EXIT_USAGE,
};

/**
 * Runs one command. Resolves to its exit code, and never rejects.
 *
 * @param invocation - how the command was called, for its help: `spanseal verify`, or `node verify.mjs`
 */
export async function runCommand(
  command: Command,
  invocation: string,
  argv: readonly string[],
  output: Output,
): Promise<number> {
  const code = await attempt(output, `${invocation} --help`, async () => {
    const args = parseArguments(command, argv);
    if (!args.flag('help')) return await command.run(args, output);
    for (const line of helpOf(command, invocation)) output.print(line);
    return 0;
  });
  return await finished(output, code);
}

/** Hands everything to the reader: what could not be written whole is no success. */
export async function finished(output: Output, code: number): Promise<number> {
  const unwritten = await output.finish();
  if (unwritten === undefined) return code;
  complain(output, `The result could not be written whole (${unwritten}).`);
  return EXIT_UNREADABLE;
}

async function attempt(output: Output, help: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SpansealError) {
      complain(output, error.message);
      return EXIT_CODES[error.code] ?? EXIT_UNREADABLE;
    }
    if (error instanceof UsageError) {
      complain(output, error.message);
      output.note(`See ${help}`);
      return EXIT_USAGE;
    }
    if (error instanceof Error && 'syscall' in error) {
      complain(output, `The system refused: ${error.message}.`);
      return EXIT_UNREADABLE;
    }
    const [message, stack] = error instanceof Error ? [error.message, error.stack ?? ''] : [String(error), ''];
    complain(output, `This is a defect of spanseal; nothing was found out. ${message}`);
    for (const line of stack.split('\n')) output.note(escapeText(line));
    return EXIT_DEFECT;
  }
}

/** An error, for a person. */
export function complain(output: Output, message: string): void {
  const [first = '', ...further] = wrap(escapeText(message), '  ', 'error: ');
  output.note(first.replace('error:', output.noteStyle(['bold', 'red'], 'error:')));
  for (const line of further) output.note(line);
}
