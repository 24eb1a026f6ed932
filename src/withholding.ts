import { hash, randomBytes } from 'node:crypto';

import { canonicalize } from './canonical.ts';
import { CONTENT, type Capture } from './capture.ts';
import { MAX_LINE_BYTES, type EntryType } from './entry.ts';
import type { PreparedEntry } from './entry-line.ts';
import { fitPayload } from './fit.ts';
import type { JsonObject } from './json.ts';
import { Normaliser, type LossyMarks, type TextFilter } from './normalise.ts';
import { pointer } from './pointer.ts';
import { MAX_DISCLOSURE_CHARS } from './withheld.ts';

/**
 * Takes values out of a payload and commits to them: docs/format.md section 5. An entry then holds a digest over the
 * value and a salt, the disclosures of the segment hold both, and whoever erases the disclosure leaves nothing behind
 * that the value could be guessed from.
 */

/** A value that an entry does not show, as its disclosures keep it. */
export interface WithheldValue {
  readonly pointer: string;
  /** base64url of the canonical `[salt, value]` */
  readonly disclosure: string;
}

/** What does not fit a line: its texts are cut, or content is withheld first. */
export type Overflow = 'cut' | 'withhold';

const SALT_BYTES = 16;

/** `["<22 characters>",` and `]` */
const AROUND_BYTES = 27;

/** The disclosures of one entry fit a line of a pack together. */
const MAX_ENTRY_CHARS = 3 * MAX_DISCLOSURE_CHARS;

/** What a line holds beside its payload, its marks and its `sd`: a decision id of escaped characters above all. */
const FRAME_BYTES = 2_560;

/** Content that is withheld only where a line cannot hold it. */
const FREE_DATA: Readonly<Partial<Record<EntryType, string>>> = { decision: 'data', decision_record: 'data' };

/** Documents are withheld one by one, so that the entry says which ones they were; of more than so many, together. */
const MAX_SPLIT_DOCUMENTS = 64;

/** What says of a document which one it is, and how well it matched. */
const IDENTIFYING: ReadonlySet<string> = new Set(['id', 'version', 'score', 'retrieved_at']);

/** Names that no redactor has anything to take out of. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;

/** What a log withholds. */
export class Withholding {
  readonly #capture: Capture;
  readonly #overflow: Overflow;

  constructor(capture: Capture, overflow: Overflow) {
    this.#capture = capture;
    this.#overflow = overflow;
  }

  isWithheld(type: EntryType, member: string): boolean {
    const kind = CONTENT[type]?.[member];
    return kind !== undefined && this.#capture[kind] === 'withheld';
  }

  values(type: EntryType): WithheldValues {
    return new WithheldValues(type);
  }

  /** The entry with what was withheld of it, and with what has to be, as it does not fit a line. */
  applied(entry: PreparedEntry, values: WithheldValues | undefined): PreparedEntry {
    const { draft, payload } = entry;
    const fits = payload.length * 3 + FRAME_BYTES <= MAX_LINE_BYTES;
    const overflows = !fits && this.#overflow === 'withhold';
    if (!overflows) return values === undefined ? entry : values.applied(entry);
    const all = values ?? new WithheldValues(draft.type);
    const applied = all.applied(entry);
    return sizeOf(applied) <= MAX_LINE_BYTES ? applied : this.#withoutOverflow(entry, all);
  }

  /** Withholds content, the largest first, until the line holds the rest, or nothing is left that may go. */
  #withoutOverflow(entry: PreparedEntry, values: WithheldValues): PreparedEntry {
    const { type } = entry.draft;
    const tree = JSON.parse(entry.payload) as Record<string, JsonObject[string]>;
    const marks: LossyMarks = { ...entry.marks };
    const names = [...Object.keys(CONTENT[type] ?? {}), FREE_DATA[type] ?? ''].filter(
      (name) => tree[name] && !values.splits(name),
    );
    const texts = names.map((name) => [name, canonicalize(tree[name] ?? null)] as const);
    let applied = entry;
    for (const [name, text] of texts.sort((left, right) => right[1].length - left[1].length)) {
      values.add(['payload', name], text, takenBelow(marks, pointer(['payload', name])));
      delete tree[name];
      const rest = Object.keys(marks).length === 0 ? undefined : marks;
      applied = values.applied({ ...entry, payload: canonicalize(tree), marks: rest });
      if (sizeOf(applied) <= MAX_LINE_BYTES) break;
    }
    return applied;
  }
}

