import { encodeBase64, encodeHex, sameBytes } from '../base64.ts';
import { isArray, isObject } from '../canonical.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { MAX_LINE_BYTES } from '../entry.ts';
import { textOf, type JsonObject, type JsonValue } from '../json.ts';
import { leafHash, verifyInclusion } from '../merkle.ts';
import { parseVkey, type NoteVerifier } from '../note.ts';
import type { Primitives } from '../primitives.ts';
import { hashesOf, MAX_PATH_HASHES } from '../tlog-proof.ts';
import { canonicalProblem, parseJson } from './json.ts';
import type { Keys } from './keys.ts';
import { quoted, type Place, type Problems } from './problem.ts';
import { entryProblem, payloadProblem, type CheckedEntry } from './rules.ts';
import { addJsonProblem, citationsOf, declaredBy, type SegmentRecord } from './segment.ts';

/** What a decision pack says that it is about; `undefined` for a pack of whole segments. */
export function decisionOf(header: JsonObject | undefined): string | undefined {
  const selection = header?.['selection'];
  if (!isObject(selection) || selection['kind'] !== 'decision') return undefined;
  return typeof selection['decision_id'] === 'string' ? selection['decision_id'] : undefined;
}

/**
 * Checks what a decision pack holds of one segment: its `audit_open` and the entries of the decision, each by its audit
 * path against one signed checkpoint. What lies between them is not here: nothing is said of it.
 */
export class PartCheck {
  readonly #primitives: Primitives;
  readonly #problems: Problems;
  readonly #keys: Keys;
  readonly #file: string;
  readonly #name: string | undefined;
  readonly #decision: string;
  readonly #text: string;
  readonly #checkpoint: SignedCheckpoint | undefined;
  readonly #line: number;
  #open: JsonObject | undefined;
  #openPlace: Place | undefined;
  #signed: SegmentRecord['signed'] = 'unsigned';
  /** Whether the checkpoint is the segment's, and signed as the segment says. */
  #sealed = false;
  #intact = true;
  #signer: NoteVerifier | undefined;
  #isUntimely = false;
  #entries = 0;
  #firstLine: number | undefined;
  #lastLine: number | undefined;
  #lastSeq = -1;
  #lastHash = '';
  #firstTs: string | undefined;
  #lastTs = '';
  readonly #counts = new Map<string, number>();

