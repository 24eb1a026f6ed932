import { describe, expect, test } from 'vitest';

import { changedResult, MAX_STORIES, personReviews, Stories } from '../../src/report/stories.ts';
import type { EntryType } from '../../src/entry.ts';
import type { JsonObject } from '../../src/json.ts';
import type { SeenEntry } from '../../src/verify/seen.ts';

/** Whoever writes a record chooses how many decisions and reviews are in it. */

const NO_BYTES = new Uint8Array(0);
let seq = 0;

function seen(type: EntryType, id: string, payload: JsonObject = {}): SeenEntry {
  const entry = { v: 1, type, ts: '2026-07-01T00:00:00.000Z', seq: seq++, prev_hash: '', decision_id: id, payload };
  return {
    entry,
    bytes: NO_BYTES,
    segment: 's',
    line: 1,
    controls: undefined,
    beside: undefined,
  };
}

const review = (payload: JsonObject): SeenEntry => seen('human_oversight', 'd', payload);

describe('decisions', () => {
  test('keep their places, whatever else names ids of decisions', () => {
    const stories = new Stories({});
    for (let index = 0; index < MAX_STORIES; index++) stories.see(seen('policy_flag', `other-${index}`));
    for (let index = 0; index < MAX_STORIES; index++) stories.see(seen('decision', `d-${index}`));
    expect(stories.further).toBe(0);
    expect(stories.all.filter(({ begun }) => begun !== undefined).length).toBe(MAX_STORIES);
    stories.see(seen('decision', 'one-more'));
    expect(stories.further).toBe(1);
  });

  test('whose first entry stands before their beginning are one decision each', () => {
    const stories = new Stories({});
    stories.see(seen('llm_call', 'd'));
    stories.see(seen('decision', 'd'));
    stories.see(seen('decision_end', 'd', { outcome: 'ok', result: 'approved' }));
    expect(stories.all.map(({ counts }) => counts)).toEqual([{ llm_call: 1, decision: 1, decision_end: 1 }]);
  });
});

describe('reviews', () => {
  test('by persons are found behind any number of others, and the last of them is the last', () => {
    const stories = new Stories({});
    stories.see(seen('decision', 'd'));
    for (let index = 0; index < 150; index++) stories.see(review({ reviewer_kind: 'model', reviewer: `m-${index}` }));
    for (let index = 0; index < 150; index++) {
      stories.see(review({ reviewer_kind: 'person', reviewer: `p-${index}`, final_result: `result-${index}` }));
    }
    const [story] = stories.all;
    if (story === undefined) throw new Error('no story');
    expect(personReviews(story).length).toBe(100);
    expect(changedResult(story)).toBe('result-149');
    expect(story.reviewsLeftOut).toBe(200);
  });
});
