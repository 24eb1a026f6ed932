import { styleText } from 'node:util';

/** Where a command prints: results on standard output, all else on standard error. */

export type Style = Parameters<typeof styleText>[0];

/** Colours a text, or leaves it as it is. */
export type Styler = (style: Style, text: string) => string;

export interface Output {
  /** A line of the result. It is held back until {@link Output.drained}, a note, or the end. */
  print(line?: string): void;
  /** Waits while whoever reads is slower than we are: memory stays flat behind a slow pipe. */
  drained(): Promise<void>;
  /** A line about the result, for a person. */
  note(line: string): void;
  /** One line on a terminal that the next one replaces; without a text it is removed. */
  progress(text?: string): void;
  /** For lines that are printed. */
  readonly style: Styler;
  /** For notes. */
  readonly noteStyle: Styler;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether whoever read the result has gone, as `head` does when it has seen enough. */
  readonly readerGone: boolean;
  /** Hands everything over. Returns why the result could not be written whole, if it could not. */
  finish(): Promise<string | undefined>;
}

interface OutputStream {
  readonly isTTY?: boolean;
  readonly writableNeedDrain: boolean;
  write(text: string): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: 'drain' | 'error', listener: () => void): unknown;
  removeListener(event: 'drain' | 'error', listener: () => void): unknown;
}

export interface Streams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Lines are handed to the system in pieces of about this size. */
const PIECE_CHARS = 65_536;

/**
 * Whether to colour what goes to a stream: on a terminal only, and not where the reader asked for none
 * (no-color.org: any value but an empty one). `styleText` decides for itself for one style, and not for several.
 */
export function hasColours(stream: Pick<OutputStream, 'isTTY'>, env: Streams['env']): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

function stylerFor(stream: OutputStream, env: Streams['env']): Styler {
  if (!hasColours(stream, env)) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

export function openOutput({ stdout, stderr, env }: Streams): Output {
  let pending = '';
  let progressShown = false;
  let failure: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => {
    failure ??= error;
  });
  // Nobody is left to be told.
  stderr.on('error', () => undefined);
  const flush = (): void => {
    if (pending !== '' && failure === undefined) stdout.write(pending);
    pending = '';
  };
  const waitForDrain = async (): Promise<void> => {
    if (!stdout.writableNeedDrain || failure !== undefined) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stdout.removeListener('drain', done);
        stdout.removeListener('error', done);
        resolve();
      };
      stdout.once('drain', done);
      stdout.once('error', done);
    });
  };
  const clearProgress = (): void => {
    if (progressShown) stderr.write('\r\u001b[K');
    progressShown = false;
  };
  return {
    print(line = '') {
      clearProgress();
      pending += `${line}\n`;
    },
    async drained() {
      if (pending.length < PIECE_CHARS) return;
      flush();
      await waitForDrain();
    },
    note(line) {
      clearProgress();
      flush();
      stderr.write(`${line}\n`);
    },
    progress(text) {
      if (stderr.isTTY !== true) return;
      clearProgress();
      if (text === undefined) return;
      stderr.write(text);
      progressShown = true;
    },
    style: stylerFor(stdout, env),
    noteStyle: stylerFor(stderr, env),
    isTerminal: stdout.isTTY === true,
    get readerGone() {
      return failure?.code === 'EPIPE';
    },
    async finish() {
      clearProgress();
      flush();
      await waitForDrain();
      // An error of the last write is told in the next turn of the event loop.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return failure === undefined || failure.code === 'EPIPE' ? undefined : (failure.code ?? failure.message);
    },
  };
}
