import { counted, grouped } from '../../counted.ts';
import type { EntryType } from '../../entry.ts';
import { isArray } from '../../canonical.ts';
import { at, textOf, type JsonObject, type JsonValue } from '../../json.ts';
import { countsElsewhere } from '../../what-counts.ts';
import { wasBlocked } from '../blocked.ts';
import { duration } from './en.ts';
import { lookUp } from './look-up.ts';

/** What an entry says, as a sentence; all of it stands in the entry. */

export interface StepNames {
  /** The text that stands for a person. */
  readonly reviewer: (name: string) => string;
  /** What to show of a text that may name a reviewer. */
  readonly shown: (text: string) => string;
  /** Whether persons are named. */
  readonly named: boolean;
}

export function stepText(type: EntryType, payload: JsonObject, names: StepNames): string {
  const say = Object.hasOwn(STEPS, type) ? STEPS[type] : undefined;
  return say === undefined ? type.replaceAll('_', ' ') : sentence(say(payload, names));
}

type Parts = readonly (string | undefined | false)[];

function sentence(parts: Parts): string {
  const text = parts
    .filter((part) => part !== undefined && part !== false && part !== '')
    .join(' ')
    .replace(/ ([;:,.])/g, '$1');
  return text.endsWith('.') ? text : `${text}.`;
}

/** A text or a number, cut to what fits a sentence. */
function word(payload: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const value = at(payload, ...path);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value !== 'string' || value === '' ? undefined : cut(value);
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function words(payload: JsonObject, member: string): string {
  const value = payload[member];
  return isArray(value)
    ? value
        .slice(0, 20)
        .map((item) => textOf(item) || JSON.stringify(item))
        .join(', ')
    : '';
}

function plain(text: string | undefined): string | undefined {
  return text?.replaceAll('_', ' ');
}

function after(prefix: string, text: string | undefined, suffix = ''): string | undefined {
  return text === undefined || text === '' ? undefined : `${prefix}${text}${suffix}`;
}

function took(payload: JsonObject): string | undefined {
  const millis = payload['duration_ms'];
  return typeof millis === 'number' ? `after ${duration(millis)}` : undefined;
}

/** How a call came out. */
function came(payload: JsonObject, ok: string): string {
  switch (payload['outcome']) {
    case 'ok':
      return [ok, took(payload)].filter(Boolean).join(' ');
    case 'error':
      return ['it failed', took(payload), after('(', word(payload, 'error', 'type'), ')')].filter(Boolean).join(' ');
    case 'unended':
      return `it never ended${after(' (', plain(word(payload, 'unended_because')), ')') ?? ''}`;
    default:
      return 'how it ended is not said';
  }
}

function tokens(payload: JsonObject): string | undefined {
  const count = (name: string): string | undefined => {
    const value = at(payload, 'usage', name);
    return typeof value === 'number' ? grouped(value) : undefined;
  };
  const [input, output] = [count('input_tokens'), count('output_tokens')];
  return input === undefined && output === undefined
    ? undefined
    : `${input ?? '?'} tokens went in, ${output ?? '?'} came out.`;
}

const ACTIONS: Readonly<Record<string, string>> = {
  approved: 'approved it',
  rejected: 'rejected it',
  overridden: 'overrode it',
  reversed: 'reversed it',
  corrected: 'corrected it',
  disregarded: 'disregarded it',
  stopped: 'stopped it',
  interrupted: 'interrupted it',
  disabled: 'disabled the system',
  rolled_back: 'rolled it back',
  escalated: 'passed it on to somebody else',
  acknowledged: 'took note of it',
  no_action: 'looked at it and did nothing',
};

/** Where it was found. */
const APPLIED_TO: Readonly<Record<string, string>> = {
  record: 'in what is recorded',
  model_input: 'in what was to be sent to the model',
  model_output: 'in what the model answered',
  tool_arguments: 'in what was to be given to a tool',
  tool_result: 'in what a tool answered',
  context: 'in the context',
};

const FLAGGED: Readonly<Record<string, string>> = {
  allowed: 'was found and allowed',
  flagged: 'was flagged',
  redacted: 'was redacted',
  blocked: 'was blocked',
  escalated: 'was passed on',
};

/** What it means for the model: that the record was redacted does not mean that the model did not see it. */
const RECORD_MEANS: Readonly<Record<string, string>> = {
  redacted: '; what the model received was not changed by that',
  flagged: '; it was left there',
  allowed: '; it was left there',
};

/** Of a guard before a model or a tool. */
const GUARD_MEANS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  model_input: {
    redacted: '; the model did not receive it',
    blocked: '; nothing was sent to the model',
    flagged: '; it was sent all the same',
    allowed: '; it was sent',
  },
  tool_arguments: {
    redacted: '; the tool did not receive it',
    blocked: '; the tool did not run',
    flagged: '; the tool received it all the same',
    allowed: '; the tool received it',
  },
};

/** Only a guard says by its policy what it did; of what an application tells nothing more is known. */
function meaning(payload: JsonObject): string | undefined {
  const action = textOf(payload['action']);
  const appliedTo = textOf(payload['applied_to']);
  if (appliedTo === 'record') return lookUp(RECORD_MEANS, action);
  if (payload['counts'] === undefined) return undefined;
  const means = lookUp(GUARD_MEANS, appliedTo);
  return means === undefined ? undefined : lookUp(means, action);
}

