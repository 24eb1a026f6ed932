import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

import { context, diag, isSpanContextValid, trace, type Context } from '@opentelemetry/api';

import { DEFAULT_CAPTURE, gathered, type Capture } from './capture.ts';
import { clockOf } from './clock.ts';
import { decisionOf, runDecision, RunningDecision, type Decision, type StartedDecision } from './decision.ts';
import { DecisionCounts } from './decision-counts.ts';
import { MAX_DECISION_ID_CHARS, MAX_LINE_BYTES, type DecisionBasis, type EntryType } from './entry.ts';
import { prepare, type Draft, type PreparedEntry } from './entry-line.ts';
import { SpansealError } from './error.ts';
import type {
  ChangeOptions,
  ContextAssemblyOptions,
  DecisionOptions,
  FlagOptions,
  HumanOversightOptions,
  IncidentOptions,
  ReconciliationOptions,
  ResultOptions,
} from './events.ts';
import type { Profile } from './frameworks/index.ts';
import { checkIdentity } from './log-identity.ts';
import {
  checkOptions,
  checkSigner,
  DEFAULT_HEARTBEAT_MILLIS,
  DEFAULT_MAX_SEGMENT_BYTES,
  DEFAULT_MAX_SEGMENT_MILLIS,
  withholdingOf,
  type LogOptions,
} from './log-options.ts';
import { optionsOf } from './call-options.ts';
import { members } from './members.ts';
import { isLogName, isSpanId, isTraceId } from './names.ts';
import { DEFAULT_ENVIRONMENT, openingPayload } from './opening.ts';
import { processIdentity } from './process-identity.ts';
import { claimOf, type DecisionClaim } from './propagation.ts';
import { lostReceipt, type Receipt } from './receipt.ts';
import { checkedRedactor } from './redact/checked-redactor.ts';
import { LogRedactor } from './redact/log-redactor.ts';
import type { Handling } from './redact/redactor.ts';
import { DEFAULT_POLICY } from './policy/built-in.ts';
import { recordFlag } from './policy/finds.ts';
import { policyLogRedactor } from './policy/redactor.ts';
import { DEFAULT_SEAL_INTERVAL_MILLIS, DEFAULT_SIGN_TIMEOUT_MILLIS, type SealedCheckpoint } from './segment.ts';
import { Segments, type Opened, type Written } from './segments.ts';
import type { Signer } from './signer.ts';
import type { Sink } from './sink.ts';
import type { Tally } from './tally.ts';
import type { Withholding } from './withholding.ts';

/** Room in `audit_open` for what the log adds itself, 64 siblings of about 190 bytes above all. */
const OPENING_RESERVE_BYTES = 16_384;

/** So many entries are written together at most: of a batch that fails all are lost. */
const BATCH_ENTRIES = 512;
/** And of so many characters: what does not fit a segment goes into the next one. */
const BATCH_CHARS = 1_048_576;

/** How the log is doing: for a readiness probe. */
export interface Health {
  /** False while entries cannot be written. */
  readonly ok: boolean;
  readonly closed: boolean;
  readonly segment: string | undefined;
  /** Entries in the current segment, and how many of them no seal covers yet. */
  readonly entries: number;
  readonly unsealed: number;
  /** Entries lost since the last `gap`. */
  readonly lost: number;
  readonly writeFailures: number;
  readonly sealsDiscarded: number;
  readonly openSpans: number;
  readonly openDecisions: number;
  readonly lastSealAt: Date | undefined;
}

/** The newest entry of the log, and the last checkpoint over it: what one hands to somebody else. */
export interface Head {
  readonly segment: string;
  readonly entries: number;
  /** Leaf hash of the newest entry, hex. */
  readonly leafHash: string;
  readonly checkpoint: SealedCheckpoint | undefined;
}

/** What a processor is to its log. */
export interface RegisteredProcessor {
  /** The object that an SDK calls, if it gives spans to the log. */
  readonly source?: object;
  /** Records the spans that are still open, before the log closes. */
  readonly drain?: () => void;
  /** What it knows of a span, by its ids or as the object that it is. */
  find?(traceId: string, spanId: string, span: object | undefined): KnownSpan | undefined;
}

/** A span that a processor knows. */
export interface KnownSpan {
  readonly decisionId: string | undefined;
  /** Adds an event to what its entry will be made of. Returns false if that is written, or there is no more room. */
  hold(event: SpanEvent): boolean;
}

