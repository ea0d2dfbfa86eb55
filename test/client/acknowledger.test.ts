import { expect, it } from 'vitest';
import { Acknowledger } from '../../client/acknowledger.ts';
import { ParleyError } from '../../client/errors.ts';
import { HostileService } from './hostile-service.ts';

const conversationId = 'g_everybody';

/** Members of a group who get messages, and when each of them tells the service so, in seconds. */
const aGroup = (members: number, isLarge: boolean) => {
  const service = new HostileService(1);
  const { time } = service;
  const environment = service.environment('ann');
  const told: { second: number; name: string }[] = [];
  const all = Array.from(
    { length: members },
    () =>
      new Acknowledger({
        environment,
        isLarge: () => isLarge,
        onRead: () => undefined,
        ask: (name) => Promise.resolve(told.push({ second: time.now / 1000, name })),
      }),
  );
  return { time, told, all };
};

it('what reaches a small group is acknowledged within about a second, once for many', async () => {
  const { time, told, all } = aGroup(3, false);
  for (const seq of [1, 2, 3]) for (const one of all) one.delivered(conversationId, seq);
  await time.run(2000);
  expect(told.map(({ name }) => name)).toEqual(Array(3).fill('receipt.delivered'));
});

it('members of a large group, whom a message reaches at once, do not all acknowledge it at once', async () => {
  const { time, told, all } = aGroup(300, true);
  for (const one of all) one.delivered(conversationId, 1);
  await time.run(14_000);
  expect(told).toEqual([]);
  await time.run(32_000);
  expect(told).toHaveLength(300);
  const perSecond = Map.groupBy(told, ({ second }) => Math.floor(second));
  expect(Math.max(...[...perSecond.values()].map(({ length }) => length))).toBeLessThan(40);
});

it('what is read in a large group is told like in any other', async () => {
  const { time, told, all } = aGroup(1, true);
  all[0]?.read(conversationId, 1);
  await time.run(2000);
  expect(told.map(({ name }) => name)).toEqual(['receipt.read']);
});

it('so it is where it was about to be acknowledged only', async () => {
  const { time, told, all } = aGroup(1, true);
  all[0]?.delivered(conversationId, 1);
  await time.run(5000);
  all[0]?.read(conversationId, 1);
  await time.run(2000);
  expect(told.map(({ name }) => name)).toEqual(['receipt.read']);
  await time.run(60_000);
  expect(told).toHaveLength(1);
});

it('after a failure it waits for as long as the service asks, whatever is read meanwhile', async () => {
  const service = new HostileService(1);
  const tries: number[] = [];
  const one = new Acknowledger({
    environment: service.environment('ann'),
    isLarge: () => true,
    onRead: () => undefined,
    ask: () => {
      tries.push(service.time.now);
      if (tries.length > 1) return Promise.resolve();
      return Promise.reject(new ParleyError('rate-limited', 'Later.', { retryAfterMs: 20_000 }));
    },
  });
  one.read(conversationId, 1);
  await service.time.run(5000);
  one.read(conversationId, 2);
  await service.time.run(60_000, () => tries.length > 1);
  expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
});
