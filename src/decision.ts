import { context, createContextKey, type Context } from '@opentelemetry/api';

import { bind, bindGenerator, type BindPort, type Failure, type Settled } from './bind.ts';
import type {
  ChangeOptions,
  ContextAssemblyOptions,
  FlagOptions,
  HumanOversightOptions,
  IncidentOptions,
  ResultOptions,
} from './events.ts';
import { optionsOf, type BusinessCall } from './call-options.ts';
import { withBaggage } from './propagation.ts';
import type { Receipt } from './receipt.ts';
import { isThenable, whenSettled } from './thenable.ts';

/**
 * One decision of the application: everything that is recorded while its callback runs belongs to it, whatever runs
 * beside it. It travels in the OpenTelemetry `Context` and, for applications without a context manager, in the log's
 * own `AsyncLocalStorage`.
 */
export interface Decision {
  readonly id: string;
  /** Of the `decision` entry. */
  readonly receipt: Receipt;
  /** Adds facts of the application, kept as they are. */
  record(data: Readonly<Record<string, unknown>>): Receipt;
  /** Says what was decided, in the application's own code; stands in `decision_end`. */
  result(code: string, options?: ResultOptions): void;
  flag(reason: string | Error, options?: FlagOptions): Receipt;
  humanOversight(options: HumanOversightOptions): Receipt;
  incident(options: IncidentOptions): Receipt;
  change(options: ChangeOptions): Receipt;
  contextAssembly(options: ContextAssemblyOptions): Receipt;
  /** Keeps the decision open until the promise has settled; anything else has. A rejection is recorded as the outcome, and stays yours. */
  waitUntil(promise: PromiseLike<unknown>): void;
  /**
   * The same function, iterable, generator, `ReadableStream` or Node stream, running inside the decision wherever it is called
   * or read. The decision stays open until it is read to its end, given up or failed; a function, while it runs.
   *
   * @throws TypeError if it is none of these, or a stream that is already being read
   */
  bind<T>(target: T): T;
  /** Runs a function inside the decision, wherever it is called from. */
  run<T>(fn: () => T): T;
  /**
   * Ends the decision now, whatever it waits for; entries may still follow. Later calls give the same receipt. Needed
   * for decisions of `startDecision` only.
   *
   * @param outcome - `completed` (the default), `failed`, or the error that it failed with
   */
  end(outcome?: 'completed' | 'failed' | Error): Receipt;
}

/** A decision without a callback: it ends with `end()`, or with the block that holds it by `await using`. */
export type StartedDecision = Decision & { readonly [Key in AsyncDispose]: () => Promise<void> };

/** `Symbol.asyncDispose` where the consumer's library has it; published types compile where it has not. */
type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol } ? Key : never;

/** What a Context carries of a decision: plain data, so that two copies of this package understand each other. */
export interface DecisionMark {
  readonly log: string;
  readonly id: string;
}

const DECISION_KEY = createContextKey('spanseal.decision');

/** The decision of a log that a Context carries. */
export function decisionOf(from: Context, log: string): string | undefined {
  const mark = from.getValue(DECISION_KEY) as DecisionMark | undefined;
  return mark?.log === log ? mark.id : undefined;
}

/** What the decision needs of its log. @internal */
export interface DecisionPort {
  readonly log: string;
  /** An `AsyncLocalStorage`; by its shape, as published types that name it compile with `@types/node` only. */
  readonly storage: { run<T>(decision: Decision, fn: () => T): T };
  /** Whether it travels in the baggage of what runs inside it. */
  readonly propagates: boolean;
  /** The time, as entries carry it. */
  now(): string;
  record(decisionId: string, data: Readonly<Record<string, unknown>>): Receipt;
  flag(reason: string | Error, options: FlagOptions): Receipt;
  humanOversight(options: HumanOversightOptions): Receipt;
  incident(options: IncidentOptions): Receipt;
  change(options: ChangeOptions): Receipt;
  contextAssembly(options: ContextAssemblyOptions): Receipt;
  /** Writes `decision_end`. */
  end(decision: RunningDecision): Receipt;
}

/** @internal */
export class RunningDecision implements StartedDecision {
  readonly id: string;
  readonly receipt: Receipt;
  readonly startedMillis: number;
  readonly #port: DecisionPort;
  readonly #mark: DecisionMark;
  readonly #binding: BindPort = { run: (fn) => this.run(fn), hold: () => this.#hold() };
  /** The callback or block, and each piece of work that it asked to wait for. */
  #pending = 1;
  #outcome: 'completed' | 'failed' | 'unended' = 'unended';
  #failure: Failure | undefined;
  /** Work was waited for that nobody will read to its end. */
  #abandoned = false;
  #settledAt: string | undefined;
  #code: string | undefined;
  #resultOptions: ResultOptions | undefined;
  #end: Receipt | undefined;
  /** Its end is being written: a redactor or getter that ends it meanwhile comes too late. */
  #ending = false;
  #callbackSettled = false;
  /** Whoever waits for the end. */
  #waiting: (() => void)[] = [];

  constructor(port: DecisionPort, id: string, receipt: Receipt, startedMillis: number) {
    this.#port = port;
    this.id = id;
    this.receipt = receipt;
    this.startedMillis = startedMillis;
    this.#mark = Object.freeze({ log: port.log, id });
  }

