import { grouped } from '../counted.ts';

/** So many names are told apart; a log that has more of them is hostile, or has put content into names. */
const MAX_NAMES = 256;

const MAX_SHOWN = 8;

/** Counts by names from a log, in bounded memory: those beyond the bound are counted together. */
export class NameCounts {
  readonly #counts = new Map<string, number>();
  #further = 0;

  add(name: string, count = 1): void {
    const before = this.#counts.get(name);
    if (before === undefined && this.#counts.size >= MAX_NAMES) this.#further += count;
    else this.#counts.set(name, (before ?? 0) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get total(): number {
    let total = this.#further;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Greatest first. */
  entries(): [name: string, count: number][] {
    return [...this.#counts].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  }

  /** The greatest as lines, `<name>: <count>`, and how many more there are. */
  lines(shown: (name: string, count: number) => string = (name, count) => `${name}: ${grouped(count)}`): string[] {
    const entries = this.entries();
    const further = entries.slice(MAX_SHOWN).reduce((sum, [, count]) => sum + count, this.#further);
    return [
      ...entries.slice(0, MAX_SHOWN).map(([name, count]) => shown(name, count)),
      ...(further === 0 ? [] : [`further ones: ${grouped(further)}`]),
    ];
  }
}
