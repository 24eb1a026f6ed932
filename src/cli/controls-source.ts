import { readFileSync } from 'node:fs';

import { SpansealError } from '../error.ts';
import { catalogueProblems, frameworks, MAX_CATALOGUE_BYTES, type Framework } from '../frameworks/index.ts';
import { readControlsFile, type ControlsProblem, type ControlsReading } from '../frameworks/controls-file.ts';
import { isObject } from '../frameworks/shape.ts';
import { parseJson } from '../verify/json.ts';
import type { Arguments, Option } from './command.ts';
import { UsageError } from './usage-error.ts';

/** Frameworks from files: a controls file, or the catalogue beside a pack. */

export const CONTROLS_OPTION: Option = {
  type: 'string',
  value: '<file>',
  help: 'A controls file: frameworks of your own, and overlays of those of the catalogue.',
};

/** The word for the catalogue of this version, where a file could be given. */
export const BUILT_IN = 'built-in';

/**
 * The frameworks of `--controls`; none without it.
 *
 * @throws UsageError, SpansealError `UNREADABLE`
 */
export function givenControls(args: Arguments): readonly Framework[] {
  const path = args.text('controls');
  return path === undefined ? [] : frameworksIn(path, readControls(path));
}

/** @throws SpansealError `UNREADABLE` */
export function readControls(path: string): ControlsReading {
  const bytes = readBytes(path);
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, problems: [{ line: 1, column: 1, path: '', what: 'is no UTF-8' }] };
  }
  return readControlsFile(source);
}

/**
 * The frameworks of a file of either kind, or of this version.
 *
 * @throws UsageError, SpansealError `UNREADABLE`
 */
export function frameworksFrom(source: string): readonly Framework[] {
  if (source === BUILT_IN) return frameworks();
  const parsed = parseJson(readBytes(source), MAX_CATALOGUE_BYTES);
  // A catalogue says what strengths mean, and of which day it is; a controls file has neither.
  if (!parsed.ok || !isObject(parsed.value) || !('strengths' in parsed.value)) {
    return frameworksIn(source, readControls(source));
  }
  const [problem, ...more] = catalogueProblems(parsed.value);
  if (problem !== undefined) throw new UsageError(`${source} is no catalogue: ${problem}${furtherText(more.length)}.`);
  return (parsed.value as unknown as { readonly frameworks: readonly Framework[] }).frameworks;
}

/** `acme.json:12:5: overlays[0].framework: …` */
export function problemText(path: string, { line, column, path: place, what }: ControlsProblem): string {
  return `${path}:${line}:${column}: ${place === '' ? what : `${place}: ${what}`}`;
}

function frameworksIn(path: string, reading: ControlsReading): readonly Framework[] {
  if (reading.ok) return reading.frameworks;
  const [first, ...more] = reading.problems;
  const what = first === undefined ? path : problemText(path, first);
  throw new UsageError(`${what}${furtherText(more.length)} See spanseal controls lint ${path}.`);
}

function furtherText(count: number): string {
  return count === 0 ? '' : ` (and ${count} more)`;
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SpansealError('UNREADABLE', `${path} cannot be read (${code}); check the path.`, { cause });
  }
}
