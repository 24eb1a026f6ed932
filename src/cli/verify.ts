import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { decodeBase64 } from '../base64.ts';
import { segmentOfFile } from '../names.ts';
import { MAX_WORKERS, readEarlierRecord, verifyPath } from '../verify-path.ts';
import type { EarlierRecord } from '../verify/history.ts';
import type { HmacKey, TrustedKey } from '../verify/keys.ts';
import { exitCode } from '../verify/report.ts';
import type { Arguments, Command } from './command.ts';
import { readPolicy, readSharedKeys, readVerifierKeys } from './keys.ts';
import { jsonText, megabytes } from './layout.ts';
import type { Output } from './output.ts';
import { formatReport } from './report-text.ts';
import { UsageError } from './usage-error.ts';
import { isActtraceFile, verifyActtraceFile } from './verify-acttrace.ts';
import { verifyProofFile } from './verify-proof.ts';
import { outsideWitnesses, WITNESS_OPTIONS } from './witness-options.ts';

const ROOT_BYTES = 32;

/** Progress is shown once so many bytes were read, and again every so many. */
const PROGRESS_BYTES = 67_108_864;

export const VERIFY: Command = {
  name: 'verify',
  summary: 'Verify a segment, a log directory or an evidence pack: separate verdicts, and each problem with its place.',
  usage: '<segment|directory|pack> [--key <vkey|file>]… [--policy <file>] [options]',
  positionals: ['<segment|directory|pack>'],
  options: {
    key: {
      type: 'string',
      short: 'k',
      multiple: true,
      value: '<vkey|file>',
      help: 'A verifier key, or a file of them, one a line. From somebody you trust: never from what is verified.',
    },
    'hmac-key': {
      type: 'string',
      multiple: true,
      value: '<file>',
      help: 'The file of a shared key, for logs that are sealed with one.',
    },
    policy: {
      type: 'string',
      value: '<file>',
      help: 'Your policy: logs, their keys, and from when to when each is trusted (docs/keys.md).',
    },
    'expect-root': {
      type: 'string',
      value: '<base64>',
      help: 'The root that the last seal of some segment must have: what you noted, or were told.',
    },
    'expect-entries': { type: 'string', value: '<number>', help: 'How many entries there must be, in all.' },
    prior: {
      type: 'string',
      value: '<path>',
      help: 'What you kept earlier: checkpoints, a pack, a segment or a directory. This must go on from it.',
    },
    proof: {
      type: 'string',
      value: '<file>',
      help: 'The file to verify is one line, and this its C2SP tlog-proof: is this entry in the log? See spanseal prove.',
    },
    ...WITNESS_OPTIONS,
    for: {
      type: 'string',
      value: 'audit',
      help: 'Demand more: for an audit, an earlier record or an anchor, since the key holder could have rewritten the rest.',
    },
    require: {
      type: 'string',
      value: 'anchored|witnessed',
      help: 'Demand that a time-stamp or a cosignature, or that a cosignature covers every segment up to the newest one.',
    },
    live: { type: 'boolean', help: 'The log is still written: a segment may be open.' },
    'allow-unsigned': { type: 'boolean', help: 'Accept what nobody signed as that.' },
    fast: {
      type: 'boolean',
      help: 'Check of each segment the last signature alone. Chain and tree are checked whole.',
    },
    workers: {
      type: 'string',
      value: '<number>',
      help: 'Threads that look at lines of segments and directories. Default: as many as there are cores, up to 8, from 64 MB on.',
    },
    json: { type: 'boolean', help: 'Print the report as one JSON document.' },
  },
  notes: [
    'Exit codes: 0 what was demanded holds; 1 the evidence fails; 2 wrong usage; 3 it cannot be read; 4 intact, and no ' +
      'key was given to check who made it (0 with --allow-unsigned, for what nobody signed).',
    'By default integrity, authenticity, completeness, mapping and disclosure are demanded. Without an outside witness ' +
      'whoever holds the key could have rewritten everything; the verdict on independence says so each time.',
    'A log or pack of acttrace (acttrace-chain/1) is known by its first lines and verified by its own rules and by what ' +
      'they leave open; --hmac-key is its key (docs/acttrace.md).',
    'Beside a pack its catalogue is looked for, <pack>.catalogue.json. Nothing is fetched from anywhere.',
  ],
  examples: [
    { args: 'evidence.jsonl --key loans.vkey', means: 'A pack, with a file that holds the verifier key.' },
    { args: './audit --key loans.vkey --live', means: 'The directory of a log that an application is writing.' },
    { args: './audit --key loans.vkey --prior noted.txt', means: 'Against checkpoints that you kept earlier.' },
    {
      args: './audit --key loans.vkey --tsa-ca tsa-root.pem --require anchored',
      means: 'By what a time-stamping authority vouches for.',
    },
    { args: './audit --policy auditor.json', means: 'By a policy: keys with the time in which each is trusted.' },
    {
      args: 'approval.jsonl --proof approval.tlog-proof --key loans.vkey',
      means: 'One entry, by the proof that came with it.',
    },
    { args: 'evidence.jsonl --hmac-key shared.key --json', means: 'With a shared key, for a program to read.' },
  ],
  run,
};

