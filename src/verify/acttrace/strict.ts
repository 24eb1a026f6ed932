import { encodeHex } from '../../base64.ts';
import type { Primitives } from '../../primitives.ts';
import { quoted } from '../problem.ts';
import { chainHash, GENESIS, headerText, signatureOf } from './chain.ts';
import { controlsOf, FRAMEWORKS } from './controls.ts';
import { byCodePoint, Members, parseTree, Spelled, TreeError, writtenText, type Flavour, type Tree } from './json.ts';
import { ACTTRACE_PROBLEMS, type ActtraceProblem, type ActtraceProblemCode } from './problems.ts';

/**
 * What acttrace's own rules leave open: a file is held to be exactly what its writer writes, and everything in it that
 * can be computed anew is.
 */

const FLAVOURS: readonly Flavour[] = ['python', 'javascript'];

const META = [
  'system',
  'risk_tier',
  'framework',
  'controls_covered',
  'summary',
  'head_hash',
  'entries',
  'disclaimer',
] as const;
const ENTRY = ['seq', 'ts', 'type', 'payload', 'prev_hash', 'hash', 'sig'] as const;
const DISCLAIMER = 'Evidence to support compliance — not legal advice.';

/** Types that the summary counts, and what it calls them. */
const COUNTED: readonly (readonly [string, string])[] = [
  ['decisions', 'decision'],
  ['llm_calls', 'llm_call'],
  ['tool_calls', 'tool_call'],
  ['context_assemblies', 'context_assembly'],
  ['human_oversight', 'human_oversight'],
  ['policy_flags', 'policy_flag'],
];

/** More different words are in no file that a writer wrote. */
const MAX_WORDS = 4_096;
const KEPT_PER_CODE = 100;

const HASH = /^[0-9a-f]{64}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An entry that is there, for whoever imports it. */
export interface ActtraceEntry {
  /** From 1. */
  readonly line: number;
  readonly seq: number;
  readonly ts: string;
  readonly type: string;
  readonly payload: Tree;
  readonly hash: string;
  readonly sig: string;
  /** SHA-256 of the line as it stands in the file, without its line feed, hex. */
  readonly lineHash: string;
}

export class StrictCheck {
  readonly #primitives: Primitives;
  readonly #key: Uint8Array | undefined;
  readonly #problems: ActtraceProblem[] = [];
  readonly #counts: Partial<Record<ActtraceProblemCode, number>> = {};
  readonly #types = new Map<string, number>();
  readonly #words = { action: new Map<string, number>(), severity: new Map<string, number>() };
  readonly #covered = new Set<string>();
  #line = 0;
  #previous = GENESIS;
  #entries = 0;
  #signed = 0;
  #annotated = 0;
  #meta: Members | undefined;
  #opening: Members | undefined;

  constructor(primitives: Primitives, key: Uint8Array | undefined) {
    this.#primitives = primitives;
    this.#key = key;
  }

  /** A line of the file, without its `\n`. @returns the entry in it, if there is one */
  line(bytes: Uint8Array): ActtraceEntry | undefined {
    this.#line++;
    const text = this.#textOf(bytes);
    const row = text === undefined ? undefined : this.#rowOf(text);
    if (row === undefined) return undefined;
    if (row.own.has('_meta')) {
      this.#header(row);
      return undefined;
    }
    return this.#entry(row, bytes);
  }

  /** A line that is longer than what is read. */
  tooLong(): void {
    this.#line++;
    this.#add('line_too_long', 'the line has more than 16 MiB');
  }

  #add(code: ActtraceProblemCode, what: string, seq?: number): void {
    const count = (this.#counts[code] ?? 0) + 1;
    this.#counts[code] = count;
    if (count > KEPT_PER_CODE) return;
    const means = ACTTRACE_PROBLEMS[code];
    this.#problems.push({ code, line: this.#line, ...(seq === undefined ? {} : { seq }), what, means });
  }

