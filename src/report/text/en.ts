import { counted, grouped } from '../../counted.ts';
import type { Because } from '../../frameworks/applicability.ts';
import type { EvidenceState } from '../../frameworks/evidence.ts';
import type { ControlKind, Strength } from '../../frameworks/framework.ts';
import type { SignatureState } from '../../oversight-signature.ts';
import type { ExceptionKind } from '../exceptions.ts';
import type { Share } from '../oversight.ts';
import { conditionText } from './conditions.ts';

/**
 * Every text of the report, the dossier and the page that verifies, but for the sentences about entries (`steps.ts`),
 * conditions (`conditions.ts`) and the verdicts, which the command prints too. A translation is another object like this.
 *
 * They claim no more than the record shows: found, never met.
 */

const share = ({ part, of }: Share): string => `${grouped(part)} of ${grouped(of)}`;

export const EN = {
  language: 'en',
  share: (of: Share): string => share(of),
  none: 'none',
  unknown: 'not said',
  yes: 'yes',
  no: 'no',
  entry: (segment: string, seq: number): string => `entry ${seq} of ${segment}`,
  more: (count: number): string => `… and ${grouped(count)} more`,
  page: {
    title: (system: string): string => `Audit record of ${system}`,
    lead: 'What a tamper-evident record of an AI system shows, what in it needs an explanation, and what it cannot show.',
    skip: 'Skip to the record',
    contents: 'Contents',
    readingAid:
      'This page is only a reading aid. What counts is the pack that it was made from: verify that file, with a key from somebody you trust.',
    footer: (version: string): string =>
      `Made by spanseal ${version} from the pack alone; the same pack gives the same page.`,
  },
  first: {
    heading: 'At a glance',
    whose: 'Whose record',
    period: 'Period and clock',
    consistent: 'Record',
    signed: 'Signed by',
    independence: 'Independence',
    population: 'Population',
    exceptions: 'Exceptions',
    decisions: 'Decisions',
    force: 'Not in force, not applicable',
    limits: 'What this file cannot show',
    export: 'Exported',
  },
  whose: {
    operator: (operator: string, role: string): string =>
      role === '' ? `Operated by ${operator}` : `Operated by ${operator} as ${role}`,
    declared: (environment: string, tier: string): string =>
      tier === ''
        ? `Environment: ${environment}.`
        : `Environment: ${environment}. Risk tier, as its operator declares it: ${tier}.`,
    notDeclared: 'The record does not say who operates the system.',
  },
  period: {
    range: (from: string, to: string): string => `${from} to ${to} (UTC)`,
    selected: (from: string, to: string): string =>
      `Asked for: every segment that meets ${from} to ${to}; each is here whole.`,
    decision: 'Only the entries of one decision. That there are no others about it is not shown.',
    clock: (sources: readonly string[]): string =>
      sources.length === 0
        ? 'The record does not say where its clock comes from: times are those of the writing machine.'
        : `Clock, by the record’s own word: ${sources.join(', ')}.`,
  },
  record: {
    consistent: 'Consistent',
    inconsistent: 'Altered',
    malformed: 'Not a whole record',
    where: (place: string): string => `First place: ${place}.`,
    places: (count: number): string => `${counted(count, 'place', 'places')} in all; each is listed below.`,
    completeness: 'Complete',
    mapping: 'Controls and totals',
    disclosure: 'Withheld values',
    history: 'Earlier record',
    time: 'Time',
    problems: 'What is wrong',
  },
  signed: {
    signed: (by: string): string => `Signed by the key that was given to this report: ${by}`,
    shared_key: 'By a shared key: whoever can check it can forge it.',
    unknown_key: (key: string): string =>
      `Signed, but no key was given to check with. The file itself names ${key}: that shows nothing until somebody you trust confirms it.`,
    none: 'Nobody signed it: whoever had it could have written it all.',
    failed: 'A signature does not stand, or some part is not by the keys that were given.',
  },
  population: {
    decisions: (count: number): string => `${counted(count, 'decision')} in this file`,
    digest: (digest: string): string => `Digest of their ids (SHA-256 over the sorted ids, one a line): ${digest}`,
    reconciled: (count: number, differing: number, unsaid: number): string =>
      count === 0
        ? 'Nobody held these numbers against another count (no reconciliation in this file): whether all of it was recorded is not shown.'
        : `Held against other counts ${counted(count, 'time')}; ${differing === 0 && unsaid < count ? 'no difference' : counted(differing, 'difference')}${unsaid === 0 ? '' : `, and ${unsaid} that ${unsaid === 1 ? 'does' : 'do'} not say both numbers`}.`,
    expected: (sources: readonly string[]): string =>
      `The exporter expects records elsewhere, too: ${sources.join(', ')}.`,
    services: (services: readonly string[]): string => `Written by: ${services.join(', ')}.`,
    sample: (count: number): string =>
      `A sample that anybody can draw again: spanseal sample <pack> --n ${Math.min(25, Math.max(1, count))} --seed <text>.`,
  },
  exceptions: {
    none: 'None of the kinds that are looked for.',
    total: (count: number): string => counted(count, 'exception'),
    lead: 'Each needs an explanation from the operator; none is set off against anything. A place is a segment and the number of an entry in it.',
    means: 'What it is',
    ask: 'Ask for',
    where: 'Where',
    table: { kind: 'Kind', count: 'Number', what: 'What it is', ask: 'Ask for' },
  },
  decisions: {
    none: 'No decision is recorded in this file.',
    byResult: 'By result',
    byAutomation: 'By automation',
    byReview: 'By review',
    noResult: 'no result recorded',
    noAutomation: 'automation not said',
    entriesLeftOut: (count: number): string =>
      `${counted(count, 'entry names an id', 'entries name ids')} of decisions that ${count === 1 ? 'is' : 'are'} not told apart here.`,
    leftOut: (count: number): string =>
      `${counted(count, 'further decision is', 'further decisions are')} in the file and not told apart here; the totals of the pack count them.`,
    review: {
      reviewed: 'reviewed by a person',
      missing: 'review required, none by a person',
      others: 'reviewed, and not by a person',
      notRequired: 'declared that none is required, none made',
      notDeclared: 'not declared whether one is required, none made',
    },
    automation: {
      solely_automated: 'solely automated',
      human_in_the_loop: 'human in the loop',
      advisory: 'advisory',
    } as Readonly<Record<string, string>>,
    table: {
      caption: (shown: number, all: number): string =>
        shown === all
          ? counted(all, 'decision')
          : `${grouped(shown)} of ${grouped(all)} decisions, those with exceptions first`,
      id: 'Decision',
      begun: 'Begun',
      type: 'What for',
      result: 'Result',
      automation: 'Automation',
      review: 'Review',
      exceptions: 'Exceptions',
    },
    noPage:
      'Only those with a link have a page here: give the id to spanseal report --decision <id>, or export that decision.',
  },
  force: {
    none: 'Every control of the catalogue applies and is in force, as far as the profile says.',
    notInForce: (count: number, framework: string, until: string): string =>
      `${counted(count, 'control')} of ${framework}: not in force until ${until}.`,
    notApplicable: (count: number, framework: string): string =>
      `${counted(count, 'control')} of ${framework}: not applicable; the reasons are below.`,
    asOf: (day: string): string => `As of ${day}.`,
    noProfile: 'No profile was declared: which controls apply to this system is not said.',
    noFramework: 'The pack is annotated with no framework.',
  },
  limits: {
    points: [
      'That the application told the truth: it shows what was recorded, and that this was not changed since.',
      'That every AI call was instrumented: it counts the spans that reached the recorder.',
      'That a named reviewer really looked, unless the review is signed by the reviewer’s own key.',
      'That any requirement is met: records may support a control, and other documents must show the rest.',
    ] as readonly string[],
    ask: (count: number): string =>
      `${counted(count, 'thing')} that no log can show, with what to ask for instead, in “Evidence by clause”.`,
    askFirst: 'Among them, ask for:',
  },
  exported: {
    by: (by: string, purpose: string, recipient: string): string =>
      [
        by === '' ? 'By whom is not said' : `By ${by}`,
        purpose === '' ? 'for a purpose that is not said' : `for ${purpose}`,
        recipient === '' ? '' : `to ${recipient}`,
      ]
        .filter((part) => part !== '')
        .join(', ') + '.',
    created: (time: string, id: string): string => `Pack ${id}, made ${time}.`,
    digest: (digest: string): string => `SHA-256 of the pack: ${digest}`,
    request: (reference: string): string => `Filed under ${reference}.`,
  },
  sections: {
    scope: 'Scope',
    record: 'The record, segment by segment',
    exceptions: 'Exceptions',
    time: 'Time line',
    decisions: 'Decisions',
    oversight: 'Human oversight',
    running: 'What ran',
    evidence: 'Evidence by clause',
    custody: 'Who has copies',
    pages: 'Decision pages',
  },
  scope: {
    member: 'What',
    value: 'As the pack says',
    members: {
      system: 'AI system',
      log: 'Log',
      environment: 'Environment',
      risk_tier: 'Risk tier, as declared',
      operator: 'Operator',
      legal_role: 'Legal role',
      selection: 'Selection',
      purpose: 'Purpose',
      request_ref: 'Request',
      recipient: 'Recipient',
      exported_by: 'Exported by',
      created: 'Made',
      generator: 'Made with',
      profile_digest: 'Digest of the profile',
      frameworks: 'Annotated with',
      catalogue: 'Catalogue',
    } as Readonly<Record<string, string>>,
    selection: {
      all: 'every segment of the log',
      period: 'every segment that meets the period',
      decision: 'one decision',
    } as Readonly<Record<string, string>>,
    profile: 'Profile: what the operator declares of the system',
    noProfile: 'No profile was declared.',
    profileDiffers: 'The profile in this pack is not one that the log declares: ask why.',
    notIncluded: (count: number): string =>
      `${counted(count, 'entry was', 'entries were')} not sealed yet when the pack was made, and not included.`,
  },
  segments: {
    lead: 'A segment is what one process wrote. Each is sealed by signed checkpoints over a hash tree of its entries.',
    chart: 'Segments in time',
    caption: (count: number): string => counted(count, 'segment'),
    name: 'Segment',
    state: 'State',
    states: {
      closed: 'closed',
      recovered: 'recovered',
      open: 'open',
      part: 'a part',
    } as Readonly<Record<string, string>>,
    entries: 'Entries',
    sealed: 'Sealed',
    first: 'First',
    last: 'Last',
    signer: 'Signed by',
    signers: { unsigned: 'nobody', unknown_key: 'a key that was not given' } as Readonly<Record<string, string>>,
    root: 'Root of the sealed entries',
    verdicts: 'Verdicts',
    verdict: 'Verdict',
    answer: 'Answer',
    means: 'What it means',
    notices: 'Notices',
  },
  time: {
    chart: 'What happened when; each row by its own greatest value',
    most: (count: number): string => `most: ${grouped(count)}`,
    rows: { decisions: 'Decisions', calls: 'Calls', reviews: 'Reviews', flags: 'Flags', exceptions: 'Gaps, incidents' },
    none: 'Nothing to draw.',
    caption: 'The same in numbers',
    from: 'From',
    total: 'Total',
  },
  oversight: {
    none: 'No human oversight is recorded in this file.',
    lead: (names: boolean): string =>
      `Only entries by persons count as human oversight. ${names ? 'Reviewers are named, as whoever made this page asked for; the log records that.' : 'Reviewers are R1, R2 …: the pack itself has the names, unless they are withheld there.'} Of a reviewer with fewer than five reviews nothing is counted; what somebody did in a decision stands on its page.`,
    measure: 'What',
    count: 'Number, of how many',
    means: 'Over which',
    rows: {
      required: ['Review required', 'decisions in this file whose record declares it'],
      done: ['Done', 'decisions that require a review: reviewed by a person'],
      reviewed: ['Reviewed at all', 'decisions in this file: reviewed by a person, asked for or not'],
      beforeEffect: ['Before it took effect', 'reviewed decisions for which the record says when'],
      changed: ['Changed the result', 'reviewed decisions: changed, rejected, stopped or reversed'],
      fourEyes: ['Four eyes', 'reviewed decisions whose reviewers are all named: two persons or more'],
    } as Readonly<Record<string, readonly [string, string]>>,
    others: (count: number): string =>
      `${counted(count, 'entry', 'entries')} of oversight by a service, a model or nobody that is named: not counted as human.`,
    outside: (count: number): string => `${counted(count, 'review')} by persons outside any decision.`,
    fewerThanFive: 'fewer than five reviews',
    byAction: 'Reviews by persons, by what they did',
    reviewers: 'Reviewers',
    reviewer: 'Reviewer',
    reviews: 'Reviews',
    changedBy: 'Changed the result',
    median: 'Median time between opening and deciding',
    medianOf: (seconds: number, of: number): string => `${duration(seconds * 1_000)} (of ${grouped(of)})`,
    tooFew: 'fewer than five with both times',
    below: (count: number): string =>
      `${counted(count, 'reviewer is', 'reviewers are')} not counted alone: fewer than five reviews, or so few beside them that these could be told.`,
    signatures: 'Signatures by reviewers',
    unsigned: 'No review is signed by a key of its reviewer: the record alone says who it was.',
    signature: {
      signed: 'by a reviewer’s key that was given',
      unknown_key: 'stands, by a key that was not given',
      failed: 'does not stand',
      none: 'none: the record alone says who it was',
    } satisfies Readonly<Record<SignatureState, string>> as Readonly<Record<SignatureState, string>>,
  },
  running: {
    none: 'No call is recorded in this file.',
    models: 'Models',
    provider: 'Provider',
    model: 'Model',
    calls: 'Calls',
    errors: 'Errors',
    input: 'Tokens in',
    output: 'Tokens out',
    withoutUsage: 'Calls without tokens',
    first: 'First',
    last: 'Last',
    cost: (sums: readonly string[]): string => `Cost, as the calls report it: ${sums.join(', ')}.`,
    name: 'Name',
    version: 'Version',
    uses: 'Uses',
    lists: {
      agents: 'Agents',
      prompts: 'Prompts',
      tools: 'Tools',
      sources: 'Data sources',
      instrumentations: 'Instrumented by',
    },
    changes: 'Change points',
    noChanges: 'No change is recorded, and no segment declares another system than the one before.',
    when: 'When',
    what: 'What',
    from: 'From',
    to: 'To',
    undeclared: 'declared anew by a segment; no change was recorded',
    further: (count: number): string => `${counted(count, 'use')} of further names are not told apart here.`,
  },
  evidence: {
    lead: 'What was found for each control: found, not met. “Direct” means that the entry is itself an instance of what the clause says must be done or recorded; “supporting” that it is consistent with the clause being met, and another document must show the rest; “contextual” that it is background, and alone evidences nothing. There is no score: exceptions are never set off against anything.',
    chart: (framework: string): string => `Controls of ${framework}, by what was found`,
    states: {
      exception: 'exception',
      none: 'none found',
      contextual: 'contextual only',
      supporting: 'supporting',
      direct: 'direct',
      not_applicable: 'not applicable',
      not_in_force: 'not in force',
    } satisfies Readonly<Record<EvidenceState, string>> as Readonly<Record<EvidenceState, string>>,
    headings: {
      exception: 'Exceptions: needs an explanation',
      none: 'Nothing found',
      contextual: 'Contextual only',
      supporting: 'Supporting',
      direct: 'Direct',
      not_applicable: 'Not applicable, because',
      not_in_force: 'Not in force until',
    } satisfies Readonly<Record<EvidenceState, string>> as Readonly<Record<EvidenceState, string>>,
    notInLogs: 'Not by logs: ask for',
    control: 'Control',
    clause: 'Clause',
    found: 'Entries found',
    shows: 'What entries can show',
    why: 'Why',
    until: 'From',
    strengths: {
      direct: 'direct',
      supporting: 'supporting',
      contextual: 'contextual',
      exception: 'exception',
    } satisfies Readonly<Record<Strength, string>> as Readonly<Record<Strength, string>>,
    parts: (sections: readonly string[]): string => `See also: ${sections.join(', ')}.`,
    partNames: {
      coverage_and_completeness: 'the record, segment by segment',
      oversight_quality: 'human oversight',
      four_eyes: 'human oversight',
      monitoring_summary: 'what ran',
      change_report: 'change points',
      inventory: 'what ran',
      incident_bundle: 'exceptions',
      decision_dossier: 'decision pages',
      solely_automated_report: 'decisions',
      pack_as_documentation: 'scope',
    } as Readonly<Record<string, string>>,
    kind: {
      requirement: 'Requirements',
      outcome: 'Outcomes',
      suggested_action: 'Suggested actions',
      control: 'Controls',
      criterion: 'Criteria',
      risk: 'Risks',
    } satisfies Readonly<Record<ControlKind, string>> as Readonly<Record<ControlKind, string>>,
    status: (day: string): string => `Status, as of ${day}: `,
    unknown: (ids: readonly string[]): string =>
      `The catalogue of ${ids.join(', ')} is not known here, and does not lie beside the pack: its controls are attested and not shown.`,
    notRecomputed:
      'The annotations of this file were not found again from its entries, so nothing is said here of any control: see “Controls and totals”.',
    because: (reason: Because): string => becauseText(reason),
    untilDay: (day: string, whom: string | undefined): string =>
      whom === undefined
        ? day
        : `${day} (${whom.replaceAll('_', ' ')}; the profile does not say which date is this system’s)`,
  },
  custody: {
    none: 'This file records no copy that was made before it. The copy that it is, is recorded in the log after it.',
    when: 'When',
    action: 'What',
    by: 'By',
    to: 'To',
    purpose: 'For',
    digest: 'SHA-256 of the pack',
  },
  /** Of the page that verifies; what never changes on it stands in its HTML. */
  viewer: {
    verifying: 'Verifying …',
    progress: (percent: number): string => `Verifying … ${percent} %`,
    holds: 'Verified: what was demanded holds.',
    seeVerdict: 'Verified: see the verdict.',
    decisionShown: 'The decision is shown below.',
    proofShown: 'The proof is shown below.',
    proofOf: (place: string): string => `Proof of ${place}`,
    inTree: (by: string | undefined): string =>
      by === undefined
        ? 'The entry is in the tree of its checkpoint. No key was given to check who signed that.'
        : `The entry is in the tree of its checkpoint, signed by ${by}.`,
    failed: (why: string): string => `The page failed: ${why}`,
    noFile: 'Choose a pack or a segment first.',
    moreFiles: 'Give one pack or one segment; a directory of them is for spanseal verify.',
    stopped: 'Stopped.',
    readingAgain: 'Reading the file again …',
    proving: 'Making the proof …',
    verdict: 'Verdict',
    what: (entries: number, segments: number): string =>
      `${counted(entries, 'entry', 'entries')} in ${counted(segments, 'segment')}`,
    mark: { holds: 'Holds', fails: 'Fails', intact: 'Intact, not authenticated' },
    demandedHolds: (demanded: string, what: string, notShown: string): string =>
      `What was demanded holds: ${demanded}, over ${what}. Not shown: ${notShown}.`,
    fails: (failed: string, what: string): string => `in ${failed}; ${what} were read.`,
    intact: (what: string): string =>
      `${what} are whole, and no key was given to check who signed them. Get the verifier key from somebody you trust, not from this file.`,
  },
  pages: {
    lead: 'Each decision in plain words, step by step; the number behind a step is that of its entry.',
    none: 'No decision has a page here.',
    leftOut: (count: number): string => `${counted(count, 'decision has', 'decisions have')} no page here.`,
    heading: (id: string): string => `Decision ${id}`,
    back: 'Back to the decisions',
    withheld: {
      withheld: 'withheld; its digest is in the entry',
      erased: 'erased, as the log records',
      disclosed: 'withheld in the log, disclosed in this pack',
    },
    content: {
      input: 'What went in',
      output: 'What came out',
      arguments: 'Arguments',
      result: 'Result',
      data: 'Data',
      messages: 'Messages',
      query: 'Query',
      documents: 'Documents',
      error: 'Error',
    },
    cut: (chars: number): string => `… cut here; the entry has ${grouped(chars)} characters`,
    note: 'A note of the reviewer is in the entry.',
  },
  dossier: {
    title: (id: string): string => `Decision dossier: ${id}`,
    lead: 'For the person whom the decision is about. It is made from a tamper-evident record; the annex says how to check it.',
    what: 'What was decided',
    role: 'What the AI did',
    reasons: 'Main elements and reasons',
    data: 'What data was used',
    human: 'What people did',
    notices: 'What you were told',
    rights: 'What you can do',
    withheld: 'What is not shown here, and why',
    annex: 'Annex for experts',
    holds: 'The record behind this dossier verifies as far as it was asked.',
    noKey: 'The entries behind this dossier fit together; no key was given to check who made them.',
    unsigned: 'The entries behind this dossier fit together; nobody signed them.',
    changed: (result: string): string => `A person changed it: the result is now “${result}”.`,
    decided: (result: string): string => `A person decided it: the result is “${result}”.`,
    fails: (failed: string): string =>
      `The record behind this dossier does not hold in: ${failed}. Do not rely on what follows.`,
    by: (operator: string, system: string): string =>
      operator === '' ? `The AI system “${system}” was used.` : `${operator} used the AI system “${system}”.`,
    on: (time: string): string => `The decision was begun on ${time} (UTC).`,
    about: (type: string): string => `It is about: ${type}.`,
    purpose: (purpose: string): string => `Its purpose, by the record: ${purpose}.`,
    result: (result: string, outcome: string): string => {
      if (result !== '' && outcome === 'failed')
        return `The application failed; the result that it had set is “${result}”.`;
      if (result !== '') return `The result is “${result}”.`;
      if (outcome === 'failed') return 'There is no result: the application failed before it decided.';
      return outcome === 'completed'
        ? 'The decision ended; the record names no result.'
        : 'The record holds no end of the decision.';
    },
    effective: (time: string): string => `It took effect on ${time} (UTC).`,
    effects: {
      legal: 'By the record it has legal effects for you.',
      similar: 'By the record it affects you in a similarly significant way.',
      none: 'By the record it has no legal or similarly significant effects.',
    } as Readonly<Record<string, string>>,
    effectUnknown: 'The record does not say which effects it has for you.',
    automation: {
      solely_automated: 'By the record the decision was made by machine alone.',
      human_in_the_loop: 'By the record the machine proposed, and a person was to decide.',
      advisory:
        'By the record the machine gave advice only; who decided is not part of this record unless it says so below.',
    } as Readonly<Record<string, string>>,
    automationUnknown: 'The record does not say whether a machine or a person decided.',
    noModel: 'No call of an AI model is recorded in this decision.',
    models: (calls: number, names: readonly string[]): string =>
      `${counted(calls, 'call')} of AI models ${calls === 1 ? 'is' : 'are'} recorded: ${names.join(', ') || 'not named'}.`,
    tools: (calls: number, names: readonly string[]): string =>
      `${counted(calls, 'use')} of tools: ${names.join(', ')}.`,
    codes: 'The reasons that the record gives:',
    noReasons: 'The record gives no reasons. Ask the operator for them.',
    elements: 'What was put into the decision, as far as it is recorded and not withheld:',
    noElements: 'What was put into the decision is not recorded.',
    given: 'What was given to the decision',
    sources: 'Sources that were looked into',
    classes: 'Classes of data that tools handled',
    categories: 'Categories that were found in texts (their values are not recorded with them)',
    noData: 'The record names no data and no categories.',
    nobody: (required: boolean): string =>
      required
        ? 'The record says that a person had to review this decision, and holds no such review.'
        : 'The record holds no review of this decision by a person, and does not say that one was required.',
    reviewed: 'People reviewed it. Their names are not shown here.',
    notice: 'Notice that an AI system is used',
    disclosure: 'Disclosure that you deal with an AI system',
    basis: 'Legal basis, as the operator files it',
    noNotices: 'The record holds no notice to you.',
    rightsLead: (operator: string): string =>
      `Which rights you have depends on the law that applies to you. You can ask ${operator === '' ? 'the operator' : operator}, among other things:`,
    rightsList: [
      'for an explanation of the part that the AI system played and of the main elements of the decision;',
      'that a person looks at it again, to state your view, and to contest the decision;',
      'for a copy of the data about you, and to correct what is wrong;',
      'to disclose what is withheld here;',
      'and you can complain to the supervisory authority.',
    ] as readonly string[],
    stepsLeftOut: (count: number): string =>
      `The record of this decision is too long for this page: ${counted(count, 'entry is', 'entries are')} left out, and what stands in them is not told here. Ask for the evidence pack of the decision.`,
    reviewsLeftOut: (count: number): string =>
      `${counted(count, 'review is', 'reviews are')} left out of this page; the last one by a person is in it.`,
    notToldHere: 'Not told here: a part of the record is not in it.',
    period:
      'This is a part of the record, by time: what was recorded of the decision before or after that is not told here.',
    notBegun: 'The beginning of the decision is not in this part of the record.',
    notIncluded: (count: number): string =>
      `${counted(count, 'entry', 'entries')} of this decision ${count === 1 ? 'was' : 'were'} not sealed yet when this copy was made, and ${count === 1 ? 'is' : 'are'} not told here. Ask for a later copy.`,
    cut: (mark: string): string =>
      `too long to be recorded whole: ${mark.replace('cut:', '')} bytes or characters, of which the beginning was kept`,
    notCaptured: (kinds: readonly string[]): string =>
      `The log is set up not to record: ${kinds.map((kind) => kind.replaceAll('_', ' ')).join(', ')}.`,
    capturedUnknown: 'Whether prompts and answers are recorded at all is not said in this part of the record.',
    redacted:
      'What is recognised as secret or personal in a text may have been taken out before it was recorded; such places read [redacted:…].',
    nothingWithheld: 'Nothing that was recorded of this decision is withheld or cut here.',
    why: {
      withheld:
        'withheld by the operator when this copy was made; it can still be disclosed, and would have to fit the digest in the entry',
      erased: 'erased; the log records by which request or rule',
      disclosed: '',
    } as Readonly<Record<string, string>>,
    howToVerify: (digest: string): string =>
      `${digest === '' ? 'Made from the directory of a log.' : `Made from a file with the SHA-256 ${digest}.`} Verify it with “spanseal verify”, the verifier page, or the independent procedure in docs/verify-without-us.md; a single entry with a proof by “spanseal prove”. The leaf hash of an entry is SHA-256 over a zero byte and its line.`,
    entries: 'Entries',
    type: 'Type',
    leaf: 'Leaf hash',
  },
  exceptionKinds: {
    gap: [
      'Entries lost',
      'The recorder could not write for a while and counted what it lost.',
      'what ran meanwhile, and other records of it',
    ],
    recovery: [
      'Segments recovered',
      'A process ended without closing its segment; another one found it and recorded it as it was.',
      'why the process ended',
    ],
    open_segment: [
      'Segments left open',
      'A segment was neither closed nor recovered: its end may be missing.',
      'whether the process still ran, and a later pack',
    ],
    unsealed_tail: [
      'Entries that no seal covers',
      'They stand behind the last seal: nobody signed them.',
      'a later pack in which they are sealed',
    ],
    torn_tail: [
      'Torn ends',
      'The last line of a segment is cut: the process ended while it wrote.',
      'why the process ended',
    ],
    clock_step: [
      'Clock steps',
      'The clock of the writing machine was set while it ran; order is kept, distances are not.',
      'the time service of that machine',
    ],
    incident: ['Incidents', 'The operator recorded an incident.', 'the incident report and what was done'],
    flag_critical: [
      'Critical flags',
      'A policy raised a flag of critical severity, or of one that is neither information nor a warning.',
      'what was done about it',
    ],
    review_missing: [
      'Required reviews that are missing',
      'The record declares that the decision needs a review, and has none by a person.',
      'where the review was made, if it was',
    ],
    reviewer_not_person: [
      'Reviews by no person',
      'A review by a service, a model or nobody that is named is no human oversight.',
      'who the reviewer was',
    ],
    own_review: ['Reviews of one’s own', 'Whoever began it also reviewed it.', 'the rule on separation of duties'],
    reviewer_signature: [
      'Reviewer signatures that do not stand',
      'The review is not what the holder of that key signed.',
      'the reviewer',
    ],
    decision_failed: [
      'Decisions that failed',
      'The application threw an error instead of deciding.',
      'what was done in these cases',
    ],
    decision_unended: ['Decisions without an end', 'The record holds their beginning and no end.', 'what came of them'],
    decision_repeated: [
      'Decisions of one id',
      'Several decisions, or several ends, bear one id: what belongs to which cannot be told.',
      'why an id was used again, and which entries belong together',
    ],
    span_unended: [
      'Calls that never ended',
      'A call began, and nothing tells how it ended.',
      'whether the call had an effect',
    ],
    call_failed: [
      'Calls that failed',
      'A model, tool or agent failed, or a policy kept the call from being made.',
      'what was done instead',
    ],
    outside_decision: [
      'Calls outside any decision',
      'A model, tool or agent ran, and the record does not say for which decision.',
      'what the call was for',
    ],
    possible_same_call: [
      'Calls that may be one',
      'Two instrumentations may have shown the same call; both count, as nobody can tell.',
      'which instrumentations are in use',
    ],
    attributes_dropped: [
      'Calls of which a part was dropped',
      'The SDK dropped attributes beyond its limit: tokens or names may be missing.',
      'the span limits that are set',
    ],
    reconciliation_difference: [
      'Differences to other counts',
      'Somebody held the record against another count, and they differ.',
      'the explanation',
    ],
    erasure: [
      'Values erased',
      'Withheld values were erased; the entries still verify.',
      'the request and the rule that it was done by',
    ],
    retention: [
      'Segments retired',
      'Whole segments were removed under a retention rule; their roots are recorded.',
      'the retention rule',
    ],
    declaration_changed: [
      'Declarations that changed',
      'Segments of this record declare different things of the system.',
      'the change record',
    ],
    control: [
      'Entries that speak against a control',
      'By the catalogue an entry speaks against a control, or needs an explanation; see “Evidence by clause”.',
      'the explanation of each',
    ],
  } satisfies Readonly<Record<ExceptionKind, readonly [title: string, means: string, ask: string]>> as Readonly<
    Record<ExceptionKind, readonly [title: string, means: string, ask: string]>
  >,
};

function becauseText(because: Because): string {
  switch (because.kind) {
    case 'role':
      return `a duty of the ${because.roles.map((role) => role.replaceAll('_', ' ')).join(' or the ')}; declared: ${because.declared.join(', ')}`;
    case 'risk_class':
      return `it attaches to high-risk systems; declared: ${because.declared.replaceAll('_', ' ')}`;
    case 'transition':
      return `${because.clause}: ${because.text}`;
    case 'condition': {
      const undeclared =
        because.undeclared.length === 0 ? '' : `; the profile does not say: ${because.undeclared.join(', ')}`;
      return `only where ${conditionText(because.condition)}${undeclared}`;
    }
  }
}

/** `1.2 s`, `3 min 20 s`, `4 h 5 min`. */
export function duration(millis: number): string {
  if (millis < 1_000) return `${Math.round(millis)} ms`;
  const seconds = millis / 1_000;
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min${seconds % 60 < 1 ? '' : ` ${Math.floor(seconds % 60)} s`}`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
    : `${Math.floor(hours / 24)} days`;
}
