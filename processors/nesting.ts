import type { EntryType, SameCall } from '../src/entry.ts';
import { isOpaque, type SpanCharacter, type SpanNode } from './span-node.ts';

const NONE: readonly SpanNode[] = [];

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
  innerCalls(node: SpanNode, type: EntryType): readonly SpanNode[] {
    // Most calls have nothing below them.
    if (node.inner === undefined && node.below === undefined) return NONE;
    // A span between the two may have turned out to be a barrier since, and this one to be a call of another kind.
    const recorded = [...(node.inner ?? [])].filter(
      (inner) => inner.call === type && this.#nearestOpaque(inner) === node,
    );
    return [...recorded, ...this.#openInner(node, type)];
  }

  /** Spans below that are the same run of a tool: what a framework calls a tool is a request to an MCP server inside. */
  innerTools(node: SpanNode): readonly SpanNode[] {
    if (node.innerTools === undefined && node.below === undefined) return NONE;
    const open = this.#opaqueBelow(node).filter((below) => below.open && this.#isSameTool(node, below));
    return [...(node.innerTools ?? []), ...open];
  }

  #isSameTool(outer: SpanNode, inner: SpanNode): boolean {
    const tool = this.#characterOf(inner)?.tool;
    return tool?.isMcp === true && this.#characterOf(outer)?.tool?.name === tool.name;
  }

  #tellOuterTool(node: SpanNode): void {
    const above = this.#nearestOpaque(node);
    if (above === undefined || above.ended || !this.#isSameTool(above, node)) return;
    above.innerTools ??= new Set();
    if (above.innerTools.size < MAX_INNER_CALLS) above.innerTools.add(node);
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

  /** Tells the spans above what was recorded. */
  recorded(node: SpanNode): void {
    const { call, reportsUsage } = node;
    if (node.mapped?.role !== 'barrier') this.#tellOuter(node);
    else if (node.mapped.tool?.isMcp === true) this.#tellOuterTool(node);
    for (let above = node.parent; above !== undefined; above = above.parent) {
      if ((above.callBelow || call === undefined) && (above.usageBelow || !reportsUsage)) return;
      above.callBelow ||= call !== undefined;
      above.usageBelow ||= reportsUsage;
    }
  }

  #tellOuter(node: SpanNode): void {
    const { call, reportsUsage } = node;
    if (call === undefined && !reportsUsage) return;
    for (let above = node.parent; above !== undefined; above = above.parent) {
      const role = this.#characterOf(above)?.role;
      if (role === undefined) {
        // An open span that does not say yet what it is may turn out to be the same call.
        if (above.open && call !== undefined) addInner(above, node);
      } else if (role !== 'transparent') {
        if (role === 'barrier' || above.ended) return;
        if (call === undefined) above.usageWithin = true;
        else addInner(above, node);
        return;
      }
    }
  }

  /** The nearest GenAI span above that other spans cannot be seen through. */
  #nearestOpaque(below: SpanNode): SpanNode | undefined {
    let node = below.parent;
    while (node !== undefined && !isOpaque(this.#characterOf(node))) node = node.parent;
    return node;
  }

  #openInner(node: SpanNode, type: EntryType): SpanNode[] {
    return this.#opaqueBelow(node).filter((below) => {
      const character = this.#characterOf(below);
      return below.open && character?.role === 'leaf' && character.type === type;
    });
  }

  /** The nearest spans below, of those that are open or have open ones below them, that cannot be seen through. */
  #opaqueBelow(node: SpanNode): SpanNode[] {
    const found: SpanNode[] = [];
    const seenThrough = [node];
    for (const above of seenThrough) {
      for (const below of above.below ?? []) {
        if (isOpaque(this.#characterOf(below))) found.push(below);
        else seenThrough.push(below);
      }
    }
    return found;
  }

  #hasOpenCall(node: SpanNode): boolean {
    if (node.below === undefined) return false;
    const all = [node];
    for (const above of all) {
      for (const below of above.below ?? []) {
        if (below.open && this.#characterOf(below)?.role === 'leaf') return true;
        all.push(below);
      }
    }
    return false;
  }
}

/** So many fit a line. That there is one is what counts; a span that is open for hours does not gather them all. */
const MAX_INNER_CALLS = 512;

function addInner(outer: SpanNode, inner: SpanNode): void {
  outer.inner ??= new Set();
  if (outer.inner.size < MAX_INNER_CALLS) outer.inner.add(inner);
}

/** How an entry names another span of the same call. */
export function sameCall(
  { traceId, spanId }: { readonly traceId: string; readonly spanId: string },
  basis: SameCall['basis'],
): SameCall {
  return { trace_id: traceId, span_id: spanId, basis };
}
