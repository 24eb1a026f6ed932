import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { exportPack, generateKey, verify } from '../../src/index.ts';
import { exitCode, verifyProof } from '../../src/verify/index.ts';
import { ATTACKS } from '../attacks/published.ts';
import { KEY, memoryLog, SIGNER } from '../log.ts';
import { triage } from '../report/triage.ts';
import { launchBrowser } from './chromium.ts';

/** The page that ships, from a file, as somebody uses it: dist/viewer.html. */

const PAGE = pathToFileURL(resolve('dist/viewer.html')).href;
const folder = mkdtempSync(join(tmpdir(), 'spanseal-viewer-'));

let browser: Browser;
let page: Page;
/** What the page asked for beside itself, and what went wrong in it. */
let requests: string[];
let errors: string[];

beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  page = await browser.newPage();
  requests = [];
  errors = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => errors.push(message.text()));
  page.on('dialog', (dialog) => {
    errors.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(PAGE);
});

afterEach(async () => {
  expect(errors).toEqual([]);
  expect(requests.filter((url) => url !== PAGE && !url.startsWith('blob:'))).toEqual([]);
  await page.close();
});

async function packWith(name: string, decisions: number): Promise<string> {
  const { audit } = triage({ decisions });
  const path = join(folder, name);
  await audit.export(path, { overwrite: true });
  await audit.close();
  return path;
}

/** Gives the page a file and waits for its answer. */
async function verifyWith(file: string | readonly string[], keys: string, timeout = 30_000): Promise<string> {
  await page.fill('#keys', keys);
  await page.setInputFiles('#files', [file].flat());
  await page.click('#verify');
  await settled(timeout);
  return (await page.textContent('#status')) ?? '';
}

async function settled(timeout = 30_000): Promise<void> {
  await page.waitForFunction(
    () => {
      const text = document.getElementById('status')?.textContent ?? '';
      return text !== '' && !text.includes('…');
    },
    undefined,
    { timeout },
  );
}

