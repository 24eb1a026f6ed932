/** Names for members that are written by other names than they had, each once. */
export class FreeNames {
  readonly #taken: Set<string | number>;
  /** How often a name was wanted: a hundred thousand addresses become one mark. */
  readonly #wanted = new Map<string, number>();

  constructor(taken: Iterable<string | number> = []) {
    this.#taken = new Set(taken);
  }

  /** The name that is wanted, with a number behind it if another member has it. */
  take(wanted: string): string {
    let number = (this.#wanted.get(wanted) ?? 0) + 1;
    let shown = number === 1 ? wanted : `${wanted} ${number}`;
    while (this.#taken.has(shown)) shown = `${wanted} ${++number}`;
    this.#wanted.set(wanted, number);
    this.#taken.add(shown);
    return shown;
  }
}
