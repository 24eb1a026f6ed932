// lib/audit: Next.js bundles instrumentation and route handlers apart, and each bundle that imports this file runs it
// once more: a log that is a module's variable would be two logs, with a segment each, and the decisions of one unknown
// to the spans of the other. What is one per process stands on `globalThis`. (In development it also outlives the
// reloading of modules.)
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AuditLog, ed25519Signer, generateKey } from 'spanseal';

function open() {
  const folder = process.env.AUDIT_FOLDER ?? '.';
  mkdirSync(folder, { recursive: true });
  const keyFile = join(folder, 'audit.key');
  // In your application: spanseal keygen, once, and the key mounted as a secret.
  if (!existsSync(keyFile)) writeFileSync(keyFile, generateKey({ name: 'helpdesk' }).privateKey, { mode: 0o600 });
  return new AuditLog({ system: 'helpdesk', directory: join(folder, 'audit'), signer: ed25519Signer({ keyFile }) });
}

export const audit = (globalThis[Symbol.for('helpdesk.audit')] ??= open());
