import { expect, test } from 'vitest';
import { Deadlines } from '../../../../local/service-bus/engine/deadlines.ts';
import { FakeClock } from './support.ts';

test('deadlines are met in the order of their times, cancelled ones not at all', () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const start = clock.now();
  const met: number[] = [];
  const times = Array.from({ length: 3_000 }, (_, i) => (i * 7_919) % 3_000);
  const made = times.map((time) => deadlines.at(start + time, () => met.push(time)));
  made.forEach((deadline, i) => {
    if (i % 3 > 0) deadline.cancel();
  });
  clock.advance(3_000);
  expect(met).toEqual(times.filter((_, i) => i % 3 === 0).sort((a, b) => a - b));
  expect(clock.timers).toBe(0);
});

test('a deadline further away than a timer reaches is met at its time', () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  let met = 0;
  const days = 100 * 86_400_000;
  deadlines.at(clock.now() + days, () => met++);
  clock.advance(days - 1);
  expect(met).toBe(0);
  clock.advance(1);
  expect(met).toBe(1);
});
