const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** @param at ISO 8601, as everywhere here */
export const timeOf = (at: string): string => time.format(new Date(at));

export const dayOf = (at: string): string => day.format(new Date(at));

const isSameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

/** As short as it says when: the time of today, the day of before. */
export const whenOf = (at: string, now: Date): string => {
  const date = new Date(at);
  return isSameDay(date, now) ? time.format(date) : shortDay.format(date);
};

const minute = 60_000;

/** When somebody was last there, in words. */
export const lastSeen = (at: string | null, now: Date): string => {
  if (at === null) return 'Offline';
  const minutes = Math.floor((now.getTime() - Date.parse(at)) / minute);
  if (minutes < 1) return 'Last seen just now';
  if (minutes < 60) return `Last seen ${minutes} min ago`;
  return `Last seen ${whenOf(at, now)}`;
};
