/** How the values stand that entries withhold. */
export interface ValueCounts {
  /** Their disclosure is here, and it is the one. */
  readonly disclosed: number;
  /** Nothing of them is here. */
  readonly withheld: number;
  /** Nothing of them is here, and a sealed `erasure` says that nothing of them is left. */
  readonly erased: number;
  /** What is disclosed is not what was withheld, or was said to be erased. */
  readonly failed: number;
  /** Disclosures that no entry has the digest of: a crash between the two leaves one. */
  readonly unaccounted: number;
}

export const NO_VALUES: ValueCounts = { disclosed: 0, withheld: 0, erased: 0, failed: 0, unaccounted: 0 };

export function sumOf(counts: Iterable<ValueCounts>): ValueCounts {
  let { disclosed, withheld, erased, failed, unaccounted } = NO_VALUES;
  for (const each of counts) {
    disclosed += each.disclosed;
    withheld += each.withheld;
    erased += each.erased;
    failed += each.failed;
    unaccounted += each.unaccounted;
  }
  return { disclosed, withheld, erased, failed, unaccounted };
}
