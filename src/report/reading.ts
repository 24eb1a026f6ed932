import { catalogueFrameworks } from '../frameworks/index.ts';
import { evidenceOf, type FrameworkEvidence } from '../frameworks/evidence.ts';
import { encodeHex } from '../base64.ts';
import { isObject } from '../canonical.ts';
import { at, textOf, type JsonObject, type JsonValue } from '../json.ts';
import { leafHash } from '../merkle.ts';
import { DECLARED_HEADER_MEMBERS } from '../pack-header.ts';
import { PackSummary } from '../pack-summary.ts';
import type { Primitives } from '../primitives.ts';
import { Keys } from '../verify/keys.ts';
import type { Report } from '../verify/report.ts';
import type { SeenEntry } from '../verify/seen.ts';
import { Exceptions, placeOf, type ExceptionGroup } from './exceptions.ts';
import { OversightFigures, Reviewers, type Oversight } from './oversight.ts';
import { Stories, type Place, type Story } from './stories.ts';
import { TimeLine, type TimePart } from './timeline.ts';
import { WhatRan, type Running } from './running.ts';

export interface ReadingOptions {
  /** Verifier keys of reviewers who sign their reviews. */
  readonly reviewerKeys?: readonly string[];
  /** Show who reviewed, instead of R1, R2 …. Default false. */
  readonly names?: boolean;
  /** Tell apart only these decisions; what is counted of decisions is then of these. */
  readonly decisions?: readonly string[];
  /** Keep the steps of these decisions alone; all are counted. */
  readonly pagesOf?: readonly string[];
  /** Give steps their leaf hashes. Default false. */
  readonly leafHashes?: boolean;
}

/** Somebody held the record against another count. */
export interface Reconciliation extends Place {
  readonly ts: string;
  readonly payload: JsonObject;
}

/** Who has a copy, and who did what with the record. */
export interface Custody extends Place {
  readonly ts: string;
  readonly payload: JsonObject;
}

/** What is in a file, read while it was verified; worth what its `report` says. */
export interface RecordRead {
  readonly report: Report;
  readonly header: JsonObject;
  readonly summary: JsonObject;
  readonly profile: JsonObject;
  /** The day for which it is said what is in force. */
  readonly day: string;
  /** Empty unless the annotations were recomputed (`mapping` is `yes`): what the file says of itself shows nothing. */
  readonly evidence: readonly FrameworkEvidence[];
  /** Ids of frameworks whose catalogue is not known here. */
  readonly unknownFrameworks: readonly string[];
  readonly stories: readonly Story[];
  readonly storiesLeftOut: number;
  /** Of ids that are not told apart, be they of decisions or not. */
  readonly entriesLeftOut: number;
  readonly exceptions: readonly ExceptionGroup[];
  readonly oversight: Oversight;
  readonly reviewers: Reviewers;
  readonly reconciliations: readonly Reconciliation[];
  readonly custody: readonly Custody[];
  readonly running: Running;
  readonly timeLine: readonly TimePart[];
  /** Digests of profiles that segments declare; undefined if the file has no beginning of a segment. */
  readonly declaredProfiles: readonly string[] | undefined;
  /** Kinds of content that the log does not record; undefined if the file does not say. */
  readonly notCaptured: readonly string[] | undefined;
  /** Where the writer's clock comes from, by its own word. */
  readonly clocks: readonly string[];
  readonly services: readonly string[];
}

const MAX_KEPT = 500;

/** Reads what a report shows of a file, entry after entry: give {@link Reading.onEntry} to a verifier. */
export class Reading {
  readonly #primitives: Primitives;
  /** What a pack counts, of a file that is none. */
  readonly #summary: PackSummary;
  /** The last `audit_open`: what a pack would say in its header. */
  #lastOpening: JsonObject | undefined;
  readonly #stories: Stories;
  readonly #reviewers: Reviewers;
  readonly #oversight: OversightFigures;
  readonly #exceptions = new Exceptions();
  readonly #running = new WhatRan();
  readonly #timeLine = new TimeLine();
  readonly #reconciliations: Reconciliation[] = [];
  readonly #custody: Custody[] = [];
  readonly #profiles = new Set<string>();
  readonly #clocks = new Set<string>();
  readonly #services = new Set<string>();

