export type { Redaction, RedactedField, Redactor } from './redactor.ts';
export type { Detector } from './detector.ts';
export { DETECTORS, DETECTOR_NAMES, detectorsDocument, type DetectorDocument } from './detectors.ts';
export { defaultRedactor } from './default-redactor.ts';
