import { encodeHex } from '../base64.ts';
import type { Primitives } from '../primitives.ts';

/**
 * A sample that anybody can draw again, in any language: of the ids those whose SHA-256 over `<seed>\n<id>` (UTF-8), in
 * hex, come first. Whoever chooses the seed after the record was sealed could not have known which decisions it draws.
 */
export function sampleOf(
  { sha256 }: Pick<Primitives, 'sha256'>,
  ids: Iterable<string>,
  { n, seed }: { readonly n: number; readonly seed: string },
): readonly string[] {
  const encoder = new TextEncoder();
  return [...new Set(ids)]
    .map((id) => ({ id, rank: encodeHex(sha256(encoder.encode(`${seed}\n${id}`))) }))
    .sort((left, right) => (left.rank < right.rank ? -1 : 1))
    .slice(0, n)
    .map(({ id }) => id);
}
