import type { JsonObject } from '../json.ts';
import { isArray, isObject } from '../canonical.ts';
import { PROBLEMS, type Problem, type ProblemCode, type VerdictName } from '../verify/problem.ts';
import { exitCode, EXIT_NO_KEY, type Notice, type Report, type SegmentReport } from '../verify/report.ts';
import { counted, grouped, labelled, shown, table, wrap } from './layout.ts';
import type { Style, Styler } from './output.ts';
import { VERDICT_TEXTS } from '../verdict-texts.ts';

/** A report for a person: what was asked, each verdict with its meaning, segments, problems, notices, and the upshot. */

/** What of the question the answer refers to. */
export interface Asked {
  readonly allowUnsigned: boolean;
  readonly live: boolean;
  readonly fast: boolean;
  readonly expected: boolean;
}

const ORDER: readonly VerdictName[] = [
  'integrity',
  'authenticity',
  'independence',
  'completeness',
  'history',
  'time',
  'mapping',
  'disclosure',
];

/** More rows than these are counted: `--json` has them all. */
const MAX_SEGMENTS_SHOWN = 20;
const MAX_PLACES_SHOWN = 5;
const MAX_CODES_SHOWN = 12;
const MAX_NOTICES_SHOWN = 5;

/** Notices that say again what the line of a verdict says. */
const SAID_BY_VERDICTS: ReadonlySet<Notice['code']> = new Set([
  'self_attested',
  'shared_key',
  'unknown_key',
  'unsigned',
  'catalogue_unknown',
  'not_checked',
]);

const KINDS: Readonly<Record<Report['kind'], string>> = {
  segment: 'Segment',
  directory: 'Log directory',
  pack: 'Evidence pack',
  unknown: 'Neither segment nor pack:',
};

export function formatReport(report: Report, asked: Asked, style: Styler): string[] {
  return [
    style('bold', `${KINDS[report.kind]} ${shown(report.file)}`),
    ...packLines(report),
    '',
    ...verdictLines(report, style),
    ...segmentLines(report.segments, style),
    ...problemLines(report, style),
    ...noticeLines(report.notices),
    '',
    ...resultLines(report, asked, style),
  ];
}

/** The header of a pack: claims, until the verdicts below hold. */
function packLines({ pack }: Report): string[] {
  if (pack === undefined) return [];
  const { header } = pack;
  const text = (member: string): string | undefined =>
    header[member] === undefined ? undefined : shown(header[member]);
  const frameworks = isArray(header['frameworks'])
    ? header['frameworks'].map((framework) => (isObject(framework) ? shown(framework['id']) : '?')).join(', ')
    : undefined;
  const claims: readonly (readonly [string, string | undefined])[] = [
    ['system', text('system')],
    ['log', [text('log'), text('environment'), text('risk_tier')].filter((part) => part !== undefined).join(', ')],
    ['made', text('created')],
    ['holds', selectionText(header)],
    ['purpose', text('purpose')],
    ['request', text('request_ref')],
    ['recipient', text('recipient')],
    ['exported by', text('exported_by')],
    ['controls of', frameworks === '' ? 'no framework' : frameworks],
    ['attested by', header['key'] === null ? 'nobody: the pack is not signed' : text('key')],
  ];
  return claims.flatMap(([label, claim]) => (claim === undefined ? [] : labelled(`  ${label}`, 15, claim)));
}

function selectionText({ selection, period }: JsonObject): string {
  if (isObject(period)) return `every segment that meets ${shown(period['from'])} to ${shown(period['to'])}`;
  if (isObject(selection) && selection['kind'] === 'decision') {
    return `entries of the decision ${shown(selection['decision_id'])}, each proved by itself`;
  }
  return isObject(selection) && selection['kind'] === 'all' ? 'every segment of the log' : shown(selection);
}

function verdictLines(report: Report, style: Styler): string[] {
  return ORDER.flatMap((name) => {
    const answer = report.verdicts[name];
    const [mark, colour] = markOf(report, name);
    const lines = labelled(`  ${mark} ${name.padEnd(13)} ${answer.padEnd(17)} `, 36, meaningOf(report, name));
    return lines.map((line, index) => (index === 0 ? line.replace(mark, style(colour, mark)) : line));
  });
}

function markOf(report: Report, name: VerdictName): readonly [string, Style] {
  if (report.failed.includes(name)) return exitCode(report) === EXIT_NO_KEY ? ['?', 'yellow'] : ['✗', 'red'];
  if (name === 'authenticity' && isBrokenSeal(report)) return ['·', 'yellow'];
  const open = report.verdicts[name] === 'open' || report.verdicts[name] === 'catalogue_unknown';
  return report.demanded.includes(name) && !open ? ['✓', 'green'] : ['·', 'yellow'];
}

/** Whether the seals are by a trusted key, and what they sealed is not what is here. */
function isBrokenSeal({ verdicts: { authenticity, integrity } }: Report): boolean {
  return integrity !== 'consistent' && (authenticity === 'signed' || authenticity === 'shared_key');
}

