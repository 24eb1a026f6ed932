// Runs the single script once for each case, in this one process: a process for each would take minutes. The module is
// evaluated anew each time, as `node verify.mjs …` does.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [script = '', casesFile = '', resultsFile = ''] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(casesFile, 'utf8'));
const { href } = pathToFileURL(script);
const write = process.stdout.write.bind(process.stdout);
const results = [];
// Each run listens for a reader that goes away.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);

for (const [index, { path, args }] of cases.entries()) {
  let stdout = '';
  process.stdout.write = (text, ...rest) => {
    stdout += text;
    rest.findLast((each) => typeof each === 'function')?.();
    return true;
  };
  process.argv = [process.argv[0], script, path, '--json', ...args];
  process.exitCode = undefined;
  await import(`${href}?case=${index}`);
  while (process.exitCode === undefined) await new Promise((resolve) => setTimeout(resolve, 0));
  results.push({ exit: process.exitCode, stdout });
}

process.stdout.write = write;
process.exitCode = 0;
writeFileSync(resultsFile, JSON.stringify(results));
