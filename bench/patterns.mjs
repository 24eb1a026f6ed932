// Whether any pattern of the redactor can be made to take longer than its text is long: `npm run bench:patterns`. A
// checker (recheck) proposes an attack on each; what counts is how V8 fares with it, as it grows.
import { checkSync } from 'recheck';
import { DETECTORS } from '../dist/src/detect/scanner.js';
import { report, rounded } from './harness.mjs';

const SIZES = [50_000, 100_000, 200_000, 400_000];
const CHECK_MILLIS = 3_000;

/** The text of an attack, grown to a size. */
function grown({ pumps, suffix }, size) {
  const fixed = pumps.reduce((sum, { prefix }) => sum + prefix.length, suffix.length);
  const pumped = pumps.reduce((sum, { pump }) => sum + pump.length, 0);
  const times = Math.max(1, Math.floor((size - fixed) / pumped));
  return pumps.map(({ prefix, pump }) => prefix + pump.repeat(times)).join('') + suffix;
}

function millis(pattern, text) {
  const times = Array.from({ length: 3 }, () => {
    const started = performance.now();
    pattern.lastIndex = 0;
    while (pattern.exec(text) !== null);
    return performance.now() - started;
  });
  return Math.min(...times);
}

const rows = DETECTORS.map(({ category, locale, triggers, context, pattern }) => {
  const [first] = triggers ?? context ?? ['12 34'];
  const { status, complexity, attack } = checkSync(pattern.source, pattern.flags.replace('d', ''), {
    timeout: CHECK_MILLIS,
  });
  // Without a proposal: what triggers it, over and over.
  const form = attack ?? { pumps: [{ prefix: '', pump: `${first}a1-` }], suffix: '\0' };
  const [least, , , last] = SIZES.map((size) => millis(pattern, grown(form, size)));
  return {
    detector: locale === undefined ? category : `${category} ${locale}`,
    'looks for': triggers === undefined && context === undefined ? 'digits' : first,
    checker: status === 'safe' ? 'safe' : `${status}, ${complexity?.type ?? ''} ${complexity?.degree ?? ''}`,
    'V8: ms for 400,000 characters of the attack': rounded(last),
    'grows with the text to the power of': rounded(Math.log2(Math.max(last, 0.05) / Math.max(least, 0.05)) / 3),
  };
});
report('patterns', 'Attacks on the patterns of the redactor', rows, [
  'What the checker (recheck 4.5.0) calls vulnerable it has counted on a matcher of its own; V8 takes time that grows with the text.',
]);
