import { encodeHex } from './base64.ts';
import { isObject } from './canonical.ts';
import { countsElsewhere } from './what-counts.ts';
import { strengthsOf, type Annotations } from './frameworks/index.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Primitives } from './primitives.ts';

/** An entry as the summary reads it. */
interface SummarisedEntry {
  readonly ts: string;
  readonly type: string;
  readonly payload: JsonObject;
  readonly decision_id?: string;
  readonly sd?: JsonObject;
}

/** How the withheld values of an entry stand in a pack. */
export interface WithheldCounts {
  readonly withheld: number;
  readonly erased: number;
  readonly disclosed: number;
}

/**
 * So many different words of an open vocabulary are counted by name, none of them longer than this; all others together.
 * All seven vocabularies full of words of control characters, which JSON escapes with six bytes each, take 3.5 MB: the
 * summary is one line, and a line has 4 MiB.
 */
const MAX_WORDS = 1_000;
const MAX_WORD_CHARS = 80;
const FURTHER_WORDS = '(further)';

const USAGE = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_write_input_tokens',
  'reasoning_output_tokens',
  'total_tokens',
] as const;

/**
 * So many decision ids are told apart: their digest is over the sorted ids, and needs all of them at once. A period with
 * more has no digest, and counts `decision` entries.
 */
const MAX_POPULATION = 1_000_000;

/** A sum that stays a number of the format: a provider may report whatever it likes. */
function total(sum: number, count: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(sum + count, Number.MAX_SAFE_INTEGER));
}

class Counter {
  readonly #counts = new Map<string, number>();
  #further = 0;

