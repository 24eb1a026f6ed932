import { fc } from '../../fast-check.ts';
import { describe, expect, test } from 'vitest';

import { finishReasons } from '../../../processors/dialects/finish-reasons.ts';
import { providerOf } from '../../../processors/dialects/providers.ts';
import {
  content,
  decimal,
  jsonText,
  MAX_JSON_CHARS,
  millis,
  secondsToMillis,
  sha256,
  stated,
  statedOrNothing,
  structure,
  texts,
} from '../../../processors/dialects/values.ts';

describe('providerOf', () => {
  test.each([
    // The conventions' own, as they are.
    ...[
      'openai',
      'gcp.gen_ai',
      'gcp.vertex_ai',
      'gcp.gemini',
      'anthropic',
      'cohere',
      'azure.ai.inference',
      'azure.ai.openai',
      'ibm.watsonx.ai',
      'aws.bedrock',
      'perplexity',
      'x_ai',
      'deepseek',
      'groq',
      'mistral_ai',
      'moonshot_ai',
    ].map((name): [string, string] => [name, name]),
    // Older conventions.
    ['vertex_ai', 'gcp.vertex_ai'],
    ['gemini', 'gcp.gemini'],
    ['az.ai.openai', 'azure.ai.openai'],
    ['az.ai.inference', 'azure.ai.inference'],
    ['xai', 'x_ai'],
    // SDKs and instrumentations.
    ['OpenAI', 'openai'],
    ['openai.chat', 'openai'],
    ['openai.responses', 'openai'],
    ['openai.embedding', 'openai'],
    ['anthropic.messages', 'anthropic'],
    ['google.generative-ai', 'gcp.gemini'],
    ['google.vertex.chat', 'gcp.vertex_ai'],
    ['vertex.anthropic.messages', 'gcp.vertex_ai'],
    ['amazon-bedrock', 'aws.bedrock'],
    ['azure-openai.chat', 'azure.ai.openai'],
    ['azure.responses', 'azure.ai.openai'],
    ['mistral.chat', 'mistral_ai'],
    ['xai.chat', 'x_ai'],
    ['groq.chat', 'groq'],
    // Not listed: a gateway, a service, a framework.
    ['gateway', 'gateway'],
    ['strands-agents', 'strands-agents'],
    ['gcp.vertex.agent', 'gcp.vertex.agent'],
    ['Ollama', 'ollama'],
    ['my-proxy.chat', 'my-proxy'],
    ['constructor', 'constructor'],
  ])('%s is %s', (raw, provider) => {
    expect(providerOf(raw)).toEqual({ provider, provider_raw: provider === raw ? undefined : raw });
  });
});

describe('finishReasons', () => {
  test.each([
    [['stop'], ['stop']],
    [
      ['length', 'length'],
      ['length', 'length'],
    ],
    ['stop', ['stop']],
    ['["tool_calls"]', ['tool_call']],
    ['stop,length', ['stop', 'length']],
    ['stop, tool-calls', ['stop', 'tool_call']],
    [
      ['end_turn', 'stop_sequence'],
      ['stop', 'stop'],
    ],
    [
      ['max_tokens', 'MAX_TOKENS', 'max_output_tokens'],
      ['length', 'length', 'length'],
    ],
    [
      ['content-filter', 'content_filter', 'SAFETY', 'refusal'],
      ['content_filter', 'content_filter', 'content_filter', 'content_filter'],
    ],
    [
      ['tool_calls', 'tool-calls', 'tool_use', 'function_call', 'tool_call'],
      ['tool_call', 'tool_call', 'tool_call', 'tool_call', 'tool_call'],
    ],
    [
      ['toolUse', 'endTurn', 'maxTokens', 'blocked'],
      ['tool_call', 'stop', 'length', 'content_filter'],
    ],
    [['error'], ['error']],
    [['compaction'], ['compaction']],
    [
      ['pause_turn', 'Other'],
      ['pause_turn', 'Other'],
    ],
    [
      ['__proto__', 'constructor'],
      ['__proto__', 'constructor'],
    ],
    [[], undefined],
    ['', undefined],
    ['[]', undefined],
    [[1, null, ''], undefined],
    [7, undefined],
    [undefined, undefined],
    ['[broken', ['[broken']],
  ])('%o', (value, expected) => {
    expect(finishReasons(value)).toEqual(expected);
  });
});

