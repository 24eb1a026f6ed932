import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';

import { ed25519Signer, generateKey, readLog, verifyPath, type Entry, type Report } from '../../src/index.ts';
import { repositoryFile, runNode, type Run } from '../examples/run-node.ts';
import { temporaryFolder } from '../log.ts';

const ALL = ['openai', '@opentelemetry/sdk-node', '@opentelemetry/instrumentation-openai'];

export interface ApplicationOptions {
  /** Files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What is installed beside this package. */
  readonly installed?: readonly string[];
  /** What package.json names; by default what is installed. */
  readonly declared?: readonly string[];
  /** What spanseal.config.json says. */
  readonly config?: object | string;
}

/** An application in a folder of its own, with packages installed. */
export class Application {
  readonly folder: string = temporaryFolder();

  constructor({ files, installed = ALL, declared = installed, config }: ApplicationOptions) {
    for (const name of installed) this.#link(name, repositoryFile(`node_modules/${name}`));
    this.#link('spanseal', repositoryFile('.'));
    const dependencies = Object.fromEntries(declared.map((name) => [name, '*']));
    this.write('package.json', JSON.stringify({ name: 'application', private: true, dependencies }));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    if (config !== undefined) {
      this.write('spanseal.config.json', typeof config === 'string' ? config : JSON.stringify(config));
    }
  }

  #link(name: string, target: string): void {
    const path = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Makes a key; gives back what verifies. */
  key(name: string, path = 'audit.key', mode = 0o600): string {
    const { privateKey } = generateKey({ name });
    this.write(path, privateKey);
    chmodSync(join(this.folder, path), 0o600);
    const { vkey } = ed25519Signer({ keyFile: join(this.folder, path) });
    chmodSync(join(this.folder, path), mode);
    return vkey;
  }

  run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    started?: (child: ChildProcess, stdout: string) => void,
  ): Promise<Run> {
    return runNode(args, env, started, this.folder);
  }

  /** Entries without seals and tallies; none if there is no log. */
  async entries(directory = 'audit'): Promise<Entry[]> {
    const found: Entry[] = [];
    if (this.segments(directory) === 0) return found;
    for await (const entry of readLog(join(this.folder, directory))) {
      if (entry.type !== 'seal' && entry.type !== 'tally') found.push(entry);
    }
    return found;
  }

  segments(directory = 'audit'): number {
    const path = join(this.folder, directory);
    return existsSync(path) ? readdirSync(path).length : 0;
  }

  verified(vkey: string, directory = 'audit'): Promise<Report> {
    return verifyPath(join(this.folder, directory), { keys: [vkey] });
  }
}
