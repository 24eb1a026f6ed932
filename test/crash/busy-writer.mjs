// A process that does all that a log does, all the time, until it is killed or told to end:
// node busy-writer.mjs <how> <directory> <key file> <folder for notes>. After each entry whose receipt says that it is
// recorded it notes that, in a file of its own: what stands in there must be in the log, whatever happened.
import cluster from 'node:cluster';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads';

import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

import { AuditLog, AuditSpanProcessor, ed25519Signer } from '../../dist/src/index.js';

const [how, directory, keyFile, notes] = isMainThread ? process.argv.slice(2) : workerData;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function openLog() {
  const signer = ed25519Signer({ keyFile });
  return new AuditLog({
    system: 'crash',
    log: 'example.org/crash',
    directory,
    // A key service that takes its time, now and then.
    signer:
      how === 'slowly-signed'
        ? {
            vkey: signer.vkey,
            sign: async (message) => {
              await new Promise((resolve) => setTimeout(resolve, 30));
              return signer.sign(message);
            },
          }
        : signer,
    capture: { decisionInput: 'withheld' },
    maxSegmentBytes: 60_000,
    sealIntervalMillis: 10,
    flagOnRedact: false,
  });
}

const noted = openSync(join(notes, `${process.pid}-${threadId}-${Date.now()}.acknowledged`), 'a');
const counts = { acknowledged: 0, lost: 0 };

function note(receipt) {
  if (receipt.recorded) {
    counts.acknowledged++;
    writeSync(noted, `${receipt.segment} ${receipt.seq} ${receipt.leafHash}\n`);
  } else {
    counts.lost++;
  }
}

/** One of everything. */
function work(audit, tracer, number) {
  note(audit.record({ number, text: 'x'.repeat(number % 700) }));
  audit.decision({ input: { number }, actor: 'a' }, (decision) => {
    note(decision.receipt);
    const id = `resp-${process.pid}-${threadId}-${number}`;
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', 'gen_ai.response.id': id };
    tracer.startSpan('chat m', { attributes }, ROOT_CONTEXT).end();
    // A span has no receipt: it is recorded when `end()` returns.
    if (audit.health().ok) writeSync(noted, `span ${id}\n`);
    note(decision.flag('looked at'));
  });
}

async function writeForEver() {
  const audit = openLog();
  const tracer = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] }).getTracer('crash');
  for (let number = 0; ; number++) {
    work(audit, tracer, number);
    if (number === 0) (process.send?.bind(process) ?? ((text) => writeSync(1, text)))('ready\n');
    if (number % 7 === 0) await turn();
    if (number % 50 === 20) void audit.flush();
    if (number % 120 === 60) await audit.roll();
    if (number % 200 === 100) await audit.export(join(notes, `pack-${process.pid}-${threadId}-${number}.jsonl`));
  }
}

/** Told what to do by lines: `write`, which goes on until 40 entries are lost, or 200 recorded, `close` and `exit`. */
async function writeAsTold() {
  const audit = openLog();
  const tracer = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] }).getTracer('crash');
  let number = 0;
  writeSync(1, 'ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'exit') process.exit(0);
    if (line === 'close') await audit.close();
    if (line === 'write') {
      const before = { ...counts };
      while (counts.lost - before.lost < 40 && counts.acknowledged - before.acknowledged < 200) {
        work(audit, tracer, number++);
        if (number % 10 === 0) await audit.flush();
        // An application that cannot write does not spin.
        if (!audit.health().ok) await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    writeSync(1, `${JSON.stringify({ ...counts, health: audit.health() })}\n`);
  }
}

const THREADS = 4;
/** What the threads of a process tell each other: how many are busy, and whether they are to end. */
const BUSY = 0;
const END = 1;

async function startThreads() {
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const data = [...process.argv.slice(2), flags];
  const threads = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url), { workerData: data }));
  while (Atomics.load(flags, BUSY) < THREADS) await turn();
  // Two are ended in the middle of what they do, two end by themselves.
  const [some, others] = [threads.slice(0, 2), threads.slice(2)];
  for (const thread of some) await thread.terminate();
  const ends = others.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
  Atomics.store(flags, END, 1);
  const codes = await Promise.all(ends);
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
}

async function writeInThread() {
  const flags = workerData.at(-1);
  const audit = openLog();
  const tracer = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] }).getTracer('crash');
  for (let number = 0; Atomics.load(flags, END) === 0; number++) {
    work(audit, tracer, number);
    if (number === 300) Atomics.add(flags, BUSY, 1);
    if (number % 7 === 0) await turn();
  }
  await audit.close();
}

switch (how) {
  case 'for-ever':
  case 'slowly-signed':
    await writeForEver();
    break;
  case 'cluster':
    if (cluster.isPrimary) {
      for (let index = 0; index < 8; index++) cluster.fork();
      cluster.once('message', () => writeSync(1, 'ready\n'));
    } else {
      await writeForEver();
    }
    break;
  case 'threads':
    await (isMainThread ? startThreads() : writeInThread());
    break;
  case 'as-told':
    await writeAsTold();
    break;
  default:
    throw new Error(`how to write? ${how}`);
}
