import type { Verdicts } from './verify/report.ts';

/** What each answer of a verdict means, in the words of a reader. Every answer has one: a verdict is never a bare yes. */
export const VERDICT_TEXTS: { readonly [V in keyof Verdicts]: Readonly<Record<Verdicts[V], string>> } = {
  integrity: {
    consistent: 'Lines are whole and linked; every sealed root recomputes.',
    inconsistent: 'What is here is not what was written.',
    malformed: 'Not this format: altered, damaged, or something else.',
  },
  authenticity: {
    signed: 'Sealed by a key that you gave.',
    shared_key: 'By the shared key you gave: whoever can check it can forge it.',
    unknown_key: 'Signed by a key that you did not give: by whom is not shown.',
    none: 'Nobody signed it: whoever had it could have written it all.',
    failed: 'A signature does not stand, or a part is not by your keys.',
  },
  independence: {
    self_attested: 'No outside witness: its writer could have rewritten all of it.',
    witnessed: 'Witnesses cosigned it: what they saw nobody can rewrite.',
    time_stamped: 'What was stamped nobody can have rewritten since.',
    failed: 'Somebody is said to vouch for it, and does not.',
    earlier_record: 'What your earlier record sealed still stands; later is its word.',
  },
  completeness: {
    holds: 'Every segment cited is here; each was closed or recovered.',
    open: 'A segment is open: more may have followed, or follow yet.',
    selection: 'What was given is whole; that it is all is not shown.',
    fails: 'Something was removed, cut or changed, or never closed.',
  },
  history: {
    not_checked: 'No earlier record compared: a rollback would not show.',
    extends: 'It goes on from the earlier record that you gave.',
    not_compared: 'It has nothing in common with the earlier record.',
    missing: 'You hold a segment that is not here.',
    rollback: 'You hold a later state: sealed entries were taken away.',
    fork: 'Another history than the one you hold: something was rewritten.',
  },
  time: {
    self_asserted: 'No time-stamp: times are what the clock of its writer said.',
    anchored: 'What others stamped or cosigned is no younger than that.',
    contradicted: 'The clock of its writer and an outside witness disagree.',
    clock_set: 'The clock of its writer was set meanwhile, by its own record.',
    heartbeat_missing: 'A declared heartbeat was not kept: stopped, frozen, or cut.',
  },
  mapping: {
    yes: 'Header, totals and controls recompute from the entries.',
    no: 'Header, totals or controls are not those of the entries.',
    catalogue_unknown: 'Catalogue not known here: controls were not recomputed.',
    not_annotated: 'There are no controls to recompute.',
  },
  disclosure: {
    nothing_withheld: 'Nothing was withheld from the reader.',
    disclosed: 'What was withheld is disclosed, and is what was withheld.',
    withheld: 'Some values are withheld: only their digests are here.',
    erased: 'Some values were erased, as the log records.',
    failed: 'What is disclosed, or said to be erased, does not fit.',
  },
};
