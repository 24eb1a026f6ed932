// Eight workers of one service, one log: every process writes a segment of its own in the same directory, without locks
// or a server. Each names the segments that it found there, so that one that is taken away later is missed.
//
// node examples/cluster.mjs [folder]
import cluster from 'node:cluster';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AuditLog, ed25519Signer, generateKey, readLog } from 'spanseal';

const WORKERS = 8;
const REQUESTS = 5;

await (cluster.isPrimary ? lead(process.argv[2] ?? mkdtempSync(join(tmpdir(), 'spanseal-'))) : work());

async function lead(folder) {
  const keyFile = join(folder, 'audit.key');
  if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'scoring' }).privateKey, { mode: 0o600 });
  const workers = Array.from({ length: WORKERS }, () => cluster.fork({ AUDIT_FOLDER: folder }));
  const ports = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0].port));

  // Every worker answers all at once, as they would behind a balancer.
  await Promise.all(
    ports.flatMap((port) =>
      Array.from({ length: REQUESTS }, (_, request) => fetch(`http://127.0.0.1:${port}/?case=${port}-${request}`)),
    ),
  );
  for (const worker of workers) worker.process.kill('SIGTERM');
  await Promise.all(workers.map((worker) => once(worker, 'exit')));

  const segments = new Map();
  let decisions = 0;
  for await (const { type, payload } of readLog(join(folder, 'audit'))) {
    if (type === 'audit_open') segments.set(payload.segment, payload.siblings?.length ?? 0);
    if (type === 'decision_end') decisions++;
  }
  console.log(`${decisions} decisions in ${segments.size} segments`);
  console.log(`names of other segments in each: ${[...segments.values()].sort((a, b) => a - b).join(' ')}`);
}

async function work() {
  const folder = process.env.AUDIT_FOLDER;
  const audit = new AuditLog({
    system: 'scoring',
    directory: join(folder, 'audit'),
    signer: ed25519Signer({ keyFile: join(folder, 'audit.key') }),
  });
  const server = createServer((request, response) => {
    const caseRef = new URL(request.url, 'http://localhost').searchParams.get('case');
    audit.decision({ caseRef, actor: 'scoring' }, (decision) => decision.result('scored'));
    response.end('scored');
  });
  // Of its own, and not the cluster's: the example wants to know who answers.
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true });
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await audit.close({ reason: 'signal' });
    cluster.worker.disconnect();
  };
  process.once('SIGTERM', () => void stop());
  process.send({ port: server.address().port });
}
