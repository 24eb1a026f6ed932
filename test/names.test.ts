import { fc } from './fast-check.ts';
import { describe, expect, it } from 'vitest';

import { isLogName, isSegmentName, isTime, segmentMillis, segmentName, segmentOfFile } from '../src/names.ts';
import { isKeyName } from '../src/note.ts';

describe('names of logs', () => {
  it.each(['a', 'example.com/payments', 'A-Z_0.9~', '-', '...', '.a', 'a..b', 'a/b/c', 'x'.repeat(200)])(
    '%j',
    (name) => {
      expect(isLogName(name)).toBe(true);
      expect(isKeyName(name)).toBe(true);
    },
  );

  it.each([
    ['nothing', ''],
    ['201 characters', 'x'.repeat(201)],
    ['a slash alone', '/'],
    ['a slash before', '/a'],
    ['a slash behind', 'a/'],
    ['two slashes', 'a//b'],
    ['a dot', '.'],
    ['two dots', '..'],
    ['two dots before', '../a'],
    ['two dots inside', 'a/../b'],
    ['two dots behind', 'a/..'],
    ['a dot inside', 'a/./b'],
    ['a backslash', 'a\\b'],
    ['a colon', 'https://example.com'],
    ['a percent sign', 'a%2fb'],
    ['a plus', 'a+b'],
    ['a space', 'a b'],
    ['a line feed behind', 'a\n'],
    ['NUL', 'a\0'],
    ['another letter', 'lög'],
    ['a full-width letter', 'ａ'],
  ])('not with %s', (_, name) => {
    expect(isLogName(name)).toBe(false);
  });
});

describe('names of segments', () => {
  const NAME = '20261123T093000Z-3e73456789abcdef';

  it('are a second, a millisecond and 13 random digits, and the file ends in .jsonl', () => {
    expect(isSegmentName(NAME)).toBe(true);
    expect(segmentOfFile(`${NAME}.jsonl`)).toBe(NAME);
    expect(segmentName(Date.parse('2026-11-23T09:30:00.999Z'), '3456789abcdef')).toBe(NAME);
    expect(segmentMillis(NAME)).toBe(Date.parse('2026-11-23T09:30:00.999Z'));
    // Another writer's digits may all be random.
    expect(segmentMillis(NAME.replace('3e7', 'fff'))).toBe(Date.parse('2026-11-23T09:30:00.999Z'));
  });

  it.each([
    '',
    ` ${NAME}`,
    `${NAME}\n`,
    `${NAME}.jsonl`,
    `../${NAME}`,
    NAME.slice(1),
    `${NAME}0`,
    NAME.toUpperCase(),
    NAME.toLowerCase(),
    NAME.replace('Z', ''),
    NAME.replace('-', '_'),
    NAME.replace('abcdef', 'abcdeg'),
    '2026-11-23T09:30:00Z-0123456789abcdef',
  ])('not %j', (name) => {
    expect(isSegmentName(name)).toBe(false);
    expect(segmentOfFile(`${name}.jsonl`)).toBeUndefined();
  });

  it.each([
    NAME,
    `${NAME}.json`,
    `${NAME}.JSONL`,
    `${NAME}.jsonl\n`,
    `${NAME}.jsonl.gz`,
    `${NAME}xjsonl`,
    `${NAME}.disclosures.jsonl`,
    `./${NAME}.jsonl`,
    `audit/${NAME}.jsonl`,
  ])('no segment file: %j', (file) => {
    expect(segmentOfFile(file)).toBeUndefined();
  });

  it('sort by the time they were opened', () => {
    const millis = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59.999Z') });
    fc.assert(
      fc.property(millis, millis, (one, other) => {
        const [first, second] = [segmentName(one, 'f'.repeat(13)), segmentName(other, '0'.repeat(13))];
        expect(isSegmentName(first)).toBe(true);
        expect(segmentMillis(first)).toBe(one);
        if (one !== other) expect(first < second).toBe(one < other);
      }),
    );
  });
});

