import { isArray, isObject } from '../canonical.ts';
import type { EntryType } from '../entry.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { shown } from './layout.ts';

/**
 * What an entry says, in a few words; all of it stands in the entry.
 *
 * @param sd - what it withholds
 */
export function gistOf(type: EntryType, payload: JsonObject, sd: JsonObject = {}): string {
  const withheld = Object.keys(sd).map((pointer) => shown(pointer.replace('/payload/', '')));
  return [...GISTS[type](payload), withheld.length === 0 ? undefined : `withheld: ${withheld.join(', ')}`]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
}

type Parts = readonly (string | undefined)[];

/** A member that is a text, number or boolean; or the members of one that is an object. */
function text(payload: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  let value = payload;
  for (const member of path) value = isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  return value === undefined || value === null || typeof value === 'object' ? undefined : shown(String(value));
}

function list(payload: JsonObject, member: string): string | undefined {
  const value = payload[member];
  return isArray(value) && value.length > 0 ? value.map((item) => shown(item)).join(', ') : undefined;
}

function labelledText(label: string, value: string | undefined, after = ''): string | undefined {
  return value === undefined ? undefined : `${label}${value}${after}`;
}

function duration(payload: JsonObject): string | undefined {
  return labelledText('', text(payload, 'duration_ms'), ' ms');
}

function outcome(payload: JsonObject): Parts {
  const ended = text(payload, 'unended_because');
  return [
    labelledText('', text(payload, 'outcome'), ended === undefined ? '' : ` (${ended})`),
    text(payload, 'error', 'type'),
    labelledText('ends entry ', text(payload, 'ends')),
    isArray(payload['same_call']) ? 'shown by another span' : undefined,
    duration(payload),
  ];
}

function tokens(payload: JsonObject): string | undefined {
  const [input, output] = [text(payload, 'usage', 'input_tokens'), text(payload, 'usage', 'output_tokens')];
  return input === undefined && output === undefined ? undefined : `${input ?? '?'} in, ${output ?? '?'} out`;
}

function model(payload: JsonObject): string | undefined {
  const name = text(payload, 'response_model') ?? text(payload, 'request_model');
  return [text(payload, 'provider'), name].filter((part) => part !== undefined).join('/');
}

function spans(payload: JsonValue | undefined): Parts {
  const count = (member: string): string => text(payload, 'spans', member) ?? '?';
  return [
    `spans: ${count('recorded')} recorded of ${count('ended')} ended, ${count('open')} open`,
    `decisions: ${text(payload, 'decisions', 'ended') ?? '?'} ended, ${text(payload, 'decisions', 'open') ?? '?'} open`,
  ];
}

/** Lines of a checkpoint: origin, size, root. */
function sealed(payload: JsonObject): string | undefined {
  const [, size, root] = String(payload['checkpoint']).split('\n');
  return `covers ${shown(size ?? '?')} entries, root ${shown(root ?? '?')}`;
}

const GISTS: Readonly<Record<EntryType, (payload: JsonObject) => Parts>> = {
  audit_open: (p) => [
    text(p, 'system'),
    text(p, 'environment'),
    text(p, 'risk_tier'),
    p['key'] === null ? 'unsigned' : undefined,
    labelledText('by ', text(p, 'producer', 'name'), ` ${text(p, 'producer', 'version') ?? ''}`),
    labelledText('on ', text(p, 'process', 'host')),
  ],
  decision: (p) => [
    text(p, 'decision_type'),
    labelledText('by ', text(p, 'actor'), labelledText(' (', text(p, 'actor_kind'), ')')),
    text(p, 'automation'),
    p['review_required'] === true ? 'review required' : undefined,
    labelledText('case ', text(p, 'case_ref')),
    text(p, 'purpose'),
  ],
  decision_record: (p) => [shown(p['data'] ?? {})],
  decision_end: (p) => [
    text(p, 'outcome'),
    text(p, 'result'),
    list(p, 'reason_codes'),
    text(p, 'error', 'type'),
    duration(p),
  ],
  llm_call: (p) => [model(p), text(p, 'operation'), tokens(p), ...outcome(p)],
  tool_call: (p) => [text(p, 'name'), text(p, 'side_effect'), ...outcome(p)],
  context_assembly: (p) => [text(p, 'operation'), text(p, 'data_source'), model(p), ...outcome(p)],
  agent_invocation: (p) => [text(p, 'agent', 'name'), text(p, 'operation'), tokens(p), ...outcome(p)],
  message_content: (p) => [text(p, 'role')],
  guardrail: (p) => [text(p, 'kind'), text(p, 'verdict'), text(p, 'action'), text(p, 'policy', 'name')],
  evaluation: (p) => [text(p, 'kind'), text(p, 'metric'), text(p, 'score'), text(p, 'label'), text(p, 'phase')],
  human_oversight: (p) => [
    text(p, 'action'),
    text(p, 'tool_call', 'name'),
    labelledText('by ', text(p, 'reviewer') ?? '?', labelledText(' (', text(p, 'reviewer_kind'), ')')),
    labelledText('result ', text(p, 'final_result')),
    text(p, 'stage'),
    text(p, 'note'),
  ],
  policy_flag: (p) => [text(p, 'severity'), text(p, 'action'), text(p, 'reason'), list(p, 'data')],
  incident: (p) => [text(p, 'class'), text(p, 'stage'), text(p, 'incident_id'), p['serious'] === true ? 'serious' : ''],
  change: (p) => [text(p, 'kind'), text(p, 'subject'), labelledText('to ', text(p, 'to')), text(p, 'ticket_ref')],
  custody: (p) => [
    text(p, 'action'),
    text(p, 'purpose'),
    labelledText('to ', text(p, 'recipient')),
    labelledText('by ', text(p, 'performed_by')),
    labelledText('pack ', text(p, 'pack_digest')),
  ],
  reconciliation: (p) => [
    text(p, 'source'),
    text(p, 'metric'),
    `expected ${text(p, 'expected') ?? '?'}, recorded ${text(p, 'recorded') ?? '?'}`,
  ],
  tally: spans,
  gap: (p) => [`${text(p, 'lost') ?? '?'} entries lost`, text(p, 'reason')],
  recovery: (p) => [
    text(p, 'segment'),
    `${text(p, 'lines') ?? '?'} entries found, ${text(p, 'size') ?? '?'} of them sealed`,
  ],
  clock_step: (p) => [`${text(p, 'before') ?? '?'} → ${text(p, 'after') ?? '?'}`],
  erasure: (p) => [text(p, 'trigger'), text(p, 'outcome'), text(p, 'request_ref'), text(p, 'legal_basis')],
  retention: (p) => [text(p, 'reason'), labelledText('by ', text(p, 'actor'))],
  anchor: (p) => [text(p, 'kind'), text(p, 'authority'), text(p, 'gen_time')],
  seal: (p) => [sealed(p)],
  audit_close: (p) => [text(p, 'reason'), ...(isObject(p['tally']) ? spans(p['tally']) : [])],
};
