// The log without a change to the application: `node --import spanseal/register app.mjs` (or `--require` for CommonJS).
// It reads spanseal.config.json and SPANSEAL_… variables, starts the NodeSDK that the application has installed, with
// the audit log first, and its instrumentations: all that package.json declares, unless some are named, as here. Key
// files are named, never their content.
//
// node examples/zero-code/run.mjs [folder]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { generateKey, readLog } from 'spanseal';

import { startProvider } from '../provider/stand-in-provider.mjs';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'));
const keyFile = join(folder, 'audit.key');
if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'shop-assistant' }).privateKey, { mode: 0o600 });

const provider = await startProvider();
const application = spawn(process.execPath, ['--import', 'spanseal/register', 'app.mjs'], {
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  stdio: 'inherit',
  env: {
    ...process.env,
    SPANSEAL_DIRECTORY: join(folder, 'audit'),
    SPANSEAL_KEY_FILE: keyFile,
    // Of the client itself: the stand-in answers in the place of OpenAI.
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: 'none-needed',
  },
});
const [status] = await once(application, 'exit');
await provider.close();

for await (const { type, payload } of readLog(join(folder, 'audit'))) {
  if (type === 'llm_call') console.log(type, payload.response_model, payload.outcome, payload.instrumentation.scope);
}
process.exitCode = status;
