// npm run demo: an instrumented agent decides, a person reviews it in another process, an evidence pack is exported,
// verified by an auditor with one file, and forged. It checks itself: exit code 0 only if all came out as it should.
//
// Uses the OpenAI API if OPENAI_API_KEY is set, else a stand-in for it on the loopback address.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ed25519Signer, exportPack, generateKey, readLog } from 'spanseal';

import { startProvider } from '../provider/stand-in-provider.mjs';

const MAX_COLUMNS = 100;
const SECRETS = ['jo.miller@example.com', 'sk-not-a-real-key-0123456789'];

const verifier = fileURLToPath(new URL('../../dist/verify.mjs', import.meta.url));
const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'spanseal-demo-'));
const failures = [];
let checks = 0;

const real = Boolean(process.env.OPENAI_API_KEY);
const provider = real ? undefined : await startProvider();
try {
  await demo();
} catch (error) {
  failures.push(String(error?.stack ?? error));
} finally {
  await provider?.close();
}
print();
if (failures.length === 0) print(`All ${checks} checks came out as they should.`);
for (const failure of failures) console.error(`NOT AS IT SHOULD BE: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function demo() {
  const key = generateKey({ name: 'loan-triage' });
  const keyFile = join(folder, 'audit.key');
  writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
  print(`spanseal: a loan-triage agent, ${real ? 'on the OpenAI API' : 'on a stand-in for the OpenAI API'}`);
  print(`All files of this run are in ${folder}`);

  print();
  print('1  The agent decides. Its model and tool calls know nothing of the log: their spans tell it.');
  const agent = await node(['--import', here('./telemetry.mjs').href, path('./agent.mjs')], {
    DEMO_FOLDER: folder,
    ...(provider === undefined ? {} : { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'none-needed' }),
  });
  if (agent.status !== 0) throw new Error(`the agent did not run: ${agent.stderr}`);
  const decisionId = agent.stdout.trim();
  const entries = await entriesOf(decisionId);
  for (const entry of entries) print(describe(entry));
  const { input } = entries[0]?.payload ?? {};
  print(`     The applicant wrote “${SECRETS[1]}”; the record says “${input?.note.split('key ')[1]}”.`);
  checkRecorded(entries);

  print();
  print('2  Later, in another process, a person reviews the decision.');
  const reviewed = await node([path('./review.mjs'), folder, decisionId]);
  check('the review is recorded', reviewed.status === 0, reviewed.stderr);
  const reviews = (await entriesOf(decisionId)).filter(({ type }) => type === 'human_oversight');
  for (const entry of reviews) print(describe(entry));
  check('there is one review', reviews.length === 1);
  check('the review names what was reviewed', reviews[0]?.payload.about?.length === 1);

  const pack = join(folder, 'evidence.jsonl');
  const made = await exportPack(join(folder, 'audit'), pack, {
    signer: ed25519Signer({ keyFile }),
    purpose: 'internal_audit',
    exportedBy: 'u-12',
  });
  const controls = summaryOf(pack).controls;
  print();
  print(`3  evidence.jsonl: ${made.segments} segments, ${made.entries} entries, with the controls they bear on:`);
  print(
    `     ${Object.entries(controls)
      .map(([id, of]) => `${id} ${Object.keys(of).length}`)
      .join(' · ')}`,
  );
  check('four frameworks are annotated', Object.keys(controls).length === 4);
  check('the export is on record', made.custody === 'recorded');
  const bytes = readFileSync(pack, 'utf8');
  check('no secret is in the pack', !SECRETS.some((secret) => bytes.includes(secret)));

  const page = join(folder, 'report.html');
  const reported = await node([cli, 'report', pack, '-o', page, '--key', key.vkey]);
  print(`     For people: ${page}`);
  check(
    'the report says first whose record it is',
    reported.status === 0 && readFileSync(page, 'utf8').includes('Whose record'),
    reported.stderr,
  );

  const auditor = join(folder, 'auditor');
  mkdirSync(auditor);
  copyFileSync(verifier, join(auditor, 'verify.mjs'));
  copyFileSync(pack, join(auditor, 'evidence.jsonl'));
  writeFileSync(join(auditor, 'loan-triage.vkey'), `${key.vkey}\n`);
  print();
  print('4  Anybody verifies it offline, with one file and Node, in an empty folder:');
  await show('evidence.jsonl', true, 0);
  await show('evidence.jsonl', false, 4);

  print();
  print('5  Forged copies, each verified with the key and without:');
  const lines = bytes.split('\n');
  const review = lines.findIndex((line) => line.includes('"type":"human_oversight"'));
  await showForged('header stripped, tail cut', lines.slice(1, review));
  await showForged('tail cut: no review', lines.slice(0, review));
  await showForged('one word: declined → approved', [bytes.trimEnd().replace('"declined"', '"approved"')]);

  async function show(file, withKey, expected) {
    const { status, report, stderr } = await verify(auditor, file, withKey);
    const { integrity, authenticity, completeness, mapping } = report?.verdicts ?? {};
    print(`     node verify.mjs ${file}${withKey ? ' --key loan-triage.vkey' : ''}`);
    print(
      `     → exit ${status}: ${integrity}; signature: ${authenticity}; complete: ${completeness}; controls: ${mapping}`,
    );
    check(`${file} ${withKey ? 'with the key' : 'without a key'} exits ${expected}`, status === expected, stderr);
  }

  async function showForged(how, forgedLines) {
    const text = `${forgedLines.join('\n')}\n`;
    check(`forged (${how}) is another file`, text !== bytes);
    writeFileSync(join(auditor, 'forged.jsonl'), text);
    const runs = [await verify(auditor, 'forged.jsonl', true), await verify(auditor, 'forged.jsonl', false)];
    const problems = runs[0].report?.problems ?? [];
    const [problem] = [...problems.filter(({ code }) => code === 'not_a_record'), ...problems];
    print(`     ${how.padEnd(30)} → exit ${runs.map(({ status }) => status).join(' and ')}`);
    print(`       ${problem?.what ?? ''}`);
    for (const { status, stderr } of runs) check(`forged (${how}) exits 1`, status === 1, stderr);
  }
}

async function entriesOf(decisionId) {
  const entries = [];
  for await (const entry of readLog(join(folder, 'audit'))) {
    if (entry.decision_id === decisionId) entries.push(entry);
  }
  return entries;
}

/** Two calls of the AI SDK with a tool between them, and one of the OpenAI client; the real model may ask for more. */
function checkRecorded(entries) {
  const count = (type, test = () => true) =>
    entries.filter((entry) => entry.type === type && test(entry.payload)).length;
  const [modelCalls, toolCalls] = [count('llm_call', isCallBy('ai')), count('tool_call')];
  check('the AI SDK calls are recorded', real ? modelCalls >= 1 : modelCalls === 2);
  check('the tool call is recorded', real || toolCalls === 1);
  check('the OpenAI client call is recorded', count('llm_call', isCallBy('instrumentation-openai')) === 1);
  check('the decision and its end are recorded', count('decision') === 1 && count('decision_end') === 1);
  check(
    'the redaction is flagged',
    count('policy_flag', ({ auto, data }) => auto && data.includes('email') && data.includes('api_key')) >= 1,
  );
}

function isCallBy(scope) {
  return ({ instrumentation, outcome }) => scopeOf(instrumentation) === scope && outcome === 'ok';
}

function scopeOf({ scope }) {
  return scope.replace('@opentelemetry/', '');
}

/** One entry in one line. */
function describe({ seq, type, payload }) {
  const { usage } = payload;
  const says = {
    decision: () => `${payload.actor}, ${payload.automation}, review required`,
    policy_flag: () => `automatic: ${payload.data.join(' and ')} ${payload.action} before anything was hashed`,
    llm_call: () =>
      `${payload.response_model}, ${usage?.input_tokens} + ${usage?.output_tokens} tokens, ${payload.finish_reasons} (${scopeOf(payload.instrumentation)})`,
    tool_call: () => `${payload.name} ${JSON.stringify(payload.arguments)}`,
    agent_invocation: () => `${payload.operation}, ${payload.duration_ms} ms`,
    decision_end: () => `${payload.outcome}: ${payload.result}, ${payload.reason_codes}`,
    human_oversight: () =>
      `${payload.reviewer} (${payload.reviewer_kind}, ${payload.identity_source}): ${payload.action} ${payload.proposed_result} → ${payload.final_result}`,
  };
  return `   ${String(seq).padStart(3)} ${type.padEnd(17)} ${says[type]?.() ?? ''}`;
}

function summaryOf(pack) {
  const line = readFileSync(pack, 'utf8').trimEnd().split('\n').at(-2);
  return JSON.parse(line).summary;
}

async function verify(auditor, file, withKey) {
  const run = await node(
    ['verify.mjs', file, ...(withKey ? ['--key', 'loan-triage.vkey'] : []), '--json'],
    {},
    auditor,
  );
  let report;
  try {
    report = JSON.parse(run.stdout);
  } catch {
    // Then there is none, and the exit code is not what it should be.
  }
  return { ...run, report };
}

function node(args, env = {}, cwd = folder) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (out.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (out.stderr += text));
    child.on('close', (status) => resolve({ status, ...out }));
  });
}

function here(file) {
  return new URL(file, import.meta.url);
}

function path(file) {
  return fileURLToPath(here(file));
}

function check(what, holds, detail = '') {
  checks++;
  if (!holds) failures.push(detail === '' ? what : `${what}\n${detail.trim()}`);
}

function print(text = '') {
  console.log(text.length > MAX_COLUMNS ? `${text.slice(0, MAX_COLUMNS - 1)}…` : text);
}
