import { encodeBase64, isHexOf, sameBytes } from '../base64.ts';
import { isArray, isObject } from '../canonical.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { MAX_LINE_BYTES, MAX_SEAL_LAG } from '../entry.ts';
import { textOf, type JsonObject, type JsonValue } from '../json.ts';
import { CompactRange, HASH_BYTES, leafHash } from '../merkle.ts';
import { parseVkey, type NoteVerifier } from '../note.ts';
import type { DECLARED_HEADER_MEMBERS } from '../pack-header.ts';
import type { Primitives } from '../primitives.ts';
import type { Run } from './ahead.ts';
import type { Anchors } from './anchors.ts';
import { erasuresIn, MAX_ERASURES, type Erasure, type ErasureBudget } from './erasures.ts';
import { canonicalProblem, parseJson, type JsonProblem } from './json.ts';
import type { Keys } from './keys.ts';
import type { Torn } from './lines.ts';
import { quoted, type Place, type ProblemCode, type Problems } from './problem.ts';
import { entryProblem, payloadProblem, SPAN_COUNTERS, type CheckedEntry } from './rules.ts';
import { SealIndex } from './seal-index.ts';

/** What the `siblings` of an `audit_open` say of another segment. */
export interface Citation {
  readonly segment: string;
  /** Lines covered by the seal that was seen; 0 without one. */
  readonly size: number;
  readonly root: string | undefined;
  readonly closed: boolean;
  /** The time of that seal. */
  readonly last: string | undefined;
}

export interface Recovery {
  readonly place: Place;
  readonly segment: string;
  readonly lines: number;
  readonly size: number;
  readonly root: string;
  readonly torn: Torn | undefined;
  /** The time of its last line. */
  readonly last: string | undefined;
  /** Whether a seal of the recovering segment covers the recovery. */
  readonly sealed: boolean;
}

/** What a sealed `retention` says of a segment that may be gone: how it was when it was retired. */
export interface Retirement {
  readonly place: Place;
  readonly segment: string;
  readonly size: number;
  readonly root: string;
}

/** Members of an `audit_open` that a pack's header repeats. */
export type Declared = Readonly<Record<(typeof DECLARED_HEADER_MEMBERS)[number], JsonValue | undefined>>;

/** One segment after its last line: everything that is kept of it. */
export interface SegmentRecord {
  readonly file: string;
  readonly name: string | undefined;
  readonly log: string | undefined;
  readonly system: string | undefined;
  /** What its `audit_open` declares; `undefined` without one. */
  readonly declared: Declared | undefined;
  readonly lines: number;
  /** Where its first and its last line stand in the file, from 1; `undefined` without a line. */
  readonly firstLine: number | undefined;
  readonly lastLine: number | undefined;
  /** Lines covered by the last valid seal. */
  readonly sealed: number;
  readonly sealedRoot: string | undefined;
  /** Root over all lines. */
  readonly root: string;
  /** Ends with `audit_close` and the seal of it. */
  readonly closed: boolean;
  readonly torn: Torn | undefined;
  readonly firstTs: string | undefined;
  readonly lastTs: string | undefined;
  readonly sealedTs: string | undefined;
  /** Who signed the last seal: a key that was given, one that was not, or nobody. */
  readonly signed: { readonly by: NoteVerifier } | 'unknown_key' | 'unsigned';
  readonly key: string | null | undefined;
  /** Entries that the writer says it lost. */
  readonly lost: number;
  /** How often the writer's clock was set. */
  readonly clockSteps: number;
  /** Segments that this one says, sealed, were retired. */
  readonly retired: readonly Retirement[];
  /** Values that its entries withhold. */
  readonly withheld: number;
  /** Values that it says, sealed, were erased. */
  readonly erasures: readonly Erasure[];
  /** The segment that its writer had before. */
  readonly previous: { readonly place: Place; readonly segment: string } | undefined;
  readonly citations: readonly Citation[];
  /** Where they stand. */
  readonly citedAt: Place | undefined;
  readonly recoveries: readonly Recovery[];
  /** Whether the lines held together up to the end. */
  readonly intact: boolean;
  /** Root over the first entries, as many as an earlier record of this segment saw sealed; if there are so many. */
  readonly earlierRoot: string | undefined;
  /** The signed note of the last valid seal. */
  readonly checkpoint: string | undefined;
  /** Seals that an anchor may vouch for. */
  readonly seals?: SealIndex;
  /** Of a decision pack: a few entries with proofs, and not the segment. */
  readonly part?: true;
}