async function run(args: Arguments, output: Output): Promise<number> {
  if (isActtraceFile(args.positional(0))) return verifyActtraceFile(args, output);
  const policyFile = args.text('policy');
  const policy = policyFile === undefined ? undefined : readPolicy(policyFile);
  const keys = [...readVerifierKeys(args.texts('key')), ...(policy?.keys ?? [])];
  const hmacKeys = readSharedKeys(args.texts('hmac-key'));
  const proof = args.text('proof');
  if (proof !== undefined) return verifyProofFile(args, output, proof, { keys, hmacKeys });
  const expectRoot = rootOf(args.text('expect-root'));
  const expectEntries = countOf(args.text('expect-entries'));
  const purpose = purposeOf(args.text('for')) ?? policy?.for;
  const required = requirementOf(args.text('require')) ?? policy?.require;
  const outside = outsideWitnesses(args);
  const prior = args.text('prior');
  const earlier = prior === undefined ? undefined : await earlierRecord(prior, keys, hmacKeys);
  const asked = {
    live: args.flag('live'),
    allowUnsigned: args.flag('allow-unsigned'),
    fast: args.flag('fast'),
  };
  const path = args.positional(0);
  const report = await verifyPath(path, {
    workers: workersOf(args.text('workers')) ?? defaultWorkers(path),
    keys,
    hmacKeys,
    tsaCertificates: [...outside.tsaCertificates, ...(policy?.tsaCertificates ?? [])],
    witnesses: [...outside.witnesses, ...(policy?.witnesses ?? [])],
    ...asked,
    ...(earlier === undefined ? {} : { earlier }),
    ...(purpose === undefined ? {} : { for: purpose }),
    ...(required === undefined ? {} : { require: required }),
    ...(expectRoot === undefined ? {} : { expectRoot }),
    ...(expectEntries === undefined ? {} : { expectEntries }),
    onProgress: progressOn(output),
  });
  if (args.flag('json')) {
    output.print(jsonText(report));
  } else {
    const expected = expectRoot !== undefined || expectEntries !== undefined;
    for (const line of formatReport(report, { ...asked, expected }, output.style)) output.print(line);
  }
  return exitCode(report);
}

function purposeOf(text: string | undefined): 'audit' | undefined {
  if (text === undefined || text === 'audit') return text;
  throw new UsageError(`There is no purpose ${text}; --for takes audit.`);
}

function requirementOf(text: string | undefined): 'anchored' | 'witnessed' | undefined {
  if (text === undefined || text === 'anchored' || text === 'witnessed') return text;
  throw new UsageError(`--require ${text} is nothing that can be required; it takes anchored or witnessed.`);
}

async function earlierRecord(path: string, keys: (string | TrustedKey)[], hmacKeys: HmacKey[]): Promise<EarlierRecord> {
  try {
    return await readEarlierRecord(path, { keys, hmacKeys });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--prior: ${error.message}`);
    throw error;
  }
}

function workersOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= MAX_WORKERS) return count;
  throw new UsageError(`--workers ${text} is no number of threads; give one from 1 to ${MAX_WORKERS}.`);
}

/** One thread follows what the others find: more than eight would wait for it. */
const MAX_DEFAULT_WORKERS = 8;
/** A smaller file is read before a thread has started. */
const WORTH_WORKERS_BYTES = 67_108_864;

function defaultWorkers(path: string): number {
  return bytesAt(path) < WORTH_WORKERS_BYTES ? 1 : Math.min(availableParallelism(), MAX_DEFAULT_WORKERS);
}

/** Bytes of a file or of the segments of a directory; 0 for what cannot be read, which is told when it is. */
function bytesAt(path: string): number {
  try {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.size;
    const files = readdirSync(path).filter((name) => segmentOfFile(name) !== undefined);
    let bytes = 0;
    for (const file of files) {
      bytes += statSync(join(path, file)).size;
      if (bytes >= WORTH_WORKERS_BYTES) break;
    }
    return bytes;
  } catch {
    return 0;
  }
}

function rootOf(text: string | undefined): string | undefined {
  if (text === undefined || decodeBase64(text)?.length === ROOT_BYTES) return text;
  throw new UsageError(`--expect-root ${text} is no root: one is 32 bytes in base64, 44 characters.`);
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(count)) throw new UsageError(`--expect-entries ${text} is no number of entries.`);
  return count;
}

function progressOn(output: Output): (bytes: number) => void {
  let next = PROGRESS_BYTES;
  return (bytes) => {
    if (bytes < next) return;
    next = bytes + PROGRESS_BYTES;
    output.progress(`verifying … ${megabytes(bytes)}`);
  };
}
