import { EN } from '../src/report/text/en.ts';
import type { Answer, Request, Verified, VerifyRequest } from './protocol.ts';

/**
 * The page: takes files and keys, gives them to the worker, and shows what it answers. What comes from a file is text in
 * HTML that was escaped where it was made; the policy of the page lets no other script run.
 */

const TEXT = EN.viewer;

/** The worker's program, put in by the build. */
declare const WORKER_SOURCE: string;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

const files = element('files') as HTMLInputElement;
const drop = element('drop');
const status = element('status');
const progress = element('progress') as HTMLProgressElement;
const result = element('result');
const record = element('record');
const followSection = element('follow');
const storyPlace = element('story');
const verifyButton = element('verify') as HTMLButtonElement;
const stopButton = element('stop') as HTMLButtonElement;

let dropped: readonly File[] = [];
let worker: Worker | undefined;
let total = 0;

function newWorker(): Worker {
  return new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' })));
}

/** For scripts on the page: a worker to ask as the page does (`protocol.ts`). */
Object.assign(globalThis, { spansealWorker: newWorker });

function start(): Worker {
  worker?.terminate();
  worker = newWorker();
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => answered(data));
  worker.addEventListener('error', ({ message }) => refuse(TEXT.failed(message)));
  return worker;
}

function ask(request: Request): void {
  (worker ?? start()).postMessage(request);
}

function answered(answer: Answer): void {
  switch (answer.kind) {
    case 'progress':
      progress.value = answer.bytes / Math.max(1, total);
      status.textContent = TEXT.progress(Math.floor(progress.value * 100));
      break;
    case 'verified':
      showVerified(answer);
      break;
    case 'story':
      storyPlace.innerHTML = answer.html;
      reveal(storyPlace.querySelector('[hidden]'));
      status.textContent = TEXT.decisionShown;
      storyPlace.focus();
      break;
    case 'proof':
      showProof(answer);
      break;
    case 'refused':
      refuse(answer.why);
      break;
  }
}

function showVerified({ verdict, record: html, decisions, report }: Verified): void {
  idle();
  result.innerHTML = verdict;
  record.innerHTML = html;
  storyPlace.replaceChildren();
  followSection.hidden = decisions === 0;
  status.textContent = report.ok ? TEXT.holds : TEXT.seeVerdict;
  result.focus();
}

function showProof({ segment, seq, proof }: Extract<Answer, { kind: 'proof' }>): void {
  const place = element('proof');
  place.replaceChildren();
  const name = `${segment}-${seq}`;
  place.append(
    say('h4', TEXT.proofOf(`${segment}:${seq}`)),
    say('p', TEXT.inTree(proof.signedBy)),
    link(`${name}.jsonl`, proof.line),
    document.createTextNode(' '),
    link(`${name}.tlog-proof`, proof.proof),
    say('pre', proof.proof),
    say('pre', proof.line),
  );
  status.textContent = TEXT.proofShown;
  place.focus();
}

function say(name: string, text: string): HTMLElement {
  return Object.assign(document.createElement(name), { textContent: text });
}

function link(name: string, text: string): HTMLAnchorElement {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  anchor.download = name;
  anchor.textContent = name;
  return anchor;
}

function refuse(why: string): void {
  idle();
  status.textContent = why;
}

function idle(): void {
  progress.hidden = true;
  stopButton.hidden = true;
  verifyButton.disabled = false;
}

/** What is hidden until somebody goes there. */
function reveal(hidden: Element | null): void {
  hidden?.removeAttribute('hidden');
}

const lines = (id: string): string[] =>
  (element(id) as HTMLTextAreaElement).value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

async function requestOf(chosen: readonly File[]): Promise<VerifyRequest> {
  const catalogue = chosen.find(({ name }) => name.endsWith('.catalogue.json'));
  const disclosures = chosen.find(({ name }) => name.endsWith('.disclosures.jsonl'));
  const [file, ...more] = chosen.filter((each) => each !== catalogue && each !== disclosures);
  if (file === undefined) throw new Error(TEXT.noFile);
  if (more.length > 0) throw new Error(TEXT.moreFiles);
  const shared = (element('shared') as HTMLInputElement).files?.[0];
  return {
    kind: 'verify',
    file,
    name: file.name,
    ...(catalogue === undefined ? {} : { catalogue }),
    ...(disclosures === undefined ? {} : { disclosures }),
    keys: lines('keys'),
    hmacKeys: shared === undefined ? [] : [sharedKey(new Uint8Array(await shared.arrayBuffer()))],
    reviewerKeys: lines('reviewers'),
    checkpoint: (element('checkpoint') as HTMLTextAreaElement).value,
    allowUnsigned: (element('unsigned') as HTMLInputElement).checked,
    live: (element('live') as HTMLInputElement).checked,
  };
}

/** As `spanseal keygen` writes it, with the name in its first line; any other file is the key itself. */
function sharedKey(bytes: Uint8Array): { readonly name?: string; readonly key: Uint8Array } {
  const [, name, base64] =
    /^# spanseal (\S+)[ \t]*\r?\n([A-Za-z0-9+/=\s]+)$/.exec(new TextDecoder('latin1').decode(bytes)) ?? [];
  if (name === undefined || base64 === undefined) return { key: bytes };
  return { name, key: Uint8Array.from(atob(base64.replace(/\s/g, '')), (char) => char.charCodeAt(0)) };
}

async function verify(): Promise<void> {
  const request = await requestOf(dropped.length > 0 ? dropped : [...(files.files ?? [])]);
  start();
  total = request.file.size;
  progress.value = 0;
  progress.hidden = false;
  stopButton.hidden = false;
  verifyButton.disabled = true;
  result.replaceChildren();
  record.replaceChildren();
  storyPlace.replaceChildren();
  followSection.hidden = true;
  status.textContent = TEXT.verifying;
  ask(request);
}

const tell = (error: unknown): void => refuse(error instanceof Error ? error.message : String(error));

element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  verify().catch(tell);
});
stopButton.addEventListener('click', () => {
  worker?.terminate();
  worker = undefined;
  refuse(TEXT.stopped);
  verifyButton.focus();
});
files.addEventListener('change', () => {
  dropped = [];
});
element('follow-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const id = (element('decision') as HTMLInputElement).value.trim();
  if (id === '') return;
  status.textContent = TEXT.readingAgain;
  ask({ kind: 'decision', id });
});
storyPlace.addEventListener('click', ({ target }) => {
  const place = target instanceof HTMLElement ? target.dataset['place'] : undefined;
  const at = place?.lastIndexOf(':') ?? -1;
  if (place === undefined || at < 0) return;
  status.textContent = TEXT.proving;
  ask({ kind: 'proof', segment: place.slice(0, at), seq: Number(place.slice(at + 1)) });
});
for (const type of ['dragover', 'dragenter'] as const) {
  addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add('is-over');
  });
}
addEventListener('dragleave', () => drop.classList.remove('is-over'));
addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('is-over');
  dropped = [...(event.dataTransfer?.files ?? [])];
  if (dropped.length > 0) verify().catch(tell);
});