  #textOf(bytes: Uint8Array): string | undefined {
    try {
      return utf8.decode(bytes);
    } catch {
      this.#add('line_encoding', 'the line is not UTF-8');
      return undefined;
    }
  }

  #rowOf(text: string): Members | undefined {
    try {
      const row = parseTree(text, 'python');
      if (!(row instanceof Members)) throw new TreeError('it is no object');
      // A member of a name that stands twice, a number or an escape spelled otherwise, white space, a byte-order mark.
      const isWritten = FLAVOURS.some((flavour) => attempt(() => writtenText(row, flavour)) === text);
      if (!isWritten) this.#add('line_form', 'the line is not spelled as the writer spells it');
      return row;
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
      this.#add(text.trim() === '' ? 'line_form' : 'line_json', `the line is no entry: ${error.message}`);
      return undefined;
    }
  }

  #header(row: Members): void {
    if (this.#line !== 1) this.#add('meta_misplaced', 'a header stands behind the first line');
    const meta = row.get('_meta');
    const names = meta instanceof Members ? [...meta.own.keys()] : [];
    const isWhole = [META.join(), [...META, 'sig'].join()].includes(names.join());
    if (row.own.size !== 1 || !isWhole) this.#add('meta_members', `the header has the members ${quoted(names.join())}`);
    this.#meta ??= meta instanceof Members ? meta : new Members();
  }

  #entry(row: Members, bytes: Uint8Array): ActtraceEntry | undefined {
    const names = [...row.own.keys()].join();
    const isAnnotated = row.own.has('controls');
    if (names !== [...ENTRY, ...(isAnnotated ? ['controls'] : [])].join()) {
      this.#add('entry_members', `the entry has the members ${quoted(names)}`);
    }
    if (isAnnotated) this.#annotated++;
    const [seq, ts, type, payload] = ['seq', 'ts', 'type', 'payload'].map((name) => row.get(name));
    const [previous, hash, sig] = ['prev_hash', 'hash', 'sig'].map((name) => row.get(name));
    const number = seq instanceof Spelled && /^(?:0|[1-9][0-9]{0,14})$/.test(seq.text) ? Number(seq.text) : undefined;
    if (number !== this.#entries) this.#add('seq', `the entry has the seq ${said(seq)}, not ${this.#entries}`, number);
    this.#checkLink(row, previous, hash, number);
    this.#checkSignature(hash, sig, number);
    this.#checkOpening(type, payload, number);
    this.#count(type, payload);
    this.#checkControls(type, payload, row.get('controls'), number);
    // One deletion is one problem: what follows goes on from what the line itself says.
    this.#previous = typeof hash === 'string' ? hash : this.#previous;
    this.#entries++;
    if (typeof ts !== 'string' || typeof type !== 'string' || typeof hash !== 'string' || payload === undefined) {
      return undefined;
    }
    return {
      line: this.#line,
      seq: number ?? this.#entries - 1,
      ts,
      type,
      payload,
      hash,
      sig: typeof sig === 'string' ? sig : '',
      lineHash: encodeHex(this.#primitives.sha256(bytes)),
    };
  }

  #checkLink(row: Members, previous: Tree | undefined, hash: Tree | undefined, seq: number | undefined): void {
    if (previous !== this.#previous) this.#add('broken_link', 'prev_hash is not the hash of the entry before', seq);
    if (typeof previous !== 'string' || typeof hash !== 'string' || !HASH.test(hash)) {
      this.#add('hash', 'the entry has no hash', seq);
      return;
    }
    const isHash = FLAVOURS.some(
      (flavour) => attempt(() => chainHash(this.#primitives, previous, row, flavour)) === hash,
    );
    if (!isHash) this.#add('hash', 'the entry does not have the hash that it says', seq);
  }

  #checkSignature(hash: Tree | undefined, sig: Tree | undefined, seq: number | undefined): void {
    if (sig !== '') this.#signed++;
    if (this.#key === undefined) {
      // Half of a file that is signed was written by somebody else.
      if (this.#signed > 0 && (sig === '' || typeof sig !== 'string' || !HASH.test(sig))) {
        this.#add('signature', 'the entry is not signed, and others are', seq);
      }
      return;
    }
    if (typeof hash !== 'string' || sig !== signatureOf(this.#primitives, this.#key, hash)) {
      this.#add('signature', sig === '' ? 'the entry is not signed' : 'the entry is not signed by this key', seq);
    }
  }

  #checkOpening(type: Tree | undefined, payload: Tree | undefined, seq: number | undefined): void {
    if ((type === 'audit_open') !== (this.#entries === 0)) {
      this.#add('first_entry', `entry ${this.#entries + 1} is of type ${said(type)}`, seq);
    }
    if (type === 'audit_open' && payload instanceof Members) this.#opening ??= payload;
  }

  #count(type: Tree | undefined, payload: Tree | undefined): void {
    if (typeof type !== 'string') return;
    tick(this.#types, type);
    if (type !== 'policy_flag' || !(payload instanceof Members)) return;
    tick(this.#words.action, wordOf(payload.get('action')));
    tick(this.#words.severity, wordOf(payload.get('severity')));
  }

  #checkControls(
    type: Tree | undefined,
    payload: Tree | undefined,
    controls: Tree | undefined,
    seq: number | undefined,
  ): void {
    const framework = this.#meta?.get('framework');
    if (controls === undefined) {
      if (typeof framework === 'string') this.#add('controls', 'the controls of the entry are missing', seq);
      return;
    }
    const names = textsIn(controls);
    if (names === undefined || typeof framework !== 'string') {
      this.#add('controls', 'there are controls that no framework is named for', seq);
      return;
    }
    for (const name of names) if (this.#covered.size < MAX_WORDS) this.#covered.add(name);
    const data = payload instanceof Members ? payload.get('data') : undefined;
    const known = controlsOf(
      framework,
      typeof type === 'string' ? type : '',
      typeof data === 'string' ? [data] : (textsIn(data) ?? []),
    );
    // A type that a later version added: then its controls are told as what nobody signed, and no more.
    if (known === undefined) return;
    const { must, may } = known;
    const further = names.slice(must.length);
    if (names.slice(0, must.length).join('\n') !== must.join('\n') || further.some((name) => !may.includes(name))) {
      this.#add('controls', `the controls of a ${said(type)} are ${quoted(names.join(', '))}`, seq);
    }
  }

  /** @param isTerminated - whether the file ends with a line feed */
  end(isTerminated: boolean): StrictResult {
    if (!isTerminated && this.#line > 0) this.#add('line_form', 'the file does not end with a line feed');
    if (this.#entries === 0) this.#add('empty', 'there is no entry');
    if (this.#meta === undefined) this.#add('meta_missing', 'there is no header: what was at the end may be gone');
    else this.#checkHeader(this.#meta);
    return {
      problems: this.#problems,
      problemCounts: this.#counts,
      entries: this.#entries,
      head: this.#previous,
      isSigned: this.#signed > 0,
      isAnnotated: this.#annotated > 0,
      meta: this.#meta,
      opening: this.#opening,
    };
  }

  #checkHeader(meta: Members): void {
    const line = this.#line;
    this.#line = 1;
    this.#checkHeaderSignature(meta);
    if (meta.get('head_hash') !== this.#previous) this.#add('head_hash', 'the head is another one');
    if (!isNumber(meta.get('entries'), this.#entries)) {
      this.#add('entries', `there are ${this.#entries} entries, not ${said(meta.get('entries'))}`);
    }
    for (const name of ['system', 'risk_tier']) {
      if (meta.get(name) !== this.#opening?.get(name)) this.#add('meta_disagrees', `${name} is not that of audit_open`);
    }
    const framework = meta.get('framework');
    if (framework !== null && !(typeof framework === 'string' && FRAMEWORKS.includes(framework))) {
      this.#add('framework', `there is no framework ${said(framework)}`);
    }
    const covered = textsIn(meta.get('controls_covered'))?.join('\n');
    const computed = [...this.#covered];
    if (covered !== computed.toSorted(byCodePoint).join('\n') && covered !== computed.toSorted().join('\n')) {
      this.#add('controls_covered', 'the controls are not those of the entries');
    }
    if (!this.#isSummary(meta.get('summary'))) this.#add('summary', 'the totals are not those of the entries');
    if (meta.get('disclaimer') !== DISCLAIMER) this.#add('disclaimer', 'the disclaimer is another one');
    this.#line = line;
  }

  #checkHeaderSignature(meta: Members): void {
    const sig = meta.get('sig');
    const key = this.#key;
    if (key === undefined) {
      if (this.#signed > 0 && sig === undefined)
        this.#add('meta_signature', 'the entries are signed, the header is not');
      return;
    }
    const isBy = FLAVOURS.some(
      (flavour) => attempt(() => signatureOf(this.#primitives, key, headerText(meta, flavour))) === sig,
    );
    if (!isBy) this.#add('meta_signature', 'the header is not signed by this key');
  }

  #isSummary(summary: Tree | undefined): boolean {
    if (!(summary instanceof Members)) return false;
    const names = [...COUNTED.map(([name]) => name), 'flags_by_action', 'flags_by_severity'];
    return (
      [...summary.own.keys()].join() === names.join() &&
      COUNTED.every(([name, type]) => isNumber(summary.get(name), this.#types.get(type) ?? 0)) &&
      isCounter(summary.get('flags_by_action'), this.#words.action) &&
      isCounter(summary.get('flags_by_severity'), this.#words.severity)
    );
  }
}

export interface StrictResult {
  readonly problems: readonly ActtraceProblem[];
  readonly problemCounts: Readonly<Partial<Record<ActtraceProblemCode, number>>>;
  readonly entries: number;
  readonly head: string;
  readonly isSigned: boolean;
  readonly isAnnotated: boolean;
  readonly meta: Members | undefined;
  readonly opening: Members | undefined;
}

function attempt(work: () => string): string | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof TreeError) return undefined;
    throw error;
  }
}

function said(tree: Tree | undefined): string {
  return quoted(tree instanceof Spelled ? tree.text : (attempt(() => writtenText(tree ?? null, 'javascript')) ?? '?'));
}

function textsIn(tree: Tree | undefined): string[] | undefined {
  return Array.isArray(tree) && tree.every((item): item is string => typeof item === 'string') ? tree : undefined;
}

function tick(counts: Map<string, number>, word: string): void {
  if (counts.has(word) || counts.size < MAX_WORDS) counts.set(word, (counts.get(word) ?? 0) + 1);
}

/** A word that is missing is `null` to one of the writers, and `undefined` to the other. */
function wordOf(tree: Tree | undefined): string {
  return typeof tree === 'string' ? tree : 'null';
}

function isNumber(tree: Tree | undefined, value: number): boolean {
  return tree instanceof Spelled && tree.text === `${value}`;
}

function isCounter(tree: Tree | undefined, counts: ReadonlyMap<string, number>): boolean {
  if (!(tree instanceof Members) || tree.own.size !== counts.size) return false;
  return [...tree.own].every(([word, count]) => {
    const expected = counts.get(word === 'undefined' ? 'null' : word);
    return expected !== undefined && isNumber(count, expected);
  });
}
