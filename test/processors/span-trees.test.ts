import { trace, type Span } from '@opentelemetry/api';
import { fc } from '../fast-check.ts';
import { expect, test } from 'vitest';

import type { Entry } from '../../src/entry.ts';
import {
  AGENT,
  CHAT,
  counting,
  EMBEDDINGS,
  expectArithmetic,
  MODEL_AGENT,
  Recording,
  standing,
  STEP,
  TOOL,
  usage,
} from './recording.ts';

/**
 * Trees of spans of every kind that start and end in any order, some of them never, with more of them open than may be.
 * What the entries must say is worked out again here, from the tree alone.
 */

const KINDS = {
  chat: { role: 'leaf', attributes: { ...CHAT, ...usage(10, 5) } },
  embeddings: { role: 'leaf', attributes: { ...EMBEDDINGS, ...usage(8, 0) } },
  tool: { role: 'barrier', attributes: TOOL },
  agent: { role: 'barrier', attributes: { ...AGENT, ...usage(30, 15) } },
  modelAgent: { role: 'barrier', attributes: { ...MODEL_AGENT, ...usage(30, 15) } },
  step: { role: 'transparent', attributes: STEP },
  http: { role: 'none', attributes: { 'http.request.method': 'POST' } },
} as const;

type Kind = keyof typeof KINDS;

const operations = fc.array(
  fc.record({
    start: fc.boolean(),
    pick: fc.nat(1_000),
    kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
  }),
  { minLength: 1, maxLength: 50 },
);

interface Node {
  readonly span: Span;
  readonly kind: Kind;
  readonly parent: Node | undefined;
  readonly startedAt: number;
  ended: boolean;
  /** When an entry was made of it; the last one stands. */
  readonly recordedAt: number[];
}

/** The tree, and when what happened in it. */
class Model {
  readonly nodes: Node[] = [];
  readonly #maxOpen: number;
  #open: Node[] = [];
  #time = 0;

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  start(span: Span, kind: Kind, parent: Node | undefined): void {
    const node: Node = { span, kind, parent, startedAt: this.#time++, ended: false, recordedAt: [] };
    this.nodes.push(node);
    if (kind === 'http') return;
    this.#open.push(node);
    if (this.#open.length > this.#maxOpen) this.#open.shift()?.recordedAt.push(this.#time++);
  }

  end(node: Node): void {
    node.ended = true;
    if (node.kind !== 'http') node.recordedAt.push(this.#time++);
    this.#open = this.#open.filter((each) => each !== node);
  }

  shutDown(): void {
    for (const node of this.#open) node.recordedAt.push(this.#time++);
    this.#open = [];
  }

  /** Spans that have neither ended nor been recorded as unended. */
  get open(): number {
    return this.nodes.filter(({ ended, recordedAt }) => !ended && recordedAt.length === 0).length;
  }

  get unended(): number {
    return this.nodes.filter(({ ended, recordedAt }) => recordedAt.length > (ended ? 1 : 0)).length;
  }

  /** Calls of the same kind that had started below a call when its last entry was made. */
  innerCalls(outer: Node): Node[] {
    const at = outer.recordedAt.at(-1) ?? 0;
    return this.nodes.filter(
      (node) => node.kind === outer.kind && node.startedAt < at && this.#nearestOpaque(node) === outer,
    );
  }

  #nearestOpaque({ parent }: Node): Node | undefined {
    let node = parent;
    while (node !== undefined && ['transparent', 'none'].includes(KINDS[node.kind].role)) node = node.parent;
    return node;
  }

  #below(node: Node): Node[] {
    return this.nodes.filter((each) => {
      let above = each.parent;
      while (above !== undefined && above !== node) above = above.parent;
      return above === node;
    });
  }

  /** Whether calls had started below an envelope at a time, or an envelope that stands for one was recorded. */
  callBelow(node: Node, at: number): boolean {
    return this.#below(node).some(
      (below) =>
        (KINDS[below.kind].role === 'leaf' && below.startedAt < at) ||
        (below.kind === 'modelAgent' && below.recordedAt.some((time) => time < at && !this.callBelow(below, time))),
    );
  }

  usageBelow(node: Node, at: number): boolean {
    return this.#below(node).some(
      (below) =>
        (KINDS[below.kind].role === 'leaf' && below.startedAt < at) ||
        (['agent', 'modelAgent'].includes(below.kind) && below.recordedAt.some((time) => time < at)),
    );
  }
}