/** An event of a span, however it came. */
export interface SpanEvent {
  readonly name: string;
  /** Unix time in milliseconds, whole. */
  readonly timeMillis: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * A tamper-evident log of one AI system: entries are redacted, normalised, hash-linked and written before a call
 * returns; checkpoints over them are signed every 1,024 entries or every second.
 *
 * Several processors may share a log. Use the `AuditLog` of the package's root, which adds directories and packs.
 */
export class AuditLogCore {
  readonly system: string;
  readonly log: string;
  readonly sink: Sink;
  readonly capture: Capture;
  /** What is to be gathered of spans, with what is withheld later. @internal */
  readonly gathered: Capture;
  readonly profile: Profile | undefined;
  readonly #options: LogOptions;
  readonly #redactor: LogRedactor | undefined;
  readonly #withholding: Withholding | undefined;
  readonly #flagOnRedact: boolean;
  readonly #refuse: boolean;
  readonly #randomId: () => string;
  readonly #send: boolean;
  readonly #accept: ((claim: DecisionClaim) => unknown) | undefined;
  readonly #segments: Segments;
  readonly #storage = new AsyncLocalStorage<Decision>();
  readonly #decisions = new Set<RunningDecision>();
  readonly #counts = new DecisionCounts();
  readonly #processors = new Set<RegisteredProcessor>();
  #sampling: Readonly<Record<string, string>> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @throws TypeError on options that cannot be meant
   * @throws SpansealError `UNREADABLE` if the sink cannot be written, `OTHER_LOG` if it holds another log,
   * `OPEN_TOO_LARGE` if what is declared does not fit
   */
  constructor(options: LogOptions) {
    checkOptions(options);
    const { system, sink, signer, randomId } = options;
    const log = options.log ?? system;
    if (!isLogName(log)) {
      throw new TypeError(
        `'${log}' is no log name; give \`log\`: 1 to 200 of A-Z a-z 0-9 . _ ~ - /, such as 'example.org/loan-triage'.`,
      );
    }
    checkSigner(signer, log);
    this.system = system;
    this.log = log;
    this.sink = sink;
    this.capture = { ...DEFAULT_CAPTURE, ...options.capture };
    this.gathered = gathered(this.capture);
    this.#withholding = withholdingOf(options, this.capture);
    this.profile = options.profile;
    this.#redactor =
      options.redactor === false
        ? undefined
        : options.redactor === undefined
          ? policyLogRedactor(options.policy ?? DEFAULT_POLICY)
          : new LogRedactor(checkedRedactor(options.redactor));
    this.#flagOnRedact = options.flagOnRedact ?? true;
    this.#refuse = options.failure === 'refuse';
    this.#randomId = randomId ?? randomUUID;
    this.#send = options.propagation?.send ?? false;
    this.#accept = options.propagation?.accept;
    const clock = clockOf(options.clock);
    const self = processIdentity();
    const opening = (opened: Opened): object =>
      openingPayload(options, { log, capture: this.capture, sampling: this.#sampling, self, ...opened });
    const declared = Buffer.byteLength(
      prepare(
        { type: 'audit_open', payload: opening({ segment: '', previous: undefined, siblings: [], signer }) },
        undefined,
      ).payload,
    );
    if (declared > MAX_LINE_BYTES - OPENING_RESERVE_BYTES) {
      throw new SpansealError(
        'OPEN_TOO_LARGE',
        `What is declared of ${system} takes ${declared} bytes; audit_open holds ${MAX_LINE_BYTES - OPENING_RESERVE_BYTES}. Refer to documents instead of quoting them.`,
      );
    }
    sink.prepare();
    const listed = sink.list();
    checkIdentity(sink, listed, { log, system, signed: signer !== undefined });
    this.#segments = new Segments({
      log,
      sink,
      listed: listed.at(-1),
      signer,
      clock,
      randomId,
      self,
      maxSegmentBytes: options.maxSegmentBytes ?? DEFAULT_MAX_SEGMENT_BYTES,
      maxSegmentMillis: options.maxSegmentMillis ?? DEFAULT_MAX_SEGMENT_MILLIS,
      sealIntervalMillis: options.sealIntervalMillis ?? DEFAULT_SEAL_INTERVAL_MILLIS,
      signTimeoutMillis: options.signTimeoutMillis ?? DEFAULT_SIGN_TIMEOUT_MILLIS,
      heartbeatMillis: options.heartbeatMillis ?? DEFAULT_HEARTBEAT_MILLIS,
      heartbeatAlways: options.heartbeatMillis !== undefined,
      beforeExit: () => this.#recordOpen(),
      meterProvider: options.meterProvider,
      opening,
    });
    if (signer === undefined && options.warnUnsigned !== false) warnUnsigned(log);
    this.#options = options;
  }

