import { expect, it } from 'vitest';
import { Acknowledger } from '../../client/acknowledger.ts';
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
