import { didYouMean } from '../did-you-mean.ts';
import { PACKAGE_VERSION } from '../version.ts';
import { EXIT_USAGE } from '../verify/report.ts';
import { ANCHOR } from './anchor.ts';
import { CHECK } from './check.ts';
import { CHECKPOINT } from './checkpoint.ts';
import { helpOfAll, type Command } from './command.ts';
import { CONTROLS } from './controls.ts';
import { DISCLOSE } from './disclose.ts';
import { DOCTOR } from './doctor.ts';
import { DOSSIER } from './dossier.ts';
import { ERASE } from './erase.ts';
import { EXPORT } from './export.ts';
import { HOLD, RELEASE } from './hold.ts';
import { IMPORT } from './import.ts';
import { INSPECT } from './inspect.ts';
import { KEYGEN } from './keygen.ts';
import { openOutput, type Streams } from './output.ts';
import { PROVE } from './prove.ts';
import { PRUNE } from './prune.ts';
import { RECOVER } from './recover.ts';
import { REPORT } from './report.ts';
import { complain, finished, runCommand } from './run.ts';
import { SAMPLE } from './sample.ts';
import { VERIFY } from './verify.ts';
import { VIEW } from './view.ts';

const PROGRAM = 'spanseal';

const ABOUT =
  'Tamper-evident audit logs for AI systems: verify logs and evidence packs, export packs, look into them, ' +
  'find out what is wrong with a set-up, make keys.';

const COMMANDS: readonly Command[] = [
  VERIFY,
  EXPORT,
  REPORT,
  CHECK,
  SAMPLE,
  DOSSIER,
  VIEW,
  INSPECT,
  DOCTOR,
  PROVE,
  CHECKPOINT,
  ANCHOR,
  CONTROLS,
  KEYGEN,
  RECOVER,
  DISCLOSE,
  ERASE,
  HOLD,
  RELEASE,
  PRUNE,
  IMPORT,
];

/** The `spanseal` command. Resolves to its exit code, and never rejects. */
export async function run(argv: readonly string[], streams: Streams): Promise<number> {
  const output = openOutput(streams);
  const [first, ...rest] = argv;
  // `spanseal help verify` is asked for as often as `spanseal verify --help`.
  const [name, given] = first === 'help' && rest[0] !== undefined ? [rest[0], ['--help']] : [first, rest];
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return await runCommand(command, `${PROGRAM} ${command.name}`, given, output);
  switch (name) {
    case '--version':
    case '-V':
      output.print(`${PROGRAM} ${PACKAGE_VERSION}`);
      return await finished(output, 0);
    case '--help':
    case '-h':
    case 'help':
      for (const line of helpOfAll(PROGRAM, ABOUT, COMMANDS)) output.print(line);
      return await finished(output, 0);
    case undefined:
      for (const line of helpOfAll(PROGRAM, ABOUT, COMMANDS)) output.note(line);
      return await finished(output, EXIT_USAGE);
    default: {
      const names = [...COMMANDS.map((each) => each.name), 'help'];
      const kind = name.startsWith('-') ? 'option' : 'command';
      complain(
        output,
        `There is no ${kind} ${name}${didYouMean(name, kind === 'option' ? ['--help', '--version'] : names)}`,
      );
      output.note(`See ${PROGRAM} --help`);
      return await finished(output, EXIT_USAGE);
    }
  }
}
