import { Cron } from 'croner';
import { parseTimeSpan } from '../../config/time-span.ts';
import { HostStartError, messageOf } from '../../errors.ts';

/** When a timer fires. */
export interface Schedule {
  /** The first occurrence after a moment. */
  next(after: Date): Date;
}

/** What NCRONTAB knows; croner knows more (`L`, `W`, `#`, `?`), which would work here and fail in Azure. */
const ncrontabField =
  /^(?:\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:\/\d+)?(?:,(?:\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:\/\d+)?)*$/;
const names = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)[a-z]*$/i;

/**
 * Reads a schedule: NCRONTAB of six fields (seconds first) or five, in which day and weekday must both match, or a
 * TimeSpan as the interval.
 *
 * @param timeZone IANA name; the setting `WEBSITE_TIME_ZONE`
 * @throws HostStartError when it is neither
 */
export function parseSchedule(text: string, timeZone: string): Schedule {
  const intervalMs = parseTimeSpan(text);
  if (intervalMs !== undefined && intervalMs > 0) {
    return { next: (after) => new Date(after.getTime() + intervalMs) };
  }
  checkTimeZone(timeZone);
  const cron = parseCron(text, timeZone);
  return {
    next: (after) => {
      const next = cron.nextRun(after);
      if (next === null) throw new HostStartError(`the schedule "${text}" never comes.`);
      return next;
    },
  };
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new HostStartError(`WEBSITE_TIME_ZONE is "${timeZone}", which is no time zone.`);
  }
}

function parseCron(text: string, timeZone: string): Cron {
  const fields = text.trim().split(/\s+/);
  const words = fields.flatMap((field) => field.match(/[A-Za-z]+/g) ?? []);
  const isNcrontab =
    (fields.length === 5 || fields.length === 6) &&
    fields.every((field) => ncrontabField.test(field)) &&
    words.every((word) => names.test(word));
  if (!isNcrontab) {
    throw new HostStartError(
      `the schedule "${text}" is not an NCRONTAB expression of six fields ("{second} {minute} {hour} {day} {month} {weekday}").`,
    );
  }
  const six = fields.length === 5 ? ['0', ...fields] : fields;
  try {
    return new Cron(six.join(' '), { paused: true, mode: '6-part', domAndDow: true, timezone: timeZone });
  } catch (error) {
    throw new HostStartError(`the schedule "${text}" is not valid: ${messageOf(error)}`);
  }
}
