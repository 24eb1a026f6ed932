import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The packages of the application. This package imports no SDK: what is registered is what the application has
 * installed. All is loaded by `require`, which takes ES modules, too, as a preloaded module must not wait.
 */
export class InstalledPackages {
  readonly #requires: readonly NodeJS.Require[];
  readonly #folders: readonly string[];

  /** @param folders - looked through in this order */
  constructor(folders: readonly string[]) {
    this.#folders = [...new Set(folders)];
    this.#requires = this.#folders.map((folder) => createRequire(join(folder, 'any.js')));
  }

  /** What a package exports; undefined if it is not installed. @throws what it throws when it is loaded */
  load(name: string): Readonly<Record<string, unknown>> | undefined {
    const found = this.#find(name);
    return found === undefined ? undefined : (found.from(found.path) as Readonly<Record<string, unknown>>);
  }

  /** Path of a package's module; undefined if it is not installed. */
  resolve(name: string): string | undefined {
    return this.#find(name)?.path;
  }

  /** The same, and behind them what a package of theirs has for itself: not every package manager hoists. */
  with(name: string): InstalledPackages {
    const path = this.resolve(name);
    return path === undefined ? this : new InstalledPackages([...this.#folders, dirname(path)]);
  }

  /** What the application's package.json asks for, of whatever kind. */
  declared(): readonly string[] {
    for (const start of this.#folders) {
      for (let folder = start; ; folder = dirname(folder)) {
        const found = manifestIn(folder);
        if (found !== undefined) {
          const kinds = ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies'];
          return [...new Set(kinds.flatMap((kind) => Object.keys(Object(found[kind]) as object)))];
        }
        if (dirname(folder) === folder) break;
      }
    }
    return [];
  }

  #find(name: string): { readonly from: NodeJS.Require; readonly path: string } | undefined {
    for (const from of this.#requires) {
      try {
        return { from, path: from.resolve(name) };
      } catch {
        // Not there, or not for others: the next folder may have it.
      }
    }
    return undefined;
  }
}

function manifestIn(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return Object(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
