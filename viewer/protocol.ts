import type { HmacKey, Report } from '../src/verify/index.ts';
import type { Proof } from './proof.ts';

/** What the page asks its worker, and what it is answered. HTML in answers is made by the tagged template alone. */

export interface VerifyRequest {
  readonly kind: 'verify';
  readonly file: Blob;
  readonly name: string;
  /** `<pack>.catalogue.json`. */
  readonly catalogue?: Blob;
  /** `<segment>.disclosures.jsonl`. */
  readonly disclosures?: Blob;
  readonly keys: readonly string[];
  readonly hmacKeys: readonly HmacKey[];
  readonly reviewerKeys: readonly string[];
  /** A noted checkpoint, or the empty text. */
  readonly checkpoint: string;
  readonly allowUnsigned: boolean;
  readonly live: boolean;
}

/** About the file that was verified last. */
export type Request =
  | VerifyRequest
  | { readonly kind: 'decision'; readonly id: string }
  | { readonly kind: 'proof'; readonly segment: string; readonly seq: number };

export interface Verified {
  readonly kind: 'verified';
  readonly report: Report;
  /** As of `spanseal verify`. */
  readonly exit: number;
  /** The verdict in short, and the record below it. */
  readonly verdict: string;
  readonly record: string;
  /** How many decisions there are to follow. */
  readonly decisions: number;
}

export type Answer =
  | { readonly kind: 'progress'; readonly bytes: number }
  | Verified
  | { readonly kind: 'story'; readonly html: string }
  | { readonly kind: 'proof'; readonly segment: string; readonly seq: number; readonly proof: Proof }
  /** What was asked cannot be answered: a key that is none, a decision that is not there. */
  | { readonly kind: 'refused'; readonly why: string };
