import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { SpansealError } from './error.ts';
import { fileBytes } from './file-bytes.ts';
import { MAX_CATALOGUE_BYTES } from './frameworks/index.ts';
import { disclosuresFile, segmentOfFile } from './names.ts';
import { nodePrimitives } from './node-primitives.ts';
import { earlierCheckpoints, earlierRecordOf, type EarlierRecord } from './verify/history.ts';
import { parseJson } from './verify/json.ts';
import { Keys } from './verify/keys.ts';
import type { Report } from './verify/report.ts';
import { isSystemError, unreadable } from './unreadable.ts';
import type { Source } from './verify/source.ts';
import { hasWorkers, VerifyWorkers } from './verify-workers.ts';
import { verifySegments, verifySource, type Environment, type VerifyOptions } from './verify/verify.ts';

/** More threads than any machine has cores for are a mistake. */
export const MAX_WORKERS = 256;

export const nodeEnvironment: Environment = {
  primitives: nodePrimitives,
  runningHash() {
    const hash = createHash('sha256');
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.copy().digest(),
    };
  },
};

/**
 * Verifies a segment or an evidence pack with Node's own cryptography. The same as `spanseal/verify`, faster.
 *
 * @throws TypeError on misuse: a key that is none, a source of another kind
 */
export function verify(source: Source, options: VerifyOptions = {}): Promise<Report> {
  return verifySource(nodeEnvironment, source, options);
}

/**
 * Verifies a segment file, a pack, or the directory of a log. Beside a pack its catalogue is looked for,
 * `<pack>.catalogue.json`. Names come from the directory's listing; no name inside a file is opened.
 *
 * @throws SpansealError `UNREADABLE` for what the system will not open or read
 * @throws TypeError on misuse: a key that is none
 */
