import type { Fault } from './fault.ts';

const hourMs = 3_600_000;

/** In its end the clock is set right, which is a jump the other way. */
const wrongBy = (how: string, offsetMs: number): Fault => ({
  name: `the app's clock is ${how}`,
  isCrash: false,
  strike: async ({ clock }) => {
    await clock.shift(offsetMs);
    return () => clock.shift(0);
  },
});

/** Clocks that differ, and are set. */
export const clockFaults: readonly Fault[] = [
  wrongBy('an hour ahead', hourMs),
  wrongBy('an hour behind', -hourMs),
];
