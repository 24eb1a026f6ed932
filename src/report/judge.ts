import { didYouMean } from '../did-you-mean.ts';
import { counted } from '../counted.ts';
import { at, textOf } from '../json.ts';
import type { PositiveStrength } from '../frameworks/framework.ts';
import type { ExceptionKind } from './exceptions.ts';
import type { RecordRead } from './reading.ts';
import { personReviews } from './stories.ts';
import { EN } from './text/en.ts';

/** Whether a record holds what somebody asks of it. What it cannot show does not hold. */

/** From the weakest to the strongest. */
export const POSITIVE_STRENGTHS: readonly PositiveStrength[] = ['contextual', 'supporting', 'direct'];

export interface Requirement {
  readonly control: string;
  readonly strength: PositiveStrength;
}

export interface Answer {
  readonly asked: string;
  readonly holds: boolean;
  readonly found: string;
}

/** Whether some entry is evidence for a control, of the strength asked for or of a stronger one. */
export function evidenceFor(record: RecordRead, { control, strength }: Requirement): Answer {
  const asked = `${control} has evidence that is ${strength}${strength === 'direct' ? '' : ' or stronger'}`;
  const why = notRecomputed(record);
  if (why !== undefined) return { asked, holds: false, found: why };
  const controls = record.evidence.flatMap(({ framework, controls: of }) => of.map((each) => ({ framework, ...each })));
  const [found, ...others] = controls.filter(({ control: { id } }) => id === control);
  if (found === undefined) {
    const known = didYouMean(
      control,
      controls.map(({ control: { id } }) => id),
    );
    return { asked, holds: false, found: `the pack is annotated with no such control${known}` };
  }
  if (others.length > 0) {
    const ids = [found, ...others].map(({ framework: { id } }) => id).join(', ');
    return { asked, holds: false, found: `not shown: several frameworks have a control of that id (${ids})` };
  }
  const { counts, applicability } = found;
  const enough = POSITIVE_STRENGTHS.slice(POSITIVE_STRENGTHS.indexOf(strength)).reduce(
    (sum, each) => sum + counts[each],
    0,
  );
  const said = [
    counted(enough, 'entry', 'entries'),
    ...(counts.exception > 0
      ? [
          `${counted(counts.exception, 'entry speaks', 'entries speak')} against it or ${counts.exception === 1 ? 'needs' : 'need'} an explanation`,
        ]
      : []),
    ...(applicability.state === 'not_in_force' ? [`not in force until ${applicability.until}`] : []),
    ...(applicability.state === 'not_applicable'
      ? [`not applicable: ${EN.evidence.because(applicability.because)}`]
      : []),
  ];
  return { asked, holds: enough > 0, found: said.join('; ') };
}

/** Whether there is no exception of a kind in what the pack holds. */
export function absenceOf(record: RecordRead, kind: ExceptionKind): Answer {
  // A pack of a period holds each segment that meets it, whole; one of a decision leaves out what belongs to none.
  const within = at(record.header, 'selection', 'kind') === 'period' ? ' in the period' : '';
  const asked = `no ${kind}${within}`;
  const why = notShown(record, kind);
  if (why !== undefined) return { asked, holds: false, found: why };
  const count = record.exceptions.find((group) => group.kind === kind)?.count ?? 0;
  const found = count === 0 ? 'none' : `${counted(count, 'time')}: ${EN.exceptionKinds[kind][1]}`;
  return { asked, holds: count === 0, found };
}

/** Controls are judged by this version's own catalogue, recomputed: whoever made the pack may bring another one. */
function notRecomputed({ report }: RecordRead): string | undefined {
  const { mapping } = report.verdicts;
  if (mapping !== 'yes') return `not shown: the controls were not recomputed (mapping ${mapping})`;
  return report.notices.some(({ code }) => code === 'catalogue_beside')
    ? 'not shown: the pack brings a catalogue of its own'
    : undefined;
}

/** Why a pack cannot show that there is no exception of a kind. */
function notShown(record: RecordRead, kind: ExceptionKind): string | undefined {
  const { storiesLeftOut, entriesLeftOut, header, oversight } = record;
  if (kind === 'control') return notRecomputed(record);
  if (at(header, 'selection', 'kind') === 'decision') return 'not shown: the pack holds one decision';
  if (storiesLeftOut + entriesLeftOut > 0) return 'not shown: there are too many decisions to tell apart';
  if (kind === 'own_review') return ownReviewNotShown(record);
  const { unknown_key: unknown } = oversight.signatures;
  return kind === 'reviewer_signature' && unknown > 0
    ? `not shown: ${counted(unknown, 'signature is by a key that was', 'signatures are by keys that were')} not given`
    : undefined;
}

/** Whether a review is of one's own takes both names. */
function ownReviewNotShown({ stories }: RecordRead): string | undefined {
  const reviewed = stories.filter((story) => personReviews(story).length > 0);
  if (reviewed.some(({ begun }) => begun === undefined)) {
    return 'not shown: a reviewed decision begins outside of the pack';
  }
  if (reviewed.some(({ reviewsLeftOut }) => reviewsLeftOut > 0)) return 'not shown: a decision has too many reviews';
  const isNamed = reviewed.every((story) =>
    personReviews(story).every(({ payload }) => textOf(payload['reviewer']) !== ''),
  );
  return isNamed ? undefined : 'not shown: not every reviewer is named';
}
