import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entities {
  UserConfig: {
    Namespaces: {
      Queues: { Name: string; Properties: { LockDuration: string; RequiresSession: boolean } }[];
      Topics: {
        Name: string;
        Properties: { RequiresDuplicateDetection: boolean };
        Subscriptions: {
          Name: string;
          Properties: { RequiresSession: boolean };
          Rules?: { Properties: { SqlFilter: { SqlExpression: string } } }[];
        }[];
      }[];
    }[];
  };
}

const file = new URL('../../infra/service-bus.json', import.meta.url);
const [namespace] = (JSON.parse(readFileSync(file, 'utf8')) as Entities).UserConfig.Namespaces;

it('a delivery check that a dead worker held is made again within seconds', () => {
  const checks = namespace?.Queues.find(({ Name }) => Name === 'chat-checks');
  // Without a session a lock outlives the connection of whoever had it: nobody else gets the message until it ends.
  expect(checks?.Properties.RequiresSession).toBe(false);
  const seconds = Number(/^PT(\d+)S$/.exec(checks?.Properties.LockDuration ?? '')?.[1]);
  expect(seconds).toBeGreaterThanOrEqual(5); // the least that Service Bus takes
  expect(seconds).toBeLessThanOrEqual(10); // a check is due after 30 s, and everybody has everything after 45
});

it('the steps of a job come one by one, and a step that is asked for twice once', () => {
  const jobs = namespace?.Queues.find(({ Name }) => Name === 'chat-jobs');
  expect(jobs?.Properties).toMatchObject({ RequiresSession: true, RequiresDuplicateDetection: true });
});

it('an event that is told twice reaches its subscribers once', () => {
  const topic = namespace?.Topics.find(({ Name }) => Name === 'chat-events');
  expect(topic?.Properties.RequiresDuplicateDetection).toBe(true);
});

it('webhooks are told of a conversation in order, and cost nothing where there are none', () => {
  const topic = namespace?.Topics.find(({ Name }) => Name === 'chat-events');
  const webhooks = topic?.Subscriptions.find(({ Name }) => Name === 'webhooks');
  expect(webhooks?.Properties.RequiresSession).toBe(true);
  expect(webhooks?.Rules?.map(({ Properties }) => Properties.SqlFilter.SqlExpression)).toEqual([
    'webhooks = TRUE',
  ]);
  const tasks = namespace?.Queues.find(({ Name }) => Name === 'chat-webhooks');
  expect(tasks?.Properties.RequiresSession).toBe(true);
});
