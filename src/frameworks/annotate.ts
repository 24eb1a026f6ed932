import type { JsonObject } from '../json.ts';
import type { Framework, PositiveStrength, Strength } from './framework.ts';
import { compile } from './predicate.ts';
import type { Condition } from './predicate.ts';

/**
 * How one entry bears on one control.
 *
 * The strongest of direct, supporting and contextual counts once. An exception is never netted against it: where both
 * apply, both stand in an array of fixed order, the exception first; else the one strength is a plain string.
 */
export type Annotation = Strength | readonly ['exception', PositiveStrength];

/** `controls` of a line in a pack: framework → control id → annotation. */
export type Annotations = Readonly<Record<string, Readonly<Record<string, Annotation>>>>;

/** What an annotation is made from; every `Entry` is one. */
export interface Annotatable {
  readonly type: string;
  readonly payload: unknown;
}

/** The annotations of an entry, or `undefined` where no control is touched. */
export type Annotator = (entry: Annotatable) => Annotations | undefined;

/** The strengths that an annotation counts for: one, or the exception and one beside it. */
export function strengthsOf(annotation: Annotation): readonly Strength[] {
  return typeof annotation === 'string' ? [annotation] : annotation;
}

/**
 * The annotations of one entry: a function of the entry, the frameworks and the profile alone, so that anybody can
 * recompute them. For many entries make an {@link annotator} once.
 *
 * @throws TypeError for a framework whose conditions cannot be read.
 */
export function annotate(
  entry: Annotatable,
  frameworks: readonly Framework[],
  profile: JsonObject = {},
): Annotations | undefined {
  return annotator(frameworks, profile)(entry);
}

/**
 * Reads the frameworks once: what holds for every entry of a type is worked out here, and an entry costs only the
 * conditions on its type. The answers are frozen, because entries of one type share them.
 *
 * A framework given twice counts once. The order of the frameworks does not matter.
 *
 * @throws TypeError for a framework whose conditions cannot be read.
 */
export function annotator(frameworks: readonly Framework[], profile: JsonObject = {}): Annotator {
  const plans = new Map<string, Plan>();
  const planOf = (type: string): Plan => {
    let plan = plans.get(type);
    if (plan === undefined) plans.set(type, (plan = { marks: new Map(), rules: [] }));
    return plan;
  };
  for (const framework of frameworks) {
    for (const [type, strengths] of Object.entries(framework.mapping_strength)) {
      add(planOf(type).marks, framework.id, marksOf(strengths));
    }
    for (const rule of framework.conditional_mapping) {
      const plan = planOf(rule.entry_type);
      const marks = marksOf(rule.strength);
      if (rule.when[0] === 'always') {
        add(plan.marks, framework.id, marks);
      } else {
        const condition = compile(rule.when, framework.category_groups ?? {});
        const key = String.fromCharCode(plan.rules.length);
        plan.rules.push({ key, framework: framework.id, condition, marks });
      }
    }
  }

  const byType = new Map<string, Annotator>();
  const budget: Budget = { left: MAX_KEPT };
  for (const [type, plan] of plans) byType.set(type, ready(plan, profile, budget));
  return (entry) => byType.get(entry.type)?.(entry);
}

/** Bits of a mark: the positive strength in the low two, by rank, and the exception above them. */
const EXCEPTION = 4;
const BITS: Readonly<Record<Strength, number>> = { contextual: 1, supporting: 2, direct: 3, exception: EXCEPTION };
const ANNOTATIONS: readonly (Annotation | undefined)[] = [
  undefined,
  'contextual',
  'supporting',
  'direct',
  'exception',
  Object.freeze(['exception', 'contextual'] as const),
  Object.freeze(['exception', 'supporting'] as const),
  Object.freeze(['exception', 'direct'] as const),
];

/** Control id → bits. */
type Marks = Map<string, number>;

interface ConditionalMarks {
  /** One character that no other rule of the type has. */
  readonly key: string;
  readonly framework: string;
  readonly condition: Condition;
  readonly marks: Marks;
}

interface Plan {
  /** Framework → what every entry of the type is. */
  readonly marks: Map<string, Marks>;
  readonly rules: ConditionalMarks[];
}

/** So many different answers are kept at hand; real logs need a few dozen, a hostile one may not fill the memory. */
const MAX_KEPT = 1024;

interface Budget {
  left: number;
}

function ready({ marks: always, rules }: Plan, profile: JsonObject, budget: Budget): Annotator {
  const unconditional = written(always);
  if (rules.length === 0) return () => unconditional;
  // Which rules hold decides the answer, and few combinations occur: 0.3 to 1.7 µs an entry instead of 2 to 5.
  const kept = new Map<string, Annotations | undefined>([['', unconditional]]);
  return ({ payload }) => {
    const holding = rules.filter((rule) => rule.condition(payload, profile));
    const key = holding.map(({ key: part }) => part).join('');
    if (kept.has(key)) return kept.get(key);
    const marks = new Map<string, Marks>();
    for (const [framework, of] of always) add(marks, framework, of);
    for (const rule of holding) add(marks, rule.framework, rule.marks);
    const annotations = written(marks);
    if (budget.left-- > 0) kept.set(key, annotations);
    return annotations;
  };
}

function marksOf(strengths: Readonly<Record<string, Strength>>): Marks {
  return new Map(Object.entries(strengths).map(([id, strength]) => [id, BITS[strength]]));
}

function add(to: Map<string, Marks>, framework: string, marks: Marks): void {
  const have = to.get(framework);
  if (have === undefined) {
    to.set(framework, new Map(marks));
    return;
  }
  for (const [id, bits] of marks) {
    const before = have.get(id) ?? 0;
    have.set(id, Math.max(before & ~EXCEPTION, bits & ~EXCEPTION) | ((before | bits) & EXCEPTION));
  }
}

function written(frameworks: ReadonlyMap<string, Marks>): Annotations | undefined {
  const annotations: [string, Readonly<Record<string, Annotation>>][] = [];
  for (const [framework, marks] of frameworks) {
    const controls: [string, Annotation][] = [];
    for (const [id, bits] of marks) {
      const annotation = ANNOTATIONS[bits];
      if (annotation !== undefined) controls.push([id, annotation]);
    }
    // fromEntries defines own members, whatever their names: an id from a file must not reach a prototype.
    if (controls.length > 0) annotations.push([framework, Object.freeze(Object.fromEntries(controls))]);
  }
  return annotations.length > 0 ? Object.freeze(Object.fromEntries(annotations)) : undefined;
}