test('each call counts once, whatever is nested in whatever and ends in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(operations, fc.integer({ min: 1, max: 12 }), fc.boolean(), async (steps, maxOpenSpans, rolls) => {
      const recording = new Recording({
        processor: { maxOpenSpans },
        log: rolls ? { maxSegmentBytes: 4_000 } : {},
      });
      const model = new Model(maxOpenSpans);
      // Opens the segment, so that its tally counts every span.
      recording.audit.record({ opened: true });
      for (const { start, pick, kind } of steps) {
        const running = model.nodes.filter(({ ended }) => !ended);
        if (start || running.length === 0) {
          const parent = model.nodes[pick % (model.nodes.length + 1)];
          model.start(recording.start(KINDS[kind].attributes, parent?.span), kind, parent);
        } else {
          const node = running[pick % running.length]!;
          node.span.end();
          model.end(node);
        }
        const tally = recording.audit.tally.payload('');
        expectArithmetic(tally);
        expect(tally.spans.open).toBe(model.open);
      }
      model.shutDown();
      await recording.close();
      expectEntries(recording.entries, model);
      // The last tally of each segment.
      const tallies = recording.entries.flatMap((entry) =>
        entry.type === 'audit_close' && entry.payload.tally !== undefined ? [entry.payload.tally.spans] : [],
      );
      const sum = (name: 'started' | 'ended' | 'unended' | 'late'): number =>
        tallies.reduce((total, spans) => total + spans[name], 0);
      expect(tallies).toHaveLength(recording.sink.list().length);
      expect(tallies.at(-1)?.open).toBe(model.open);
      expect(sum('started')).toBe(model.nodes.length);
      expect(sum('unended')).toBe(model.unended);
      expect(sum('ended') + sum('late')).toBe(model.nodes.filter(({ ended }) => ended).length);
    }),
    { numRuns: 150 },
  );
});

test('likewise where spans say what they are only before they end, if each ends after those below it', async () => {
  const steps = fc.array(
    fc.record({
      start: fc.boolean(),
      pick: fc.nat(1_000),
      kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
      late: fc.boolean(),
    }),
    { minLength: 1, maxLength: 50 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (operations) => {
      const recording = new Recording();
      const model = new Model(Infinity);
      // From this one on the scope is known to start its spans without a mark.
      const first = recording.start({});
      first.setAttributes(CHAT);
      first.end();
      const late = new Set<Node>();
      const end = (node: Node): void => {
        if (late.has(node)) node.span.setAttributes(KINDS[node.kind].attributes);
        node.span.end();
        model.end(node);
      };
      const running = (): Node[] => model.nodes.filter(({ ended }) => !ended);
      const endable = (): Node[] => running().filter((node) => !running().some(({ parent }) => parent === node));
      for (const { start, pick, kind, late: isLate } of operations) {
        const open = running();
        if (start || open.length === 0) {
          const parent = open[pick % (open.length + 1)];
          model.start(recording.start(isLate ? {} : KINDS[kind].attributes, parent?.span), kind, parent);
          if (isLate) late.add(model.nodes.at(-1)!);
        } else {
          const candidates = endable();
          end(candidates[pick % candidates.length]!);
        }
      }
      while (endable().length > 0) for (const node of endable()) end(node);
      await recording.close();
      const entries = recording.entries.filter((entry) => entry.span_id !== idOf(first));
      expectEntries(entries, model);
    }),
    { numRuns: 150 },
  );
});

function expectEntries(entries: readonly Entry[], model: Model): void {
  const stand = standing(entries);
  const recorded = model.nodes.filter(({ kind }) => kind !== 'http');
  expect(stand.map(({ span_id: id }) => String(id)).sort()).toEqual(recorded.map(({ span }) => idOf(span)).sort());
  const counted = new Set(counting(entries).map(({ span_id: id }) => id));
  for (const node of recorded) {
    const entry = stand.find(({ span_id: id }) => id === idOf(node.span))!;
    const payload = entry.payload as Readonly<Record<string, unknown>>;
    const at = node.recordedAt.at(-1) ?? 0;
    expect(entry.parent_span_id).toBe(node.parent === undefined ? undefined : idOf(node.parent.span));
    expect(payload['outcome'] === 'unended').toBe(!node.ended);
    expect(payload['ends'] !== undefined).toBe(node.recordedAt.length > 1);
    const inner = KINDS[node.kind].role === 'leaf' ? model.innerCalls(node) : [];
    expect(counted.has(idOf(node.span))).toBe(inner.length === 0);
    expect(((payload['same_call'] ?? []) as { span_id: string }[]).map(({ span_id: id }) => id).sort()).toEqual(
      inner.map(({ span }) => idOf(span)).sort(),
    );
    if (node.kind === 'modelAgent') expect(entry.type === 'llm_call').toBe(!model.callBelow(node, at));
    const aggregates = KINDS[node.kind].role === 'leaf' ? inner.length > 0 : model.usageBelow(node, at);
    if ('gen_ai.usage.input_tokens' in KINDS[node.kind].attributes) {
      expect(Object.keys(payload).filter((member) => member.endsWith('usage'))).toEqual([
        aggregates ? 'aggregate_usage' : 'usage',
      ]);
    }
  }
}

function idOf(span: Span): string {
  return span.spanContext().spanId;
}

test('a span that another processor made its parent is no parent', () => {
  const recording = new Recording();
  const elsewhere = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });
  const span = recording.start(CHAT, elsewhere);
  span.end();
  expect(recording.of(span)).toMatchObject({ trace_id: 'a'.repeat(32), parent_span_id: 'b'.repeat(16) });
  return recording.close();
});
