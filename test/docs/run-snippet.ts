import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './markdown.ts';

export interface Collector {
  readonly url: string;
  /** Paths that something was sent to, in order. */
  readonly received: readonly string[];
  close(): Promise<void>;
}

/** Takes what an OTLP exporter sends, on the loopback address. */
export async function startCollector(): Promise<Collector> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(request.url ?? '');
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface SnippetRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs code as a reader does: an ES module in a folder of its own, where this package, as it is built, and its
 * development dependencies are installed.
 */
export async function runSnippet(code: string, collector: Collector): Promise<SnippetRun> {
  const folder = mkdtempSync(join(tmpdir(), 'spanseal-docs-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    symlinkSync(ROOT, join(folder, 'node_modules', 'spanseal'));
    const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    return await new Promise<SnippetRun>((resolve, reject) => {
      const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: folder, env });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
      child.stdin.end(code);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