  add(word: JsonValue | undefined, count = 1): void {
    if (typeof word !== 'string') return;
    const before = this.#counts.get(word);
    const isFurther =
      word === FURTHER_WORDS ||
      (before === undefined && (word.length > MAX_WORD_CHARS || this.#counts.size >= MAX_WORDS));
    if (isFurther) this.#further = total(this.#further, count);
    else this.#counts.set(word, total(before ?? 0, count));
  }

  get total(): number {
    return [...this.#counts.values()].reduce(total, this.#further);
  }

  toObject(): JsonObject {
    const further: readonly [string, number][] = this.#further === 0 ? [] : [[FURTHER_WORDS, this.#further]];
    return Object.fromEntries([...this.#counts, ...further]);
  }
}

/**
 * The totals at the end of a pack (docs/format.md section 6): a function of the entries and annotations above them, so
 * that the verifier computes them again with the same code that the exporter ran.
 */
export class PackSummary {
  readonly #primitives: Primitives;
  #segments = 0;
  #entries = 0;
  #unsealed = 0;
  readonly #byType = new Counter();
  readonly #callsByOutcome = new Counter();
  #endedLate = 0;
  readonly #usage = new Counter();
  readonly #decisionsByOutcome = new Counter();
  readonly #decisionsByResult = new Counter();
  readonly #oversightByAction = new Counter();
  readonly #oversightByKind = new Counter();
  readonly #flagsByAction = new Counter();
  readonly #flagsBySeverity = new Counter();
  #lost = 0;
  readonly #values = { withheld: 0, erased: 0, disclosed: 0 };
  #firstTs: string | undefined;
  #lastTs: string | undefined;
  readonly #controls = new Map<string, Map<string, Counter>>();
  readonly #decisions = new Set<string>();
  /** `decision` entries with an id, once there are too many to tell them apart. */
  #furtherDecisions = 0;

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  segment(unsealed: number): void {
    this.#segments++;
    this.#unsealed += unsealed;
  }

  entry(entry: SummarisedEntry, annotations: Annotations | undefined, values?: WithheldCounts): void {
    const { ts, type, payload } = entry;
    this.#entries++;
    this.#byType.add(type);
    if (this.#firstTs === undefined || ts < this.#firstTs) this.#firstTs = ts;
    if (this.#lastTs === undefined || ts > this.#lastTs) this.#lastTs = ts;
    this.#count(entry);
    const { usage, outcome } = payload;
    // What an unended span had reported is reported again if it ends after all.
    if (isObject(usage) && outcome !== 'unended') {
      for (const name of USAGE) {
        const tokens = usage[name];
        if (typeof tokens === 'number') this.#usage.add(name, tokens);
      }
    }
    if (values !== undefined) {
      this.#values.withheld += values.withheld;
      this.#values.erased += values.erased;
      this.#values.disclosed += values.disclosed;
    }
    this.#annotate(annotations);
  }

  #count({ type, payload, decision_id: decisionId }: SummarisedEntry): void {
    switch (type) {
      case 'llm_call':
        if (countsElsewhere(payload)) break;
        this.#callsByOutcome.add(payload['outcome']);
        if (payload['ends'] !== undefined) this.#endedLate++;
        break;
      case 'decision':
        if (decisionId !== undefined) this.#decision(decisionId);
        break;
      case 'decision_end':
        this.#decisionsByOutcome.add(payload['outcome']);
        this.#decisionsByResult.add(payload['result']);
        break;
      case 'human_oversight':
        this.#oversightByAction.add(payload['action']);
        this.#oversightByKind.add(payload['reviewer_kind']);
        break;
      case 'policy_flag':
        this.#flagsByAction.add(payload['action']);
        this.#flagsBySeverity.add(payload['severity']);
        break;
      case 'gap':
        if (typeof payload['lost'] === 'number') this.#lost = total(this.#lost, payload['lost']);
        break;
    }
  }

  #decision(id: string): void {
    if (this.#furtherDecisions > 0 || (this.#decisions.size >= MAX_POPULATION && !this.#decisions.has(id))) {
      this.#furtherDecisions++;
    } else {
      this.#decisions.add(id);
    }
  }

  /** SHA-256 over the sorted ids, one a line. */
  #idsDigest(): string {
    const lines = [...this.#decisions].sort().map((id) => `${id}\n`);
    return encodeHex(this.#primitives.sha256(new TextEncoder().encode(lines.join(''))));
  }

  #annotate(annotations: Annotations | undefined): void {
    if (annotations === undefined) return;
    for (const [framework, controls] of Object.entries(annotations)) {
      let counters = this.#controls.get(framework);
      if (counters === undefined) this.#controls.set(framework, (counters = new Map<string, Counter>()));
      for (const [id, annotation] of Object.entries(controls)) {
        let counter = counters.get(id);
        if (counter === undefined) counters.set(id, (counter = new Counter()));
        for (const strength of strengthsOf(annotation)) counter.add(strength);
      }
    }
  }

  /** The `summary` of the pack. */
  toObject(): JsonObject {
    const controls = [...this.#controls].map(([framework, counters]) => [
      framework,
      Object.fromEntries([...counters].map(([id, counter]) => [id, counter.toObject()])),
    ]);
    return {
      segments: this.#segments,
      entries: this.#entries,
      by_type: this.#byType.toObject(),
      llm_calls: {
        calls: this.#callsByOutcome.total - this.#endedLate,
        by_outcome: this.#callsByOutcome.toObject(),
        ended_late: this.#endedLate,
      },
      usage: this.#usage.toObject(),
      decisions: { by_outcome: this.#decisionsByOutcome.toObject(), by_result: this.#decisionsByResult.toObject() },
      oversight: { by_action: this.#oversightByAction.toObject(), by_reviewer_kind: this.#oversightByKind.toObject() },
      flags: { by_action: this.#flagsByAction.toObject(), by_severity: this.#flagsBySeverity.toObject() },
      incidents: Number(this.#byType.toObject()['incident'] ?? 0),
      lost: this.#lost,
      unsealed: this.#unsealed,
      ...this.#values,
      ...(this.#firstTs === undefined ? {} : { first_ts: this.#firstTs }),
      ...(this.#lastTs === undefined ? {} : { last_ts: this.#lastTs }),
      controls: Object.fromEntries(controls) as JsonObject,
      population: {
        unit: 'decision',
        count: this.#decisions.size + this.#furtherDecisions,
        ...(this.#furtherDecisions > 0 ? {} : { ids_digest: this.#idsDigest() }),
      },
    };
  }
}