  /**
   * Runs `fn` as one decision: what is recorded meanwhile, by spans or by calls, belongs to it. `decision_end` follows
   * when `fn`, its promise and every promise given to `waitUntil` have settled. Errors are recorded and rethrown.
   *
   * @returns what `fn` returns
   * @throws SpansealError `LOG_CLOSED`; with `failure: 'refuse'` also `AUDIT_UNAVAILABLE`, before `fn` runs
   */
  decision<T>(options: DecisionOptions, fn: (decision: Decision) => T): T {
    if (typeof fn !== 'function') {
      throw new TypeError('decision takes a function, what is decided: audit.decision({ actor }, async (d) => { … }).');
    }
    return runDecision(this.#begin(options), fn);
  }

  /**
   * Begins a decision that no single callback spans. It ends with `end()`, or with the block that holds it:
   * `await using decision = audit.startDecision({ … })`. What belongs to it is run by `decision.run` or bound.
   *
   * @throws as {@link decision}
   */
  startDecision(options: DecisionOptions): StartedDecision {
    return this.#begin(options);
  }

  /** The decision that the caller is in. */
  get currentDecision(): Decision | undefined {
    return this.#storage.getStore();
  }

  /** The decision that came in with the baggage of a context, if the application accepts it. @internal */
  claimedDecisionId(from: Context): string | undefined {
    if (this.#accept === undefined) return undefined;
    const claim = claimOf(from);
    try {
      // Only by a plain yes: the promise of an asynchronous check is none, whatever comes of it.
      const accepted: unknown = claim !== undefined && this.#accept(claim);
      return accepted === true ? claim?.decisionId : undefined;
    } catch (error) {
      diag.error('spanseal: `propagation.accept` threw; the decision of the request is not taken over', error);
      return undefined;
    }
  }

  #begin(options: DecisionOptions): RunningDecision {
    const { id = this.#randomId(), input, propagate, ...declared } = optionsOf('decision', options);
    if (typeof id !== 'string' || id.length < 1 || id.length > MAX_DECISION_ID_CHARS || !id.isWellFormed()) {
      throw new TypeError(`A decision's id is a text of 1 to ${MAX_DECISION_ID_CHARS} characters.`);
    }
    const { id: parent, basis } = this.decisionAt(context.active());
    const payload = {
      ...members('decision', declared),
      ...(parent === undefined ? {} : { parent_decision_id: parent }),
      ...(basis === undefined ? {} : { decision_basis: basis }),
      ...(this.capture.decisionInput === 'none' ? {} : { input }),
    };
    const receipt = this.#business('decision', payload, id);
    this.#segments.tally.decisionStarted(options.reviewRequired === true);
    const decision = new RunningDecision(
      {
        log: this.log,
        storage: this.#storage,
        propagates: propagate ?? this.#send,
        now: () => this.#segments.clock.now(),
        record: (decisionId, data) => this.#business('decision_record', { data }, decisionId),
        flag: (reason, event) => this.flag(reason, event),
        humanOversight: (event) => this.humanOversight(event),
        incident: (event) => this.incident(event),
        change: (event) => this.change(event),
        contextAssembly: (event) => this.contextAssembly(event),
        end: (ended) => this.#end(ended),
      },
      id,
      receipt,
      this.#segments.clock.monotonicMillis,
    );
    this.#decisions.add(decision);
    return decision;
  }

  #end(decision: RunningDecision): Receipt {
    this.#decisions.delete(decision);
    const { failure, outcome, resultCode, resultOptions, settledAt } = decision;
    const { output, ...declared } = resultOptions ?? {};
    const receipt = this.append('decision_end', (segment) => ({
      type: 'decision_end',
      decisionId: decision.id,
      payload: {
        ...members('decision_end', declared),
        outcome,
        ...(failure === undefined ? {} : { error: describeError(failure.error) }),
        ...(resultCode === undefined ? {} : { result: resultCode }),
        ...(this.capture.decisionOutput === 'none' ? {} : { output }),
        duration_ms: Math.max(0, Math.round(this.#segments.clock.monotonicMillis - decision.startedMillis)),
        ...(settledAt === undefined ? {} : { settled_at: settledAt }),
        counts: this.#counts.of(decision.id, segment),
      },
    }));
    this.#segments.tally.decisionEnded(outcome === 'failed');
    return receipt;
  }

  /** Adds facts to the decision that the caller is in, or to the log. @throws as every business call */
  record(data: Readonly<Record<string, unknown>>): Receipt {
    return this.#routed('decision_record', { data });
  }

  /**
   * {@link record} for many at once, in one write for some hundred of them: for records that are brought in from
   * elsewhere. Of a batch all are written, or none.
   *
   * @returns the receipts, in the order of the data
   * @throws as every business call
   */
  recordAll(data: Iterable<Readonly<Record<string, unknown>>>): readonly Receipt[] {
    this.#checkOpen();
    const { id: decisionId, basis } = this.decisionAt(context.active());
    const { traceId, spanId } = activeSpan();
    const drafts = Array.from(data, (each) => ({
      type: 'decision_record' as const,
      payload: basis === undefined ? { data: each } : { data: each, decision_basis: basis },
      decisionId,
      traceId,
      spanId,
    }));
    const receipts = this.appendAll('decision_record', drafts);
    for (const receipt of receipts) this.#checkRecorded(receipt);
    return receipts;
  }

  /**
   * Says what the decision that the caller is in has decided.
   *
   * @throws TypeError outside of a decision
   */
  result(code: string, options?: ResultOptions): void {
    const decision = this.#storage.getStore();
    if (decision === undefined) {
      throw new TypeError('audit.result() says what a decision decided; call it inside audit.decision().');
    }
    decision.result(code, options);
  }

  /** Records that a policy matched. @throws as every business call */
  flag(reason: string | Error, options: FlagOptions = {}): Receipt {
    const { action = 'flagged', severity, ...rest } = optionsOf('flag', options);
    const payload = {
      ...members('policy_flag', {
        action,
        severity: typeof severity === 'string' ? severity.toLowerCase() : (severity ?? 'warning'),
        ...rest,
      }),
      // What is caught is often handed over as it is.
      reason: reason instanceof Error ? String(reason) : reason,
    };
    return this.#routed('policy_flag', payload, options);
  }

  /** Records what a person, or whatever oversees the system, did; also long after and from another process. */
  humanOversight(options: HumanOversightOptions): Receipt {
    const { reviewerKind = 'unknown', ...rest } = optionsOf('humanOversight', options);
    const receipt = this.#routed('human_oversight', members('human_oversight', { reviewerKind, ...rest }), options);
    if (receipt.recorded) this.#segments.tally.oversightRecorded();
    return receipt;
  }

  incident(options: IncidentOptions): Receipt {
    return this.#routed('incident', members('incident', optionsOf('incident', options)), options);
  }

  /** Records that the system was changed: model, prompt, tools, policy … */
  change(options: ChangeOptions): Receipt {
    return this.#routed('change', members('change', optionsOf('change', options)), options);
  }

  /** Records what was put before the model. */
  contextAssembly(options: ContextAssemblyOptions): Receipt {
    const { query, documents, ...rest } = optionsOf('contextAssembly', options);
    const inline = this.capture.retrieval !== 'none';
    const payload = members('context_assembly', {
      ...rest,
      ...(inline ? { query } : {}),
      documents: inline ? documents : Array.isArray(documents) ? documents.map(identified) : undefined,
    });
    return this.#routed('context_assembly', payload, options);
  }

  /**
   * Signs with another key from here on: the running segment is closed and sealed by the key so far, the next one is of
   * the new key, and a `change` entry names both. Whoever verifies needs both verifier keys; the old private key is
   * needed no more.
   *
   * @throws TypeError if the signer's key is not one of this log, or signs already, or the log is not signed
   * @throws SpansealError `LOG_CLOSED`
   */
  rotateKey(signer: Signer, details: Omit<ChangeOptions, 'kind' | 'subject' | 'from' | 'to'> = {}): Receipt {
    const { signer: before } = this;
    if (before === undefined) {
      throw new TypeError(
        `The log ${this.log} is not signed, and signed segments beside unsigned ones would be refused. Begin a signed log in a directory of its own.`,
      );
    }
    checkSigner(signer, this.log);
    if (signer.vkey === before.vkey) throw new TypeError(`The key of that signer signs ${this.log} already.`);
    if (this.closed) throw this.#closedError();
    this.#segments.rotate(signer);
    return this.change({ ...details, kind: 'key', subject: this.log, from: before.vkey, to: signer.vkey });
  }

  /** Records how many there should be, by another source, and how many there are. */
  reconciliation(options: ReconciliationOptions): Receipt {
    return this.#routed('reconciliation', members('reconciliation', optionsOf('reconciliation', options)), options);
  }

  /** A call that names its decision, or belongs to the one it is made in. */
  #routed(type: EntryType, payload: object, named: { readonly decisionId?: string | undefined } = {}): Receipt {
    if (named.decisionId !== undefined) return this.#business(type, payload, named.decisionId);
    const { id, basis } = this.decisionAt(context.active());
    return this.#business(type, basis === undefined ? payload : { ...payload, decision_basis: basis }, id);
  }

  #closedError(): SpansealError {
    return new SpansealError(
      'LOG_CLOSED',
      `The log ${this.log} is closed; make entries before audit.close() or the SDK's shutdown.`,
    );
  }

  #business(type: EntryType, payload: object, decisionId: string | undefined): Receipt {
    this.#checkOpen();
    const { traceId, spanId } = activeSpan();
    const receipt = this.append(type, { type, payload, decisionId, traceId, spanId });
    this.#checkRecorded(receipt);
    return receipt;
  }

