import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entities {
  UserConfig: {
    Namespaces: {
      Queues: { Name: string; Properties: { LockDuration: string; RequiresSession: boolean } }[];
    }[];
  };
}

it('a delivery check that a dead worker held is made again within seconds', () => {
  const file = new URL('../../infra/service-bus.json', import.meta.url);
  const { UserConfig } = JSON.parse(readFileSync(file, 'utf8')) as Entities;
  const checks = UserConfig.Namespaces[0]?.Queues.find(({ Name }) => Name === 'chat-checks');
  // Without a session a lock outlives the connection of whoever had it: nobody else gets the message until it ends.
  expect(checks?.Properties.RequiresSession).toBe(false);
  const seconds = Number(/^PT(\d+)S$/.exec(checks?.Properties.LockDuration ?? '')?.[1]);
  expect(seconds).toBeGreaterThanOrEqual(5); // the least that Service Bus takes
  expect(seconds).toBeLessThanOrEqual(10); // a check is due after 30 s, and everybody has everything after 45
});
