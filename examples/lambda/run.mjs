// A serverless platform in small: a sandbox is frozen (SIGSTOP) the moment it has answered, thawed for the next event,
// and killed while it is frozen, as platforms do without a word. All three events, one of them failed, are sealed.
//
// node examples/lambda/run.mjs [folder]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { readLog } from 'spanseal';

import { startProvider } from '../provider/stand-in-provider.mjs';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const provider = await startProvider();
const sandbox = fork(fileURLToPath(new URL('runtime.mjs', import.meta.url)), {
  env: { ...process.env, AUDIT_FOLDER: folder, OPENAI_BASE_URL: provider.url },
});
await once(sandbox, 'message');

const events = [
  { id: 'e-1', text: 'The parcel is late.' },
  { id: 'e-2', text: 'The parcel is broken.', model: 'error-500' },
  { id: 'e-3', text: 'The parcel is lost.' },
];
for (const event of events) {
  sandbox.kill('SIGCONT');
  sandbox.send(event);
  const [{ id, answer }] = await once(sandbox, 'message');
  sandbox.kill('SIGSTOP');
  console.log(id, answer);
}
sandbox.kill('SIGKILL');
await once(sandbox, 'exit');
await provider.close();

let last;
let unsealed = 0;
for await (const { type, decision_id: id, payload } of readLog(join(folder, 'audit'))) {
  unsealed = type === 'seal' ? 0 : unsealed + 1;
  if (type === 'decision_end') console.log(id, payload.outcome);
  last = type;
}
console.log(`killed while frozen: ${unsealed} entries unsealed, the last line is a ${last}`);