  /** A call of the application throws where the log is closed, … */
  #checkOpen(): void {
    if (!this.closed) return;
    this.#segments.tally.afterClose++;
    throw this.#closedError();
  }

  /** … or unavailable and `failure: 'refuse'`. */
  #checkRecorded(receipt: Receipt): void {
    if (receipt.recorded || !this.#refuse) return;
    const what = `The log ${this.log} cannot be written, and \`failure\` is 'refuse'.`;
    throw new SpansealError('AUDIT_UNAVAILABLE', what, { cause: receipt.error });
  }

  /**
   * Redacts, normalises, links and writes one entry.
   *
   * @internal
   */
  append(type: EntryType, draft: Draft | ((segment: string) => Draft)): Receipt {
    if (this.closed) {
      this.#segments.tally.afterClose++;
      return lostReceipt(new SpansealError('LOG_CLOSED', `The log ${this.log} is closed.`));
    }
    // Redacted before a segment is touched, so that a redactor's own calls to the log do not stand in the middle of one.
    const made =
      typeof draft === 'function'
        ? (segment: string) => prepare(checkIds(draft(segment)), this.#redactor, this.#withholding)
        : prepare(checkIds(draft), this.#redactor, this.#withholding);
    return this.#receipt(type, this.#segments.append(type, made));
  }

  /**
   * Redacts, normalises and links many entries, and writes them a batch at a time: what is brought into the log from
   * elsewhere, not what happens now.
   *
   * @internal
   */
  appendAll(type: EntryType, drafts: readonly Draft[]): readonly Receipt[] {
    if (this.closed) return drafts.map((draft) => this.append(type, draft));
    const receipts: Receipt[] = [];
    let batch: PreparedEntry[] = [];
    let chars = 0;
    const write = (): void => {
      const written = this.#segments.appendAll(type, batch);
      for (const each of written) receipts.push(this.#receipt(type, each));
      batch = [];
      chars = 0;
    };
    for (const draft of drafts) {
      const prepared = prepare(checkIds(draft), this.#redactor, this.#withholding);
      batch.push(prepared);
      chars += prepared.payload.length;
      if (batch.length >= BATCH_ENTRIES || chars >= BATCH_CHARS) write();
    }
    if (batch.length > 0) write();
    return receipts;
  }

  #receipt(type: EntryType, written: Written): Receipt {
    if (!written.ok) return lostReceipt(written.error);
    const { segment, seq, leafHash } = written;
    const { draft: recorded, found } = written.entry;
    if (recorded.decisionId !== undefined) this.#counts.add(recorded.decisionId, segment.name, type);
    if (found.size > 0 && this.#flagOnRedact) {
      for (const [handling, counts] of found) this.#flagFound(recorded, handling, counts);
    }
    return { recorded: true, segment: segment.name, seq, leafHash, sealed: () => segment.whenSealed(seq) };
  }

  /** What was found in what is kept, and what became of it; what the model received is another matter. */
  #flagFound(recorded: Draft, handling: Handling, counts: ReadonlyMap<string, number>): void {
    const { decisionId, traceId, spanId, parentSpanId } = recorded;
    const flag = {
      type: 'policy_flag',
      decisionId,
      traceId,
      spanId,
      parentSpanId,
      payload: {
        ...recordFlag(handling, counts),
        applied_to: 'record',
        policy: this.#redactor?.policy,
        auto: true,
      },
    } as const satisfies Draft;
    const written = this.#segments.append(flag.type, prepare(flag, undefined));
    if (written.ok && decisionId !== undefined) this.#counts.add(decisionId, written.segment.name, 'policy_flag');
  }

  /**
   * Records that a pack was made of this log, or handed on.
   *
   * @internal
   */
  custody(payload: object): Receipt {
    return this.append('custody', { type: 'custody', payload });
  }

  /** The same log once more, after it was closed: what is written to it goes into a new segment. @internal */
  reopened(): AuditLogCore {
    // What it writes, a few entries about a pack, is not measured once more under the log's name.
    const { meterProvider: _, ...options } = this.#options;
    return new AuditLogCore({ ...options, warnUnsigned: false });
  }

  /** Counters over spans; a processor keeps them. @internal */
  get tally(): Tally {
    return this.#segments.tally;
  }

  /** Id of the decision that the caller's own asynchronous context is in, by the log's storage. @internal */
  get storedDecisionId(): string | undefined {
    return this.#storage.getStore()?.id;
  }

  /** How spans come to this log, for `audit_open`. @internal */
  noteSampling(sampling: Readonly<Record<string, string>>): void {
    this.#sampling = { ...this.#sampling, ...sampling };
  }

  /**
   * A processor writes to this log from now on.
   *
   * @param closeLog - whether the log closes with its last processor. Default true.
   * @returns ends that: records what the processor holds open and seals. May be called again.
   * @internal
   */
  register(processor: RegisteredProcessor, closeLog = true): () => Promise<void> {
    this.#processors.add(processor);
    // Its first span may be open, with nothing written yet, when the process exits.
    this.#segments.watchExit();
    let ended: Promise<void> | undefined;
    return () => {
      if (ended !== undefined) return ended;
      processor.drain?.();
      this.#processors.delete(processor);
      ended = this.#processors.size === 0 && closeLog ? this.close() : this.flush();
      return ended;
    };
  }

  /** The processors and exporters that give spans to this log. @internal */
  get spanSources(): readonly object[] {
    return [...this.#processors].flatMap(({ source }) => source ?? []);
  }

  /** What the log declares itself to be of. @internal */
  get environment(): string {
    return this.#options.environment ?? DEFAULT_ENVIRONMENT;
  }

  /** What any of the processors knows of a span. @internal */
  findSpan(traceId: string, spanId: string, span: object | undefined): KnownSpan | undefined {
    for (const processor of this.#processors) {
      const known = processor.find?.(traceId, spanId, span);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** The decision that the caller is in, by context, storage or accepted baggage. @internal */
  decisionAt(where: Context): { readonly id?: string | undefined; readonly basis?: DecisionBasis } {
    const id = decisionOf(where, this.log) ?? this.#storage.getStore()?.id;
    if (id !== undefined) return { id };
    const claimed = this.claimedDecisionId(where);
    return claimed === undefined ? {} : { id: claimed, basis: 'baggage' };
  }

  /** What signs the log now. */
  get signer(): Signer | undefined {
    return this.#segments.signer;
  }

  get closed(): boolean {
    return this.#segments.closed;
  }

  /** Seals all that is recorded, with a tally. Resolves when that is on stable storage and sealed; never rejects. */
  async flush(): Promise<void> {
    await this.#segments.flush();
  }

  /** Closes the current segment; the next entry opens another. */
  async roll(reason?: 'roll' | 'rotation'): Promise<void> {
    await this.#segments.roll(reason);
  }

  /**
   * Records what another, dead process left in a segment: `spanseal recover` for segments of other hosts.
   *
   * @throws what the sink says
   */
  async recover(segment: string): Promise<Receipt> {
    const written = await this.#segments.recover(segment);
    return written.ok
      ? {
          recorded: true,
          segment: written.segment.name,
          seq: written.seq,
          leafHash: written.leafHash,
          sealed: () => written.segment.whenSealed(written.seq),
        }
      : lostReceipt(written.error);
  }

  /**
   * Records open spans and decisions as unended, closes the segment and seals it. May be called again.
   *
   * @param options - `reason`: `signal` in the application's own signal handler, `decommissioned` at the end of the system
   */
  close(options: { readonly reason?: 'shutdown' | 'signal' | 'decommissioned' } = {}): Promise<void> {
    this.#closing ??= this.#close(options.reason ?? 'shutdown');
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    await this.#segments.recoveryDone();
    this.#recordOpen();
    await this.#segments.close(reason);
    await this.afterClose();
  }

  /** Spans and decisions that are still open, as unended. */
  #recordOpen(): void {
    for (const processor of this.#processors) processor.drain?.();
    for (const decision of this.#decisions) decision.abandon();
  }

  /** What follows the closing seal. @internal */
  protected async afterClose(): Promise<void> {}

  health(): Health {
    const { current, tally } = this.#segments;
    const lastSeal = this.#segments.lastSealMillis;
    return {
      ok: !this.#segments.failing && !this.closed,
      closed: this.closed,
      segment: current?.name,
      entries: current?.entries ?? 0,
      unsealed: (current?.entries ?? 0) - (current?.lastSeal?.size ?? 0),
      lost: this.#segments.lost,
      writeFailures: tally.writeFailures,
      sealsDiscarded: tally.sealsDiscarded,
      openSpans: tally.openSpans,
      openDecisions: tally.openDecisions,
      lastSealAt: lastSeal === undefined ? undefined : new Date(lastSeal),
    };
  }

  /** `undefined` before the first entry. */
  head(): Head | undefined {
    const { current } = this.#segments;
    if (current === undefined) return undefined;
    return { segment: current.name, entries: current.entries, leafHash: current.head, checkpoint: current.lastSeal };
  }
}

/** The ids of the span that the caller is in. */
function activeSpan(): Pick<Draft, 'traceId' | 'spanId'> {
  const span = trace.getSpanContext(context.active());
  return span !== undefined && isSpanContextValid(span) ? span : NO_SPAN;
}

const NO_SPAN: Pick<Draft, 'traceId' | 'spanId'> = {};

/** Of a document without its content: what it is, and how well it matched. */
function identified(document: unknown): object {
  const { id, version, score, retrievedAt } = Object(document) as Record<string, unknown>;
  return { id, version, score, retrievedAt };
}

function warnUnsigned(log: string): void {
  process.emitWarning(
    `The log ${log} has no signer: whoever can write its files can rewrite them unseen. Make a key with spanseal keygen.`,
    { type: 'SpansealWarning', code: 'SPANSEAL_UNSIGNED' },
  );
}

/** Ids from outside that the format does not allow are left out; they can only be a caller's or a custom SDK's. */
function checkIds(draft: Draft): Draft {
  const { decisionId, traceId, spanId, parentSpanId } = draft;
  const valid =
    (decisionId === undefined ||
      (typeof decisionId === 'string' &&
        decisionId.length >= 1 &&
        decisionId.length <= MAX_DECISION_ID_CHARS &&
        decisionId.isWellFormed())) &&
    (traceId === undefined || isTraceId(traceId)) &&
    (spanId === undefined || isSpanId(spanId)) &&
    (parentSpanId === undefined || isSpanId(parentSpanId));
  if (valid) return draft;
  diag.warn('spanseal: an id that is none was left out of an entry', draft.type);
  return {
    type: draft.type,
    payload: draft.payload,
    decisionId:
      typeof decisionId === 'string'
        ? decisionId.toWellFormed().slice(0, MAX_DECISION_ID_CHARS).toWellFormed() || undefined
        : undefined,
    traceId: traceId !== undefined && isTraceId(traceId) ? traceId : undefined,
    spanId: spanId !== undefined && isSpanId(spanId) ? spanId : undefined,
    parentSpanId: parentSpanId !== undefined && isSpanId(parentSpanId) ? parentSpanId : undefined,
  };
}

/** What an error says of itself; what reading it throws is left out. */
export function describeError(error: unknown): { readonly type?: string; readonly message?: string } {
  try {
    if (error instanceof Error) return { type: error.name, message: error.message };
    return { type: typeof error, message: String(error) };
  } catch {
    return { type: typeof error };
  }
}
