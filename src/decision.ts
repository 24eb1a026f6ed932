import { context, createContextKey, type Context } from '@opentelemetry/api';

import type {
  ChangeOptions,
  ContextAssemblyOptions,
  FlagOptions,
  HumanOversightOptions,
  IncidentOptions,
  ResultOptions,
} from './events.ts';
import type { Receipt } from './receipt.ts';

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
  /** Keeps the decision open until the promise has settled. A rejection is recorded as the outcome, and stays yours. */
  waitUntil(promise: PromiseLike<unknown>): void;
  /** Runs a function inside the decision, wherever it is called from. */
  run<T>(fn: () => T): T;
}

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

/** What the decision needs of its log. */
export interface DecisionPort {
  readonly log: string;
  /** An `AsyncLocalStorage`; by its shape, as published types that name it compile with `@types/node` only. */
  readonly storage: { run<T>(decision: Decision, fn: () => T): T };
  record(decisionId: string, data: Readonly<Record<string, unknown>>): Receipt;
  flag(reason: string | Error, options: FlagOptions): Receipt;
  humanOversight(options: HumanOversightOptions): Receipt;
  incident(options: IncidentOptions): Receipt;
  change(options: ChangeOptions): Receipt;
  contextAssembly(options: ContextAssemblyOptions): Receipt;
  /** Writes `decision_end`. */
  end(decision: RunningDecision): void;
}

/** How the callback and what it waits for came out. */
interface Failure {
  readonly error: unknown;
}

export class RunningDecision implements Decision {
  readonly id: string;
  readonly receipt: Receipt;
  readonly startedMillis: number;
  readonly #port: DecisionPort;
  readonly #mark: DecisionMark;
  /** The callback, and each promise it asked to wait for. */
  #pending = 1;
  #ended = false;
  #failure: Failure | undefined;
  #code: string | undefined;
  #resultOptions: ResultOptions | undefined;

  constructor(port: DecisionPort, id: string, receipt: Receipt, startedMillis: number) {
    this.#port = port;
    this.id = id;
    this.receipt = receipt;
    this.startedMillis = startedMillis;
    this.#mark = Object.freeze({ log: port.log, id });
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get resultCode(): string | undefined {
    return this.#code;
  }

  get resultOptions(): ResultOptions | undefined {
    return this.#resultOptions;
  }

  /** Whether the callback and all it waits for have settled. */
  get settled(): boolean {
    return this.#pending === 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  record(data: Readonly<Record<string, unknown>>): Receipt {
    return this.#port.record(this.id, data);
  }

  result(code: string, options?: ResultOptions): void {
    this.#code = code;
    this.#resultOptions = options;
  }

  flag(reason: string | Error, options: FlagOptions = {}): Receipt {
    return this.#port.flag(reason, { decisionId: this.id, ...options });
  }

  humanOversight(options: HumanOversightOptions): Receipt {
    return this.#port.humanOversight({ decisionId: this.id, ...options });
  }

  incident(options: IncidentOptions): Receipt {
    return this.#port.incident({ decisionId: this.id, ...options });
  }

  change(options: ChangeOptions): Receipt {
    return this.#port.change({ decisionId: this.id, ...options });
  }

  contextAssembly(options: ContextAssemblyOptions): Receipt {
    return this.#port.contextAssembly({ decisionId: this.id, ...options });
  }

  waitUntil(promise: PromiseLike<unknown>): void {
    this.#pending++;
    promise.then(
      () => this.settle(undefined),
      (error: unknown) => this.settle({ error }),
    );
  }

  run<T>(fn: () => T): T {
    return context.with(context.active().setValue(DECISION_KEY, this.#mark), () => this.#port.storage.run(this, fn));
  }

  /** The callback, or a promise it waits for, has settled. The first failure is the outcome. */
  settle(failure: Failure | undefined): void {
    this.#failure ??= failure;
    this.#pending--;
    if (this.#pending === 0) this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.end(this);
  }
}

/**
 * Runs a decision's callback to its end and gives back what it gave. A promise is given back as one that settles after
 * `decision_end` is written; another thenable, which may have methods of its own, as itself.
 */
export function runDecision<T>(decision: RunningDecision, fn: (decision: Decision) => T): T {
  let answer: T;
  try {
    answer = decision.run(() => fn(decision));
  } catch (error) {
    decision.settle({ error });
    throw error;
  }
  if (!isThenable(answer)) {
    decision.settle(undefined);
    return answer;
  }
  const done = (): void => decision.settle(undefined);
  const failed = (error: unknown): void => decision.settle({ error });
  if (Object.getPrototypeOf(answer) !== Promise.prototype) {
    answer.then(done, failed);
    return answer;
  }
  return answer.then(
    (value) => {
      done();
      return value;
    },
    (error: unknown) => {
      failed(error);
      throw error;
    },
  ) as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
