import type { Verdicts } from '../verify/report.ts';

/** What each answer of a verdict means, in the words of a reader. Every answer has one: a verdict is never a bare yes. */
export const VERDICT_TEXTS: { readonly [V in keyof Verdicts]: Readonly<Record<Verdicts[V], string>> } = {
  integrity: {
    consistent: 'Every line is whole and linked to the one before, and every sealed root recomputes.',
    inconsistent: 'What is here is not what was written.',
    malformed: 'This breaks the format: it was altered or damaged, or it is something else.',
  },
  authenticity: {
    signed: 'Sealed by a key that you gave.',
    shared_key: 'Sealed by the shared key that you gave: whoever can check it can forge it.',
    unknown_key: 'Signed by a key that you did not give: who made it is not shown.',
    none: 'Nobody signed this: whoever had the file could have written all of it.',
    failed: 'A signature does not stand, or some part is not by a key that you gave.',
  },
  independence: {
    self_attested: 'Nobody but its own writer vouches for it: who holds the key could have rewritten it all.',
  },
  completeness: {
    holds: 'Every segment that another one cites is here, and each was closed or recovered.',
    open: 'A segment is still open: more may have followed, or follow yet.',
    selection: 'What was given is whole. That there is nothing else is not shown.',
    fails: 'Something was removed, cut or changed, or a segment was never closed.',
  },
  history: {
    not_checked: 'Nothing earlier was compared: a fork, a rollback or a missing end would not show.',
  },
  time: {
    not_checked: 'No time-stamp was checked: the times are what the clock of the writer said.',
  },
  mapping: {
    yes: 'Header, totals and controls recompute from the entries and the catalogue.',
    no: 'Header, totals or controls are not those of the entries and the catalogue.',
    catalogue_unknown: 'Its catalogue is not known here: the controls are attested, and were not recomputed.',
    not_annotated: 'There are no controls to recompute.',
  },
  disclosure: {
    nothing_withheld: 'No value was withheld from the reader.',
    failed: 'Withheld values cannot be checked, or do not fit.',
  },
};
