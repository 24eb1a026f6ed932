import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** Every Markdown file that a reader of the repository meets. */
export const MARKDOWN_FILES: readonly string[] = ['.', 'docs', 'examples'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

export function readMarkdown(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** A fenced block of code. */
export interface Block {
  /** What stands behind the fence, such as `js run`. */
  readonly info: string;
  readonly code: string;
  /** From 1. */
  readonly line: number;
}

/** The fenced blocks of a file, in order. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; code: string[] } | undefined;
  for (const [index, line] of readMarkdown(file).split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.code.push(line);
    else if (open === undefined) open = { info: fence[1] ?? '', line: index + 1, code: [] };
    else {
      blocks.push({ info: open.info, line: open.line, code: `${open.code.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: the block is not closed`);
  return blocks;
}

/** The file without its code: what a reader sees as text. */
export function proseOf(file: string): string {
  return readMarkdown(file)
    .replace(/^```[^]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, '');
}

/** The rows of the table that follows a text, cells trimmed; without its head. */
export function tableAfter(file: string, text: string): string[][] {
  const markdown = readMarkdown(file);
  const start = markdown.indexOf(text);
  if (start < 0) throw new Error(`${file} does not say ${text}`);
  const rows = /^\|.*\n(?:\|.*\n)+/m.exec(markdown.slice(start))?.[0] ?? '';
  return rows
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}
