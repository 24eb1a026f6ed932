import { MAX_LINE_BYTES, type Entry } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import { listSegments, segmentBytes, type Sink } from '../src/sink.ts';
import { LineSplitter } from '../src/verify/lines.ts';
import { parseJson } from '../src/verify/json.ts';
import { entryProblem } from '../src/verify/rules.ts';
import { directorySink } from './segment-file.ts';

/**
 * The entries of a log, segment after segment, in order; of a segment that is being written those that are there now.
 * It reads, and does not verify: use `verifyPath` for that.
 *
 * @throws SpansealError `UNREADABLE` for what cannot be read, `LOG_INVALID` for a line that is no entry
 */
export async function* readLog(source: string | Sink): AsyncGenerator<Entry, void, undefined> {
  const sink = typeof source === 'string' ? directorySink(source) : source;
  for (const segment of listSegments(sink)) {
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    let line = 0;
    for await (const piece of segmentBytes(sink, segment)) {
      for (const { bytes } of splitter.push(piece)) {
        line++;
        const parsed = parseJson(bytes, MAX_LINE_BYTES);
        if (!parsed.ok || entryProblem(parsed.value) !== undefined) {
          throw new SpansealError(
            'LOG_INVALID',
            `Line ${line} of ${segment} in ${sink.location} is no entry; see spanseal verify.`,
          );
        }
        yield parsed.value as unknown as Entry;
      }
    }
  }
}
