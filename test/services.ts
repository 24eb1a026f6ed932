import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { BOOLEAN, DerReader, INTEGER, OCTET_STRING, SEQUENCE } from '../src/der.ts';
import { verifyConsistency } from '../src/merkle.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import { parseNote, vkeyVerifier } from '../src/note.ts';
import { response, stamp, type Authority } from './time-stamp-authority.ts';
import { cosign } from './witness.ts';

/** Stand-ins for services outside: a time-stamping authority, and a witness that accepts a log. */

export interface Asked {
  readonly type: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A server that goes with the process. @returns its URL */
export async function service(
  answer: (asked: Asked, response: ServerResponse, path: string) => void | Promise<void>,
): Promise<string> {
  const server = createServer((request, reply) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { headers } = request;
      void answer({ type: headers['content-type'], headers, body: Buffer.concat(pieces) }, reply, request.url ?? '');
    });
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The digest and the nonce of a `TimeStampReq`. */
export function requested(body: Uint8Array): { imprint: Uint8Array; nonce: Uint8Array } {
  const request = new DerReader(body).inside(SEQUENCE);
  request.read(INTEGER);
  const imprint = request.inside(SEQUENCE);
  imprint.read(SEQUENCE);
  const digest = imprint.read(OCTET_STRING).content;
  const nonce = request.read(INTEGER).content;
  request.read(BOOLEAN);
  request.end();
  return { imprint: digest, nonce };
}

/** An authority that stamps whatever it is sent. */
export async function tsaService(
  authority: Authority,
  options: { genTime?: string; nonce?: Uint8Array; asked?: Asked[] } = {},
): Promise<string> {
  return service((asked, reply) => {
    options.asked?.push(asked);
    const { imprint, nonce } = requested(asked.body);
    const genTime = options.genTime ?? new Date().toISOString();
    const token = stamp(authority, new Uint8Array(0), { imprint, nonce: options.nonce ?? nonce, genTime });
    reply.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(response(token));
  });
}

/**
 * A witness (c2sp.org/tlog-witness) that takes every origin below the name of one log, and cosigns what goes on from what
 * it has seen.
 */
export async function witnessService(name: string, logKey: string): Promise<string> {
  const verifier = vkeyVerifier(nodePrimitives, logKey);
  const seen = new Map<string, { size: number; root: Buffer }>();
  return service(({ body }, reply, path) => {
    const text = body.toString('utf8');
    const end = text.indexOf('\n\n');
    const [old = '', ...proof] = text.slice(0, end).split('\n');
    const note = parseNote(text.slice(end + 2));
    const [origin = '', size = '', root = ''] = note?.text.split('\n') ?? [];
    const signature = note?.signatures.find((each) => each.name === verifier.name);
    const known = seen.get(origin);
    const from = Number(/^old (\d+)$/.exec(old)?.[1]);
    const answer = (status: number, type = 'text/plain', said = ''): void => {
      reply.writeHead(status, { 'content-type': type }).end(said);
    };
    if (path !== '/add-checkpoint' || note === undefined || Number.isNaN(from)) return answer(400);
    if (!origin.startsWith(`${verifier.name}/`)) return answer(404);
    if (signature === undefined || !verifier.verify(Buffer.from(note.text), signature.signature)) return answer(403);
    if (from !== (known?.size ?? 0)) return answer(409, 'text/x.tlog.size', `${known?.size ?? 0}\n`);
    const grown = Buffer.from(root, 'base64');
    const path_ = proof.map((hash) => Uint8Array.from(Buffer.from(hash, 'base64')));
    const goesOn =
      known === undefined
        ? proof.length === 0
        : verifyConsistency(
            nodePrimitives.sha256,
            { first: from, second: Number(size), path: path_ },
            known.root,
            Uint8Array.from(grown),
          );
    if (!goesOn) return answer(422);
    seen.set(origin, { size: Number(size), root: grown });
    const cosigned = cosign(name, note.text, Math.floor(Date.now() / 1_000));
    const bytes = Buffer.concat([cosigned.keyId, cosigned.signature]);
    return answer(200, 'text/plain', `\u2014 ${name} ${bytes.toString('base64')}\n`);
  });
}
