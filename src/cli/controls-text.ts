import { rulesOf } from '../frameworks/diff.ts';
import { STRENGTHS } from '../frameworks/framework.ts';
import type { Control, Framework, Strength } from '../frameworks/index.ts';
import { conditionText } from '../report/text/conditions.ts';
import { counted, labelled, shown, table, truncate, wrap, COLUMNS } from './layout.ts';
import type { Output } from './output.ts';

/** Frameworks and controls for a person. Texts of files are shown, never obeyed. */

export const DIGEST_CHARS = 12;

/** A framework in short. */
export function headOf(framework: Framework, digest: string, output: Output): string[] {
  const { id, aliases = [], title, kind, version, status_as_of: day, controls } = framework;
  return [
    ...titled(id, `${[id, ...aliases].join(', ')}: ${title}`, output),
    ...labelled('  kind', 12, kind.replaceAll('_', ' ')),
    ...labelled('  version', 12, shown(version)),
    ...labelled('  as of', 12, day),
    ...labelled('  controls', 12, counted(controls.length, 'control')),
    ...labelled('  digest', 12, digest.slice(0, DIGEST_CHARS)),
  ];
}

/** The controls of a framework, a line each. */
export function listOf({ controls }: Framework): string[] {
  const rows = controls.map(({ id, clause, title }) => [id, truncate(shown(clause), 36), shown(title)]);
  return table(rows).map((line) => truncate(line, COLUMNS));
}

/** A framework with all its controls. */
export function detailsOf(framework: Framework, digest: string, output: Output): string[] {
  const entries = entriesByControl(framework);
  const { controls, not_evidenced_by_logs: notInLogs } = framework;
  return [
    ...headOf(framework, digest, output),
    ...controls.flatMap((control) => [
      '',
      ...titled(control.id, `${control.id}: ${control.title}`, output),
      ...labelled('  clause', 12, shown(control.clause)),
      ...(entries.get(control.id) ?? []).flatMap(([strength, types]) =>
        labelled(`  ${strength}`, 14, types.join(', ')),
      ),
      ...appliesText(control, 12),
    ]),
    ...(notInLogs.length === 0 ? [] : ['', 'What no log can show, and what to ask for instead']),
    ...notInLogs.flatMap(({ clause, title, ask_for: askFor }) =>
      wrap(shown(`${clause}: ${title}: ${askFor}`), '    ', '  - '),
    ),
  ];
}

/** All there is of one control: what it is, whose, since when, and what bears on it. */
export function controlText(framework: Framework, control: Control, output: Output): string[] {
  const bearing = bearingOn(framework, control.id);
  const asked = framework.not_evidenced_by_logs.filter(({ id }) => id === control.id);
  const parts = partsFor(framework, control.id);
  const roles = [control.role ?? []].flat().map((role) => role.replaceAll('_', ' '));
  return [
    ...titled(control.id, `${control.id}: ${control.title}`, output),
    ...labelled('  framework', 16, shown(`${framework.id}, ${framework.version}`)),
    ...labelled('  clause', 16, shown(control.clause)),
    ...labelled('  evidence for', 16, shown(control.evidence_for)),
    ...(roles.length === 0 ? [] : labelled('  role', 16, shown(roles.join(', ')))),
    ...appliesText(control, 16),
    ...(control.applies_if === undefined
      ? []
      : labelled('  applies if', 16, shown(`${conditionText(control.applies_if)} (profile)`))),
    '',
    bearing.length === 0 ? 'No entry bears on it' : 'Entries that bear on it',
    ...bearing.flatMap(({ strength, entry_type: type, when }) =>
      labelled(`  ${strength}`, 16, shown(when[0] === 'always' ? `every ${type}` : `${type}: ${conditionText(when)}`)),
    ),
    ...(parts.length === 0 ? [] : ['', 'Parts of a report over a whole pack that bear on it']),
    ...parts.map((part) => `  ${shown(part).replaceAll('_', ' ')}`),
    ...(asked.length === 0 ? [] : ['', 'No log can show it; ask for']),
    ...asked.flatMap(({ ask_for: askFor }) => wrap(shown(askFor), '  ')),
  ];
}

interface BearingRule {
  readonly strength: Strength;
  readonly entry_type: string;
  readonly when: Framework['conditional_mapping'][number]['when'];
}

/** The rules that bear on a control, the strongest first. */
export function bearingOn(framework: Framework, id: string): BearingRule[] {
  const bearing = rulesOf(framework).flatMap(({ entry_type, when, strength }) => {
    const given = Object.hasOwn(strength, id) ? strength[id] : undefined;
    return given === undefined ? [] : [{ strength: given, entry_type, when }];
  });
  return STRENGTHS.flatMap((strength) => bearing.filter((rule) => rule.strength === strength));
}

export function partsFor({ pack_level: parts }: Framework, id: string): string[] {
  return Object.entries(parts).flatMap(([part, ids]) => (ids.includes(id) ? [part] : []));
}

function titled(id: string, text: string, output: Output): string[] {
  const [first = '', ...rest] = wrap(shown(text), '  ', '');
  return [first.replace(id, output.style('bold', id)), ...rest];
}

function appliesText({ applies_from: from }: Control, width: number): string[] {
  const dates = Object.entries(from ?? {}).map(([whom, date]) => (whom === 'all' ? date : `${date} (${whom})`));
  return dates.length === 0 ? [] : labelled('  applies', width, `from ${dates.join(', ')}`);
}

/** Marks a type of whose entries only those count for which a condition holds. */
const SOME = ' (some)';

/** Control → strength → types of the entries that bear on it so. */
function entriesByControl(framework: Framework): Map<string, [Strength, string[]][]> {
  const found = new Map<string, Map<Strength, Set<string>>>();
  for (const { entry_type: type, when, strength: strengths } of rulesOf(framework)) {
    const name = when[0] === 'always' ? type : `${type}${SOME}`;
    for (const [id, strength] of Object.entries(strengths)) {
      const byStrength = found.get(id) ?? new Map<Strength, Set<string>>();
      found.set(id, byStrength.set(strength, (byStrength.get(strength) ?? new Set()).add(name)));
    }
  }
  return new Map(
    [...found].map(([id, byStrength]) => [
      id,
      STRENGTHS.flatMap((strength) => {
        const names = byStrength.get(strength);
        if (names === undefined) return [];
        // Of what always does it need not be said that some do.
        return [
          [strength, [...names].filter((name) => !name.endsWith(SOME) || !names.has(name.slice(0, -SOME.length)))],
        ];
      }),
    ]),
  );
}
