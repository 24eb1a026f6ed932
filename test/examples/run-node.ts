import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The path of a file of this repository. */
export function repositoryFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/**
 * Runs an example as a user does: with Node, in a process of its own, importing the built package by its name.
 *
 * @param started - called with the process and what it has printed so far, whenever it prints
 */
export function runExample(
  path: string,
  args: readonly string[] = [],
  started: (child: ChildProcess, stdout: string) => void = () => {},
): Promise<Run> {
  return runNode([repositoryFile(path), ...args], {}, started);
}

/** Runs Node with arguments and further environment variables; a status of null says that a signal ended it. */
export function runNode(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  started: (child: ChildProcess, stdout: string) => void = () => {},
  cwd: string = process.cwd(),
): Promise<Run> {
  // Whoever runs the tests may have a key for the real API: they neither need it nor spend money with it.
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...inherited } = process.env;
  const env = { ...inherited, ...variables };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      started(child, stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
