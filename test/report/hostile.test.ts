import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { EntryType } from '../../src/entry.ts';
import { readPack } from '../../src/read-record.ts';
import { reportDocument } from '../../src/report/document.ts';
import { dossierDocument } from '../../src/report/dossier.ts';
import { KEY, memoryLog, temporaryFolder } from '../log.ts';

/** A payload may hold anything: a verifier rejects no further member and no odd value, and a page shows it. */

const ODD: readonly unknown[] = [
  null,
  7,
  -1e15,
  true,
  '',
  [],
  {},
  [1, null, {}],
  { a: { b: 1 } },
  '0001-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '__proto__',
  'constructor',
  'x'.repeat(3_000),
];

const MEMBERS =
  `actor actor_kind decision_type automation effect review_required purpose notice ai_disclosure legal_basis_ref
  input data outcome result reason_codes effective_at provider request_model response_model usage cost prompt agent name
  data_source documents span instrumentation error reviewer reviewer_kind action stage opened_at decided_at proposed_result
  final_result note signature initiated_by reason severity applied_to policy kind subject from to source difference expected
  recorded lost ends ends_segment same_call possible_same_call class trigger performed_by pack_digest recipient duration_ms
  tool_calls_requested tool_version output_messages parts query`.split(/\s+/);

const TYPES: readonly EntryType[] = [
  'decision',
  'decision_record',
  'decision_end',
  'llm_call',
  'tool_call',
  'context_assembly',
  'agent_invocation',
  'message_content',
  'guardrail',
  'evaluation',
  'human_oversight',
  'policy_flag',
  'incident',
  'change',
  'custody',
  'reconciliation',
];

test.each(ODD.map((odd) => [JSON.stringify(odd).slice(0, 40), odd]))(
  'report and dossier of a record full of %s',
  async (_, odd) => {
    const { audit } = memoryLog({ redactor: false });
    for (const type of TYPES) {
      const payload = Object.fromEntries(MEMBERS.map((member) => [member, odd]));
      for (const decisionId of [undefined, '__proto__', 'constructor', 'd'])
        audit.append(type, { type, payload, decisionId });
    }
    const path = join(temporaryFolder(), 'pack.jsonl');
    await audit.export(path, { frameworks: ['eu_ai_act', 'gdpr', 'soc2', 'dora', 'pci_dss', 'owasp_asi'] });
    await audit.close();
    const { record, digest } = await readPack(path, { keys: [KEY.vkey] }, { leafHashes: true });
    expect(record.report.ok).toBe(true);
    expect(record.stories.map(({ id }) => id).toSorted()).toEqual(['__proto__', 'constructor', 'd']);
    const pages = [
      reportDocument(record, { digest }),
      ...record.stories.map((story) => dossierDocument(record, story, { digest })),
    ];
    // `NaN` as a word: three letters stand in a hash, too, by chance.
    for (const page of pages) {
      expect(page).not.toMatch(/undefined|\[object Object\]|(?<![\w+/=-])NaN(?![\w+/=-])|native code/);
    }
  },
);