  get outcome(): 'completed' | 'failed' | 'unended' {
    return this.#outcome;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** When the callback had settled, if more was waited for then. */
  get settledAt(): string | undefined {
    return this.#settledAt;
  }

  get resultCode(): string | undefined {
    return this.#code;
  }

  get resultOptions(): ResultOptions | undefined {
    return this.#resultOptions;
  }

  record(data: Readonly<Record<string, unknown>>): Receipt {
    return this.#port.record(this.id, data);
  }

  result(code: string, options?: ResultOptions): void {
    this.#code = code;
    // Read now: at the end, what reading it throws would hit nobody, or the process.
    this.#resultOptions = (options ?? undefined) === undefined ? undefined : { ...optionsOf('result', options ?? {}) };
  }

  flag(reason: string | Error, options: FlagOptions = {}): Receipt {
    return this.#port.flag(reason, this.#mine('flag', options));
  }

  humanOversight(options: HumanOversightOptions): Receipt {
    return this.#port.humanOversight(this.#mine('humanOversight', options));
  }

  incident(options: IncidentOptions): Receipt {
    return this.#port.incident(this.#mine('incident', options));
  }

  change(options: ChangeOptions): Receipt {
    return this.#port.change(this.#mine('change', options));
  }

  contextAssembly(options: ContextAssemblyOptions): Receipt {
    return this.#port.contextAssembly(this.#mine('contextAssembly', options));
  }

  #mine<T extends { readonly decisionId?: string | undefined }>(call: BusinessCall, options: T): T {
    return { ...optionsOf(call, options), decisionId: options.decisionId ?? this.id };
  }

  waitUntil(promise: PromiseLike<unknown>): void {
    const release = this.#hold();
    // Whatever it is: what is no promise has settled, and one that throws when it is asked has failed.
    Promise.resolve(promise).then(
      () => release(),
      (error: unknown) => release({ error }),
    );
  }

  bind<T>(target: T): T {
    return bind(target, this.#binding);
  }

  /** A generator that the callback gave back, inside the decision; any other value as it is. */
  bindGenerator<T>(value: T): T {
    return bindGenerator(value, this.#binding);
  }

  run<T>(fn: () => T): T {
    const inside = context.active().setValue(DECISION_KEY, this.#mark);
    const { log, propagates, storage } = this.#port;
    return context.with(propagates ? withBaggage(inside, { log, decisionId: this.id }) : inside, () =>
      storage.run(this, fn),
    );
  }

  #hold(): (settled?: Settled) => void {
    this.#pending++;
    let held = true;
    return (settled) => {
      if (!held) return;
      held = false;
      this.#settle(settled);
      if (this.#pending > 0 || this.#end !== undefined) return;
      // The spans of what was waited for end a few microtasks after it (AI SDK: `result.text`, then its root span).
      setImmediate(() => {
        if (this.#pending === 0) this.#finish();
      });
    };
  }

  /** The callback, or the block, has come to its end. */
  callbackSettled(failure?: Failure): void {
    if (this.#callbackSettled) return;
    this.#callbackSettled = true;
    if (this.#pending > 1) this.#settledAt = this.#port.now();
    this.#settle(failure);
    if (this.#pending === 0) this.#finish();
  }

  /** The first failure is the outcome. */
  #settle(settled: Settled): void {
    if (settled === 'abandoned') this.#abandoned = true;
    else this.#failure ??= settled;
    this.#pending--;
  }

  #finish(): void {
    if (this.#end !== undefined || this.#ending) return;
    this.#write(this.#failure !== undefined ? 'failed' : this.#abandoned ? 'unended' : 'completed');
  }

  end(outcome: 'completed' | 'failed' | Error = 'completed'): Receipt {
    if (this.#end !== undefined) return this.#end;
    if (this.#ending) throw new TypeError('The end of this decision is just being written; it cannot be ended again.');
    if (outcome instanceof Error) this.#failure ??= { error: outcome };
    return this.#write(outcome === 'completed' && this.#failure === undefined ? 'completed' : 'failed');
  }

  /** The log closes, and nobody will hear of the end. */
  abandon(): void {
    if (this.#pending === 0) this.#finish();
    else if (this.#end === undefined && !this.#ending) this.#write(this.#failure === undefined ? 'unended' : 'failed');
  }

  #write(outcome: 'completed' | 'failed' | 'unended'): Receipt {
    this.#outcome = outcome;
    this.#ending = true;
    const receipt = this.#port.end(this);
    this.#end = receipt;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
    return receipt;
  }

  /** The end of a block: waits for all that the decision waits for. An error of the block is told by `end(error)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end !== undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    this.callbackSettled();
    await ended;
  }
}

/**
 * Runs a decision's callback to its end and gives back what it gave. A promise is given back as one that settles after
 * `decision_end` is written, another thenable with all that it has besides; a generator as one that runs inside the
 * decision, and ends it.
 *
 * @internal
 */
export function runDecision<T>(decision: RunningDecision, fn: (decision: Decision) => T): T {
  const failed = (error: unknown): void => decision.callbackSettled({ error });
  const settled = <V>(value: V): V => {
    const lasting = decision.bindGenerator(value);
    decision.callbackSettled();
    return lasting;
  };
  try {
    const answer = decision.run(() => fn(decision));
    return isThenable(answer) ? whenSettled(answer, settled, failed) : settled(answer);
  } catch (error) {
    failed(error);
    throw error;
  }
}
