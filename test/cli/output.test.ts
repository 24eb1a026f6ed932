import { describe, expect, it } from 'vitest';

import type { Command } from '../../src/cli/command.ts';
import { escapeJson, jsonText, table, truncate, wrap } from '../../src/cli/layout.ts';
import { hasColours, openOutput, type Output, type Streams } from '../../src/cli/output.ts';
import { runCommand } from '../../src/cli/run.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { SpansealError, type SpansealErrorCode } from '../../src/index.ts';

const ESC = '\u001b';

function stream(isTTY: boolean) {
  const written: string[] = [];
  let failed: ((error: NodeJS.ErrnoException) => void) | undefined;
  return {
    isTTY,
    writableNeedDrain: false,
    written,
    write: (text: string) => written.push(text) > 0,
    on: (_: 'error', listener: (error: NodeJS.ErrnoException) => void) => (failed = listener),
    once: () => undefined,
    removeListener: () => undefined,
    fail: (code: string) => failed?.(Object.assign(new Error(code), { code })),
  };
}

function open(isTTY: boolean, env: Streams['env'] = {}) {
  const stdout = stream(isTTY);
  const stderr = stream(isTTY);
  return { stdout, stderr, output: openOutput({ stdout, stderr, env }) };
}

describe('colours', () => {
  it('are for terminals whose reader did not ask for none', () => {
    expect(hasColours({ isTTY: true }, {})).toBe(true);
    expect(hasColours({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(hasColours({ isTTY: true }, { NO_COLOR: '0' })).toBe(false);
    expect(hasColours({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(hasColours({ isTTY: false }, {})).toBe(false);
    expect(hasColours({}, {})).toBe(false);
  });

  it('are left out for several styles at once as for one', () => {
    const coloured = open(true).output;
    expect(coloured.style('red', 'x')).toBe(`${ESC}[31mx${ESC}[39m`);
    expect(coloured.style(['bold', 'red'], 'x')).toContain(ESC);
    for (const { output } of [open(true, { NO_COLOR: '1' }), open(false)]) {
      expect(output.style('red', 'x')).toBe('x');
      expect(output.style(['bold', 'red'], 'x')).toBe('x');
      expect(output.noteStyle(['bold', 'red'], 'x')).toBe('x');
    }
  });
});

describe('progress', () => {
  it('stands on a terminal until the next line, and nowhere else', async () => {
    const { stderr, output } = open(true);
    output.progress('half');
    output.note('done');
    expect(stderr.written).toEqual(['half', `\r${ESC}[K`, 'done\n']);
    const piped = open(false);
    piped.output.progress('half');
    await piped.output.finish();
    expect(piped.stderr.written).toEqual([]);
  });
});

describe('a command', () => {
  const command = (run: (output: Output) => Promise<number>): Command => ({
    name: 'test',
    summary: '',
    usage: '',
    positionals: [],
    options: {},
    notes: [],
    examples: [],
    run: (_, output) => run(output),
  });

  const codeOf = async (error: unknown): Promise<readonly [number, string]> => {
    const { output, stderr } = open(false);
    const code = await runCommand(
      command(() => Promise.reject(error)),
      'test',
      [],
      output,
    );
    return [code, stderr.written.join('')];
  };

  it('exits by what went wrong', async () => {
    const codes: readonly (readonly [SpansealErrorCode, number])[] = [
      ['UNREADABLE', 3],
      ['KEY_FILE', 3],
      ['EXPORT_FAILED', 3],
      ['LOG_INVALID', 1],
      ['UNKNOWN_FRAMEWORK', 2],
    ];
    for (const [code, exit] of codes) expect((await codeOf(new SpansealError(code, 'x')))[0]).toBe(exit);
    expect((await codeOf(new UsageError('x')))[0]).toBe(2);
    expect((await codeOf(Object.assign(new Error('EIO'), { syscall: 'read', code: 'EIO' })))[0]).toBe(3);
  });

  it('never takes a defect of its own for wrong usage, nor for an answer', async () => {
    for (const defect of [new TypeError('x is not a function'), new RangeError(`${ESC}[31m`), 'thrown']) {
      const [code, errors] = await codeOf(defect);
      expect(code).toBe(70);
      expect(errors).toContain('defect of spanseal; nothing was found out');
      expect(errors).not.toContain(ESC);
    }
  });

  it('does not succeed if its result could not be written', async () => {
    const { stdout, stderr, output } = open(false);
    const full = await runCommand(
      command(async () => {
        output.print('x');
        stdout.fail('ENOSPC');
        return 0;
      }),
      'test',
      [],
      output,
    );
    expect(full).toBe(3);
    expect(stderr.written.join('')).toContain('could not be written whole (ENOSPC)');
  });
});

describe('layout', () => {
  it('breaks at spaces, and keeps what is to be copied whole', () => {
    const lines = wrap(`${'word '.repeat(40)}${'k'.repeat(120)} end`, '  ');
    for (const line of lines) expect(line.length <= 100 || line === `  ${'k'.repeat(120)}`).toBe(true);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(`${'word '.repeat(40)}${'k'.repeat(120)} end`);
  });

  it('counts columns, not code units', () => {
    expect(truncate('日本語テキスト', 7)).toBe('日本語…');
    expect(truncate('👩‍👩‍👧‍👧 family', 5)).toBe('👩‍👩‍👧‍👧 f…');
    expect(truncate('abcdef', 6)).toBe('abcdef');
    expect(
      table(
        [
          ['名', 'x'],
          ['ab', '10'],
        ],
        [1],
      ),
    ).toEqual(['名   x', 'ab  10']);
  });

  it('escapes JSON without changing what it says', () => {
    const value = { text: `${ESC}[31m\u009b\u202e\u2028\u{e0041}"\\\n`, plain: 'é日' };
    const json = jsonText(value);
    expect(JSON.parse(json)).toEqual(value);
    expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(json).toContain('é日');
    expect(escapeJson('{"a":"\u202e"}')).toBe('{"a":"\\u202e"}');
  });
});
