import { html } from '../src/report/html.ts';
import { reportBody, viewOf } from '../src/report/document.ts';
import { decisionPage } from '../src/report/decision-page.ts';
import { Reading, type RecordRead } from '../src/report/reading.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import type { JsonValue } from '../src/json.ts';
import { encodeHex } from '../src/base64.ts';
import {
  checkpointRecord,
  exitCode,
  portablePrimitives,
  verify,
  type Report,
  type SeenEntry,
  type VerifyOptions,
} from '../src/verify/index.ts';
import { pieces, tapped } from '../src/verify/source.ts';
import { proofOf } from './proof.ts';
import type { Answer, Request, VerifyRequest } from './protocol.ts';
import { verdictOf } from './verdict.ts';

/** Verifies beside the page, so that the page stays quick: one file at a time, in pieces, with memory that stays flat. */

/** So often the page is told how far it is. */
const PROGRESS_BYTES = 4_194_304;
/** Decisions with a page of their own; any other can be followed by its id. */
const PAGES = 200;

interface Current {
  readonly request: VerifyRequest;
  readonly report: Report;
  readonly record: RecordRead;
  readonly digest: string;
}

let current: Current | undefined;

function answer(message: Answer): void {
  postMessage(message);
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  void respond(data).catch((error: unknown) => {
    answer({ kind: 'refused', why: error instanceof Error ? error.message : String(error) });
  });
});

async function respond(request: Request): Promise<void> {
  switch (request.kind) {
    case 'verify':
      return verifyFile(request);
    case 'decision':
      return follow(request.id);
    case 'proof': {
      const { segment, seq } = request;
      const { report, request: file } = checked();
      const proof = await proofOf(report, file.keys, { segment, seq }, (onEntry) => passOver(file, { onEntry }));
      return answer({ kind: 'proof', segment, seq, proof });
    }
  }
}

function checked(): Current {
  if (current === undefined) throw new Error('Verify a file first.');
  return current;
}

async function verifyFile(request: VerifyRequest): Promise<void> {
  current = undefined;
  const reading = new Reading(portablePrimitives, { reviewerKeys: request.reviewerKeys });
  const hash = sha256.create();
  let told = 0;
  const report = await passOver(request, {
    onEntry: reading.onEntry,
    onBytes: (piece) => hash.update(piece),
    onProgress(bytes) {
      if (bytes - told < PROGRESS_BYTES) return;
      told = bytes;
      answer({ kind: 'progress', bytes });
    },
  });
  const record = reading.end(report, await jsonOf(request.catalogue));
  const digest = encodeHex(hash.digest());
  current = { request, report, record, digest };
  const view = viewOf(record, { digest, pages: PAGES });
  answer({
    kind: 'verified',
    report,
    exit: exitCode(report),
    verdict: verdictOf(report, digest).text,
    record: report.kind === 'unknown' ? '' : reportBody(view).text,
    decisions: record.stories.length,
  });
}

interface Pass {
  readonly onEntry: (seen: SeenEntry) => void;
  readonly onBytes?: (piece: Uint8Array) => void;
  readonly onProgress?: (bytes: number) => void;
}

/** Reads the file from its beginning to its end. */
async function passOver(request: VerifyRequest, { onEntry, onBytes, onProgress }: Pass): Promise<Report> {
  const { file, name, keys, hmacKeys, allowUnsigned, live, checkpoint, catalogue, disclosures } = request;
  const beside = catalogue === undefined ? {} : await catalogueOf(catalogue);
  const options: VerifyOptions = {
    name,
    keys,
    hmacKeys,
    allowUnsigned,
    live,
    ...(checkpoint.trim() === '' ? {} : { earlier: checkpointRecord(`${checkpoint.trim()}\n`, { keys }) }),
    ...(disclosures === undefined ? {} : { disclosures }),
    ...beside,
    onEntry,
    ...(onProgress === undefined ? {} : { onProgress }),
    readAgain: () => pieces(file),
  };
  return verify(onBytes === undefined ? file : tapped(file, onBytes), options);
}

async function jsonOf(file: Blob | undefined): Promise<JsonValue | undefined> {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(await file.text()) as JsonValue;
  } catch {
    return undefined;
  }
}

async function catalogueOf(file: Blob): Promise<Pick<VerifyOptions, 'catalogue' | 'catalogueProblem'>> {
  const catalogue = await jsonOf(file);
  return catalogue === undefined ? { catalogueProblem: 'the catalogue file is no JSON' } : { catalogue };
}

async function follow(id: string): Promise<void> {
  const { request, report, digest } = checked();
  const reading = new Reading(portablePrimitives, { reviewerKeys: request.reviewerKeys, decisions: [id] });
  await passOver(request, { onEntry: reading.onEntry });
  const record = reading.end(report, await jsonOf(request.catalogue));
  const [story] = record.stories;
  if (story === undefined) throw new Error(`There is no decision ${id} in this file.`);
  const view = viewOf(record, { digest, pages: 1 });
  const places = story.steps.map(({ segment, seq }) => `${segment}:${seq}`);
  answer({
    kind: 'story',
    html: html`${decisionPage(view, story, 'followed')}
      <h3>Proofs</h3>
      <p>
        Each entry is in the tree of a signed checkpoint. A proof shows that, without the rest of the log:
        <code>spanseal verify &lt;entry&gt;.jsonl --proof</code> checks it, and so does any reader of
        c2sp.org/tlog-proof.
      </p>
      <p>
        ${places.map((place) => html`<button type="button" class="proof" data-place="${place}">Prove ${place}</button> `)}
      </p>
      <div id="proof" tabindex="-1"></div>`.text,
  });
}