  /** @param wrapper - its line of the pack: the name and the checkpoint */
  constructor(
    context: { readonly primitives: Primitives; readonly problems: Problems; readonly keys: Keys },
    wrapper: { readonly file: string; readonly line: number; readonly name: string | undefined; readonly text: string },
    decision: string,
  ) {
    this.#primitives = context.primitives;
    this.#problems = context.problems;
    this.#keys = context.keys;
    this.#file = wrapper.file;
    this.#line = wrapper.line;
    this.#name = wrapper.name;
    this.#text = wrapper.text;
    this.#decision = decision;
    this.#checkpoint = parseCheckpoint(wrapper.text);
    if (this.#checkpoint !== undefined) return;
    const place = { file: this.#file, segment: this.#name, line: this.#line };
    this.#problems.add('seal_malformed', place, `the checkpoint reads ${quoted(wrapper.text)}`);
    this.#intact = false;
  }

  /** Takes the next entry, and what stands beside it as its `audit_path`. */
  line(bytes: Uint8Array, fileLine: number, auditPath: JsonValue | undefined): CheckedEntry | undefined {
    this.#firstLine ??= fileLine;
    this.#lastLine = fileLine;
    this.#entries++;
    const place: Place = { file: this.#file, segment: this.#name, line: fileLine };
    const parsed = parseJson(bytes, MAX_LINE_BYTES);
    const problem = parsed.ok ? canonicalProblem(parsed.value, parsed.text) : parsed.problem;
    if (!parsed.ok || problem !== undefined) {
      addJsonProblem(this.#problems, place, problem ?? 'not_json', MAX_LINE_BYTES);
      this.#intact = false;
      return undefined;
    }
    const shape = entryProblem(parsed.value);
    if (shape !== undefined) {
      this.#problems.add('entry_shape', place, shape);
      this.#intact = false;
      return undefined;
    }
    const entry = parsed.value as unknown as CheckedEntry;
    this.#entry(entry, bytes, auditPath, { ...place, seq: entry.seq });
    return entry;
  }

  #entry(entry: CheckedEntry, bytes: Uint8Array, auditPath: JsonValue | undefined, place: Place): void {
    const { seq, type, payload, ts, prev_hash: previous, decision_id: decision } = entry;
    const leaf = leafHash(this.#primitives.sha256, bytes);
    if (seq <= this.#lastSeq) {
      this.#problems.add('seq', place, `entry ${seq} stands behind entry ${this.#lastSeq}`);
      this.#intact = false;
    } else if (seq === this.#lastSeq + 1 && seq > 0 && previous !== this.#lastHash) {
      this.#problems.add('prev_hash', place, `entry ${seq} was written after another line than the one before it`);
      this.#intact = false;
    }
    if (ts < this.#lastTs) this.#problems.add('ts_order', place, `${ts} comes after ${this.#lastTs}`);
    if ((type === 'audit_open') !== (this.#entries === 1) || (type === 'audit_open') !== (seq === 0)) {
      this.#problems.add('open_misplaced', place, `entry ${seq}, the ${this.#entries}. here, is ${type}`);
    }
    const broken = payloadProblem(this.#primitives, type, payload);
    if (broken !== undefined) {
      this.#problems.add('entry_payload', place, broken);
      this.#intact = false;
    } else if (type === 'audit_open') {
      if (this.#open === undefined) this.#opening(payload, place);
    } else if (decision !== this.#decision) {
      this.#problems.add('other_decision', place, `entry ${seq} is of the decision ${quoted(decision)}`);
    } else {
      this.#compareCounts(entry, place);
      this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    }
    this.#inclusion(leaf, seq, auditPath, place);
    this.#checkTimely(ts, place);
    this.#lastSeq = seq;
    this.#lastHash = encodeHex(leaf);
    this.#firstTs ??= ts;
    this.#lastTs = ts;
  }

  #inclusion(leaf: Uint8Array, index: number, auditPath: JsonValue | undefined, place: Place): void {
    const texts = isArray(auditPath) && auditPath.length <= MAX_PATH_HASHES ? auditPath : undefined;
    const isTexts = texts?.every((text): text is string => typeof text === 'string') === true;
    const path = isTexts ? hashesOf(texts) : undefined;
    if (path === undefined) {
      this.#problems.add('audit_path_malformed', place, `entry ${index} has no audit path in base64 beside it`);
      this.#intact = false;
    } else if (this.#checkpoint !== undefined) {
      const { size, root } = this.#checkpoint;
      if (verifyInclusion(this.#primitives.sha256, { leaf, index, size, path }, root)) return;
      this.#problems.add('audit_path', place, `entry ${index} is not number ${index} of the ${size} that were sealed`);
      this.#intact = false;
    }
  }

  /** A checkpoint has no time; what it covers was written by the time that an entry says. Told once. */
  #checkTimely(ts: string, place: Place): void {
    const signer = this.#signer;
    const why = signer === undefined || this.#isUntimely ? undefined : this.#keys.untimely(signer, ts);
    if (signer === undefined || why === undefined) return;
    this.#isUntimely = true;
    this.#problems.add('key_validity', place, `the checkpoint over it is by ${quoted(signer.name)}; ${why}`);
  }

  /** What the writer counted of the decision in this segment, before its end. */
  #compareCounts({ type, payload }: CheckedEntry, place: Place): void {
    const counts = payload['counts'];
    if (type !== 'decision_end' || !isObject(counts)) return;
    const types = [...new Set([...Object.keys(counts), ...this.#counts.keys()])];
    const differing = types.filter((each) => (counts[each] ?? 0) !== (this.#counts.get(each) ?? 0));
    if (differing.length === 0) return;
    const said = differing.map((each) => `${Number(counts[each] ?? 0)} ${each} and not ${this.#counts.get(each) ?? 0}`);
    this.#problems.add('decision_counts', place, `the decision had ${quoted(said.join(', '))} before its end`);
  }

  #opening(open: JsonObject, place: Place): void {
    this.#open = open;
    this.#openPlace = place;
    const { key, log, segment } = open;
    if (this.#name !== undefined && segment !== this.#name) {
      this.#problems.add('segment_name', place, `the segment calls itself ${quoted(segment)}`);
    }
    if (this.#checkpoint === undefined) return;
    const at = { file: this.#file, segment: this.#name, line: this.#line };
    if (this.#checkpoint.origin !== `${textOf(log)}/${textOf(segment)}`) {
      this.#problems.add('seal_origin', at, `the checkpoint is for ${quoted(this.#checkpoint.origin)}`);
      this.#intact = false;
      return;
    }
    this.#sealed = this.#signature(this.#checkpoint, typeof key === 'string' ? key : undefined, textOf(log), at);
  }

  /** Whether the checkpoint is signed as the segment says. */
  #signature({ text, signature }: SignedCheckpoint, key: string | undefined, log: string, place: Place): boolean {
    const declared = key === undefined ? undefined : parseVkey(this.#primitives, key);
    if (key === undefined || declared === undefined) {
      if (signature === undefined) return true;
      this.#problems.add('seal_key', place, 'the segment names no key, and the checkpoint carries a signature');
      return false;
    }
    if (signature?.name !== declared.name || !sameBytes(signature.keyId, declared.keyId)) {
      this.#problems.add('seal_key', place, `the checkpoint is not signed as ${quoted(declared.name)} with its key id`);
      return false;
    }
    const trusted = this.#keys.find(key, log);
    const verifier: NoteVerifier | undefined = trusted ?? this.#keys.untrusted(key);
    if (verifier !== undefined && !verifier.verify(new TextEncoder().encode(text), signature.signature)) {
      this.#problems.add(
        'signature',
        place,
        `the signature of the checkpoint is not by ${quoted(verifier.name)} over this text`,
      );
      return false;
    }
    this.#signed = trusted === undefined ? 'unknown_key' : { by: trusted };
    this.#signer = trusted;
    return true;
  }

  /** After the last entry. */
  end(): SegmentRecord {
    if (this.#entries < 2) {
      const place = { file: this.#file, segment: this.#name, line: this.#lastLine ?? this.#line };
      this.#problems.add('pack_structure', place, 'the pack holds no entry of the decision in this segment');
    }
    const open = this.#open;
    const size = this.#sealed ? (this.#checkpoint?.size ?? 0) : 0;
    const root = encodeBase64(this.#checkpoint?.root ?? new Uint8Array(0));
    return {
      file: this.#file,
      name: open === undefined ? this.#name : textOf(open['segment']),
      log: open === undefined ? undefined : textOf(open['log']),
      system: open === undefined ? undefined : textOf(open['system']),
      declared: open === undefined ? undefined : declaredBy(open),
      lines: this.#entries,
      firstLine: this.#firstLine,
      lastLine: this.#lastLine,
      sealed: size,
      sealedRoot: size === 0 ? undefined : root,
      root,
      closed: false,
      torn: undefined,
      firstTs: this.#firstTs,
      lastTs: this.#lastTs === '' ? undefined : this.#lastTs,
      sealedTs: undefined,
      signed: this.#signed,
      key: open === undefined ? undefined : open['key'] === null ? null : textOf(open['key']),
      lost: 0,
      clockSteps: 0,
      retired: [],
      previous: undefined,
      citations: citationsOf(open?.['siblings'], new Map()),
      citedAt: this.#openPlace,
      recoveries: [],
      // Of packs the values are counted where their lines are read.
      withheld: 0,
      erasures: [],
      intact: this.#intact,
      earlierRoot: undefined,
      checkpoint: size === 0 ? undefined : this.#text,
      part: true,
    };
  }
}
