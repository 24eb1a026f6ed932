import { countsElsewhere, isCounted } from '../what-counts.ts';
import { at, countAt, textOf, type JsonObject, type JsonValue } from '../json.ts';
import type { SeenEntry } from '../verify/seen.ts';

/** What ran: models, prompts, tools, sources, providers, with calls, tokens, cost, errors, and when it changed. */

export interface ModelUse {
  readonly provider: string;
  readonly model: string;
  calls: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  /** Calls that report no tokens. */
  withoutUsage: number;
  firstTs: string;
  lastTs: string;
}

export interface Use {
  readonly name: string;
  readonly version: string;
  uses: number;
  errors: number;
  firstTs: string;
  lastTs: string;
}

/** The system was changed, by its own record or by what its segments declare. */
export interface ChangePoint {
  readonly ts: string;
  readonly segment: string;
  readonly seq: number;
  readonly kind: string;
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  /** Whether somebody recorded it as a change, or it is what a segment declares and the one before did not. */
  readonly declared: boolean;
}

export interface Running {
  readonly models: readonly ModelUse[];
  readonly prompts: readonly Use[];
  readonly tools: readonly Use[];
  readonly sources: readonly Use[];
  readonly agents: readonly Use[];
  readonly instrumentations: readonly Use[];
  readonly changes: readonly ChangePoint[];
  readonly changesLeftOut: number;
  /** Currency → sum, of floating-point numbers. */
  readonly cost: ReadonlyMap<string, number>;
  /** Names beyond those that are told apart. */
  readonly further: number;
}

/** So many names of each kind are told apart. */
const MAX_NAMES = 200;
const MAX_CHANGES = 200;

type UseKind = 'prompts' | 'tools' | 'sources' | 'agents' | 'instrumentations';

/** Members of `audit_open` that say which system it is. */
const DECLARED = [
  'system_version',
  'environment',
  'risk_tier',
  'operator',
  'purpose_ref',
  'versions',
  'redaction',
  'capture',
] as const;

