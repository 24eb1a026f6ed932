/** The end of a message: `; did you mean x?` if something among the candidates is near enough, else a full stop. */
export function didYouMean(given: string, candidates: readonly string[], prefix = ''): string {
  const near = candidates
    .map((candidate) => ({ candidate, distance: distanceOf(given.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((left, right) => left.distance - right.distance)[0];
  return near === undefined ? '.' : `; did you mean ${prefix}${near.candidate}?`;
}

/** {@link didYouMean}, of names as they stand in code. */
export function didYouMeanCode(given: string, candidates: readonly string[]): string {
  return didYouMean(given, candidates, '`').replace('?', '`?');
}

/** Edit distance (Levenshtein), in which two neighbours that changed places are one edit (optimal string alignment). */
function distanceOf(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, char] of left.split('').entries()) {
    const next = [index + 1];
    for (let at = 0; at < right.length; at++) {
      const substituted = (row[at] ?? 0) + (right[at] === char ? 0 : 1);
      const swapped = index > 0 && char === right[at - 1] && left[index - 1] === right[at];
      const swap = swapped ? (before[at - 1] ?? 0) + 1 : Infinity;
      next.push(Math.min(substituted, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1, swap));
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}
