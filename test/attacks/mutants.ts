import { appendFileSync } from 'node:fs';

import { exitCode } from '../../src/verify/report.ts';
import type { Report } from '../../src/index.ts';

/** Everything that can be done to bytes without knowing what they are, and to lines. */

export interface Mutant {
  readonly what: string;
  /** Gone with the next mutant. */
  readonly bytes: Uint8Array;
}

/** What a verifier that was given the key let pass. */
export interface Outcome {
  readonly tried: number;
  readonly accepted: readonly string[];
}

/**
 * Lets a verifier judge each mutant. Passed is all that does not end with exit code 1: the evidence fails.
 *
 * @param subject - what is attacked, and `how`: a row of the table that `npm run attacks` prints
 */
export async function attack(
  subject: string,
  how: string,
  mutants: Iterable<Mutant>,
  judge: (bytes: Uint8Array) => Promise<Report>,
): Promise<Outcome> {
  const accepted: string[] = [];
  let tried = 0;
  for (const { what, bytes } of mutants) {
    tried++;
    const report = await judge(bytes);
    if (report.ok || exitCode(report) !== 1) accepted.push(what);
  }
  const table = process.env['SPANSEAL_ATTACK_TABLE'];
  const row = { subject, how, tried, accepted: accepted.length };
  if (table !== undefined) appendFileSync(table, `${JSON.stringify(row)}\n`);
  return { tried, accepted };
}

/** @param bits - which bits of a byte at an offset; by default all eight */
export function* bitFlips(
  bytes: Uint8Array,
  bits: (offset: number) => readonly number[] = () => [0, 1, 2, 3, 4, 5, 6, 7],
): Generator<Mutant> {
  const flipped = Uint8Array.from(bytes);
  for (const [offset, byte] of bytes.entries()) {
    for (const bit of bits(offset)) {
      flipped[offset] = byte ^ (1 << bit);
      yield { what: `bit ${bit} of byte ${offset}`, bytes: flipped };
    }
    flipped[offset] = byte;
  }
}

/** `npm run attacks` tries everything; the gate, which has minutes, every other bit. */
export const IS_THOROUGH: boolean = process.env['SPANSEAL_ATTACK_TABLE'] !== undefined;

/** All bits of a byte; in the gate a quarter of them, the others in the next three. */
export const BITS_IN_TURN = (offset: number): readonly number[] =>
  IS_THOROUGH ? [0, 1, 2, 3, 4, 5, 6, 7] : [offset % 4, 4 + (offset % 4)];

/** How many of {@link BITS_IN_TURN} a byte has. */
export const BITS_TRIED: number = BITS_IN_TURN(0).length;

/** One bit of each byte, another one each time. */
export const ONE_BIT_A_BYTE = (offset: number): readonly number[] => [offset % 8];

export function* deletions(bytes: Uint8Array): Generator<Mutant> {
  for (const [offset, byte] of bytes.entries()) {
    // Of a run of equal bytes it does not matter which one goes.
    if (offset > 0 && byte === bytes[offset - 1]) continue;
    yield {
      what: `without byte ${offset}`,
      bytes: Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + 1)]),
    };
  }
}

/** Nothing, ends of lines, white space, digits, what opens and closes JSON, a control character, half of a UTF-8 sequence. */
const INSERTED = [0x00, 0x0a, 0x20, 0x30, 0x22, 0x2c, 0x7d, 0x1b, 0xc3];

/** @param values - bytes to insert; by default another one at each offset */
export function* insertions(bytes: Uint8Array, values?: readonly number[]): Generator<Mutant> {
  for (let offset = 0; offset <= bytes.length; offset++) {
    for (const value of values ?? [INSERTED[offset % INSERTED.length] ?? 0]) {
      const inserted = Buffer.concat([bytes.subarray(0, offset), Uint8Array.of(value), bytes.subarray(offset)]);
      yield { what: `0x${value.toString(16)} at ${offset}`, bytes: inserted };
    }
  }
}

export function* cuts(bytes: Uint8Array): Generator<Mutant> {
  for (let length = 0; length < bytes.length; length++) {
    yield { what: `cut to ${length} bytes`, bytes: bytes.subarray(0, length) };
  }
  for (let start = 1; start < bytes.length; start++) {
    if (bytes[start - 1] === 0x0a) yield { what: `begins at byte ${start}`, bytes: bytes.subarray(start) };
  }
}

/** Lines with their `\n`; the last one perhaps without. */
export function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const at = bytes.indexOf(0x0a, start);
    const end = at < 0 ? bytes.length : at + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** Lines removed (each, and each range), repeated, swapped, moved, turned round, and foreign lines put in. */
export function* lineGames(bytes: Uint8Array, foreign: readonly Uint8Array[] = []): Generator<Mutant> {
  const lines = splitLines(bytes);
  for (const { what, lines: changed } of gamesOf(lines, foreign)) {
    const mutant = Buffer.concat(changed);
    if (!mutant.equals(bytes)) yield { what, bytes: mutant };
  }
}

interface Game {
  readonly what: string;
  readonly lines: readonly Uint8Array[];
}

function* gamesOf(lines: readonly Uint8Array[], foreign: readonly Uint8Array[]): Generator<Game> {
  for (let from = 0; from < lines.length; from++) {
    for (let to = from + 1; to <= lines.length; to++) {
      const range = lines.slice(from, to);
      const without = [...lines.slice(0, from), ...lines.slice(to)];
      yield { what: `lines ${from + 1} to ${to} removed`, lines: without };
      yield { what: `lines ${from + 1} to ${to} repeated`, lines: lines.toSpliced(to, 0, ...range) };
      for (let at = 0; at <= without.length; at++) {
        yield { what: `lines ${from + 1} to ${to} moved to ${at + 1}`, lines: without.toSpliced(at, 0, ...range) };
      }
    }
  }
  for (const [index, line] of lines.entries()) {
    for (let other = index + 1; other < lines.length; other++) {
      const swapped = lines.with(index, lines[other] ?? line).with(other, line);
      yield { what: `lines ${index + 1} and ${other + 1} swapped`, lines: swapped };
    }
  }
  yield { what: 'lines turned round', lines: lines.toReversed() };
  for (const [number, line] of foreign.entries()) {
    for (let at = 0; at <= lines.length; at++) {
      yield { what: `foreign line ${number} at ${at + 1}`, lines: lines.toSpliced(at, 0, line) };
      if (at < lines.length) yield { what: `foreign line ${number} for ${at + 1}`, lines: lines.with(at, line) };
    }
  }
}
