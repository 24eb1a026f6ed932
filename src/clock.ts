/** Where times come from. Tests give their own. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds from any fixed point, never going back. */
  monotonic(): number;
}

const SYSTEM_CLOCK: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The system's clock, or a test's; one that only tells the time is its own measure of time passing. */
export function clockOf(given: Partial<Clock> = SYSTEM_CLOCK): Clock {
  return {
    now: () => given.now?.() ?? SYSTEM_CLOCK.now(),
    monotonic: () => given.monotonic?.() ?? given.now?.() ?? SYSTEM_CLOCK.monotonic(),
  };
}

/** From this difference between wall clock and monotonic clock on, the wall clock was set. */
const STEP_MILLIS = 1_000;

/** Reads the clock for entries: as text, and watching for steps. */
export class EntryClock {
  readonly #clock: Clock;
  #lastMillis = Number.NaN;
  #lastText = '';
  #expectedOffset = Number.NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get nowMillis(): number {
    return withinYears(this.#clock.now());
  }

  get monotonicMillis(): number {
    return this.#clock.monotonic();
  }

  /** The time as entries carry it. */
  now(): string {
    const millis = Math.trunc(this.#clock.now());
    // Many entries fall into one millisecond, and formatting costs more than reading the clock.
    if (millis !== this.#lastMillis) {
      this.#lastMillis = millis;
      this.#lastText = formatTime(millis);
    }
    return this.#lastText;
  }

  /** What the wall clock should say and says, if it was set since the entry before; then it counts from there. */
  step(): { readonly before: string; readonly after: string } | undefined {
    const now = this.#clock.now();
    const offset = now - this.#clock.monotonic();
    const difference = offset - this.#expectedOffset;
    this.#expectedOffset = offset;
    if (!(Math.abs(difference) >= STEP_MILLIS)) return undefined;
    return { before: formatTime(Math.trunc(now - difference)), after: formatTime(Math.trunc(now)) };
  }
}

const MAX_MILLIS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The second that was formatted last, and how it reads up to its point: entries that follow each other share it. */
let lastSecond = Number.NaN;
let lastSecondText = '';

/** A time in the form of the format; a clock beyond the years 1970 to 9999 reads as the nearest end of them. */
export function formatTime(millis: number): string {
  const time = Math.trunc(withinYears(millis));
  const second = Math.floor(time / 1_000);
  if (second !== lastSecond) {
    lastSecondText = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  return `${lastSecondText}${String(time - second * 1_000).padStart(3, '0')}Z`;
}

function withinYears(millis: number): number {
  return Math.min(Math.max(Number.isFinite(millis) ? millis : 0, 0), MAX_MILLIS);
}
