import type { Span } from '@opentelemetry/api';

import type { DecisionBasis, EntryType } from '../src/entry.ts';
import type { Dialect, Role } from './dialects/dialect.ts';
import type { SnapshotEvent, SpanLike } from './snapshot.ts';

/** What a span is, in the terms of its dialect. */
export interface SpanCharacter {
  readonly type: EntryType;
  readonly role: Role;
  /** Of a tool that ran: which one, and whether the span is the request to an MCP server, or the server's own. */
  readonly tool?: { readonly name: string; readonly isMcp: boolean };
}

/** Nothing told how it ended, or nothing but a status that some emitters set whatever happens. */
export type DoubtfulOutcome = 'unknown' | 'unended' | 'ok';

/** What the processor remembers of a span that may matter to others: a GenAI span, or one below a decision or such a span. */
export interface SpanNode {
  readonly traceId: string;
  readonly spanId: string;
  /** The live span; released when it has ended. */
  span: SpanLike | undefined;
  /** The span above, or the next one above it that still matters. */
  parent: SpanNode | undefined;
  readonly decisionId: string | undefined;
  readonly basis: DecisionBasis | undefined;
  readonly startedMillis: number;
  /** The local parent, if it was recording when this span started. */
  parentSpan: Span | undefined;
  /** When a sweep first saw the parent ended. */
  orphanedMillis: number | undefined;
  dialect: Dialect | undefined;
  /** Log records that belong to it, as events of its own. */
  events: SnapshotEvent[] | undefined;
  /** As mapped, as far as it is known: by the time of its end, or when a span below it asked. */
  mapped: SpanCharacter | undefined;
  /** Whether it may be a GenAI span and has neither ended nor been recorded as unended. */
  open: boolean;
  ended: boolean;
  /** Spans below that are open, or have open ones below them. */
  below: Set<SpanNode> | undefined;
  /** Calls below that were recorded and may be the same call as this one, seen from nearer. */
  inner: Set<SpanNode> | undefined;
  /** Requests to an MCP server below that were recorded and are the same run of a tool. */
  innerTools: Set<SpanNode> | undefined;
  /** The type of its entry, if that is a call. */
  call: EntryType | undefined;
  /** How it ended by its entry, if that is a call and could not tell. */
  doubtful: DoubtfulOutcome | undefined;
  /** Evaluations that stood on it and were recorded: those of an unended span stand on it at its end, too. */
  evaluations: number;
  /** Whether spans that are part of the same call reported its usage. */
  usageWithin: boolean;
  /** Whether any span below reported usage; then all spans above know it, too. */
  usageBelow: boolean;
  /** Whether any span below was recorded as a call; likewise. */
  callBelow: boolean;
  /** Whether its entry has usage, of its own or of what is below it. */
  reportsUsage: boolean;
  /** Where it was recorded as unended, if it could be. */
  unended: { readonly segment: string; readonly seq: number } | 'unrecorded' | undefined;
}

/** What is known of a span when it starts, or, if its start was not seen, when it ends. */
export function spanNode(
  span: SpanLike,
  known: Partial<Pick<SpanNode, 'parent' | 'decisionId' | 'basis' | 'parentSpan' | 'dialect'>> = {},
): SpanNode {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    span,
    parent: lookThrough(known.parent),
    decisionId: known.decisionId,
    basis: known.basis,
    startedMillis: performance.now(),
    parentSpan: known.parentSpan,
    orphanedMillis: undefined,
    dialect: known.dialect,
    events: undefined,
    mapped: undefined,
    open: false,
    ended: false,
    below: undefined,
    inner: undefined,
    innerTools: undefined,
    call: undefined,
    doubtful: undefined,
    evaluations: 0,
    usageWithin: false,
    usageBelow: false,
    callBelow: false,
    reportsUsage: false,
    unended: undefined,
  };
}

/** As many as an SDK keeps of a span's own events by default. */
const MAX_EVENTS = 128;

/** Adds to what an open span says. Returns whether there was room. */
export function addEvent(node: SpanNode, event: SnapshotEvent): boolean {
  node.events ??= [];
  if (node.events.length >= MAX_EVENTS) return false;
  node.events.push(event);
  return true;
}

/** Notes an open span with those above it. */
export function link(node: SpanNode): void {
  node.open = true;
  for (let each = node; each.parent !== undefined; each = each.parent) {
    each.parent.below ??= new Set();
    // Above the first span that knew of another one all know already.
    if (each.parent.below.has(each)) return;
    each.parent.below.add(each);
  }
}

/** A span is no longer open: takes it out again, and the spans above that were only noted for its sake. */
export function unlink(node: SpanNode): void {
  node.open = false;
  let each: SpanNode | undefined = node;
  while (each !== undefined && !each.open && (each.below === undefined || each.below.size === 0)) {
    const above: SpanNode | undefined = each.parent;
    const noted: boolean = above?.below?.delete(each) === true;
    // Spans may go on starting below the last one that ended: what lies behind it is let go.
    if (each.ended) each.parent = isOpaque(each.mapped) ? firstNotEnded(above) : lookThrough(above);
    each = noted ? above : undefined;
  }
}

/** Whether other spans cannot be seen through it. */
export function isOpaque(mapped: SpanCharacter | undefined): boolean {
  return mapped?.role === 'leaf' || mapped?.role === 'barrier';
}

/** An ended span that can be looked through has nothing to tell to what starts below it. */
function lookThrough(from: SpanNode | undefined): SpanNode | undefined {
  let node = from;
  while (node !== undefined && node.ended && !isOpaque(node.mapped)) node = node.parent;
  return node;
}

function firstNotEnded(from: SpanNode | undefined): SpanNode | undefined {
  let node = from;
  while (node?.ended === true) node = node.parent;
  return node;
}
