import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * A file system that fails when it is told to, under a directory: import it before anything that writes. Each call that
 * names the directory, or a file that was opened there, is counted; from some call on, some of them fail. Everything
 * else passes untouched.
 */

/** What happens instead of a call. */
export type Fault =
  /** It fails, and nothing was done. */
  | 'EIO'
  | 'ENOSPC'
  | 'EMFILE'
  /** Of what was to be written the first half is; what follows is as it always is. */
  | 'short'
  /** The disk is full: half is written, then no byte and no new file; reading, cutting and closing go on. */
  | 'full'
  /** It takes its time. */
  | 'slow';

interface Plan {
  readonly root: string;
  readonly fault: Fault | undefined;
  /** Number of the first call that fails, from 0. */
  readonly from: number;
  /** How many fail in turn. */
  readonly times: number;
}

const SLOW_MILLIS = 5;

let plan: Plan | undefined;
let calls: string[] = [];
let failed = 0;
const descriptors = new Set<number>();

type Anything = (...args: unknown[]) => unknown;
const real = { ...fs } as unknown as Record<string, Anything>;

/** Lets calls under a directory fail until {@link healed}. Without a fault they are counted. */
export function failing(root: string, fault?: Fault, from = 0, times = 1): void {
  plan = { root, fault, from, times };
  calls = [];
  failed = 0;
}

/** Ends that. Returns the names of the calls there were, and how many failed. */
export function healed(): { readonly calls: readonly string[]; readonly failed: number } {
  plan = undefined;
  descriptors.clear();
  return { calls, failed };
}

function concerns(target: unknown): boolean {
  if (plan === undefined) return false;
  return typeof target === 'number' ? descriptors.has(target) : String(target).startsWith(plan.root);
}

/** Whether the call at hand fails, and how. */
function faultOf(name: string): Fault | undefined {
  const number = calls.push(name) - 1;
  if (plan === undefined || number < plan.from || number >= plan.from + plan.times) return undefined;
  return plan.fault;
}

function errorOf(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: made to fail, ${name}`), { code, syscall: name });
}

const WRITES = new Set(['writeSync']);
const ALLOCATES = new Set(['openSync', 'mkdirSync']);

/** What to do of a call: throws, or says how much of it to do. */
function due(name: string, isFirst: () => boolean): 'all' | 'half' {
  const fault = faultOf(name);
  if (fault === undefined) return 'all';
  switch (fault) {
    case 'slow':
      failed++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOW_MILLIS);
      return 'all';
    case 'short':
      if (!WRITES.has(name)) return 'all';
      failed++;
      return 'half';
    case 'full':
      if (!WRITES.has(name) && !ALLOCATES.has(name)) return 'all';
      failed++;
      if (WRITES.has(name) && isFirst()) return 'half';
      throw errorOf('ENOSPC', name);
    default:
      failed++;
      throw errorOf(fault, name);
  }
}

let halved = false;

function wrap(name: string): Anything {
  return (...args) => {
    const call = real[name] as Anything;
    if (!concerns(args[0])) return call(...args);
    if (name === 'closeSync') {
      // The descriptor is gone, whatever it answers.
      call(...args);
      descriptors.delete(args[0] as number);
      due(name, () => false);
      return undefined;
    }
    const isFirst = (): boolean => {
      const first = !halved;
      halved = true;
      return first;
    };
    if (calls.length <= (plan?.from ?? 0)) halved = false;
    if (due(name, isFirst) === 'half') {
      const [descriptor, bytes, offset = 0, length = (bytes as Uint8Array).length - Number(offset)] = args;
      return call(descriptor, bytes, offset, Math.floor(Number(length) / 2));
    }
    const answer = call(...args);
    if (name === 'openSync') descriptors.add(answer as number);
    return answer;
  };
}

const SYNCHRONOUS = [
  'accessSync',
  'closeSync',
  'existsSync',
  'fdatasyncSync',
  'fstatSync',
  'fsyncSync',
  'ftruncateSync',
  'mkdirSync',
  'openSync',
  'readSync',
  'readdirSync',
  'statSync',
  'unlinkSync',
  'writeSync',
];

for (const name of SYNCHRONOUS) (fs as unknown as Record<string, Anything>)[name] = wrap(name);
(fs as unknown as Record<string, Anything>)['fdatasync'] = (...args) => {
  const [descriptor, done] = args as [number, (error: unknown) => void];
  if (!concerns(descriptor)) return real['fdatasync']?.(...args);
  try {
    due('fdatasync', () => false);
  } catch (error) {
    setImmediate(done, error);
    return undefined;
  }
  return real['fdatasync']?.(...args);
};
syncBuiltinESMExports();
