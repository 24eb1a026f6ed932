/** So many ids are remembered, the oldest forgotten first. */
const MAX_IDS = 1_024;
/** A stand-in answers with one id for ever: further calls of that id are not compared. */
const MAX_CALLS_OF_ID = 16;

/** One call, and the scopes that have shown it. */
export interface Showings<Call = unknown> {
  readonly scopes: Set<string>;
  /** The first that showed it. */
  readonly first: Call;
}

/**
 * Calls by the provider's ids of their responses. A scope shows a call once: whoever shows an id twice made two calls
 * with it, as caches and stand-ins of providers answer them. So the number of calls is the same whatever comes first.
 */
export class ResponseIds<Call> {
  readonly #calls = new Map<string, Showings<Call>[]>();

  /** The call of that id which the scope has not shown yet. */
  find(id: string | undefined, scope: string): Showings<Call> | undefined {
    return id === undefined ? undefined : this.#calls.get(id)?.find(({ scopes }) => !scopes.has(scope));
  }

  /** A scope has shown a call: one that others have shown, or else one of its own. */
  add(id: string | undefined, scope: string, call: Call): Showings<Call> | undefined {
    if (id === undefined) return undefined;
    const known = this.find(id, scope);
    if (known !== undefined) {
      known.scopes.add(scope);
      return known;
    }
    const showings = { scopes: new Set([scope]), first: call };
    const calls = this.#calls.get(id);
    if (calls !== undefined) {
      if (calls.length < MAX_CALLS_OF_ID) calls.push(showings);
      return showings;
    }
    this.#calls.set(id, [showings]);
    if (this.#calls.size > MAX_IDS) this.#forgetOldest();
    return showings;
  }

  #forgetOldest(): void {
    for (const oldest of this.#calls.keys()) {
      this.#calls.delete(oldest);
      return;
    }
  }
}