/** Of a decision pack these answers mean less than elsewhere. */
const PART_TEXTS: Readonly<Record<string, string>> = {
  'integrity consistent': 'Each entry is in the tree of its checkpoint, in order.',
  'completeness selection': 'Counts of a decision that ended agree; others may be missing.',
};

function meaningOf(report: Report, name: VerdictName): string {
  const { verdicts, failed, segments } = report;
  if (name === 'authenticity' && isBrokenSeal(report))
    return 'By a key that you gave; but what it sealed is not what is here.';
  if (segments.some(({ state }) => state === 'part')) {
    // No root recomputes from a few entries, and that they are whole is not known.
    const of = PART_TEXTS[`${name} ${verdicts[name]}`];
    if (of !== undefined) return of;
  }
  if (name === 'history' && failed.includes('history')) return 'What you expect from elsewhere is not what is here.';
  const texts: Readonly<Record<string, string>> = VERDICT_TEXTS[name];
  const text = texts[verdicts[name]] ?? '';
  if (name === 'independence') return `${text}${vouchedText(report)}`;
  return name === 'disclosure' ? `${text}${valuesText(report.values)}` : text;
}

/** Who vouches for how much of it. */
function vouchedText({ vouched, entries }: Report): string {
  const said = (kind: keyof Report['vouched'], how: string): string => {
    const found = vouched[kind];
    if (found === undefined) return '';
    const by = found.by.map(shown).join(', ');
    const leftOut =
      found.segmentsLeftOut === 0 ? '' : `, ${counted(found.segmentsLeftOut, 'segment')} begun by then not among them`;
    return ` ${how} by ${by}, last at ${found.latest}, covering ${grouped(found.entries)} of ${grouped(entries)} entries${leftOut}.`;
  };
  return `${said('cosignature', 'Witnessed')}${said('rfc3161', 'Time-stamped')}`;
}

/** How many of them are what. */
function valuesText(values: Report['values']): string {
  const counted = (['disclosed', 'withheld', 'erased', 'failed'] as const).flatMap((state) =>
    values[state] === 0 ? [] : [`${grouped(values[state])} ${state}`],
  );
  return counted.length === 0 ? '' : ` ${counted.join(', ')}.`;
}

function segmentLines(segments: readonly SegmentReport[], style: Styler): string[] {
  if (segments.length === 0) return [];
  const half = MAX_SEGMENTS_SHOWN / 2;
  const hidden = segments.length > MAX_SEGMENTS_SHOWN ? segments.length - MAX_SEGMENTS_SHOWN : 0;
  const kept = hidden > 0 ? [...segments.slice(0, half), ...segments.slice(-half)] : segments;
  const rows = table(
    [
      ['segment', 'state', 'entries', 'sealed', 'torn', 'last entry'],
      ...kept.map(({ segment, file, state, entries, sealed, torn, lastTs }) => [
        shown(segment === '' ? file : segment),
        state,
        grouped(entries),
        grouped(sealed),
        torn === 0 ? '-' : `${grouped(torn)} B`,
        lastTs === undefined ? '-' : shown(lastTs),
      ]),
    ],
    [2, 3, 4],
  ).map((row) => `  ${row}`);
  const [head = '', ...body] = rows;
  const more = hidden > 0 ? [`  … ${counted(hidden, 'segment')} more …`] : [];
  return [
    '',
    style('bold', head),
    ...(hidden > 0 ? [...body.slice(0, half), ...more, ...body.slice(half)] : body),
    ...signerLines(segments),
  ];
}

/** Who signed: a key that was given, or nobody that one could name. */
function signerLines(segments: readonly SegmentReport[]): string[] {
  const bySigner = new Map<string, number>();
  for (const { signedBy } of segments) bySigner.set(signedBy, (bySigner.get(signedBy) ?? 0) + 1);
  return [...bySigner].flatMap(([signer, count]) => {
    const what = bySigner.size === 1 ? (count === 1 ? 'the segment' : 'all segments') : counted(count, 'segment');
    if (signer === 'unsigned') return [`  signed by nobody: ${what}`];
    if (signer === 'unknown_key') return [`  signed by a key that was not given: ${what}`];
    return [`  signed by the key that was given: ${what}`, `    ${shown(signer)}`];
  });
}

