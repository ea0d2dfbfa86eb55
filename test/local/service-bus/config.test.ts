import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfig } from '../../../local/service-bus/config/config.ts';
import type { ServiceBusConfig } from '../../../local/service-bus/config/config.ts';
import { formatDuration, parseDuration } from '../../../local/service-bus/config/duration.ts';
import { startServiceBus } from '../../../local/service-bus/index.ts';
import { aConfig } from './support.ts';

const read = (config: unknown) => readConfig(config as ServiceBusConfig);

test('properties become settings', () => {
  const { queues, topics } = read(
    aConfig({
      queues: [
        {
          name: 'orders',
          RequiresSession: true,
          RequiresDuplicateDetection: true,
          DuplicateDetectionHistoryTimeWindow: 'PT20S',
          LockDuration: 'PT30S',
          MaxDeliveryCount: 5,
          DefaultMessageTimeToLive: 'P1DT1H',
          DeadLetteringOnMessageExpiration: true,
        },
        { name: 'plain' },
      ],
      topics: [{ name: 'news', subscriptions: [{ name: 'ann', LockDuration: 'PT5M' }] }],
    }),
  );
  expect(queues.map(({ settings }) => settings)).toEqual([
    {
      requiresSession: true,
      duplicateWindowMs: 20_000,
      lockDurationMs: 30_000,
      maxDeliveryCount: 5,
      defaultTtlMs: 90_000_000,
      deadLetterOnExpiry: true,
    },
    {
      requiresSession: false,
      duplicateWindowMs: undefined,
      lockDurationMs: 60_000,
      maxDeliveryCount: 10,
      defaultTtlMs: undefined,
      deadLetterOnExpiry: false,
    },
  ]);
  expect(topics[0]?.subscriptions[0]).toMatchObject({
    name: 'ann',
    settings: { lockDurationMs: 300_000 },
    rules: [{ name: '$Default', filter: { kind: 'true' } }],
  });
});

test("the project's own file is valid", () => {
  expect(read(JSON.parse(readFileSync('infra/service-bus.json', 'utf8'))).queues.length).toBeGreaterThan(0);
});

test.each([
  [
    'an unknown property',
    { queues: [{ name: 'q', LokDuration: 'PT1M' }] },
    'Queues[0].Properties.LokDuration is not known',
  ],
  [
    'a bad duration',
    { queues: [{ name: 'q', LockDuration: '1 minute' }] },
    'LockDuration must be an ISO 8601 duration',
  ],
  ['a lock that is too long', { queues: [{ name: 'q', LockDuration: 'PT6M' }] }, 'at most PT5M'],
  [
    'a count that is none',
    { queues: [{ name: 'q', MaxDeliveryCount: 0 }] },
    'MaxDeliveryCount must be a whole number from 1 to 2000',
  ],
  [
    'a flag that is none',
    { queues: [{ name: 'q', RequiresSession: 'yes' }] },
    'RequiresSession must be true or false',
  ],
  ['forwarding', { queues: [{ name: 'q', ForwardTo: 'other' }] }, 'ForwardTo is not implemented'],
  ['a bad name', { queues: [{ name: 'a b' }] }, 'Queues[0].Name must be a name'],
  [
    'a name twice',
    { queues: [{ name: 'q' }], topics: [{ name: 'Q' }] },
    "more than one queue or topic named 'Q'",
  ],
  [
    'a bad rule',
    {
      topics: [
        {
          name: 't',
          subscriptions: [
            { name: 's', rules: [{ Name: 'r', Properties: { SqlFilter: { SqlExpression: 'a =' } } }] },
          ],
        },
      ],
    },
    'Rules[0].Properties cannot be used',
  ],
])('%s is refused by name', (_what, entities, problem) => {
  expect(() => read(aConfig(entities))).toThrow(problem);
});

test('everything wrong is told at once, and nothing is started', async () => {
  const config = aConfig({ queues: [{ name: 'q', A: 1, B: 2 }] });
  await expect(startServiceBus({ port: 0, config })).rejects.toMatchObject({ problems: { length: 2 } });
});

test.each([
  [null],
  ['text'],
  [[]],
  [{}],
  [{ UserConfig: { Namespaces: {} } }],
  [{ UserConfig: { Namespaces: [1] } }],
])('%j is no configuration', (config) => {
  expect(() => read(config)).toThrow('The Service Bus configuration is not valid');
});

test.each([
  ['PT1M', 60_000],
  ['P1DT2H3M4.5S', 93_784_500],
  ['P10675199DT2H48M5.4775807S', Infinity],
])('the duration %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(text);
});

test.each(['', 'P', 'PT', 'P1M', '1M', 'PT1H1D', 'PT-1S'])("'%s' is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
