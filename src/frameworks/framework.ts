import type { EntryType } from '../entry.ts';

/**
 * The shapes of the catalogue: the same in memory as in `<pack>.catalogue.json`.
 * Entries are evidence that a reader may use for a control; nothing here says that a control is met.
 */

/** From the strongest to the weakest; `exception` stands beside them and is never netted against them. */
export const STRENGTHS = ['direct', 'supporting', 'contextual', 'exception'] as const;

/** How an entry bears on a control. */
export type Strength = (typeof STRENGTHS)[number];

/** A strength that speaks for the control. */
export type PositiveStrength = Exclude<Strength, 'exception'>;

/** What each strength means, as it stands in every catalogue document. */
export const STRENGTH_MEANINGS: Readonly<Record<Strength, string>> = {
  direct: 'the entry is itself an instance of what the clause says must be done or recorded',
  supporting: 'the entry is consistent with the clause being met; another document must show the rest',
  contextual: 'background a reader needs; alone it evidences nothing',
  exception:
    'the entry speaks against the clause being met, or needs an explanation; shown first, never netted against the others',
};

/** What the parts of a framework are. */
export const CONTROL_KINDS = ['requirement', 'outcome', 'suggested_action', 'control', 'criterion', 'risk'] as const;

export type ControlKind = (typeof CONTROL_KINDS)[number];

/** Where a value stands: member names after `payload` (of the entry) or `profile`, joined by dots. */
export type Path = `payload.${string}` | `profile.${string}`;

/** What conditions compare. */
export type Scalar = string | number | boolean | null;

/**
 * A condition over one entry and the profile.
 *
 * A path names a value or is absent; an absent operand makes every operation false but `not`.
 * Only scalars equal each other: an array or object equals nothing, itself included.
 * `present`: there, not null, not an empty array, object or string. `eq`, `ne`, `in`: equality.
 * `includes_any`: an array shares an item with the list. `group_any`: an item of the array is in one of the named
 * category groups, or is such a group's own name. `only`: an array, not empty, all in the list.
 * `in_profile`: the value is in the profile's array. `gt`, `gte`: numbers. `ne_field`: both there, and not equal.
 */
export type Predicate =
  | readonly ['always']
  | readonly ['and' | 'or', Predicate, ...Predicate[]]
  | readonly ['not', Predicate]
  | readonly ['present', Path]
  | readonly ['eq' | 'ne', Path, Scalar]
  | readonly ['in' | 'includes_any' | 'only', Path, readonly Scalar[]]
  | readonly ['group_any', Path, readonly string[]]
  | readonly ['in_profile', Path, `profile.${string}`]
  | readonly ['gt' | 'gte', Path, number]
  | readonly ['ne_field', Path, Path];

/** A {@link Predicate} in which a date of the profile may be held against the control's own `applies_from` date. */
export type TransitionRule =
  | Predicate
  | readonly ['and' | 'or', TransitionRule, ...TransitionRule[]]
  | readonly ['not', TransitionRule]
  | readonly ['gt' | 'gte', `profile.${string}`, 'applies_from'];

/** Category group → the categories in it. */
export type CategoryGroups = Readonly<Record<string, readonly string[]>>;

/** One clause, outcome, criterion or control of a framework. */
export interface Control {
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  /** What entries can show of it, and where that ends. */
  readonly evidence_for: string;
  /** Whose duty it is; none where the framework does not say. */
  readonly role?: string | readonly string[];
  /** `YYYY-MM-DD` by the profile's `risk_class` (`annex_iii`, `annex_i`), or `all`. */
  readonly applies_from?: Readonly<Record<string, string>>;
  /** On the profile alone: where it does not hold, the control is not applicable. */
  readonly applies_if?: Predicate;
  /** Set where the text or the date needs another look. */
  readonly confidence?: string;
}

/** Entries of `entry_type` for which `when` holds bear on `controls`, each with its `strength`. */
export interface Rule {
  readonly entry_type: EntryType;
  readonly when: Predicate;
  readonly controls: readonly string[];
  readonly strength: Readonly<Record<string, Strength>>;
}

/** What no log can show, and which document to ask for instead. */
export interface NotInLogs {
  readonly id: string;
  readonly clause: string;
  readonly title: string;
  readonly ask_for: string;
}

/** One framework of the catalogue, self-contained: its annotations follow from it, one entry and the profile. */
export interface Framework {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly title: string;
  /** The edition of the framework itself. */
  readonly version: string;
  readonly source: string;
  readonly kind: ControlKind;
  /** Where the framework stands in law or practice, at `status_as_of` (`YYYY-MM-DD`). */
  readonly status: string;
  readonly status_as_of: string;
  /** Which systems that were there before it are caught. */
  readonly transition?: { readonly clause: string; readonly rule: TransitionRule; readonly text: string };
  readonly notes?: readonly string[];
  /** The groups that its `group_any` conditions name, here so that the framework's digest covers them. */
  readonly category_groups?: CategoryGroups;
  readonly controls: readonly Control[];
  /** Entry type → the controls that every such entry bears on; the strengths stand in `mapping_strength`. */
  readonly mapping: Readonly<Partial<Record<EntryType, readonly string[]>>>;
  readonly mapping_strength: Readonly<Partial<Record<EntryType, Readonly<Record<string, Strength>>>>>;
  readonly conditional_mapping: readonly Rule[];
  /** Part of a report over a whole pack → the controls that it, and no single entry, bears on. */
  readonly pack_level: Readonly<Record<string, readonly string[]>>;
  readonly not_evidenced_by_logs: readonly NotInLogs[];
}
