/**
 * Whether what was remembered for so many milliseconds, until a time, still counts. Not if that time is further away: then
 * the clock was set back, and what is remembered would count until the clock is there once more.
 */
export const isWithin = (ms: number, until: number, now: Date): boolean => {
  const leftMs = until - now.getTime();
  return leftMs > 0 && leftMs <= ms;
};
