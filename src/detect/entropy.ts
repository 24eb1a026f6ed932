import type { Check, Detector } from './detector.ts';

/** Shannon's entropy of its characters, in bits each. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / text.length) * Math.log2(count / text.length);
  return entropy;
}

/** Of keys drawn from 62 letters and digits, 24 long, one in a thousand has less. */
const MIN_ENTROPY_BITS = 3.6;

/** Digits and letters of both cases, none of them words; hex is a digest as often as a key, and stays. */
const isHighEntropy: Check = {
  name: 'entropy',
  holds: (value) =>
    /[0-9]/.test(value) &&
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    !/^(?:sha[0-9]+-|[0-9A-Fa-f-]+$)/.test(value) &&
    entropyOf(value) >= MIN_ENTROPY_BITS,
};

/** Guesses, and takes many an id for a secret: runs only where it is asked for by name. */
export const ENTROPY_DETECTORS: readonly Detector[] = [
  {
    category: 'high_entropy_secret',
    triggers: ['#token'],
    pattern: /(?<![A-Za-z0-9+/_=.-])[A-Za-z0-9+/_-]{20}[A-Za-z0-9+/_-]{0,236}={0,2}(?![A-Za-z0-9+/_=-])/dg,
    check: isHighEntropy,
  },
];
