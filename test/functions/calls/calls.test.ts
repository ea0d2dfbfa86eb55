import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Services } from '../../../functions/services.ts';
import { aUser } from '../../support/builders.ts';
import type { Calls } from '../../support/calls.ts';
import { openChat, type CountedChat, type UseCase } from './chat.ts';
import { delivering } from './delivering.ts';
import { peopleAndJobs } from './people-and-jobs.ts';
import { reading } from './reading.ts';

/**
 * What each use case costs: calls to the real services through the real clients. A saving that is lost again, or a look
 * that one more feature takes, shows here. A use case that is added needs a line in one of the files beside this one, and
 * its figures in `bench/calls.json`.
 */

const figures = JSON.parse(readFileSync('bench/calls.json', 'utf8')) as Record<string, Calls>;

/** What is no use case, or a part of others. */
const others: readonly (keyof Services)[] = [
  ...(['telemetry', 'clock', 'http', 'messageLimits', 'webPubSub', 'prepare', 'close'] as const),
  ...(['authenticator', 'anyAuthenticator', 'requireMember', 'checkReadiness'] as const),
  // What operators ask for a few times a year.
  ...(['readStats', 'listDeadLetters', 'getDeadLetter', 'redriveDeadLetter'] as const),
  ...(['discardDeadLetter', 'eraseAnyUser'] as const),
];

let chat: CountedChat;
let useCases: Record<string, UseCase>;
const counted = new Set<string>();

beforeAll(async () => {
  chat = await openChat();
  useCases = { ...delivering(chat), ...reading(chat), ...peopleAndJobs(chat) };
  // What is remembered for a second or two is so however slow the machine.
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
}, 60_000);

afterAll(async () => {
  vi.useRealTimers();
  await chat.close();
});

test.each(Object.entries(figures))('%s takes no more calls than it needs', async (name, expected) => {
  const run = await useCases[name]?.();
  chat.takeCalled();
  chat.counter.take();
  await run?.();
  expect(chat.counter.take()).toEqual(expected);
  for (const service of chat.takeCalled()) counted.add(service);
});

test('every use case is counted', () => {
  expect(Object.keys(useCases)).toEqual(Object.keys(figures));
  const all = Object.keys(chat.services) as (keyof Services)[];
  expect(all.filter((name) => !counted.has(name) && !others.includes(name))).toEqual([]);
});

test('the benchmarks’ page has these figures', () => {
  const page = readFileSync('docs/benchmarks.md', 'utf8');
  const rows = Object.entries(figures).map(
    ([name, { tables, rows: written, serviceBus, webPubSub }]) =>
      `| ${name} | ${tables} | ${written} | ${serviceBus} | ${webPubSub} |`,
  );
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test('a storm of 200 devices that come back at once costs each three reads, and each user one', async () => {
  const { create, counter, connect } = chat;
  const users = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const [userId, other] = [aUser('storm'), aUser('other')];
      await create(userId, { type: 'direct', memberIds: [other] });
      return userId;
    }),
  );
  const devices = users.flatMap((userId) => [userId, userId]);
  counter.takeReads();
  counter.take();
  await Promise.all(devices.map((userId) => connect(userId, randomUUID())));
  const { tables, webPubSub } = counter.take();
  // The conversations when it is let in, and again when it is there; who else is there of its user. Of a user, what
  // refuses tokens.
  expect(counter.takeReads()).toBe(devices.length * 3 + users.length);
  // What it writes, and what it is told, do not grow with the storm either.
  expect(tables).toBeLessThanOrEqual(devices.length * 5 + users.length);
  expect(webPubSub).toBe(devices.length);
}, 30_000);
