import { createHash, createHmac } from 'node:crypto';

/** Writes chains as acttrace writes them (acttrace-chain/1), from its specification and not from what is tested with it. */

export interface Written {
  type: string;
  payload: Record<string, unknown>;
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([name, member]) => [name, sorted(member)]),
        )
      : value;

const text = JSON.stringify;

/** As the file has it: white space behind commas and colons, outside of texts. */
export function spaced(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (part) => (part.length > 1 ? part : `${part} `));
}

/** A float that JavaScript has no spelling for, such as `2.0`: written as the text `float:2.0`. */
const floats = (json: string): string => json.replaceAll(/"float:([^"]*)"/g, '$1');

export const SYSTEM = 'refund-bot';

const CONTROLS: Readonly<Record<string, readonly string[]>> = {
  audit_open: ['Art.12 record-keeping', 'Art.19 automatically generated logs'],
  decision: ['Art.12 record-keeping', 'Art.13 transparency'],
  decision_record: ['Art.12 record-keeping', 'Art.13 transparency'],
  llm_call: ['Art.12 logging', 'Art.19 automatically generated logs', 'Art.72 post-market monitoring'],
  policy_flag: [
    'Art.10 data governance',
    'Art.12 record-keeping',
    'PCI-DSS 3.3/3.4 (payment-card data — cross-reference)',
  ],
  decision_end: ['Art.12 record-keeping'],
};

export const ENTRIES: readonly Written[] = [
  { type: 'decision', payload: { decision_id: 'd1', input: { question: 'refund?' }, actor: 'agent' } },
  { type: 'decision_record', payload: { decision_id: 'd1', budget: 1000, ratio: 'float:1000.0', note: 'café ☕' } },
  { type: 'llm_call', payload: { decision_id: 'd1', model: 'gpt-4o', latency_ms: 12.5, replayed: false } },
  {
    type: 'policy_flag',
    payload: { decision_id: 'd1', reason: 'card', action: 'flagged', severity: 'critical', data: ['credit_card'] },
  },
  { type: 'decision_end', payload: { decision_id: 'd1' } },
];

export interface ChainOptions {
  key?: string | undefined;
  entries?: readonly Written[];
  /** `null` for a log without a header. */
  framework?: string | null;
  header?: boolean;
}

/** The lines of a file, without line feeds. */
export function chainLines({
  key,
  entries = ENTRIES,
  framework = 'eu_ai_act',
  header = true,
}: ChainOptions = {}): string[] {
  const sign = (what: string): string =>
    key === undefined ? '' : createHmac('sha256', key).update(what).digest('hex');
  const opening = { system: SYSTEM, risk_tier: 'high', format: 'acttrace-chain/1', producer: 'cendor-acttrace/1.14.0' };
  let previous = '0'.repeat(64);
  const rows = [{ type: 'audit_open', payload: opening }, ...entries].map(({ type, payload }, seq) => {
    const ts = `2026-08-01T23:02:31.5391${70 + seq}+00:00`;
    const body = floats(text(sorted({ payload, seq, ts, type })));
    const hash = createHash('sha256')
      .update(previous + body)
      .digest('hex');
    const row = { seq, ts, type, payload, prev_hash: previous, hash, sig: sign(hash) };
    previous = hash;
    return header && framework !== null ? { ...row, controls: CONTROLS[type] } : row;
  });
  const lines = rows.map((row) => spaced(floats(text(row))));
  if (!header) return lines;
  const count = (type: string): number => rows.filter((row) => row.type === type).length;
  const covered = rows.flatMap((row) => ('controls' in row ? (row.controls ?? []) : []));
  const signed = { entries: rows.length, head_hash: previous, risk_tier: 'high', system: SYSTEM };
  const meta = {
    system: SYSTEM,
    risk_tier: 'high',
    framework,
    controls_covered: [...new Set(covered)].sort(),
    summary: {
      decisions: count('decision'),
      llm_calls: count('llm_call'),
      tool_calls: 0,
      context_assemblies: 0,
      human_oversight: 0,
      policy_flags: count('policy_flag'),
      flags_by_action: count('policy_flag') === 0 ? {} : { flagged: count('policy_flag') },
      flags_by_severity: count('policy_flag') === 0 ? {} : { critical: count('policy_flag') },
    },
    head_hash: previous,
    entries: rows.length,
    disclaimer: 'Evidence to support compliance — not legal advice.',
    ...(key === undefined ? {} : { sig: sign(text(signed)) }),
  };
  return [spaced(text({ _meta: meta })), ...lines];
}

export function fileOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
