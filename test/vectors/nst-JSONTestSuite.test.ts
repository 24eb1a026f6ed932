import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { canonicalize } from '../../src/canonical.ts';
import { canonicalProblem, parseJson, type ParsedJson } from '../../src/verify/json.ts';
import { vectors } from '../vectors.ts';

/** Above the largest file of the corpus: nothing is rejected for its length. */
const MAX_BYTES = 1_000_000;

/** Parses, and asks what parsed whether it is canonical: neither may throw. */
function readAll(folder: string, prefix: string): Map<string, ParsedJson> {
  const results = new Map<string, ParsedJson>();
  for (const name of readdirSync(folder).sort()) {
    if (!name.startsWith(prefix)) continue;
    const parsed = parseJson(readFileSync(join(folder, name)), MAX_BYTES);
    results.set(name, parsed);
    if (parsed.ok && canonicalProblem(parsed.value, parsed.text) === undefined) {
      expect(canonicalize(parsed.value), name).toBe(parsed.text);
    }
  }
  return results;
}

vectors('nst-JSONTestSuite', (folder) => {
  const parsing = join(folder, 'test_parsing');
  const transform = join(folder, 'test_transform');
  const names = (files: Map<string, ParsedJson>, ok: boolean): string[] =>
    [...files].filter(([, parsed]) => parsed.ok === ok).map(([name]) => name);

  it('parses every y_, rejects every n_, survives every i_ and every transform', () => {
    const valid = readAll(parsing, 'y_');
    const invalid = readAll(parsing, 'n_');
    const either = readAll(parsing, 'i_');
    const transforms = readAll(transform, '');
    expect(names(valid, false)).toEqual([]);
    expect(names(invalid, true)).toEqual([]);
    expect([valid.size, invalid.size, either.size, transforms.size]).toEqual([95, 188, 35, 22]);
    console.log(
      `JSON parsing, nst: ${valid.size} y_ parsed, ${invalid.size} n_ rejected, ${either.size} i_ ` +
        `(${names(either, true).length} parsed), ${transforms.size} transforms (${names(transforms, true).length} parsed)`,
    );
  });

  it('rejects i_ files for what they are', () => {
    const problems = [...readAll(parsing, 'i_')].map(([name, parsed]) => {
      const problem = parsed.ok ? canonicalProblem(parsed.value, parsed.text) : parsed.problem;
      return [name.slice(2, -5), problem];
    });
    expect(Object.fromEntries(problems)).toEqual({
      number_double_huge_neg_exp: 'not_canonical',
      number_huge_exp: 'number_range',
      number_neg_int_huge_exp: 'number_range',
      number_pos_double_huge_exp: 'number_range',
      number_real_neg_overflow: 'number_range',
      number_real_pos_overflow: 'number_range',
      number_real_underflow: 'not_canonical',
      number_too_big_neg_int: 'number_range',
      number_too_big_pos_int: 'number_range',
      number_very_big_negative_int: 'number_range',
      object_key_lone_2nd_surrogate: 'surrogate',
      string_1st_surrogate_but_2nd_missing: 'surrogate',
      string_1st_valid_surrogate_2nd_invalid: 'surrogate',
      'string_UTF-16LE_with_BOM': 'not_utf8',
      'string_UTF-8_invalid_sequence': 'not_utf8',
      'string_UTF8_surrogate_U+D800': 'not_utf8',
      string_incomplete_surrogate_and_escape_valid: 'surrogate',
      string_incomplete_surrogate_pair: 'surrogate',
      string_incomplete_surrogates_escape_valid: 'surrogate',
      string_invalid_lonely_surrogate: 'surrogate',
      string_invalid_surrogate: 'surrogate',
      'string_invalid_utf-8': 'not_utf8',
      'string_inverted_surrogates_U+1D11E': 'surrogate',
      string_iso_latin_1: 'not_utf8',
      string_lone_second_surrogate: 'surrogate',
      string_lone_utf8_continuation_byte: 'not_utf8',
      string_not_in_unicode_range: 'not_utf8',
      string_overlong_sequence_2_bytes: 'not_utf8',
      string_overlong_sequence_6_bytes: 'not_utf8',
      string_overlong_sequence_6_bytes_null: 'not_utf8',
      'string_truncated-utf-8': 'not_utf8',
      string_utf16BE_no_BOM: 'not_utf8',
      string_utf16LE_no_BOM: 'not_utf8',
      structure_500_nested_arrays: 'too_deep',
      'structure_UTF-8_BOM_empty_object': 'not_json',
    });
  });
});
