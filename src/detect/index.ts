export { CATEGORIES, GROUPS, OPT_IN, type Category, type Group } from './categories.ts';
export { LOCALES, type DetectorDocument, type Locale } from './detector.ts';
export { scannerOf, type Find, type Scanner, type ScannerOptions } from './scanner.ts';
