/**
 * Reads .NET's `TimeSpan` text, `[-][d.]hh:mm:ss[.fffffff]`, as milliseconds.
 *
 * @returns undefined when the text is not a TimeSpan
 */
export function parseTimeSpan(text: string): number | undefined {
  const match = /^(-?)(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, days, hours, minutes, seconds, fraction] = match;
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  if (h > 23 || m > 59 || s > 59) return undefined;
  const ms = (((Number(days ?? 0) * 24 + h) * 60 + m) * 60 + s) * 1000 + Number(`0.${fraction ?? 0}`) * 1000;
  return sign === '-' ? -ms : ms;
}
