import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../local/functions-host/triggers/timer/schedule.ts';

function occurrences(schedule: string, from: string, timeZone = 'UTC'): string[] {
  const parsed = parseSchedule(schedule, timeZone);
  const first = parsed.next(new Date(from));
  return [first, parsed.next(first)].map((date) => date.toISOString().replace('.000Z', 'Z'));
}

describe('a timer schedule', () => {
  it.each([
    ['*/5 * * * * *', '2026-01-01T00:00:02Z', ['2026-01-01T00:00:05Z', '2026-01-01T00:00:10Z']],
    ['0 30 9-17/4 * * Mon-Fri', '2026-01-02T18:00:00Z', ['2026-01-05T09:30:00Z', '2026-01-05T13:30:00Z']],
    ['15 10 * * *', '2026-01-01T11:00:00Z', ['2026-01-02T10:15:00Z', '2026-01-03T10:15:00Z']],
    ['00:00:30', '2026-01-01T00:00:02Z', ['2026-01-01T00:00:32Z', '2026-01-01T00:01:02Z']],
  ])('%s comes when NCRONTAB says', (schedule, from, expected) => {
    expect(occurrences(schedule, from)).toEqual(expected);
  });

  it('with a day and a weekday means both, as in NCRONTAB and unlike cron', () => {
    expect(occurrences('0 0 0 13 * Fri', '2026-01-01T00:00:00Z')).toEqual([
      '2026-02-13T00:00:00Z',
      '2026-03-13T00:00:00Z',
    ]);
  });

  it('follows the time zone, through the change to summer time', () => {
    expect(occurrences('0 0 9 * * *', '2026-03-28T00:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-03-28T08:00:00Z',
      '2026-03-29T07:00:00Z',
    ]);
  });

  it.each([
    '',
    'x',
    '* * * *',
    '0 0 0 L * *',
    '0 0 0 1W * *',
    '0 0 0 * * Fri#2',
    '@daily',
    '0 0 25 * * *',
    '0 0 0 ? * *',
  ])('"%s" is refused', (schedule) => {
    expect(() => parseSchedule(schedule, 'UTC')).toThrow(/the schedule ".*" is not/);
  });

  it('in an unknown time zone is refused', () => {
    expect(() => parseSchedule('0 0 0 * * *', 'Mars/Phobos')).toThrow(/WEBSITE_TIME_ZONE is "Mars\/Phobos"/);
  });
});
