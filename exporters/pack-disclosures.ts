import { encodeBase64 } from '../src/base64.ts';
import { canonicalize } from '../src/canonical.ts';
import { MAX_LINE_BYTES } from '../src/entry.ts';
import { SpansealError } from '../src/error.ts';
import type { Annotations } from '../src/frameworks/index.ts';
import type { JsonObject } from '../src/json.ts';
import { MAX_PACK_LINE_BYTES } from '../src/pack-header.ts';
import type { WithheldCounts } from '../src/pack-summary.ts';
import type { Sink } from '../src/sink.ts';
import type { Erasures } from '../src/verify/erasures.ts';
import type { CheckedEntry } from '../src/verify/rules.ts';
import { DisclosureIndex } from './disclosure-index.ts';
import { sealedErasures } from './sealed-erasures.ts';
import type { Selected } from './selection.ts';
import { choiceOf, type ValueChoice } from './withheld-selection.ts';

/** `"entry":` and `}` */
const FRAME_BYTES = 9;

/** What stands beside an entry, but for its controls. */
export interface BesideEntry {
  /** In a pack of one decision: the hashes from the entry to the checkpoint. */
  readonly path?: readonly Uint8Array[];
  /** Of the values that it withholds. */
  readonly disclosures: Readonly<Record<string, string>>;
  readonly absent: Readonly<Record<string, 'withheld' | 'erased'>>;
  readonly counts: WithheldCounts;
}

/** The withheld values of a pack: those that are to be disclosed, and why the others are not there. */
export class PackDisclosures {
  readonly #sink: Sink;
  readonly #segments: readonly Selected[];
  readonly #chosen: ValueChoice | undefined;
  #erasures: Erasures | undefined;
  #index: { readonly segment: string; readonly disclosures: DisclosureIndex } | undefined;

  /**
   * @param segments - where erasures are looked for
   * @param disclose - {@link choiceOf}
   */
  constructor(sink: Sink, segments: readonly Selected[], disclose: readonly string[]) {
    this.#sink = sink;
    this.#segments = segments;
    this.#chosen = disclose.length === 0 ? undefined : choiceOf(disclose, 'disclose');
  }

  async beside(segment: string, { seq, type, sd = {} }: CheckedEntry): Promise<BesideEntry> {
    // Only now: most logs withhold nothing, and have nothing to look for.
    this.#erasures ??= await sealedErasures(this.#sink, this.#segments);
    const disclosures: Record<string, string> = {};
    const absent: Record<string, 'withheld' | 'erased'> = {};
    for (const [pointer, digest] of Object.entries(sd)) {
      const isErased = this.#erasures.find(segment, seq, pointer, digest) !== undefined;
      const wanted = !isErased && this.#chosen?.(type, pointer) === true;
      const disclosure = wanted ? this.#of(segment).get(seq, pointer, digest) : undefined;
      if (disclosure !== undefined) disclosures[pointer] = disclosure;
      else absent[pointer] = isErased ? 'erased' : 'withheld';
    }
    const states = Object.values(absent);
    const erased = states.filter((state) => state === 'erased').length;
    const disclosed = Object.keys(disclosures).length;
    return { disclosures, absent, counts: { disclosed, erased, withheld: states.length - erased } };
  }

  #of(segment: string): DisclosureIndex {
    if (this.#index?.segment !== segment) {
      this.close();
      this.#index = { segment, disclosures: new DisclosureIndex(this.#sink, segment) };
    }
    return this.#index.disclosures;
  }

  close(): void {
    this.#index?.disclosures.close();
    this.#index = undefined;
  }
}

export const NOTHING_BESIDE: BesideEntry = {
  disclosures: {},
  absent: {},
  counts: { withheld: 0, erased: 0, disclosed: 0 },
};

const isEmpty = (map: object): boolean => Object.keys(map).length === 0;

/** The line of an entry up to its `"entry":`. */
export function besideText({ disclosures, absent, path }: BesideEntry, controls: Annotations | undefined): Uint8Array {
  const beside = {
    absent: isEmpty(absent) ? undefined : absent,
    audit_path: path?.map(encodeBase64),
    controls,
    disclosures: isEmpty(disclosures) ? undefined : disclosures,
  } as unknown as JsonObject;
  const text = Buffer.from(`${canonicalize(beside).slice(0, -1)},`);
  if (text.length + MAX_LINE_BYTES + FRAME_BYTES <= MAX_PACK_LINE_BYTES) return text;
  throw new SpansealError(
    'EXPORT_FAILED',
    `What is disclosed of one entry has ${text.length} bytes, more than a line of a pack holds; disclose fewer values.`,
  );
}