  /** @throws TypeError if a reviewer's key is none */
  constructor(
    primitives: Primitives,
    { reviewerKeys = [], names = false, decisions, pagesOf, leafHashes = false }: ReadingOptions = {},
  ) {
    this.#primitives = primitives;
    this.#summary = new PackSummary(primitives);
    const leafOf = (line: Uint8Array): string => encodeHex(leafHash(primitives.sha256, line));
    this.#stories = new Stories({ only: decisions, stepsOf: pagesOf, leafHash: leafHashes ? leafOf : undefined });
    this.#reviewers = new Reviewers(names);
    this.#oversight = new OversightFigures(this.#reviewers, new Keys(primitives, reviewerKeys, []));
  }

  readonly onEntry = (seen: SeenEntry): void => {
    const { entry, segment = '', beside } = seen;
    if (beside === undefined) this.#summary.entry(entry, undefined);
    const story = this.#stories.see(seen);
    this.#exceptions.see(seen, story);
    this.#running.see(seen);
    this.#timeLine.see(seen);
    const place = { segment, seq: entry.seq, ts: entry.ts, payload: entry.payload };
    switch (entry.type) {
      case 'human_oversight':
        if (this.#oversight.see(seen) === 'failed') this.#exceptions.add('reviewer_signature', placeOf(seen));
        break;
      case 'reconciliation':
        keep(this.#reconciliations, place);
        break;
      case 'custody':
        keep(this.#custody, place);
        break;
      case 'audit_open':
        this.#opening(entry.payload);
        break;
    }
  };

  #opening(payload: JsonObject): void {
    this.#lastOpening = payload;
    add(this.#profiles, payload['profile_digest']);
    add(this.#clocks, at(payload, 'clock', 'source') ?? (payload['clock'] === undefined ? undefined : 'unknown'));
    add(this.#services, at(payload, 'service', 'name') ?? at(payload, 'process', 'host'));
  }

  /** What the header and the totals of a pack would say. */
  #asPack({ log, segments }: Report): { readonly header: JsonObject; readonly summary: JsonObject } {
    const opening = this.#lastOpening ?? {};
    const { system, key } = opening;
    for (const { state, entries, sealed } of segments) this.#summary.segment(state === 'closed' ? 0 : entries - sealed);
    const declared = DECLARED_HEADER_MEMBERS.map((member) => [member, opening[member]]);
    return {
      header: { ...Object.fromEntries(declared), log, system, key: key ?? null },
      summary: this.#summary.toObject(),
    };
  }

  /**
   * After the last entry.
   *
   * @param report - what the verifier answered
   * @param catalogue - the content of the catalogue file beside the pack
   */
  end(report: Report, catalogue?: JsonValue): RecordRead {
    const { header, summary = {} } = report.pack ?? this.#asPack(report);
    const profile = isObject(header['profile']) ? header['profile'] : {};
    const day = textOf(profile['date']) || (textOf(header['created']) || textOf(summary['last_ts'])).slice(0, 10);
    const listed = Array.isArray(header['frameworks']) ? (header['frameworks'] as readonly JsonValue[]) : [];
    const known = catalogueFrameworks(this.#primitives, listed, catalogue);
    const counts = isObject(summary['controls']) ? summary['controls'] : {};
    const stories = this.#stories.all;
    return {
      report,
      header,
      summary,
      profile,
      day,
      evidence:
        report.verdicts.mapping === 'yes' ? known.map((framework) => evidenceOf(framework, counts, profile, day)) : [],
      unknownFrameworks: listed.flatMap((item) => {
        const id = textOf(at(item, 'id'));
        return known.some((framework) => framework.id === id) ? [] : [id];
      }),
      stories,
      storiesLeftOut: this.#stories.further,
      entriesLeftOut: this.#stories.furtherEntries,
      exceptions: this.#exceptions.end(stories, report),
      oversight: this.#oversight.end(stories),
      reviewers: this.#reviewers,
      reconciliations: this.#reconciliations,
      custody: this.#custody,
      running: this.#running.end(),
      timeLine: this.#timeLine.end(),
      declaredProfiles: this.#lastOpening && [...this.#profiles],
      notCaptured: this.#lastOpening && notCaptured(this.#lastOpening),
      clocks: [...this.#clocks],
      services: [...this.#services],
    };
  }
}

function notCaptured({ capture }: JsonObject): readonly string[] {
  return isObject(capture) ? Object.keys(capture).filter((kind) => capture[kind] === 'none') : [];
}

function keep<T>(list: T[], item: T): void {
  if (list.length < MAX_KEPT) list.push(item);
}

function add(texts: Set<string>, value: JsonValue | undefined): void {
  if (typeof value === 'string' && texts.size < MAX_KEPT) texts.add(value);
}
