import { isObject } from '../canonical.ts';
import type { JsonObject } from '../json.ts';
import { applicability, type Applicability } from './applicability.ts';
import type { Control, Framework, NotInLogs, PositiveStrength, Strength } from './framework.ts';

/**
 * What was found for the controls of a framework, by clause: found, never met. In the order in which a reader looks:
 * what needs an explanation first, and what no log can show last.
 */

/** Groups of controls, in their order. */
export const EVIDENCE_STATES = [
  /** Some entry speaks against the control, or needs an explanation; never netted against the others. */
  'exception',
  /** No entry bears on it. */
  'none',
  'contextual',
  'supporting',
  'direct',
  'not_applicable',
  'not_in_force',
] as const;

export type EvidenceState = (typeof EVIDENCE_STATES)[number];

export interface ControlEvidence {
  readonly control: Control;
  readonly state: EvidenceState;
  readonly applicability: Applicability;
  /** Entries by strength; each entry counts for the strongest that it has, and for an exception beside it. */
  readonly counts: Readonly<Record<Strength, number>>;
  /** Parts of a report over the whole pack that bear on it, where no single entry does. */
  readonly parts: readonly string[];
}

export interface FrameworkEvidence {
  readonly framework: Framework;
  /** By state, each in the order of the catalogue. */
  readonly controls: readonly ControlEvidence[];
  /** What no log can show, and what to ask for. */
  readonly notInLogs: readonly NotInLogs[];
}

/**
 * @param counts - `summary.controls` of a pack: framework → control → strength → entries
 * @param day - `YYYY-MM-DD`, for what is in force
 */
export function evidenceOf(
  framework: Framework,
  counts: JsonObject,
  profile: JsonObject,
  day: string,
): FrameworkEvidence {
  const found = counts[framework.id];
  const controls = framework.controls.map((control): ControlEvidence => {
    const given = isObject(found) && Object.hasOwn(found, control.id) ? found[control.id] : undefined;
    const strengths = countsOf(isObject(given) ? given : {});
    const applies = applicability(control, framework, profile, day);
    return {
      control,
      state: applies.state === 'applies' ? stateOf(strengths) : applies.state,
      applicability: applies,
      counts: strengths,
      parts: Object.entries(framework.pack_level).flatMap(([part, ids]) => (ids.includes(control.id) ? [part] : [])),
    };
  });
  return {
    framework,
    controls: EVIDENCE_STATES.flatMap((state) => controls.filter((each) => each.state === state)),
    notInLogs: framework.not_evidenced_by_logs,
  };
}

function countsOf(given: JsonObject): Record<Strength, number> {
  const count = (strength: Strength): number => {
    const entries = given[strength];
    return typeof entries === 'number' ? entries : 0;
  };
  return {
    direct: count('direct'),
    supporting: count('supporting'),
    contextual: count('contextual'),
    exception: count('exception'),
  };
}

function stateOf(counts: Readonly<Record<Strength, number>>): EvidenceState {
  return counts.exception > 0 ? 'exception' : (strongest(counts) ?? 'none');
}

/** The strongest kind of evidence that speaks for a control, exceptions aside. */
function strongest(counts: Readonly<Record<Strength, number>>): PositiveStrength | undefined {
  return (['direct', 'supporting', 'contextual'] as const).find((strength) => counts[strength] > 0);
}
