import { fc } from '../../fast-check.ts';
import { expect, test } from 'vitest';

import { mayBeGenAi } from '../../../processors/dialects/may-be-gen-ai.ts';
import { RECORDED, recordedSpans, scenariosOf } from '../../spans.ts';
import { dialectOf } from './dialect-of.ts';
import { KNOWN_KEYS, OPERATIONS, SCOPES } from './known.ts';

/** The one look before all dialects are asked never passes over what one of them knows. */

const VALUES = ['text', 'pending_span', 'gen_ai.chat', 'gcp.vertex.agent', '', 0, true, ['x']];

test('of each attribute alone, in each scope', () => {
  let recognised = 0;
  for (const scope of [
    ...SCOPES,
    'langfuse-sdk',
    'com.anthropic.sdk.typescript.bedrock',
    '@mastra/otel-exporter',
    'http',
  ]) {
    for (const attributes of [
      {},
      ...OPERATIONS,
      ...KNOWN_KEYS.flatMap((key) => VALUES.map((value) => ({ [key]: value }))),
    ]) {
      if (dialectOf(attributes, scope) === undefined) continue;
      recognised++;
      expect(mayBeGenAi(attributes, scope), `${JSON.stringify(attributes)} in ${scope}`).toBe(true);
    }
  }
  expect(recognised).toBeGreaterThan(1_000);
});

test('of any attributes, in any scope', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof(fc.constantFrom(...KNOWN_KEYS), fc.string()), fc.constantFrom(...VALUES)),
      fc.oneof(fc.constantFrom<string>(...SCOPES), fc.string()),
      (attributes, scope) => dialectOf(attributes, scope) === undefined || mayBeGenAi(attributes, scope),
    ),
    { numRuns: 2_000 },
  );
});

test('of every recorded span', () => {
  for (const emitter of RECORDED) {
    for (const scenario of scenariosOf(emitter)) {
      for (const { snapshot } of recordedSpans(emitter, scenario)) {
        const { attributes, scope } = snapshot;
        if (dialectOf(attributes, scope.name) !== undefined) expect(mayBeGenAi(attributes, scope.name)).toBe(true);
      }
    }
  }
});

test('passes over what has nothing to do with GenAI', () => {
  const http = { 'http.request.method': 'GET', 'server.address': 'example.org', 'http.response.status_code': 200 };
  for (const scope of ['@opentelemetry/instrumentation-http', '', 'my-app', 'ai-shop', 'mastra']) {
    expect(mayBeGenAi(http, scope)).toBe(false);
  }
});
