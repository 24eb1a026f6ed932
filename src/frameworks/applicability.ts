import type { JsonObject } from '../json.ts';
import type { Control, Framework, Predicate, TransitionRule } from './framework.ts';
import { holds } from './predicate.ts';

/** Whether a control speaks to a system, by what its operator declares, on a day. */
export type Applicability =
  | { readonly state: 'applies' }
  | { readonly state: 'not_applicable'; readonly because: Because }
  /** `until` is the first day of force, `YYYY-MM-DD`; `whom` which systems it is of, where the profile does not say. */
  | { readonly state: 'not_in_force'; readonly until: string; readonly whom?: string };

/** Why not. Texts are made of it where it is shown. */
export type Because =
  /** It is the duty of others. */
  | { readonly kind: 'role'; readonly roles: readonly string[]; readonly declared: readonly string[] }
  /** It attaches to high-risk systems, and this one is declared to be none. */
  | { readonly kind: 'risk_class'; readonly declared: string }
  /** A condition on the profile does not hold; `undeclared` are the members in it that the profile does not have. */
  | { readonly kind: 'condition'; readonly condition: Predicate; readonly undeclared: readonly string[] }
  /** The system was there before, and is not caught. */
  | { readonly kind: 'transition'; readonly clause: string; readonly text: string };

const APPLIES: Applicability = { state: 'applies' };
const HIGH_RISK: readonly string[] = ['annex_iii', 'annex_i'];
const BEFORE = 'on_market_before_';

/**
 * @param profile - what the operator declares; what is missing in it is unknown
 * @param day - `YYYY-MM-DD`
 */
export function applicability(control: Control, framework: Framework, profile: JsonObject, day: string): Applicability {
  const because = roleOf(control, framework, profile) ?? riskClassOf(control, profile) ?? conditionOf(control, profile);
  if (because !== undefined) return { state: 'not_applicable', because };
  const dates = datesFor(control.applies_from ?? {}, profile);
  const first = dates.reduce<readonly [string, string] | undefined>(
    (least, date) => (least === undefined || date[1] < least[1] ? date : least),
    undefined,
  );
  if (first === undefined) return APPLIES;
  const [whom, from] = first;
  const { transition } = framework;
  if (transition !== undefined && HIGH_RISK.includes(whom) && !isCaught(transition.rule, profile, from)) {
    return {
      state: 'not_applicable',
      because: { kind: 'transition', clause: transition.clause, text: transition.text },
    };
  }
  if (day >= from) return APPLIES;
  return { state: 'not_in_force', until: from, ...(dates.length > 1 ? { whom } : {}) };
}

/** Only where the profile names a role that this framework knows: one of another law says nothing here. */
function roleOf(control: Control, framework: Framework, profile: JsonObject): Because | undefined {
  const roles = listed(control.role);
  const known = new Set(framework.controls.flatMap(({ role }) => listed(role).map(plainRole)));
  const declared = listed(profile['role']).flatMap((role) => role.split('_and_'));
  if (roles.length === 0 || !declared.some((role) => known.has(role))) return undefined;
  return roles.some((role) => declared.includes(plainRole(role))) ? undefined : { kind: 'role', roles, declared };
}

/** `deployer_if_provider_unreachable` is a deployer. */
function plainRole(role: string): string {
  return role.replace(/_if_.*$/, '');
}

function riskClassOf({ applies_from: from }: Control, profile: JsonObject): Because | undefined {
  const declared = profile['risk_class'];
  const keys = Object.keys(from ?? {});
  if (typeof declared !== 'string' || HIGH_RISK.includes(declared)) return undefined;
  return keys.length > 0 && keys.every((key) => HIGH_RISK.includes(key)) ? { kind: 'risk_class', declared } : undefined;
}

function conditionOf({ applies_if: condition }: Control, profile: JsonObject): Because | undefined {
  if (condition === undefined || holds(condition, undefined, profile)) return undefined;
  const undeclared = [...new Set(profileMembersOf(condition))].filter((name) => !Object.hasOwn(profile, name));
  return { kind: 'condition', condition, undeclared };
}

/** Members of the profile that a condition is on. */
function profileMembersOf(condition: Predicate): readonly string[] {
  const walk = (part: unknown): readonly string[] => {
    if (Array.isArray(part)) return part.flatMap(walk);
    return typeof part === 'string' && part.startsWith('profile.') ? [part.slice('profile.'.length)] : [];
  };
  return walk(condition.slice(1));
}

/** The dates that may be meant: one, if the profile says which. */
function datesFor(from: Readonly<Record<string, string>>, profile: JsonObject): readonly (readonly [string, string])[] {
  const { risk_class: riskClass, placed_on_market_at: placed } = profile;
  const own = typeof riskClass === 'string' && Object.hasOwn(from, riskClass) ? from[riskClass] : undefined;
  if (typeof riskClass === 'string' && own !== undefined) return [[riskClass, own]];
  const dates = Object.entries(from);
  if (typeof placed !== 'string') return dates;
  const old = dates.filter(([whom]) => whom.startsWith(BEFORE) && placed < whom.slice(BEFORE.length));
  return old.length > 0 ? old : dates.filter(([whom]) => !whom.startsWith(BEFORE));
}

/** Whether the transition leaves the system under the framework. Days compare as texts. */
function isCaught(rule: TransitionRule, profile: JsonObject, from: string): boolean {
  switch (rule[0]) {
    case 'and':
      return (rule.slice(1) as readonly TransitionRule[]).every((part) => isCaught(part, profile, from));
    case 'or':
      return (rule.slice(1) as readonly TransitionRule[]).some((part) => isCaught(part, profile, from));
    case 'not':
      return !isCaught(rule[1], profile, from);
    case 'gt':
    case 'gte': {
      if (rule[2] !== 'applies_from') return holds([rule[0], rule[1], rule[2]], undefined, profile);
      const value = profile[rule[1].slice('profile.'.length)];
      return typeof value === 'string' && (rule[0] === 'gt' ? value > from : value >= from);
    }
    default:
      return holds(rule, undefined, profile);
  }
}

function listed(roles: unknown): readonly string[] {
  if (typeof roles === 'string') return [roles];
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}