const LINE_PROBLEMS: Readonly<Record<JsonProblem, ProblemCode>> = {
  too_long: 'line_too_long',
  not_utf8: 'line_encoding',
  too_deep: 'line_too_deep',
  not_json: 'line_json',
  surrogate: 'line_surrogate',
  number_range: 'line_number',
  not_canonical: 'line_not_canonical',
};

/** Adds the problem that {@link parseJson} or {@link canonicalProblem} found in a line. */
export function addJsonProblem(problems: Problems, place: Place, problem: JsonProblem, maxBytes: number): void {
  const what: Readonly<Record<JsonProblem, string>> = {
    too_long: `the line has more than ${maxBytes} bytes`,
    not_utf8: 'the line is not UTF-8',
    too_deep: 'the line nests deeper than 64',
    not_json: 'the line is not JSON',
    surrogate: 'the line holds a lone surrogate',
    number_range: 'the line holds a number beyond 2^53 - 1',
    not_canonical: 'the line is not the canonical form (RFC 8785) of what it says',
  };
  problems.add(LINE_PROBLEMS[problem], place, what[problem]);
}

/** What the first entry of a segment names in place of a line before it. */
const FIRST_PREVIOUS = new Uint8Array(HASH_BYTES);

/**
 * Checks the lines of one segment in one pass. State is flat: the frontier of the tree at the last sealed size and the
 * leaf hashes since, which the format bounds.
 */
export class SegmentCheck {
  readonly #primitives: Primitives;
  readonly #problems: Problems;
  readonly #keys: Keys;
  readonly #file: string;
  readonly #fast: boolean;
  readonly #earlierSizes: ReadonlyMap<string, number> | undefined;
  #earlierSize: number | undefined;
  #earlierRoot: string | undefined;
  /** The name it is found under: its file's name, or the wrapper in a pack. */
  readonly #expectedName: string | undefined;

  #lines = 0;
  #firstLine: number | undefined;
  #lastLine: number | undefined;
  #nextSeq = 0;
  #previousLeaf: Uint8Array = FIRST_PREVIOUS;
  #previousTs = '';
  #firstTs: string | undefined;
  #range: CompactRange;
  #pending: Uint8Array[] = [];
  /** How many of the pending leaves are in the range already. */
  #folded = 0;
  /** Whether chain and tree still hold: after the first break, roots are not compared again. */
  #intact = true;
  #open: JsonObject | undefined;
  #declaredKey: ReturnType<typeof parseVkey>;
  #verifier: NoteVerifier | undefined;
  #lastSeal:
    | { readonly checkpoint: SignedCheckpoint; readonly ts: string; readonly place: Place; readonly text: string }
    | undefined;
  #closeSeq: number | undefined;
  #closeTs: string | undefined;
  #closed = false;
  #isUntimely = false;
  #tally: JsonObject | undefined;
  #lost = 0;
  #clockSteps = 0;
  readonly #retired: (Retirement & { readonly seq: number })[] = [];
  #withheld = 0;
  readonly #erasureBudget: ErasureBudget;
  readonly #anchors: Anchors | undefined;
  readonly #seals = new SealIndex();
  readonly #sealBudget: { left: number };
  readonly #erasures: { readonly at: number; readonly erasure: Erasure }[] = [];
  #previousSegment: SegmentRecord['previous'];
  /** When a `tally`, or what begins or ends a segment, last showed that the writer was alive. */
  #lastBeat: string | undefined;
  readonly #citations: Citation[] = [];
  #citedAt: Place | undefined;
  readonly #sayings: Map<string, Citation>;
  readonly #recoveries: (Omit<Recovery, 'sealed'> & { readonly seq: number })[] = [];