describe('content', () => {
  test.each([
    ['{"a":[1,true,null]}', { a: [1, true, null] }],
    [' [1]', [1]],
    ['plain', 'plain'],
    ['12', '12'],
    ['"quoted"', '"quoted"'],
    ['{broken', '{broken'],
    ['', ''],
    // Parsing would make 12345678901234567000 of it.
    ['{"iban":12345678901234567890}', '{"iban":12345678901234567890}'],
    ['{"iban":"12345678901234567890"}', { iban: '12345678901234567890' }],
    [undefined, undefined],
    [null, undefined],
    [21.5, 21.5],
    [['a'], ['a']],
  ])('%o', (value, expected) => {
    expect(content(value)).toEqual(expected);
  });

  test('what is too long stays a text', () => {
    const long = `["${'x'.repeat(MAX_JSON_CHARS)}"]`;
    expect(content(long)).toBe(long);
  });

  test('keys of the prototype are data', () => {
    const value = content('{"__proto__":{"polluted":1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('depth does not overflow', () => {
    expect(() => structure(`${'['.repeat(300_000)}${']'.repeat(300_000)}`)).not.toThrow();
  });

  test('structure gives plain JSON or nothing', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(structure(cycle)).toBeUndefined();
    expect(structure({ a: 1n })).toBeUndefined();
    expect(structure({ a: new Date(0) })).toEqual({ a: '1970-01-01T00:00:00.000Z' });
  });
});

describe('numbers and texts', () => {
  test.each([
    [1, '1'],
    [0.1, '0.1'],
    [1e-7, '0.0000001'],
    [1.25e-9, '0.00000000125'],
    ['0.000123', '0.000123'],
    ['1e-7', undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [Infinity, undefined],
    [1e21, undefined],
    [5e-324, undefined],
    [null, undefined],
  ])('decimal of %o', (value, expected) => {
    expect(decimal(value)).toBe(expected);
  });

  test('a decimal is the same number', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e6, noNaN: true }), (value) => {
        const text = decimal(value);
        expect(text).toMatch(/^\d+(\.\d+)?$/);
        expect(Number(text)).toBe(value);
      }),
    );
  });

  test('durations are whole milliseconds', () => {
    expect([secondsToMillis(0.015_018), secondsToMillis(2), secondsToMillis(-1), secondsToMillis('1')]).toEqual([
      15,
      2000,
      undefined,
      undefined,
    ]);
    expect([millis(30.69), millis(Number.NaN), millis(Infinity)]).toEqual([31, undefined, undefined]);
  });

  test.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['["a","b"]', ['a', 'b']],
    ['a', ['a']],
    ['[broken', ['[broken']],
    [[1, 'a', null], ['a']],
    [[], undefined],
    [7, undefined],
  ])('texts of %o', (value, expected) => {
    expect(texts(value)).toEqual(expected);
  });

  test('only what is stated', () => {
    expect(Object.keys(stated<{ a?: number; b?: number }>({ a: undefined, b: 0 }))).toEqual(['b']);
    expect(statedOrNothing<{ a?: number }>({ a: undefined })).toBeUndefined();
  });

  test('the text of a definition', () => {
    expect(jsonText('abc')).toBe('abc');
    expect(jsonText(['a'])).toBe('["a"]');
    expect([undefined, null, 1n, true, [1n]].map(jsonText)).toEqual(Array(5).fill(undefined));
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
