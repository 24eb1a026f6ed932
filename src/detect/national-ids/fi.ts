import { isDay } from '../checksums.ts';
import type { Check, Detector } from '../detector.ts';
import { alone } from './boundary.ts';

/** Digi- ja väestötietovirasto: the sign says the century, those after `A` and `-` since 2023. */
const HETU = alone('(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]');

const isHetu: Check = {
  name: 'fi_hetu',
  holds(value) {
    if (!isDay(Number(value.slice(2, 4)), Number(value.slice(0, 2)))) return false;
    const number = Number(value.slice(0, 6) + value.slice(7, 10));
    return '0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31] === value[10];
  },
};

export const FI: readonly Detector[] = [
  { category: 'national_id', locale: 'fi', digits: 6, pattern: HETU, check: isHetu },
];