/** No less than the bytes of the line. */
function sizeOf({ payload, marks, sd = '' }: PreparedEntry): number {
  return FRAME_BYTES + Buffer.byteLength(payload) + sd.length * 3 + Buffer.byteLength(canonicalize(marks ?? {}));
}

/** Takes the marks at and below a pointer away. */
export function takenBelow(marks: LossyMarks, at: string): LossyMarks {
  const taken: LossyMarks = {};
  for (const [place, mark] of Object.entries(marks)) {
    if (place !== at && !place.startsWith(`${at}/`)) continue;
    taken[place] = mark;
    delete marks[place];
  }
  return taken;
}

/** The values that one entry withholds. */
export class WithheldValues {
  readonly #type: EntryType;
  readonly #values: WithheldValue[] = [];
  readonly #digests: Record<string, string> = {};
  readonly #marks: LossyMarks = {};
  #chars = 0;

  constructor(type: EntryType) {
    this.#type = type;
  }

  /**
   * Withholds a member of the payload.
   *
   * @returns what of it is not withheld: of documents, which ones they are
   */
  member(member: string, value: unknown, filter: TextFilter | undefined): unknown {
    if (this.#type === 'context_assembly' && member === 'documents' && isSplittable(value)) {
      return value.map((document, index) => this.#document(document, index, filter));
    }
    this.#write(['payload', member], value, filter);
    return undefined;
  }

  #document(document: object, index: number, filter: TextFilter | undefined): object {
    const shown: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(document)) {
      if (IDENTIFYING.has(name)) shown[name] = value;
      else if (value !== undefined) this.#write(['payload', 'documents', String(index), name], value, filter, name);
    }
    return shown;
  }

  /** @param name - of the caller's making, which says what the value is */
  #write(path: readonly string[], value: unknown, filter: TextFilter | undefined, name?: string): void {
    const normaliser = new Normaliser(path.slice(0, -1));
    this.add(path, normaliser.member(path.at(-1) ?? '', value, filter, true, name), normaliser.marks);
  }

  /** Whether a member is there, and something in it is not. */
  splits(member: string): boolean {
    const below = `${pointer(['payload', member])}/`;
    return this.#values.some((value) => value.pointer.startsWith(below));
  }

  /** @param json - canonical */
  add(path: readonly string[], json: string, marks: LossyMarks): void {
    const at = pointer(path);
    const { text, cut } = this.#fitted(json);
    const salt = randomBytes(SALT_BYTES).toString('base64url');
    const disclosure = Buffer.from(`["${salt}",${text}]`).toString('base64url');
    this.#chars += disclosure.length;
    this.#values.push({ pointer: at, disclosure });
    this.#digests[at] = hash('sha256', disclosure, 'base64url');
    // Names and positions inside of the value are as withheld as it: what was changed in it is said of the whole.
    const mark = cut ?? Object.values(marks).find((each) => each.startsWith('cut:')) ?? Object.values(marks)[0];
    if (mark !== undefined) this.#marks[at] = mark;
  }

  /** What a disclosure can hold of a value. */
  #fitted(json: string): { readonly text: string; readonly cut?: string } {
    const chars = Math.min(MAX_DISCLOSURE_CHARS, MAX_ENTRY_CHARS - this.#chars);
    const room = Math.max(0, Math.floor(chars / 4) * 3 - AROUND_BYTES);
    const bytes = Buffer.byteLength(json);
    if (bytes <= room) return { text: json };
    const { payload } = fitPayload(this.#type, `{"value":${json}}`, {}, room);
    return { text: canonicalize((JSON.parse(payload) as JsonObject)['value'] ?? null), cut: `cut:${bytes}` };
  }

  applied(entry: PreparedEntry): PreparedEntry {
    if (this.#values.length === 0) return entry;
    const marks = { ...entry.marks, ...this.#marks };
    return {
      ...entry,
      marks: Object.keys(marks).length === 0 ? undefined : marks,
      sd: canonicalize(this.#digests),
      withheld: this.#values,
    };
  }
}

/** Whether each of the documents is a plain object whose names say nothing. */
function isSplittable(value: unknown): value is readonly object[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_SPLIT_DOCUMENTS &&
    value.every(
      (document: unknown) =>
        typeof document === 'object' &&
        document !== null &&
        Object.getPrototypeOf(document) === Object.prototype &&
        Object.entries(Object.getOwnPropertyDescriptors(document)).every(
          ([name, property]) => 'value' in property && PLAIN_NAME.test(name),
        ),
    )
  );
}
