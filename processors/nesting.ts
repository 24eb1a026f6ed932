import type { EntryType, SameCall } from '../src/entry.ts';
import { isOpaque, type SpanCharacter, type SpanNode } from './span-node.ts';

/**
 * One call that several spans show counts once, at the innermost, and so does its usage. A call whose nearest GenAI span
 * above, looking through transparent and other spans, is a call of the same kind is the same call as that one. Parents
 * end before their children in some emitters: a span that is still open is judged by what it says so far.
 */
export class Nesting {
  readonly #characterOf: (node: SpanNode) => SpanCharacter | undefined;

  /** @param characterOf - what a span is, as far as it can be told now */
  constructor(characterOf: (node: SpanNode) => SpanCharacter | undefined) {
    this.#characterOf = characterOf;
  }

  /** Calls below that are the same call as this one. */
  innerCalls(node: SpanNode, type: EntryType): SpanNode[] {
    // A span between the two may have turned out to be a barrier since.
    const recorded = [...(node.inner ?? [])].filter((inner) => this.#nearestOpaque(inner) === node);
    return [...recorded, ...this.#openInner(node, type)];
  }

  /** Whether what is below reports usage that a span of this character would include in its own. */
  usageBelow(node: SpanNode, role: SpanCharacter['role'], inner: readonly SpanNode[]): boolean {
    // What a call behind a barrier used, or one of another kind, is no part of this call.
    if (role === 'leaf') return node.usageWithin || inner.some((call) => call.open || call.reportsUsage);
    return node.usageBelow || this.#hasOpenCall(node);
  }

  callBelow(node: SpanNode): boolean {
    return node.callBelow || this.#hasOpenCall(node);
  }

  /** Tells the spans above what was recorded; `call` is the entry's type if it is a call. */
  recorded(node: SpanNode, call: EntryType | undefined): void {
    const { reportsUsage } = node;
    if (node.mapped?.role !== 'barrier' && (call !== undefined || reportsUsage)) this.#tellOuter(node, call);
    for (let above = node.parent; above !== undefined; above = above.parent) {
      if ((above.callBelow || call === undefined) && (above.usageBelow || !reportsUsage)) return;
      above.callBelow ||= call !== undefined;
      above.usageBelow ||= reportsUsage;
    }
  }

  #tellOuter(node: SpanNode, call: EntryType | undefined): void {
    const outer = this.#nearestOpaque(node);
    const character = outer === undefined ? undefined : this.#characterOf(outer);
    if (outer === undefined || outer.ended || character?.role !== 'leaf') return;
    if (call !== undefined && call !== character.type) return;
    if (call !== undefined) (outer.inner ??= new Set()).add(node);
    outer.usageWithin ||= call === undefined && node.reportsUsage;
  }

  /** The nearest GenAI span above that other spans cannot be seen through. */
  #nearestOpaque(below: SpanNode): SpanNode | undefined {
    let node = below.parent;
    while (node !== undefined && !isOpaque(this.#characterOf(node))) node = node.parent;
    return node;
  }

  #openInner(node: SpanNode, type: EntryType): SpanNode[] {
    const found: SpanNode[] = [];
    for (const below of node.below ?? []) {
      const character = this.#characterOf(below);
      if (!isOpaque(character)) found.push(...this.#openInner(below, type));
      else if (below.open && character?.role === 'leaf' && character.type === type) found.push(below);
    }
    return found;
  }

  #hasOpenCall(node: SpanNode): boolean {
    for (const below of node.below ?? []) {
      if (below.open && this.#characterOf(below)?.role === 'leaf') return true;
      if (this.#hasOpenCall(below)) return true;
    }
    return false;
  }
}

export function sameCall({ traceId, spanId }: SpanNode): SameCall {
  return { trace_id: traceId, span_id: spanId, basis: 'nesting' };
}