  constructor(
    context: {
      readonly primitives: Primitives;
      readonly problems: Problems;
      readonly keys: Keys;
      readonly fast?: boolean;
      /** Shared by all segments of one verification. */
      readonly erasureBudget?: ErasureBudget;
      /** What segments say of each other, once each: 64 others say the same of one. Shared by one verification. */
      readonly sayings?: Map<string, Citation>;
      /** How many entries of a segment an earlier record saw sealed. */
      readonly earlierSizes?: ReadonlyMap<string, number> | undefined;
      /** Where anchors go; without it they are passed over. */
      readonly anchors?: Anchors;
      /** How many seals of ended segments are still remembered, of all segments of one verification. */
      readonly sealBudget?: { left: number };
    },
    file: string,
    expectedName: string | undefined,
  ) {
    this.#primitives = context.primitives;
    this.#problems = context.problems;
    this.#keys = context.keys;
    this.#fast = context.fast ?? false;
    this.#earlierSizes = context.earlierSizes;
    this.#anchors = context.anchors;
    this.#sealBudget = context.sealBudget ?? { left: 0 };
    this.#erasureBudget = context.erasureBudget ?? { left: MAX_ERASURES };
    this.#sayings = context.sayings ?? new Map();
    this.#file = file;
    this.#expectedName = expectedName;
    this.#range = new CompactRange(context.primitives.sha256);
  }

  get lines(): number {
    return this.#lines;
  }

