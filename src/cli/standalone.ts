#!/usr/bin/env node
import { PACKAGE_VERSION } from '../version.ts';
import { openOutput } from './output.ts';
import { finished, runCommand } from './run.ts';
import { VERIFY } from './verify.ts';

/**
 * The verifier as one file, bundled into `dist/verify.mjs`: for whoever is handed a pack and has Node, and neither this
 * package nor a network.
 */
const PROGRAM = 'node verify.mjs';

async function run(argv: readonly string[]): Promise<number> {
  const output = openOutput(process);
  const [first] = argv;
  if (first === '--version' || first === '-V') {
    output.print(`spanseal verify ${PACKAGE_VERSION}`);
    return await finished(output, 0);
  }
  // Whoever is used to `spanseal verify …` gets what is meant.
  return await runCommand(VERIFY, PROGRAM, first === VERIFY.name ? argv.slice(1) : argv, output);
}

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
