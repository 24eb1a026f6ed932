import { helpOf, type Command } from '../../src/cli/command.ts';
import { openOutput, type Streams } from '../../src/cli/output.ts';
import { runCommand } from '../../src/cli/run.ts';

/** A command of the CLI, run in this process. */
export async function run(
  command: Command,
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written): Streams['stdout'] => ({
    writableNeedDrain: false,
    write(text) {
      written[name] += text;
      return true;
    },
    on: () => undefined,
    once: () => undefined,
    removeListener: () => undefined,
  });
  const output = openOutput({ stdout: stream('stdout'), stderr: stream('stderr'), env: {} });
  const code = await runCommand(command, `spanseal ${command.name}`, argv, output);
  return { code, ...written };
}

export function helpText(command: Command): string {
  return helpOf(command, `spanseal ${command.name}`).join('\n');
}