  /**
   * Takes the next line, without its `\n`.
   *
   * @param fileLine - its number in the file, from 1: in a pack another than in the segment
   * @returns the entry, if the line is one
   */
  line(bytes: Uint8Array, fileLine: number = this.#lines + 1): CheckedEntry | undefined {
    this.#firstLine ??= fileLine;
    this.#lastLine = fileLine;
    const parsed = parseJson(bytes, MAX_LINE_BYTES);
    const place: Place = { file: this.#file, segment: this.#expectedName, line: fileLine };
    if (!parsed.ok) {
      addJsonProblem(this.#problems, place, parsed.problem, MAX_LINE_BYTES);
      this.#skip(bytes);
      return undefined;
    }
    return this.#value(parsed.value, parsed.text, bytes, place);
  }

  #value(value: JsonValue, text: string, bytes: Uint8Array, place: Place): CheckedEntry | undefined {
    const problem = canonicalProblem(value, text);
    if (problem !== undefined) {
      addJsonProblem(this.#problems, place, problem, MAX_LINE_BYTES);
      this.#skip(bytes);
      return undefined;
    }
    const shape = entryProblem(value);
    if (shape !== undefined) {
      this.#problems.add('entry_shape', place, shape);
      this.#skip(bytes);
      return undefined;
    }
    const entry = value as unknown as CheckedEntry;
    const { file, segment, line } = place;
    // Not by spreading, which takes a microsecond: a sixth of what a line takes.
    this.#entry(entry, { file, segment, line, seq: entry.seq });
    this.#append(bytes, entry.seq);
    this.#previousTs = entry.ts;
    return entry;
  }

  /**
   * Takes lines that were looked at ahead, if they follow what came before as they should.
   *
   * @param leaves - the leaf hashes of these lines, 32 bytes each
   * @returns false if they have to be taken one by one: then nothing was
   */
  follow(run: Run, leaves: Uint8Array): boolean {
    const { count, seq, prevHash, firstTs, lastTs } = run;
    const follows =
      this.#lines > 0 &&
      this.#closeSeq === undefined &&
      seq === this.#nextSeq &&
      firstTs >= this.#previousTs &&
      isHexOf(prevHash, this.#previousLeaf);
    if (!follows) return false;
    this.#firstTs ??= firstTs;
    this.#previousTs = lastTs;
    this.#lastLine = this.#lines + count;
    for (let index = 0; index < count; index++) {
      this.#appendLeaf(leaves.subarray(HASH_BYTES * index, HASH_BYTES * (index + 1)), seq + index);
    }
    return true;
  }

  /** A line that is no entry: its bytes still count in chain and tree. */
  #skip(bytes: Uint8Array): void {
    this.#intact = false;
    this.#append(bytes, this.#nextSeq);
  }

  #append(bytes: Uint8Array, seq: number): void {
    this.#appendLeaf(leafHash(this.#primitives.sha256, bytes), seq);
  }

  #appendLeaf(leaf: Uint8Array, seq: number): void {
    this.#previousLeaf = leaf;
    this.#pending.push(leaf);
    this.#lines++;
    this.#nextSeq = seq + 1;
    if (this.#lines === this.#earlierSize) this.#earlierRoot = encodeBase64(this.#rootNow());
    // No valid seal can reach further back: what is older folds away, and memory stays flat on any input.
    if (this.#pending.length - this.#folded > 2 * MAX_SEAL_LAG) this.#fold(this.#lines - MAX_SEAL_LAG);
  }

  /** Root over all lines so far. A seal may still come for fewer of them: nothing folds away for it. */
  #rootNow(): Uint8Array {
    const range = this.#range.copy();
    for (let at = this.#folded; at < this.#pending.length; at++) range.append(this.#pending[at] ?? new Uint8Array(0));
    return range.root();
  }

  #fold(size: number): void {
    while (this.#range.size < size) {
      const leaf = this.#pending[this.#folded];
      if (leaf === undefined) break;
      this.#range.append(leaf);
      this.#folded++;
    }
    // Not with each seal: 200,000 seals over 262,144 pending entries would move 400 GB.
    if (this.#folded * 2 < this.#pending.length) return;
    this.#pending = this.#pending.slice(this.#folded);
    this.#folded = 0;
  }

  #entry(entry: CheckedEntry, place: Place): void {
    const { seq, prev_hash: previous, ts, type, payload } = entry;
    // One deletion breaks both; it is one problem, and the chain goes on from what this line says of itself.
    if (seq !== this.#nextSeq) {
      this.#problems.add('seq', place, `entry ${seq} stands where ${this.#nextSeq} should`);
      this.#intact = false;
    } else if (!isHexOf(previous, this.#previousLeaf)) {
      this.#problems.add('prev_hash', place, `entry ${seq} was written after another line than the one before it`);
      this.#intact = false;
    }
    if (ts < this.#previousTs) {
      this.#problems.add('ts_order', place, `${ts} comes after ${this.#previousTs}`);
    }
    this.#firstTs ??= ts;
    if ((type === 'audit_open') !== (this.#lines === 0)) {
      this.#problems.add('open_misplaced', place, `line ${this.#lines + 1} of the segment is ${type}`);
    }
    if (this.#closeSeq !== undefined && (type !== 'seal' || seq !== this.#closeSeq + 1 || this.#closed)) {
      this.#problems.add('after_close', place, `${type} follows audit_close`);
      // It says nothing of the segment, which ended with its closing seal.
      if (this.#closed) return;
    }
    const problem = payloadProblem(this.#primitives, type, payload);
    if (problem !== undefined) {
      this.#problems.add('entry_payload', place, problem);
      this.#intact = false;
      return;
    }
    if (entry.sd !== undefined) this.#withheld += Object.keys(entry.sd).length;
    if (type === 'audit_open' || type === 'tally' || type === 'audit_close') this.#beat(ts, place);
    switch (type) {
      case 'audit_open':
        if (this.#lines === 0) this.#opening(payload, place);
        break;
      case 'seal':
        this.#seal(textOf(payload['checkpoint']), entry, place);
        break;
      case 'tally':
        this.#compareTally(payload, place);
        break;
      case 'gap':
        this.#lost += Number(payload['lost']);
        break;
      case 'clock_step':
        this.#clockSteps++;
        // What passed until the next beat, this clock cannot tell.
        this.#lastBeat = undefined;
        break;
      case 'erasure':
        this.#erasure(payload, seq, place);
        break;
      case 'anchor':
        this.#anchors?.add(payload, ts, place, { origin: this.#origin, seals: this.#seals });
        break;
      case 'retention':
        for (const item of isArray(payload['segments']) ? payload['segments'] : []) {
          if (isObject(item)) this.#retired.push({ place, seq, ...retirementOf(item) });
        }
        break;
      case 'recovery':
        this.#recovery(payload, seq, place);
        break;
      case 'audit_close':
        this.#closeSeq = seq;
        this.#closeTs = ts;
        if (isObject(payload['tally'])) this.#compareTally(payload['tally'], place);
        break;
    }
  }

  #erasure(payload: JsonObject, seq: number, place: Place): void {
    for (const erasure of erasuresIn(payload, place)) {
      if (this.#erasureBudget.left-- > 0) this.#erasures.push({ at: seq, erasure });
      else {
        this.#problems.add(
          'erasure_mismatch',
          place,
          `more than ${MAX_ERASURES} values are erased: not all were checked`,
        );
        return;
      }
    }
  }

  /** A declared heartbeat is kept to within half of itself: timers are late in a busy process. */
  #beat(ts: string, place: Place): void {
    const declared = this.#open?.['heartbeat_ms'];
    const before = this.#lastBeat;
    this.#lastBeat = ts;
    if (typeof declared !== 'number' || before === undefined) return;
    const millis = Date.parse(ts) - Date.parse(before);
    if (millis > 1.5 * declared) {
      const what = `no heartbeat for ${millis} ms, and one each ${declared} ms was declared`;
      this.#problems.add('heartbeat_missing', place, what);
    }
  }

  #opening(open: JsonObject, place: Place): void {
    this.#open = open;
    const name = textOf(open['segment']);
    this.#earlierSize = this.#earlierSizes?.get(name);
    if (this.#expectedName !== undefined && name !== this.#expectedName) {
      this.#problems.add('segment_name', place, `the segment calls itself ${quoted(name)}`);
    }
    const { key, log, previous, siblings } = open;
    this.#previousSegment = previous === undefined ? undefined : { place, segment: textOf(previous) };
    this.#declaredKey = typeof key === 'string' ? parseVkey(this.#primitives, key) : undefined;
    this.#verifier = typeof key === 'string' ? this.#keys.find(key, textOf(log)) : undefined;
    this.#citations.push(...citationsOf(siblings, this.#sayings));
    this.#citedAt = place;
  }

  #recovery(payload: JsonObject, seq: number, place: Place): void {
    const torn = payload['torn'];
    this.#recoveries.push({
      place,
      seq,
      segment: textOf(payload['segment']),
      lines: Number(payload['lines']),
      size: Number(payload['size']),
      root: textOf(payload['root']),
      torn: isObject(torn) ? { bytes: Number(torn['bytes']), sha256: textOf(torn['sha256']) } : undefined,
      last: payload['last_ts'] === undefined ? undefined : textOf(payload['last_ts']),
    });
  }

