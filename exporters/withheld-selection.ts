import { CONTENT, DEFAULT_CAPTURE } from '../src/capture.ts';
import { didYouMean } from '../src/did-you-mean.ts';
import type { EntryType } from '../src/entry.ts';
import { pathOf } from '../src/pointer.ts';
import { pointerProblem } from '../src/withheld.ts';

/** Which withheld values somebody means: by pointer, by kind of content, or all of them. */

const ALL = 'all';

export type ValueChoice = (type: EntryType, pointer: string) => boolean;

/**
 * @param chosen - pointers (`/payload/input`), with all below them, kinds of `capture` (`messages`), or `all`
 * @throws TypeError on what is neither
 */
export function choiceOf(chosen: readonly string[], option: string): ValueChoice {
  for (const each of chosen) checkChoice(each, option);
  return (type, pointer) => chosen.some((each) => isChosen(each, type, pointer));
}

function checkChoice(each: string, option: string): void {
  if (each.startsWith('/')) {
    const problem = pointerProblem('', each);
    if (problem !== undefined) throw new TypeError(`${option}: ${each} ${problem}; write one such as /payload/input.`);
    return;
  }
  const kinds = [ALL, ...Object.keys(DEFAULT_CAPTURE)];
  if (kinds.includes(each)) return;
  throw new TypeError(
    `${option}: there is no kind of content ${each}${didYouMean(each, kinds)} Give one of ${kinds.join(', ')}, or a pointer.`,
  );
}

function isChosen(each: string, type: EntryType, pointer: string): boolean {
  if (each === ALL) return true;
  if (each.startsWith('/')) return pointer === each || pointer.startsWith(`${each}/`);
  return CONTENT[type]?.[pathOf(pointer)[1] ?? ''] === each;
}
