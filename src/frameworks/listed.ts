import { encodeHex } from '../base64.ts';
import { canonicalBytes } from '../canonical.ts';
import { at, type JsonValue } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { frameworks } from './catalogue.ts';
import { catalogueProblems } from './document.ts';
import type { Framework } from './framework.ts';

/** SHA-256 over the canonical form, hex. */
export function digestWith(primitives: Pick<Primitives, 'sha256'>, value: JsonValue): string {
  return encodeHex(primitives.sha256(canonicalBytes(value)));
}

/** The framework that a pack lists by id and digest, of this version or of the file beside the pack. */
export function listedFramework(
  primitives: Pick<Primitives, 'sha256'>,
  listed: JsonValue,
  beside: readonly Framework[],
): Framework | undefined {
  const id = at(listed, 'id');
  const digest = at(listed, 'digest');
  return [...frameworks(), ...beside].find(
    (framework) => framework.id === id && digestWith(primitives, framework as unknown as JsonValue) === digest,
  );
}

/**
 * The frameworks that a pack lists, as far as they are known here.
 *
 * @param catalogue - the content of the catalogue file beside the pack; what is none is passed over
 */
export function catalogueFrameworks(
  primitives: Pick<Primitives, 'sha256'>,
  listed: readonly JsonValue[],
  catalogue: JsonValue | undefined,
): readonly Framework[] {
  const isCatalogue = catalogue !== undefined && catalogueProblems(catalogue).length === 0;
  const beside = isCatalogue ? (catalogue as unknown as { readonly frameworks: readonly Framework[] }).frameworks : [];
  return listed.flatMap((item) => listedFramework(primitives, item, beside) ?? []);
}