  #seal(text: string, entry: CheckedEntry, place: Place): void {
    const checkpoint = parseCheckpoint(text);
    if (checkpoint === undefined) {
      this.#problems.add('seal_malformed', place, `the checkpoint reads ${quoted(text)}`);
      return;
    }
    // Without an audit_open nothing can be said of a seal; that it is missing has been said once.
    if (this.#open === undefined) return;
    if (checkpoint.origin !== this.#origin) {
      this.#problems.add('seal_origin', place, `the seal is for ${quoted(checkpoint.origin)}`);
      return;
    }
    const { size } = checkpoint;
    const before = this.#lastSeal?.checkpoint.size ?? 0;
    if (size <= before || size > entry.seq || entry.seq - size > MAX_SEAL_LAG) {
      this.#problems.add(
        'seal_size',
        place,
        `a seal at entry ${entry.seq} covers ${size} after one that covered ${before}`,
      );
      return;
    }
    if (this.#intact) {
      this.#fold(size);
      if (!sameBytes(this.#range.root(), checkpoint.root)) {
        this.#problems.add('seal_root', place, `the first ${size} entries have another root than the one sealed`);
        this.#intact = false;
      }
    }
    if (!this.#signature(checkpoint, place)) return;
    this.#checkTimely(entry.ts, place);
    this.#lastSeal = { checkpoint, ts: entry.ts, place, text };
    if (this.#intact && this.#anchors !== undefined) this.#seals.add(size, checkpoint.root, entry.ts);
    if (this.#closeTs !== undefined && entry.ts !== this.#closeTs) {
      this.#problems.add('closing_time', place, `the closing seal says ${entry.ts}, its audit_close ${this.#closeTs}`);
    }
    if (this.#closeSeq !== undefined) this.#closed = entry.seq === this.#closeSeq + 1 && size === entry.seq;
    if (this.#closeSeq !== undefined && !this.#closed) {
      this.#problems.add('seal_size', place, `the closing seal covers ${size} entries, not ${entry.seq}`);
    }
  }

  get #origin(): string {
    return `${textOf(this.#open?.['log'])}/${textOf(this.#open?.['segment'])}`;
  }

  /** Whether the seal is signed as the segment says; checked against a given key or, without one, its own. */
  #signature(checkpoint: SignedCheckpoint, place: Place): boolean {
    const { signature } = checkpoint;
    const declared = this.#declaredKey;
    if (declared === undefined) {
      if (signature === undefined) return true;
      this.#problems.add('seal_key', place, 'the segment names no key, and the seal carries a signature');
      return false;
    }
    if (signature === undefined) {
      this.#problems.add(
        'seal_key',
        place,
        `the segment names the key ${quoted(declared.name)}, and the seal is not signed`,
      );
      return false;
    }
    if (signature.name !== declared.name || !sameBytes(signature.keyId, declared.keyId)) {
      this.#problems.add('seal_key', place, `the seal is signed as ${quoted(signature.name)} with another key id`);
      return false;
    }
    if (this.#fast) return true;
    return this.#checkSignature(checkpoint, place);
  }

  #checkSignature({ text, signature }: SignedCheckpoint, place: Place): boolean {
    // The file's own key is not trusted; it still shows damage when no key was given.
    const verifier = this.#verifier ?? this.#keys.untrusted(textOf(this.#open?.['key']));
    if (signature === undefined || verifier === undefined) return true;
    if (verifier.verify(new TextEncoder().encode(text), signature.signature)) return true;
    this.#problems.add(
      'signature',
      place,
      `the signature of this seal is not by ${quoted(verifier.name)} over this text`,
    );
    return false;
  }

  /** Whether the key that was given is trusted at the time that the seal says. Of each segment the first is told. */
  #checkTimely(ts: string, place: Place): void {
    const verifier = this.#verifier;
    const why = verifier === undefined || this.#isUntimely ? undefined : this.#keys.untimely(verifier, ts);
    if (verifier === undefined || why === undefined) return;
    this.#isUntimely = true;
    this.#problems.add('key_validity', place, `the seal is by ${quoted(verifier.name)}; ${why}`);
  }

  #compareTally(tally: JsonObject, place: Place): void {
    const spans = tally['spans'];
    if (!isObject(spans)) return;
    const count = (name: string): number => Number(spans[name]);
    const ignored = Object.values(isObject(spans['ignored']) ? spans['ignored'] : {});
    const sum = ignored.reduce<number>((all, each) => all + Number(each), count('recorded'));
    if (count('carried') + count('started') !== count('ended') + count('unended') + count('open')) {
      this.#problems.add('tally_arithmetic', place, 'carried + started is not ended + unended + open');
    }
    if (sum !== count('ended') + count('late') + count('unended')) {
      this.#problems.add('tally_arithmetic', place, 'recorded + ignored is not ended + late + unended');
    }
    const before = this.#tally === undefined ? [] : counters(this.#tally);
    const now = new Map(counters(tally));
    for (const [name, value] of before) {
      if ((now.get(name) ?? 0) < value) {
        this.#problems.add('tally_decreased', place, `${quoted(name)} went from ${value} to ${now.get(name) ?? 0}`);
      }
    }
    this.#tally = tally;
  }

  /** After the last line. `torn` is what stands behind the last `\n`. */
  end(torn?: Torn): SegmentRecord {
    if (this.#fast && this.#lastSeal !== undefined)
      this.#checkSignature(this.#lastSeal.checkpoint, this.#lastSeal.place);
    const sealed = this.#lastSeal?.checkpoint.size ?? 0;
    const sealedRoot = this.#lastSeal?.checkpoint.root;
    this.#fold(this.#lines);
    this.#seals.trim(this.#sealBudget.left);
    this.#sealBudget.left -= this.#seals.count;
    const open = this.#open;
    return {
      file: this.#file,
      // A file without a line still has the name it is found under.
      name: open === undefined ? this.#expectedName : textOf(open['segment']),
      log: open === undefined ? undefined : textOf(open['log']),
      system: open === undefined ? undefined : textOf(open['system']),
      declared: open === undefined ? undefined : declaredBy(open),
      lines: this.#lines,
      firstLine: this.#firstLine,
      lastLine: this.#lastLine,
      sealed,
      sealedRoot: sealedRoot === undefined ? undefined : encodeBase64(sealedRoot),
      root: encodeBase64(this.#range.root()),
      closed: this.#closed,
      torn,
      firstTs: this.#firstTs,
      lastTs: this.#previousTs === '' ? undefined : this.#previousTs,
      sealedTs: this.#lastSeal?.ts,
      signed:
        this.#lastSeal === undefined || this.#declaredKey === undefined
          ? 'unsigned'
          : this.#verifier === undefined
            ? 'unknown_key'
            : { by: this.#verifier },
      key: open === undefined ? undefined : open['key'] === null ? null : textOf(open['key']),
      lost: this.#lost,
      clockSteps: this.#clockSteps,
      retired: this.#retired.filter(({ seq }) => seq < sealed),
      withheld: this.#withheld,
      erasures: this.#erasures.flatMap(({ at, erasure }) => (at < sealed ? [erasure] : [])),
      previous: this.#previousSegment,
      citations: this.#citations,
      citedAt: this.#citedAt,
      recoveries: this.#recoveries.map(({ seq, ...recovery }) => ({ ...recovery, sealed: seq < sealed })),
      intact: this.#intact,
      earlierRoot: this.#earlierRoot,
      checkpoint: this.#lastSeal?.text,
      seals: this.#seals,
    };
  }
}

/**
 * What the `siblings` of an `audit_open` say.
 *
 * @param sayings - what others said: of who says the same, one is kept
 */
export function citationsOf(siblings: JsonValue | undefined, sayings: Map<string, Citation>): Citation[] {
  return (isArray(siblings) ? siblings.filter(isObject) : []).map((sibling) => {
    const saying = JSON.stringify(sibling);
    let citation = sayings.get(saying);
    if (citation === undefined) {
      citation = {
        segment: textOf(sibling['segment']),
        size: Number(sibling['size']),
        root: sibling['root'] === undefined ? undefined : textOf(sibling['root']),
        closed: sibling['closed'] === true,
        last: sibling['last'] === undefined ? undefined : textOf(sibling['last']),
      };
      sayings.set(saying, citation);
    }
    return citation;
  });
}

function retirementOf({ segment, size, root }: JsonObject): Omit<Retirement, 'place'> {
  return { segment: textOf(segment), size: Number(size), root: textOf(root) };
}

export function declaredBy({ risk_tier, environment, operator, legal_role }: JsonObject): Declared {
  return { risk_tier, environment, operator, legal_role };
}

/** The counters of a tally that never go down: all but what is open. */
function counters(tally: JsonObject): [name: string, value: number][] {
  const list: [string, number][] = [];
  const add = (prefix: string, group: JsonValue | undefined, skip: string): void => {
    if (!isObject(group)) return;
    for (const [name, value] of Object.entries(group)) {
      if (name !== skip && typeof value === 'number') list.push([`${prefix}.${name}`, value]);
    }
  };
  const spans = tally['spans'];
  if (isObject(spans)) {
    for (const name of SPAN_COUNTERS) if (name !== 'open') list.push([`spans.${name}`, Number(spans[name])]);
    add('spans.ignored', spans['ignored'], '');
  }
  add('decisions', tally['decisions'], 'open');
  add('oversight', tally['oversight'], '');
  for (const name of ['write_failures', 'seals_discarded', 'after_close']) list.push([name, Number(tally[name])]);
  return list;
}
