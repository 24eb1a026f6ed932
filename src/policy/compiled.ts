import { scannerOf, type Category, type DetectorDocument, type Find, type Scanner } from '../detect/index.ts';
import { isJson } from '../json.ts';
import {
  actionsByCategory,
  POLICY_ACTIONS,
  policyOf,
  type Policy,
  type PolicyAction,
  type PolicyOption,
} from './policy.ts';

/** A policy with all that it takes to apply it, made once. */
export class CompiledPolicy {
  readonly policy: Policy;
  /** What is looked for. */
  readonly categories: readonly Category[];
  readonly #actions: ReadonlyMap<Category, PolicyAction>;
  readonly #scanner: Scanner;

  constructor(policy: Policy) {
    this.policy = policy;
    this.#actions = actionsByCategory(policy);
    this.categories = [...this.#actions.keys()];
    const { locales } = this.policy;
    this.#scanner = scannerOf({
      categories: this.categories,
      ...(locales === undefined ? {} : { locales }),
      weight: (category) => this.weightOf(category),
    });
  }

  get document(): readonly DetectorDocument[] {
    return this.#scanner.document;
  }

  /** @param name - of the member whose value the text is */
  find(text: string, name?: string): readonly Find[] {
    return this.#scanner.find(text, name);
  }

  actionOf(category: Category): PolicyAction {
    return this.#actions.get(category) ?? 'allow';
  }

  /** What is allowed never covers what is not, where finds overlap. */
  weightOf(category: Category): number {
    return POLICY_ACTIONS.indexOf(this.actionOf(category));
  }

  /**
   * The text with `[redacted:<category>]` in place of what is to go. What looked like part of one find may be one of its
   * own when that is gone: it goes, too.
   *
   * @param found - of {@link find}, as they are or less
   * @param isGone - whether what the policy does with a find takes it out
   * @param name - of the member whose value the text is
   */
  redacted(
    given: string,
    found: readonly Find[],
    isGone: (action: PolicyAction) => boolean,
    name?: string,
  ): RedactedText {
    const counts = new Map<Category, number>();
    let text = given;
    let finds = found;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const gone = finds.filter(({ category }) => isGone(this.actionOf(category)));
      if (gone.length === 0) break;
      for (const { category } of gone) counts.set(category, (counts.get(category) ?? 0) + 1);
      text = without(text, gone);
      finds = this.find(text, name);
    }
    return { text, counts, left: finds };
  }
}

/** Three passes are the most that was ever needed. */
const MAX_PASSES = 6;

interface RedactedText {
  readonly text: string;
  /** Of what was taken out. */
  readonly counts: ReadonlyMap<Category, number>;
  /** What is found in the text now. */
  readonly left: readonly Find[];
}

function without(text: string, finds: readonly Find[]): string {
  const isBare = bareNumbers(text);
  let result = '';
  let kept = 0;
  for (const { category, start, end } of finds) {
    const mark = `[redacted:${category}]`;
    const before = text.slice(kept, start);
    // The sign of a number goes with it.
    result += isBare(start, end) ? `${before.replace(/-$/, '')}"${mark}"` : before + mark;
    kept = end;
  }
  return result + text.slice(kept);
}

/** Of a text that is JSON: whether a stretch is a number in it, for which a mark needs quotes. */
function bareNumbers(text: string): (start: number, end: number) => boolean {
  if (!isJson(text)) return () => false;
  let at = 0;
  let isInString = false;
  return (start, end) => {
    for (; at < start; at++) {
      if (text[at] === '"') isInString = !isInString;
      else if (isInString && text[at] === '\\') at++;
    }
    return !isInString && /^-?[0-9.eE+]+$/.test(text.slice(start, end));
  };
}

const compiled = new WeakMap<Policy, CompiledPolicy>();

/** @throws TypeError if there is no such policy, or it names what there is not */
export function compiledPolicy(option: PolicyOption): CompiledPolicy {
  const policy = typeof option === 'object' && option !== null ? option : policyOf(option);
  // A guard asks at each call: what was checked once is found by itself.
  let found = compiled.get(policy);
  if (found === undefined) compiled.set(policy, (found = new CompiledPolicy(policyOf(option))));
  return found;
}