function problemLines({ problems, problemCounts }: Report, style: Styler): string[] {
  const codes = (Object.keys(problemCounts) as ProblemCode[]).sort(byWeight);
  if (codes.length === 0) return [];
  const total = codes.reduce((sum, code) => sum + (problemCounts[code] ?? 0), 0);
  const hidden = codes.slice(MAX_CODES_SHOWN);
  const lines = codes.slice(0, MAX_CODES_SHOWN).flatMap((code) => {
    const places = problems.filter((problem) => problem.code === code);
    const more = (problemCounts[code] ?? 0) - Math.min(places.length, MAX_PLACES_SHOWN);
    return [
      `  ${style('red', code)}`,
      ...wrap(PROBLEMS[code].means, '    '),
      ...places
        .slice(0, MAX_PLACES_SHOWN)
        .flatMap((problem) => [...wrap(placeOf(problem), '      ', '    - '), ...wrap(shown(problem.what), '      ')]),
      ...(more > 0 ? [`    … and ${grouped(more)} more of ${code}`] : []),
    ];
  });
  return [
    '',
    style(['bold', 'red'], counted(total, 'problem')),
    ...lines,
    ...(hidden.length > 0 ? wrap(`… and of other kinds: ${hidden.join(', ')} (--json has them all)`, '  ') : []),
  ];
}

/** That there is no record at all comes before all that is wrong with what there is. */
function byWeight(left: ProblemCode, right: ProblemCode): number {
  const weight = (code: ProblemCode): number => (code === 'not_a_record' || code === 'empty' ? 0 : 1);
  return weight(left) - weight(right);
}

/** `file:line`, so that a terminal opens it. */
function placeOf({ file, segment, line, seq }: Problem): string {
  const place = line === undefined || line === 0 ? shown(file) : `${shown(file)}:${line}`;
  const within = segment === undefined || file === `${segment}.jsonl` ? [] : [`segment ${shown(segment)}`];
  return [place, ...within, ...(seq === undefined ? [] : [`seq ${seq}`])].join(', ');
}

function noticeLines(notices: readonly Notice[]): string[] {
  const byCode = new Map<string, Notice[]>();
  for (const notice of notices) {
    if (!SAID_BY_VERDICTS.has(notice.code)) byCode.set(notice.code, [...(byCode.get(notice.code) ?? []), notice]);
  }
  if (byCode.size === 0) return [];
  const lines = [...byCode].flatMap(([code, all]) => [
    ...all
      .slice(0, MAX_NOTICES_SHOWN)
      .flatMap(({ file, segment, what }) =>
        wrap(`${code}: ${shown(segment ?? file)}: ${shown(what)}`, '      ', '  - '),
      ),
    ...(all.length > MAX_NOTICES_SHOWN ? [`    … and ${grouped(all.length - MAX_NOTICES_SHOWN)} more of ${code}`] : []),
  ]);
  return ['', counted(notices.filter(({ code }) => !SAID_BY_VERDICTS.has(code)).length, 'notice'), ...lines];
}

function resultLines(report: Report, asked: Asked, style: Styler): string[] {
  const { ok, failed, verdicts, entries, segments } = report;
  const what = `${counted(entries, 'entry', 'entries')} in ${counted(segments.length, 'segment')}`;
  const result = (colour: Style, text: string): string[] => {
    const [first = '', ...rest] = wrap(text, '        ', 'Result: ');
    return [first.replace(/^Result:/, style(['bold', colour].flat() as Style, 'Result:')), ...rest];
  };
  if (exitCode(report) === EXIT_NO_KEY) {
    const next =
      verdicts.authenticity === 'none'
        ? 'nobody signed them: whoever had them could have written them anew. If that is what you expect, say so with --allow-unsigned.'
        : 'no key was given to check who signed them. Get the verifier key from somebody you trust, not from this file, and give it with --key (a shared key with --hmac-key).';
    return result('yellow', `INTACT, NOT AUTHENTICATED: ${what}; ${next}`);
  }
  if (!ok) {
    return result(
      'red',
      `FAILS in ${failed.join(', ')}: ${what}${report.problems.length === 0 ? '' : '; see the problems above'}.${keyAdvice(report)}`,
    );
  }
  const held = ORDER.filter((name) => report.demanded.includes(name));
  const notShown = ORDER.filter((name) => !held.includes(name) && verdicts[name] !== 'not_annotated').map(
    (name) => `${name} (${verdicts[name]})`,
  );
  return result(
    'green',
    [
      `what was demanded holds: ${held.join(', ')}, over ${what}.`,
      asked.expected ? 'It is what you expected.' : '',
      `Not shown: ${notShown.join(', ')}.`,
      asked.allowUnsigned && verdicts.authenticity === 'none' ? 'Unsigned, as you allowed.' : '',
      asked.live && verdicts.completeness === 'open' ? 'Open segments, as you allowed.' : '',
      asked.fast ? 'Of each segment the last signature alone was checked (--fast).' : '',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
  );
}

/** Where nothing is wrong but the key, there is no problem to look at. */
function keyAdvice({ failed, keysGiven, problems, notices }: Report): string {
  const onlyKey = failed.length === 1 && failed[0] === 'authenticity' && problems.length === 0 && keysGiven;
  if (!onlyKey) return '';
  return notices.some(({ code }) => code === 'unused_key')
    ? ' It is not by the key that was given: the key is that of another log, or this is not what its owner made.'
    : ' Some part of it is not by a key that was given.';
}
