// A process that ends thousands of GenAI spans and dies: node writer.mjs <how> <directory> <key file>. Nothing of it is
// waited for: between the first span and the end the event loop does not turn.
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

import { AuditLog, AuditSpanProcessor, ed25519Signer } from '../../dist/src/index.js';

const SPANS = 5_000;
const [how, directory, keyFile] = process.argv.slice(2);

// Long after: what has no line by then has none coming.
const LATER_MILLIS = 600_000;

const audit = new AuditLog({
  ...(how === 'go-on-later' ? { clock: { now: () => Date.now() + LATER_MILLIS } } : {}),
  system: 'crash',
  log: 'example.org/crash',
  directory,
  signer: ed25519Signer({ keyFile }),
});
const provider = new BasicTracerProvider({ spanProcessors: [new AuditSpanProcessor(audit)] });
const tracer = provider.getTracer('crash');

function start(number) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.response.id': `resp-${number}`,
  };
  return tracer.startSpan('chat gpt-4o', { attributes }, ROOT_CONTEXT);
}

function endMany() {
  for (let number = 0; number < SPANS; number++) start(number).end();
}

function lastSegment() {
  return readFileSync(join(directory, readdirSync(directory).sort().at(-1)), 'utf8');
}

function block() {
  writeSync(1, 'ended\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

switch (how) {
  case 'kill-itself':
    endMany();
    process.kill(process.pid, 'SIGKILL');
    break;
  case 'kill-itself-sealed':
    audit.record({ started: true });
    await audit.flush();
    endMany();
    process.kill(process.pid, 'SIGKILL');
    break;
  case 'be-killed':
    endMany();
    block();
    break;
  case 'be-killed-in-a-decision':
    audit.decision({ id: 'interrupted' }, () => {
      start('open');
      endMany();
      block();
    });
    break;
  case 'be-killed-any-time':
    for (let number = 0; ; number++) {
      start(number).end();
      if (number === 0) writeSync(1, 'ended\n');
      if (number % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  case 'exit':
    endMany();
    process.exit(3);
  case 'exit-with-open-spans':
    start('open');
    audit.decision({ id: 'open' }, (decision) => decision.waitUntil(new Promise(() => undefined)));
    endMany();
    process.exit(3);
  case 'exit-while-closing':
    endMany();
    void audit.close();
    while (!lastSegment().includes('"type":"audit_close"')) await new Promise((resolve) => setImmediate(resolve));
    process.exit(3);
  case 'throw':
    endMany();
    throw new Error('a bug of the application');
  case 'recover-and-be-killed':
    audit.record({ started: true });
    while (!lastSegment().includes('"type":"recovery"')) await new Promise((resolve) => setImmediate(resolve));
    process.kill(process.pid, 'SIGKILL');
    break;
  case 'go-on':
  case 'go-on-later':
    audit.record({ started: true });
    await audit.close();
    break;
  default:
    throw new Error(`how to die? ${how}`);
}
