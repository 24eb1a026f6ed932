import { expect, test } from 'vitest';

import { blocksOf } from './markdown.ts';
import { runSnippet, startCollector } from './run-snippet.ts';

/** What the README shows first is one program, from the key to the verified pack: a reader will try just that. */

const blocks = blocksOf('README.md');
const code = (language: string, containing: string): string => {
  const found = blocks.find(({ info, code: text }) => info === language && text.includes(containing));
  if (found === undefined) throw new Error(`README.md has no ${language} block with ${containing}`);
  return found.code;
};
const command = (containing: string): string =>
  (
    code('sh', containing)
      .split('\n')
      .find((line) => line.includes(containing)) ?? ''
  )
    .replace(/\s+#.*$/, '')
    .replace('npx spanseal', 'node node_modules/spanseal/dist/src/cli/main.js');

test('the first lines of the README, run as they stand, put the calls on record and verify', async () => {
  const program = `
    import { execSync } from 'node:child_process';
    import { createOpenAI } from '@ai-sdk/openai';
    import { generateText } from 'ai';
    import { readLog } from 'spanseal';
    import { startProvider } from './node_modules/spanseal/examples/provider/stand-in-provider.mjs';

    const sh = (line) => execSync(line, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const vkey = /acme\\.example\\/loan-triage\\+[0-9a-f]{8}\\+\\S+/.exec(sh(${JSON.stringify(command('keygen'))}))[0];

    ${code('js', 'new NodeSDK')}

    const provider = await startProvider();
    const model = createOpenAI({ baseURL: provider.url, apiKey: 'none-needed' })('gpt-4o');
    const [application, prompt, tools] = [{ amount: 5 }, 'Is the income verified?', {}];

    ${code('js', 'audit.decision')}

    await provider.close();
    console.log(answer.text.length > 0);
    for await (const { type, decision_id, payload } of readLog('./audit')) {
      if (type === 'llm_call') console.log(type, payload.request_model, payload.outcome, decision_id !== undefined);
      if (type === 'decision_end') console.log(type, payload.result);
      if (type === 'human_oversight') console.log(type, payload.reviewer, decision_id);
    }
    console.log(sh(${JSON.stringify(command('spanseal verify'))}.replace(/'acme[^']*'/, "'" + vkey + "'")).split('\\n')[0]);`;
  const collector = await startCollector();
  try {
    const { status, stdout, stderr } = await runSnippet(program, collector);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const [answered, ...lines] = stdout.trimEnd().split('\n');
    expect(answered).toBe('true');
    expect(lines).toEqual([
      'llm_call gpt-4o ok true',
      'decision_end referred',
      'human_oversight u-7731 loan-4711',
      // The command fails, and the program with it, unless the pack verifies with the key.
      'Evidence pack evidence-q3.jsonl',
    ]);
  } finally {
    await collector.close();
  }
});
