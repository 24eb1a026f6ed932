import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { SpansealError } from '../error.ts';
import type { Command } from './command.ts';

export const VIEW: Command = {
  name: 'view',
  summary: 'Open the page that verifies packs and segments in a browser, without a server and without a network.',
  usage: '[--print]',
  positionals: [],
  options: { print: { type: 'boolean', help: 'Print where the page is, and open nothing.' } },
  notes: [
    'The page is one file: it may be copied to anybody. Drop a pack on it and give it the verifier key; what it answers is ' +
      'what spanseal verify answers.',
    'Exit codes: 0; 3 there is no page, or no browser could be started.',
  ],
  examples: [
    { args: '', means: 'In the browser that opens files here.' },
    { args: '--print', means: 'For a machine without one: copy the file to where one is.' },
  ],
  async run(args, output) {
    const page = pagePath();
    output.print(page);
    if (!args.flag('print')) await open(page);
    return 0;
  },
};

/** Beside the compiled program. */
function pagePath(): string {
  const path = fileURLToPath(new URL('../../viewer.html', import.meta.url));
  if (existsSync(path)) return path;
  throw new SpansealError('UNREADABLE', `${path} is not there; install the package anew, or npm run build.`);
}

/** By what opens files on this system; it is told the path as one argument, and no shell reads it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

async function open(page: string): Promise<void> {
  const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? [];
  const opener = spawn(command, [...args, page], { stdio: 'ignore', detached: true });
  await new Promise<void>((resolve, reject) => {
    opener.once('error', (cause) => {
      reject(
        new SpansealError('UNREADABLE', `No browser could be started (${command}); open ${page} in one, or --print.`, {
          cause,
        }),
      );
    });
    opener.once('spawn', resolve);
  });
  opener.unref();
}