export async function verifyPath(path: string, options: VerifyOptions = {}): Promise<Report> {
  try {
    const stat = statSync(path);
    const count = options.onEntry === undefined ? options.workers : 1;
    return await withWorkers(count, (workers) =>
      stat.isDirectory() ? verifyDirectory(path, options, workers) : verifyFile(path, options, workers),
    );
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** @throws TypeError if it is no number of threads */
async function withWorkers<T>(
  count: number | undefined,
  verifyWith: (workers: VerifyWorkers | undefined) => Promise<T>,
): Promise<T> {
  if (count !== undefined && (!Number.isSafeInteger(count) || count < 1 || count > MAX_WORKERS)) {
    throw new TypeError(`\`workers\` is a whole number from 1 to ${MAX_WORKERS}.`);
  }
  if (count === undefined || count === 1 || !hasWorkers()) return verifyWith(undefined);
  const workers = new VerifyWorkers(count);
  try {
    return await verifyWith(workers);
  } finally {
    await workers.close();
  }
}

function verifyFile(path: string, options: VerifyOptions, workers: VerifyWorkers | undefined): Promise<Report> {
  // A pack is followed line by line: what is in it is annotated, too.
  const isSegment = segmentOfFile(basename(path)) !== undefined;
  const checked = isSegment ? workers?.ahead([() => fileBytes(path)])[0] : undefined;
  return verifySource(nodeEnvironment, fileBytes(path), {
    ...(options.catalogue === undefined ? readCatalogue(`${path}.catalogue.json`) : {}),
    readAgain: () => fileBytes(path),
    ...disclosuresBeside(path),
    ...options,
    ...(checked === undefined ? {} : { checked }),
    name: options.name ?? basename(path),
  });
}

/** More than that is no file of checkpoints: one has some 250 bytes. */
const MAX_CHECKPOINTS_BYTES = 4_194_304;

/**
 * Reads what somebody kept of a log, to hold a later state against it (`VerifyOptions.earlier`): noted checkpoints, a
 * pack, a segment, or a copy of the directory.
 *
 * @throws TypeError if it does not hold by itself, or is neither
 * @throws SpansealError `UNREADABLE`
 */
export async function readEarlierRecord(
  path: string,
  { keys = [], hmacKeys = [] }: Pick<VerifyOptions, 'keys' | 'hmacKeys'> = {},
): Promise<EarlierRecord> {
  const checkpoints = readCheckpoints(path, new Keys(nodePrimitives, keys, hmacKeys));
  if (checkpoints !== undefined) return checkpoints;
  // It may have been made of a log that was still written, and what it is worth is what its seals say.
  return earlierRecordOf(await verifyPath(path, { keys, hmacKeys, live: true, allowUnsigned: true }));
}

function readCheckpoints(path: string, keys: Keys): EarlierRecord | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > MAX_CHECKPOINTS_BYTES) return undefined;
    return earlierCheckpoints(readFileSync(path, 'utf8'), path, keys);
  } catch (error) {
    // What cannot be read is told where it is read as evidence.
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** A pipe under a segment's name would be waited for, for ever. */
function logFileBytes(path: string): AsyncGenerator<Uint8Array> {
  if (statSync(path).isFile()) return fileBytes(path);
  throw new SpansealError('UNREADABLE', `${path} is no regular file; the files of a log are.`);
}

function disclosuresOf(
  directory: string,
  names: readonly string[],
  segment: string,
): { readonly disclosures?: () => AsyncGenerator<Uint8Array> } {
  const file = disclosuresFile(segment);
  return names.includes(file) ? { disclosures: () => logFileBytes(join(directory, file)) } : {};
}

/** What lies beside a segment that is verified by itself, under its name. */
function disclosuresBeside(path: string): Pick<VerifyOptions, 'disclosures'> {
  const segment = segmentOfFile(basename(path));
  if (segment === undefined) return {};
  const beside = join(dirname(path), disclosuresFile(segment));
  return existsSync(beside) ? { disclosures: logFileBytes(beside) } : {};
}

function verifyDirectory(
  directory: string,
  options: VerifyOptions,
  workers: VerifyWorkers | undefined,
): Promise<Report> {
  const names = readdirSync(directory).sort();
  const files = names.filter((name) => segmentOfFile(name) !== undefined);
  const opened = files.map((file) => () => logFileBytes(join(directory, file)));
  const checked = workers?.ahead(opened);
  const segments = files.map((file, index) => ({
    file,
    bytes: opened[index] ?? (() => logFileBytes(join(directory, file))),
    ...(checked?.[index] === undefined ? {} : { checked: checked[index] }),
    ...disclosuresOf(directory, names, segmentOfFile(file) ?? ''),
  }));
  const own = new Set(files.flatMap((file) => [file, disclosuresFile(segmentOfFile(file) ?? '')]));
  const others = names.filter((name) => !own.has(name));
  return verifySegments(nodeEnvironment, options.name ?? directory, segments, options, others);
}

/** What lies beside a pack: nothing, a catalogue, or something else, which is told and not passed over. @internal */
export function readCatalogue(path: string): Pick<VerifyOptions, 'catalogue' | 'catalogueProblem'> {
  try {
    const stat = statSync(path);
    // A pipe of that name would be waited for, for ever.
    if (!stat.isFile()) return { catalogueProblem: 'the catalogue file is no regular file' };
    // JCS and a line feed.
    const tooLong = { catalogueProblem: `the catalogue file has more than ${MAX_CATALOGUE_BYTES} bytes` };
    if (stat.size > MAX_CATALOGUE_BYTES + 1) return tooLong;
    const parsed = parseJson(readFileSync(path), MAX_CATALOGUE_BYTES + 1);
    if (parsed.ok) return { catalogue: parsed.value };
    return parsed.problem === 'too_long'
      ? tooLong
      : { catalogueProblem: `the catalogue file is no JSON of the format (${parsed.problem})` };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // A pack whose name is so long that there is no room for the ending has no catalogue beside it.
    const isAbsent = error.code === 'ENOENT' || error.code === 'ENAMETOOLONG';
    return isAbsent ? {} : { catalogueProblem: `the catalogue file cannot be read (${error.code})` };
  }
}
