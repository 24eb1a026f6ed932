import { isObject } from '../canonical.ts';
import { digestOf, disclosedValue } from '../disclosure.ts';
import { textOf, type JsonObject } from '../json.ts';
import type { WithheldCounts } from '../pack-summary.ts';
import type { Primitives } from '../primitives.ts';
import type { Erasure } from './erasures.ts';
import { quoted, type Place, type Problems } from './problem.ts';
import type { CheckedEntry } from './rules.ts';
import { NO_VALUES, type ValueCounts } from './value-counts.ts';

/** So many values that a pack calls erased are held against its erasures: a hostile one may claim any number. */
const MAX_CLAIMS = 1_000_000;

interface Claim {
  readonly place: Place;
  readonly digest: string;
}

/** What stands beside the entries of a pack for the values that they withhold. */
export class PackValues {
  readonly #primitives: Pick<Primitives, 'sha256'>;
  readonly #problems: Problems;
  readonly #claims = new Map<string, Claim>();
  #furtherClaims = 0;
  #counts: ValueCounts = NO_VALUES;

  constructor(primitives: Pick<Primitives, 'sha256'>, problems: Problems) {
    this.#primitives = primitives;
    this.#problems = problems;
  }

  get counts(): ValueCounts {
    return this.#counts;
  }

  /**
   * @param beside - `disclosures` and `absent`, as they stand beside the entry
   * @returns how its values stand by that, for the summary
   */
  entry(entry: CheckedEntry, beside: JsonObject, place: Place): WithheldCounts {
    const sd = entry.sd ?? {};
    const disclosures = isObject(beside['disclosures']) ? beside['disclosures'] : {};
    const absent = isObject(beside['absent']) ? beside['absent'] : {};
    for (const pointer of [...Object.keys(disclosures), ...Object.keys(absent)]) {
      if (!Object.hasOwn(sd, pointer)) this.#pointer(place, `${quoted(pointer)} is not withheld by this entry`);
    }
    const said = { withheld: 0, erased: 0, disclosed: 0 };
    for (const [pointer, digest] of Object.entries(sd)) {
      const disclosure = Object.hasOwn(disclosures, pointer) ? disclosures[pointer] : undefined;
      const why = Object.hasOwn(absent, pointer) ? absent[pointer] : undefined;
      if ((disclosure === undefined) === (why === undefined)) {
        this.#pointer(place, `${quoted(pointer)} is not in exactly one of disclosures and absent`);
      } else if (disclosure !== undefined) {
        said.disclosed++;
        this.#count(this.#isDisclosed(pointer, digest, textOf(disclosure), place) ? 'disclosed' : 'failed');
      } else if (why === 'erased') {
        said.erased++;
        this.#count('erased');
        this.#claim(`${place.segment} ${entry.seq} ${pointer}`, { place, digest: digest });
      } else {
        said.withheld++;
        this.#count('withheld');
      }
    }
    return said;
  }

  #count(state: keyof ValueCounts): void {
    this.#counts = { ...this.#counts, [state]: this.#counts[state] + 1 };
  }

  #pointer(place: Place, what: string): void {
    this.#count('failed');
    this.#problems.add('disclosure_pointer', place, what);
  }

  #isDisclosed(pointer: string, digest: string, disclosure: string, place: Place): boolean {
    if (digestOf(this.#primitives, disclosure) !== digest) {
      this.#problems.add('disclosure_digest', place, `what is disclosed of ${quoted(pointer)} is another value`);
      return false;
    }
    if (disclosedValue(disclosure) !== undefined) return true;
    this.#problems.add('disclosure_malformed', place, `the disclosure of ${quoted(pointer)} is no salt and value`);
    return false;
  }

  #claim(key: string, claim: Claim): void {
    if (this.#claims.size < MAX_CLAIMS) this.#claims.set(key, claim);
    else this.#furtherClaims++;
  }

  /**
   * After the last entry.
   *
   * @param segments - the names of the segments in the pack
   * @param isAll - whether the pack holds all segments, and so all erasures
   * @returns how many values are called erased by a record that is not here
   */
  end(erasures: Iterable<Erasure>, segments: ReadonlySet<string>, isAll: boolean): number {
    const met = new Set<string>();
    for (const { place, segment, seq, pointer, digest } of erasures) {
      if (!segments.has(segment)) continue;
      const key = `${segment} ${seq} ${pointer}`;
      if (this.#claims.get(key)?.digest === digest) met.add(key);
      else if (this.#furtherClaims === 0) {
        const what = `entry ${seq} of ${segment} does not have ${quoted(pointer)} as erased`;
        this.#problems.add('erasure_mismatch', place, what);
      }
    }
    const unmet = [...this.#claims].filter(([key]) => !met.has(key));
    if (!isAll) return unmet.length + this.#furtherClaims;
    for (const [, { place }] of unmet) {
      this.#problems.add('erasure_missing', place, 'a value is called erased, and no sealed erasure says so');
    }
    if (this.#furtherClaims > 0) {
      const what = `${this.#furtherClaims} values more than ${MAX_CLAIMS} are called erased`;
      this.#problems.add('erasure_missing', { file: [...this.#claims.values()][0]?.place.file ?? '' }, what);
    }
    return 0;
  }
}

/** What keeps the members beside an entry from being `disclosures` and `absent`; `undefined` if nothing does. */
export function besideProblem({ disclosures, absent }: JsonObject): string | undefined {
  if (disclosures !== undefined && !isMap(disclosures, (value) => typeof value === 'string')) return 'disclosures';
  if (absent !== undefined && !isMap(absent, (value) => value === 'withheld' || value === 'erased')) return 'absent';
  return undefined;
}

function isMap(value: JsonObject[string], is: (member: unknown) => boolean): boolean {
  return isObject(value) && Object.keys(value).length > 0 && Object.values(value).every(is);
}