export class WhatRan {
  readonly #models = new Map<string, ModelUse>();
  readonly #uses: Readonly<Record<UseKind, Map<string, Use>>> = {
    prompts: new Map(),
    tools: new Map(),
    sources: new Map(),
    agents: new Map(),
    instrumentations: new Map(),
  };
  readonly #changes: ChangePoint[] = [];
  #changesLeftOut = 0;
  readonly #cost = new Map<string, number>();
  readonly #declared = new Map<string, string>();
  #further = 0;

  see(seen: SeenEntry): void {
    const { payload } = seen.entry;
    this.#ran(seen);
    const scope = at(payload, 'instrumentation', 'scope');
    if (typeof scope === 'string') {
      this.#use('instrumentations', seen, scope, textOf(at(payload, 'instrumentation', 'version')));
    }
  }

  #ran(seen: SeenEntry): void {
    const { type, payload } = seen.entry;
    switch (type) {
      case 'audit_open':
        this.#opening(seen);
        break;
      case 'change':
        this.#change(seen, {
          kind: textOf(payload['kind']),
          subject: textOf(payload['subject']),
          from: textOf(payload['from']),
          to: textOf(payload['to']),
          declared: true,
        });
        break;
      case 'llm_call':
        this.#call(seen);
        break;
      case 'tool_call':
        this.#use('tools', seen, textOf(payload['name']), textOf(payload['tool_version']));
        break;
      case 'context_assembly':
        if (textOf(payload['data_source']) !== '') {
          this.#use('sources', seen, textOf(payload['data_source']), textOf(payload['data_source_version']));
        }
        break;
      case 'agent_invocation':
        this.#use('agents', seen, textOf(at(payload, 'agent', 'name')), textOf(at(payload, 'agent', 'version')));
        break;
    }
  }

  #call(seen: SeenEntry): void {
    const { payload, ts } = seen.entry;
    if (countsElsewhere(payload)) return;
    const provider = textOf(payload['provider']);
    const model = textOf(payload['response_model']) || textOf(payload['request_model']);
    const key = JSON.stringify([provider, model]);
    let use = this.#models.get(key);
    if (use === undefined) {
      if (this.#models.size >= MAX_NAMES) {
        this.#further++;
        return;
      }
      use = {
        provider,
        model,
        calls: 0,
        errors: 0,
        inputTokens: 0,
        outputTokens: 0,
        withoutUsage: 0,
        firstTs: ts,
        lastTs: ts,
      };
      this.#models.set(key, use);
    }
    if (isCounted(payload)) use.calls++;
    if (payload['outcome'] === 'error') use.errors++;
    if (payload['outcome'] !== 'unended') {
      use.inputTokens += countAt(payload, 'usage', 'input_tokens');
      use.outputTokens += countAt(payload, 'usage', 'output_tokens');
    }
    if (payload['usage'] === undefined) use.withoutUsage++;
    if (ts > use.lastTs) use.lastTs = ts;
    this.#addCost(payload);
    const prompt = at(payload, 'prompt', 'name') ?? at(payload, 'prompt', 'digest');
    if (typeof prompt === 'string') this.#use('prompts', seen, prompt, textOf(at(payload, 'prompt', 'version')));
  }

  #addCost(payload: JsonObject): void {
    const given = at(payload, 'cost', 'amount');
    const amount = typeof given === 'number' || isDecimal(given) ? Number(given) : undefined;
    const currency = textOf(at(payload, 'cost', 'currency'));
    if (amount === undefined || (!this.#cost.has(currency) && this.#cost.size >= MAX_NAMES)) return;
    this.#cost.set(currency, (this.#cost.get(currency) ?? 0) + amount);
  }

  #use(kind: UseKind, { entry }: SeenEntry, name: string, version: string): void {
    if (kind !== 'instrumentations' && !isCounted(entry.payload)) return;
    const uses = this.#uses[kind];
    const key = JSON.stringify([name, version]);
    let use = uses.get(key);
    if (use === undefined) {
      if (uses.size >= MAX_NAMES) {
        this.#further++;
        return;
      }
      use = { name, version, uses: 0, errors: 0, firstTs: entry.ts, lastTs: entry.ts };
      uses.set(key, use);
    }
    use.uses++;
    if (entry.payload['outcome'] === 'error') use.errors++;
    if (entry.ts > use.lastTs) use.lastTs = entry.ts;
  }

  #opening(seen: SeenEntry): void {
    const { payload } = seen.entry;
    for (const member of DECLARED) {
      const now = shownDeclaration(payload[member]);
      const before = this.#declared.get(member);
      this.#declared.set(member, now);
      if (before !== undefined && before !== now) {
        this.#change(seen, { kind: 'declaration', subject: member, from: before, to: now, declared: false });
      }
    }
  }

  #change({ entry, segment = '' }: SeenEntry, change: Omit<ChangePoint, 'ts' | 'segment' | 'seq'>): void {
    if (this.#changes.length >= MAX_CHANGES) this.#changesLeftOut++;
    else this.#changes.push({ ts: entry.ts, segment, seq: entry.seq, ...change });
  }

  end(): Running {
    const { prompts, tools, sources, agents, instrumentations } = this.#uses;
    return {
      models: [...this.#models.values()].sort((left, right) => right.calls - left.calls),
      prompts: byUses(prompts),
      tools: byUses(tools),
      sources: byUses(sources),
      agents: byUses(agents),
      instrumentations: byUses(instrumentations),
      changes: this.#changes,
      changesLeftOut: this.#changesLeftOut,
      cost: this.#cost,
      further: this.#further,
    };
  }
}

/** As amounts are written; `Number` alone would take `0x10`, and an empty text. */
function isDecimal(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value);
}

function shownDeclaration(value: JsonValue | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function byUses(uses: ReadonlyMap<string, Use>): readonly Use[] {
  return [...uses.values()].sort((left, right) => right.uses - left.uses);
}