describe('the page that verifies', () => {
  test('says of a right pack that it holds, and shows what is in it', async () => {
    const pack = await packWith('right.jsonl', 24);
    expect(await verifyWith(pack, KEY.vkey)).toBe('Verified: what was demanded holds.');
    expect(await page.textContent('.upshot')).toContain('✓ Holds');
    expect(await page.textContent('#record')).toContain('Operated by Acme Bank AG as deployer');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('result');
  });

  test('says of a forged pack that it fails, and where', async () => {
    const pack = await packWith('forged.jsonl', 24);
    writeFileSync(pack, readFileSync(pack, 'utf8').replace('"result":"declined"', '"result":"approved"'));
    expect(await verifyWith(pack, KEY.vkey)).toBe('Verified: see the verdict.');
    expect(await page.textContent('.upshot')).toContain('✗ Fails');
    expect(await page.textContent('#record')).toMatch(/First place: forged\.jsonl:\d+/);
  });

  test('says with a wrong key, with none and with no file what is the matter', async () => {
    await page.click('#verify');
    await settled();
    expect(await page.textContent('#status')).toBe('Choose a pack or a segment first.');
    const pack = await packWith('key.jsonl', 3);
    await verifyWith(pack, generateKey({ name: 'example.org/test' }).vkey);
    expect(await page.textContent('.upshot')).toContain('✗ Fails in authenticity');
    await verifyWith(pack, '');
    expect(await page.textContent('.upshot')).toContain('Intact, not authenticated');
    expect(await verifyWith(pack, 'no key')).toContain('no key');
  });

  test('a pack that is dropped on it is verified, its catalogue with it', async () => {
    const pack = await packWith('dropped.jsonl', 3);
    await page.fill('#keys', KEY.vkey);
    const given = [pack, `${pack}.catalogue.json`].map((path) => ({
      name: basename(path),
      text: readFileSync(path, 'utf8'),
    }));
    await page.evaluate((all) => {
      const dataTransfer = new DataTransfer();
      for (const { name, text } of all) dataTransfer.items.add(new File([text], name));
      dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, given);
    await settled();
    expect(await page.textContent('.upshot')).toContain('✓ Holds');
  });

  test('a decision is followed to its entries, and each to a proof that others check', async () => {
    const pack = await packWith('follow.jsonl', 24);
    await verifyWith(pack, KEY.vkey);
    await page.fill('#decision', 'loan-4008');
    await page.press('#decision', 'Enter');
    await page.waitForSelector('#story .steps');
    expect(await page.textContent('#story')).toMatch(/A person \(R\d\) in the role credit officer overrode it/);
    const buttons = page.locator('button.proof');
    const places = await buttons.allTextContents();
    expect(places.length).toBeGreaterThanOrEqual(6);
    await buttons.last().click();
    await page.waitForSelector('#proof pre');
    const [proof = '', line = ''] = await page.locator('#proof pre').allTextContents();
    const checked = verifyProof(Buffer.from(line), proof, { keys: [KEY.vkey] });
    expect(checked).toMatchObject({ ok: true, signedBy: KEY.vkey });
    expect(line).toContain('"type":"human_oversight"');
    await page.fill('#decision', 'nobody');
    await page.press('#decision', 'Enter');
    await page.waitForFunction(() => document.getElementById('status')?.textContent?.includes('no decision'));
  });

  test('a segment verifies, too, and one decision alone in a pack of its own', async () => {
    const { audit, sink } = triage({ decisions: 6 });
    await audit.close();
    const pack = join(folder, 'one.jsonl');
    await exportPack(sink, pack, { decision: 'loan-4004', signer: SIGNER });
    await verifyWith(pack, KEY.vkey);
    expect(await page.textContent('.upshot')).toContain('✓ Holds');
    await page.fill('#decision', 'loan-4004');
    await page.press('#decision', 'Enter');
    await page.locator('button.proof').first().click();
    await page.waitForSelector('#proof pre');
    const [name = ''] = sink.list();
    const segment = join(folder, `${name}.jsonl`);
    writeFileSync(segment, sink.bytes(name));
    await verifyWith(segment, KEY.vkey);
    expect(await page.textContent('.upshot')).toContain('✓ Holds');
    expect(await page.textContent('#record')).toContain('loan-triage');
  });

  test('no script of a record runs, whatever it holds', async () => {
    const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)"><svg onload=alert(3)>`;
    const { audit } = memoryLog({ operator: hostile, riskTier: hostile });
    audit.decision({ id: hostile, decisionType: hostile, actor: hostile, input: hostile }, (decision) => {
      decision.flag(hostile, { severity: 'critical', data: [hostile] });
      decision.result(hostile, { reasonCodes: [hostile] });
    });
    audit.change({ kind: 'model', subject: hostile, to: hostile });
    const pack = join(folder, 'hostile.jsonl');
    await audit.export(pack, { purpose: hostile, exportedBy: hostile, recipient: hostile });
    await audit.close();
    await verifyWith(pack, KEY.vkey);
    await page.fill('#decision', hostile);
    await page.press('#decision', 'Enter');
    await page.locator('button.proof').first().click();
    await page.waitForSelector('#proof pre');
    expect(await page.locator('main img, main svg[onload], #record script, #story script').count()).toBe(0);
    expect(await page.textContent('#story')).toContain('<script>alert(1)</script>');
  });

  test('all of it is done with the keyboard alone', async () => {
    const pack = await packWith('keys.jsonl', 6);
    const chooser = page.waitForEvent('filechooser');
    await page.locator('#files').focus();
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(pack);
    await page.keyboard.press('Tab');
    await page.keyboard.type(KEY.vkey);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('verify');
    await page.keyboard.press('Enter');
    await settled();
    expect(await page.textContent('.upshot')).toContain('✓ Holds');
    // From the result to the form that follows a decision, and to a proof.
    await page.keyboard.press('Tab');
    for (let steps = 0; steps < 20; steps++) {
      if ((await page.evaluate(() => document.activeElement?.id)) === 'decision') break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.type('loan-4001');
    await page.keyboard.press('Enter');
    await page.waitForSelector('button.proof');
    for (let steps = 0; steps < 20; steps++) {
      if (await page.evaluate(() => document.activeElement?.classList.contains('proof') === true)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('#proof pre');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('proof');
  });

  test('each file of the corpus of attacks is judged as by the command', { timeout: 120_000 }, async () => {
    const cases = ATTACKS.filter(({ kind }) => kind === 'file');
    const given = cases.map(({ files, options }) => {
      const [[file, bytes] = ['', new Uint8Array(0)]] = files;
      return { file, data: Buffer.from(bytes).toString('base64'), options };
    });
    const judged = await page.evaluate(async (all) => {
      // The page's own worker, asked as the page asks it; through the form each would take a tenth of a second more.
      const source = (globalThis as unknown as { spansealWorker: () => Worker }).spansealWorker();
      const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
        Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const found: { exit: number; codes: string[]; verdicts: unknown; why?: string }[] = [];
      for (const { file, data, options } of all) {
        const { keys = [], hmac_keys: secrets = [], allow_unsigned: allowUnsigned = false, live = false } = options;
        const answer = new Promise<MessageEvent>((resolve) => {
          const listen = (event: MessageEvent): void => {
            if (event.data.kind === 'progress') return;
            source.removeEventListener('message', listen);
            resolve(event);
          };
          source.addEventListener('message', listen);
        });
        source.postMessage({
          kind: 'verify',
          file: new Blob([bytesOf(data)]),
          name: file,
          keys,
          hmacKeys: secrets.map(({ key, ...named }) => ({ ...named, key: bytesOf(key) })),
          reviewerKeys: [],
          checkpoint: '',
          allowUnsigned,
          live,
        });
        const { data: said } = await answer;
        found.push(
          said.kind === 'verified'
            ? {
                exit: said.exit,
                codes: said.report.problems.map(({ code }: { code: string }) => code),
                verdicts: said.report.verdicts,
              }
            : { exit: -1, codes: [], verdicts: {}, why: said.why },
        );
      }
      source.terminate();
      return found;
    }, given);
    expect(cases.length).toBeGreaterThan(350);
    const expected = [];
    for (const { files, options, expected: known } of cases) {
      const [[file, bytes] = ['', new Uint8Array(0)]] = files;
      const { keys = [], hmac_keys: secrets = [], allow_unsigned: allowUnsigned = false, live = false } = options;
      const hmacKeys = secrets.map(({ key, ...named }) => ({ ...named, key: Buffer.from(key, 'base64') }));
      const report = await verify(Uint8Array.from(bytes), { name: file, keys, hmacKeys, allowUnsigned, live });
      expect(exitCode(report)).toBe(known.exit);
      expected.push({
        exit: exitCode(report),
        codes: report.problems.map(({ code }) => code),
        verdicts: report.verdicts,
      });
    }
    expect(judged).toEqual(expected);
  });

  test('a pack of 200 MB verifies, with progress, and memory stays flat', { timeout: 180_000 }, async () => {
    const pack = await largePack(200_000_000);
    expect(statSync(pack).size).toBeGreaterThan(200_000_000);
    await verifyWith(await packWith('small.jsonl', 6), KEY.vkey);
    const before = rendererBytes();
    let most = before;
    const seen = new Set<string>();
    const watch = setInterval(() => {
      most = Math.max(most, rendererBytes());
      void page.textContent('#status').then(
        (text) => seen.add(text ?? ''),
        () => undefined,
      );
    }, 250);
    try {
      await verifyWith(pack, KEY.vkey, 150_000);
    } finally {
      clearInterval(watch);
    }
    expect(await page.textContent('.upshot')).toContain('✓ Holds');
    expect([...seen].filter((text) => /Verifying … \d+ %/.test(text)).length).toBeGreaterThan(2);
    // The whole file would be 200 MB; pieces, leaf hashes and what the garbage collector leaves for later are less.
    expect(most - before).toBeLessThan(150_000_000);
  });
});

/** A log of entries with long texts, as one pack. */
async function largePack(bytes: number): Promise<string> {
  const { audit } = memoryLog({ redactor: false, maxSegmentBytes: 64_000_000 });
  const text = 'The applicant writes that the payslip of june is attached, and asks when to expect an answer. '.repeat(
    600,
  );
  for (let index = 0; index * (text.length + 400) < bytes + 1_000_000; index++) {
    audit.record({ index, text });
    if (index % 256 === 0) await audit.flush();
  }
  const path = join(folder, 'large.jsonl');
  await audit.export(path);
  await audit.close();
  return path;
}

/** Resident bytes of the processes that run pages. */
function rendererBytes(): number {
  const list = execFileSync('ps', ['-eo', 'rss=,args='], { encoding: 'utf8', maxBuffer: 16_777_216 });
  return list
    .split('\n')
    .filter((line) => line.includes('--type=renderer'))
    .reduce((sum, line) => sum + 1_024 * Number(line.trim().split(/\s+/)[0]), 0);
}
