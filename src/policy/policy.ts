import { CATEGORIES, GROUPS, LOCALES, OPT_IN, type Category, type Group, type Locale } from '../detect/index.ts';
import { didYouMean } from '../did-you-mean.ts';
import { checkMembers, isRecord, OBJECT, TEXT, TEXTS, type Kind } from '../option-kinds.ts';
import { BUILT_IN_POLICIES, type PolicyName } from './built-in.ts';

/**
 * What is done with a find, from the mildest to the strictest. `allow`: it stays, and is counted. `flag`: it stays, and
 * is told of. `redact`: it is replaced by `[redacted:<category>]`. `withhold`: the whole text that it stands in goes; in
 * a record it is kept beside the log, so that it can be disclosed or erased. `block`: the call is refused; a record has
 * nothing to refuse, and redacts.
 */
export type PolicyAction = 'allow' | 'flag' | 'redact' | 'withhold' | 'block';

export const POLICY_ACTIONS: readonly PolicyAction[] = ['allow', 'flag', 'redact', 'withhold', 'block'];

/**
 * What is looked for, and what is done with it. What no action names is not looked for. It is read when it is first used:
 * make a new one to change it.
 */
export interface Policy {
  /** Stands in entries that tell what was done by it. */
  readonly name: string;
  readonly version?: string;
  /** By category (`email`) or by group (`pii`). A category outweighs its groups; of two groups the stricter one counts. */
  readonly actions: Readonly<Partial<Record<Category | Group, PolicyAction>>>;
  /** Whose national ids and numbers are looked for; by default all. */
  readonly locales?: readonly Locale[];
}

/** Either one of ours by its name, or one of your own. */
export type PolicyOption = PolicyName | Policy;

const ACTION: Kind = {
  what: POLICY_ACTIONS.map((action) => `'${action}'`).join(', '),
  is: (value) => POLICY_ACTIONS.includes(value as PolicyAction),
};
const ACTIONS: Readonly<Record<string, Kind>> = Object.fromEntries(
  [...CATEGORIES, ...Object.keys(GROUPS)].map((name) => [name, ACTION]),
);
const MEMBERS: Readonly<Record<keyof Policy, Kind>> = { name: TEXT, version: TEXT, actions: OBJECT, locales: TEXTS };

/**
 * The policy that an option stands for: ours, or a copy of what was given.
 *
 * @throws TypeError if it is none
 */
export function policyOf(option: PolicyOption): Policy {
  if (typeof option === 'string') {
    const found = Object.hasOwn(BUILT_IN_POLICIES, option) ? BUILT_IN_POLICIES[option] : undefined;
    if (found !== undefined) return found;
    const names = Object.keys(BUILT_IN_POLICIES);
    throw new TypeError(`There is no policy '${option}'${didYouMean(option, names)} Ours are ${names.join(', ')}.`);
  }
  if (!isRecord(option)) throw new TypeError('A policy is a name, or an object with `name` and `actions`.');
  checkMembers(option, MEMBERS, 'A policy has no ', '');
  const { name, actions, locales } = option as Partial<Policy>;
  if (name === undefined || name === '')
    throw new TypeError('A policy needs a `name`: entries tell what was done by it.');
  if (actions === undefined)
    throw new TypeError('A policy needs `actions`: what is done with which category or group.');
  checkMembers(actions, ACTIONS, 'There is no category or group ', 'actions.');
  if (Object.keys(actions).length === 0) {
    throw new TypeError(`The policy ${name} has no \`actions\`: it would find nothing. Name a category or a group.`);
  }
  for (const locale of locales ?? []) {
    if (LOCALES.includes(locale)) continue;
    throw new TypeError(
      `There is no locale '${locale}'${didYouMean(locale, LOCALES)} There are ${LOCALES.join(', ')}.`,
    );
  }
  const { version } = option as Policy;
  return {
    name,
    ...(version === undefined ? {} : { version }),
    actions: { ...actions },
    ...(locales === undefined ? {} : { locales: [...locales] }),
  };
}

/** As entries name it. */
export function policyName({ name, version }: Policy): { readonly name: string; readonly version?: string } {
  return version === undefined ? { name } : { name, version };
}

/** Category → what is done with it, of those that are looked for. */
export function actionsByCategory({ actions }: Policy): ReadonlyMap<Category, PolicyAction> {
  const found = new Map<Category, PolicyAction>();
  for (const category of CATEGORIES) {
    const action = actions[category] ?? strictest(groupsOf(category).flatMap((group) => actions[group] ?? []));
    // Both find more than they should: only who asks for them by name has them.
    if (action !== undefined && (actions[category] !== undefined || !OPT_IN.includes(category)))
      found.set(category, action);
  }
  return found;
}

/** Of no actions there is none. */
export function strictest(actions: readonly PolicyAction[]): PolicyAction | undefined {
  return POLICY_ACTIONS.findLast((action) => actions.includes(action));
}

export function groupsOf(category: Category): readonly Group[] {
  return (Object.keys(GROUPS) as Group[]).filter((group) => (GROUPS[group] as readonly Category[]).includes(category));
}
