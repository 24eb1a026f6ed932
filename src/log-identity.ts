import { SpansealError } from './error.ts';
import { textOf } from './json.ts';
import { readOpening } from './segment-tail.ts';
import type { Sink } from './sink.ts';

/** So many segments without a first line are passed over; then nothing is known of the place, and nothing refused. */
const MAX_TRIES = 8;

/**
 * A directory is the log of one system, signed or not. One entry of another log in it, or a run without the key, and no
 * verifier will ever again call the directory complete: so it is refused before anything is written.
 *
 * @throws SpansealError `OTHER_LOG`
 */
export function checkIdentity(
  sink: Sink,
  segments: readonly string[],
  mine: { readonly log: string; readonly system: string; readonly signed: boolean },
): void {
  for (const segment of segments.slice(-MAX_TRIES).toReversed()) {
    const opening = readOpening(sink, segment);
    if (opening === undefined) continue;
    const { log, system, key } = opening;
    const theirs = { log: textOf(log), system: textOf(system), signed: key !== null };
    const differs = theirs.log !== mine.log || theirs.system !== mine.system || theirs.signed !== mine.signed;
    if (!differs) return;
    throw new SpansealError(
      'OTHER_LOG',
      `${sink.location} holds ${described(theirs)}, and this is ${described(mine)}: a place holds one log. ` +
        (theirs.signed === mine.signed
          ? 'Give each log a directory of its own.'
          : 'Give the signer that it was written with, or a new directory.'),
    );
  }
}

function described({ log, system, signed }: { log: string; system: string; signed: boolean }): string {
  return `the ${signed ? 'signed' : 'unsigned'} log '${log}' of the system '${system}'`;
}