const STEPS: Readonly<Partial<Record<EntryType, (payload: JsonObject, names: StepNames) => Parts>>> = {
  audit_open: (p) => [
    'The segment was opened',
    after('by ', word(p, 'producer', 'name')),
    after('on ', word(p, 'process', 'host')),
  ],
  decision: (p, { shown, named }) => [
    'A decision was begun',
    after('about ', plain(word(p, 'decision_type'))),
    p['actor_kind'] === 'person' && !named && shown(textOf(p['actor'])) === p['actor']
      ? 'by a person'
      : after('by ', cut(shown(textOf(p['actor']))), after(' (', plain(word(p, 'actor_kind')), ')') ?? ''),
    after('for ', word(p, 'purpose')),
    after('— ', plain(word(p, 'automation'))),
    p['review_required'] === true && '; a review by a person is required',
    p['in_scope'] === false && '; declared out of the system’s scope',
  ],
  decision_record: () => ['The application recorded data of the decision'],
  decision_end: (p) => {
    if (p['outcome'] === 'failed')
      return ['The application failed before it decided', after('(', word(p, 'error', 'type'), ')')];
    if (p['outcome'] === 'unended') return ['The process ended before the decision did'];
    if (p['outcome'] !== 'completed') return ['The decision ended; how is not said'];
    return [
      'The decision ended',
      after('with the result “', word(p, 'result'), '”'),
      after('for the reasons ', words(p, 'reason_codes')),
      after('(effective ', word(p, 'effective_at'), ')'),
    ];
  },
  llm_call: (p) => [
    'The model',
    word(p, 'response_model') ?? word(p, 'request_model') ?? '(not named)',
    after('of ', word(p, 'provider')),
    ...(wasBlocked(p)
      ? ['was not called: a policy blocked what was to be sent']
      : [
          'was called',
          after('(', plain(word(p, 'operation')), ')'),
          p['replayed'] === true && 'from a cache',
          `and ${came(p, 'answered')}.`,
        ]),
    tokens(p),
    isArray(p['tool_calls_requested']) &&
      p['tool_calls_requested'].length > 0 &&
      `It asked for ${counted(p['tool_calls_requested'].length, 'tool call')}.`,
    countsElsewhere(p) && 'Another entry shows the same call; this one does not count.',
  ],
  tool_call: (p) => [
    'The tool',
    word(p, 'name'),
    after('(', plain(word(p, 'side_effect')), ')'),
    ...(wasBlocked(p)
      ? ['did not run: a policy blocked what was to be given to it']
      : ['ran', `and ${came(p, 'returned')}`]),
  ],
  context_assembly: (p) => [
    'Context was put together',
    after('by ', plain(word(p, 'operation'))),
    after('from ', word(p, 'data_source')),
    isArray(p['documents']) && `with ${counted(p['documents'].length, 'document')}`,
  ],
  agent_invocation: (p) => ['The agent', word(p, 'agent', 'name'), 'was run', `and ${came(p, 'finished')}`],
  message_content: (p) => ['A message was recorded', after('of the ', word(p, 'role'))],
  guardrail: (p) => [
    'A guardrail',
    after('against ', plain(word(p, 'kind'))),
    after('said ', word(p, 'verdict')),
    after('and was ', plain(word(p, 'action'))),
  ],
  evaluation: (p) => [
    'An evaluation',
    after('of ', plain(word(p, 'kind'))),
    after('measured ', word(p, 'metric')),
    after(': ', word(p, 'score') ?? word(p, 'label')),
  ],
  human_oversight: (p, { reviewer, named }) => {
    const kind = word(p, 'reviewer_kind');
    const who = typeof p['reviewer'] === 'string' ? reviewer(p['reviewer']) : undefined;
    return [
      kind === 'person'
        ? `A person${after(' (', who, ')') ?? ''}`
        : kind === 'unknown' || kind === undefined
          ? 'Somebody who is not named as a person'
          : `A ${kind}`,
      after('in the role ', word(p, 'role')),
      lookUp(ACTIONS, textOf(p['action'])) ??
        `did something else${(named ? after(' (', word(p, 'action_text'), ')') : undefined) ?? ''}`,
      p['stage'] === 'before_effect' && 'before it took effect',
      p['stage'] === 'after_effect' && 'after it took effect',
      after('; proposed was “', word(p, 'proposed_result'), '”'),
      after('; the result is “', word(p, 'final_result'), '”'),
      after('; asked for by ', plain(word(p, 'trigger'))),
      after('; the reason is ', word(p, 'reason_code')),
    ];
  },
  policy_flag: (p) => [
    after('', words(p, 'data') || word(p, 'reason')),
    lookUp(FLAGGED, textOf(p['action'])) ?? 'was noted',
    lookUp(APPLIED_TO, textOf(p['applied_to'])),
    after('by the policy ', word(p, 'policy', 'name')),
    after('(', word(p, 'severity'), ')'),
    meaning(p),
  ],
  incident: (p) => [
    'An incident was recorded',
    after(': ', plain(word(p, 'class'))),
    after('(', plain(word(p, 'stage')), ')'),
  ],
  change: (p) => [
    'The system was changed:',
    plain(word(p, 'kind')),
    word(p, 'subject'),
    after('from ', word(p, 'from')),
    after('to ', word(p, 'to')),
  ],
  custody: (p) => ['The record was', plain(word(p, 'action')), after('for ', plain(word(p, 'purpose')))],
  reconciliation: (p) => [
    'The record was held against',
    word(p, 'source'),
    after('(', word(p, 'metric'), ')'),
    `: expected ${word(p, 'expected') ?? '?'}, recorded ${word(p, 'recorded') ?? '?'}`,
  ],
  gap: (p) => [`${word(p, 'lost') ?? '?'} entries were lost`, after('because ', plain(word(p, 'reason')))],
  erasure: (p) => ['Values were erased', after('(', plain(word(p, 'trigger')), ')')],
};