describe('times', () => {
  it.each([
    '1970-01-01T00:00:00.000Z',
    '2024-02-29T23:59:59.999Z',
    '2000-02-29T00:00:00.000Z',
    '2026-11-23T09:30:00.123Z',
    '9999-12-31T23:59:59.999Z',
  ])('%s', (time) => {
    expect(isTime(time)).toBe(true);
  });

  it.each([
    ['30 February', '2024-02-30T00:00:00.000Z'],
    ['29 February of no leap year', '2023-02-29T00:00:00.000Z'],
    ['29 February 2100', '2100-02-29T00:00:00.000Z'],
    ['31 April', '2026-04-31T00:00:00.000Z'],
    ['day 0', '2026-04-00T00:00:00.000Z'],
    ['day 32', '2026-01-32T00:00:00.000Z'],
    ['month 0', '2026-00-01T00:00:00.000Z'],
    ['month 13', '2026-13-01T00:00:00.000Z'],
    ['hour 24', '2026-11-23T24:00:00.000Z'],
    ['hour 25', '2026-11-23T25:00:00.000Z'],
    ['minute 60', '2026-11-23T09:60:00.000Z'],
    ['second 60', '2016-12-31T23:59:60.000Z'],
    ['year 1969', '1969-12-31T23:59:59.999Z'],
    ['year 0', '0000-01-01T00:00:00.000Z'],
    ['year 10000', '10000-01-01T00:00:00.000Z'],
    ['year 10000 as ECMAScript writes it', '+010000-01-01T00:00:00.000Z'],
    ['a negative year', '-000001-01-01T00:00:00.000Z'],
    ['no milliseconds', '2026-11-23T09:30:00Z'],
    ['one digit of a second', '2026-11-23T09:30:00.1Z'],
    ['microseconds', '2026-11-23T09:30:00.000000Z'],
    ['a comma', '2026-11-23T09:30:00,000Z'],
    ['no zone', '2026-11-23T09:30:00.000'],
    ['an offset', '2026-11-23T09:30:00.000+00:00'],
    ['lower case', '2026-11-23t09:30:00.000z'],
    ['a space', '2026-11-23 09:30:00.000Z'],
    ['a line feed behind', '2026-11-23T09:30:00.000Z\n'],
    ['a space before', ' 2026-11-23T09:30:00.000Z'],
    ['short numbers', '2026-1-1T9:30:00.000Z'],
    ['digits of another script', '２０２６-11-23T09:30:00.000Z'],
    ['a date', '2026-11-23'],
    ['nothing', ''],
  ])('not %s', (_, time) => {
    expect(isTime(time)).toBe(false);
  });

  it('are all that Date writes from 1970 to 9999, and nothing else', () => {
    const millis = fc.integer({
      min: Date.parse('1960-01-01T00:00:00.000Z'),
      max: Date.parse('9999-12-31T23:59:59.999Z'),
    });
    fc.assert(
      fc.property(millis, (value) => {
        expect(isTime(new Date(value).toISOString())).toBe(value >= 0);
      }),
    );
    const number = (max: number, digits: number): fc.Arbitrary<string> =>
      fc.nat({ max }).map((value) => String(value).padStart(digits, '0'));
    const parts = fc.tuple(number(9999, 4), number(13, 2), number(32, 2), number(25, 2), number(61, 2), number(61, 2));
    fc.assert(
      fc.property(parts, ([year, month, day, hour, minute, second]) => {
        const [y, m, d, h, min, s] = [year, month, day, hour, minute, second].map(Number) as [
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
        const days = [0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m] ?? 0;
        const exists = y >= 1970 && d >= 1 && d <= days && h < 24 && min < 60 && s < 60;
        expect(isTime(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`)).toBe(exists);
      }),
      { numRuns: 5_000 },
    );
  });
});
