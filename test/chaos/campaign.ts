import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../local/stack.ts';
import { directConversationId } from '../../shared/domain/identifiers.ts';
import { startTestStack } from '../support/test-stack.ts';
import { ChatClient } from './chat-client.ts';
import { check, type Violation } from './check.ts';
import { type Arrival, arrivals } from './checks/convergence.ts';
import { shortLock, type Fault, type Stage } from './faults.ts';
import { haunt, type Strike } from './nemesis.ts';
import { habits, Person } from './person.ts';
import { BrokerProxy } from './proxy.ts';
import { Random } from './random.ts';
import { Recorder } from './recorder.ts';
import { keepSending, type Lane } from './sender.ts';
import { type Cast, settle } from './settle.ts';

export interface CampaignOptions {
  seed: string;
  /** What goes wrong, one after the other. */
  faults: Iterable<Fault>;
  /** Instances of the app. With several, locks of messages are short. Default 1. */
  instances?: number;
  /** Direct conversations, written in from both sides. */
  conversations: number;
  /** Groups of four, in which two write. */
  groups: number;
  users: number;
  /** Messages per second, all senders together, while nothing is down. */
  rate: number;
  log: (line: string) => void;
}

export interface Outcome {
  strikes: Strike[];
  accepted: number;
  /** Messages given to their receivers, by the way they came. */
  shown: { live: number; inbox: number; history: number };
  deleted: number;
  reads: number;
  /** How late everything came that was accepted; the latest first. */
  arrivals: Arrival[];
  /** The message that waited longest from its first try to its 202, and how its tries ended. */
  slowestSend: { ms: number; tries: string[] };
  violations: Violation[];
  /** Folder of the services' logs, kept when a promise was broken. */
  logs: string;
}

const userName = (index: number): string => `user-${String(index + 1).padStart(2, '0')}`;

const pairs = (users: string[]): [string, string][] =>
  users.flatMap((a, index) => users.slice(index + 1).map((b): [string, string] => [a, b]));

const groupSize = 4;

/** Is in no conversation, and listens. */
const stranger = 'stranger';

/** Makes a group of which two members write. */
const aGroup = async (members: readonly ChatClient[], aborted: AbortSignal): Promise<Lane[]> => {
  const ids = members.map(({ userId }) => userId);
  const body = { type: 'group', memberIds: ids.slice(1) };
  const [owner] = members;
  if (!owner) throw new Error('A group needs members.');
  const call = { method: 'POST', path: '/conversations', body } as const;
  const { id } = await owner.expect<{ id: string }>(call, 201, aborted);
  return members.slice(0, 2).map((from) => ({
    ...{ conversationId: id, from, isGroup: true },
    to: ids.filter((userId) => userId !== from.userId),
  }));
};

const cast = async (
  stack: Stack,
  { users, conversations, groups }: CampaignOptions,
  options: { recorder: Recorder; random: Random; stopping: AbortSignal; aborted: AbortSignal },
): Promise<Cast> => {
  const key = stack.settings.AUTH_SIGNING_KEY ?? '';
  const names = Array.from({ length: users }, (_, index) => userName(index));
  const clients = new Map<string, ChatClient>();
  for (const name of [...names, stranger])
    clients.set(name, await ChatClient.create(stack.urls.functions, name, key));
  const clientOf = (name: string): ChatClient => {
    const client = clients.get(name);
    if (!client) throw new Error(`There is no ${name}.`);
    return client;
  };
  const chosen = options.random.fork('pairs').shuffled(pairs(names)).slice(0, conversations);
  const lanes = chosen.flatMap(([a, b]): Lane[] => {
    const conversationId = directConversationId(a, b);
    return [
      { conversationId, from: clientOf(a), to: [b], isGroup: false },
      { conversationId, from: clientOf(b), to: [a], isGroup: false },
    ];
  });
  for (let index = 0; index < groups; index++) {
    const members = options.random.fork(`group ${index}`).shuffled(names).slice(0, groupSize);
    lanes.push(...(await aGroup(members.map(clientOf), options.aborted)));
  }
  const { members } = options.recorder.history;
  for (const { conversationId, from, to } of lanes)
    members.set(conversationId, new Set([from.userId, ...to]));
  const people = [...names, stranger].map(
    (name, index) =>
      new Person(clientOf(name), {
        ...options,
        habit: name === stranger ? 'online' : (habits[index % habits.length] ?? 'offline'),
        conversationIds: [...members.keys()].filter((id) => members.get(id)?.has(name)),
        random: options.random.fork(name),
      }),
  );
  return { people, lanes };
};

const slowest = ({ history }: Recorder): Outcome['slowestSend'] =>
  history.sent
    .map(({ begunAt, tries, accepted }) => ({
      ms: (accepted[0]?.at ?? 0) - begunAt,
      tries: tries.map(({ at, outcome }) => `${outcome} after ${at - begunAt} ms`),
    }))
    .reduce((most, one) => (one.ms > most.ms ? one : most), { ms: 0, tries: [] });

const summary = (recorder: Recorder): Omit<Outcome, 'strikes' | 'logs'> => {
  const { history } = recorder;
  const count = (by: keyof Outcome['shown']): number =>
    history.shown.filter((shown) => shown.by === by).length;
  return {
    accepted: recorder.acceptedCount,
    shown: { live: count('live'), inbox: count('inbox'), history: count('history') },
    deleted: history.deleted.length,
    reads: history.reads.length,
    arrivals: arrivals(history).sort((a, b) => b.lateMs - a.lateMs),
    slowestSend: slowest(recorder),
    violations: check(history),
  };
};

/** Runs people and senders on a stack while things go wrong, and holds what they saw against the promises. */
const play = async (
  { stack, broker, inspectionKey }: Pick<Stage, 'broker' | 'inspectionKey'> & { stack: Stack },
  options: CampaignOptions,
  logs: string,
): Promise<Outcome> => {
  const { seed, faults, rate, log } = options;
  const random = new Random(seed);
  const recorder = new Recorder();
  const [stopping, aborting] = [new AbortController(), new AbortController()];
  const common = { recorder, random, stopping: stopping.signal, aborted: aborting.signal };
  const { people, lanes } = await cast(stack, options, common);
  const pauseMs = (lanes.length * 1000) / rate;
  const lives = people.map((person) => person.live());
  const sending = lanes.map((lane, index) =>
    keepSending(lane, { ...common, pauseMs, random: random.fork(`lane ${index}`) }),
  );
  const actors = Promise.all([...lives, ...sending]);
  try {
    const haunting = haunt({
      ...common,
      ...{ stack, broker, inspectionKey, faults },
      random: random.fork('nemesis'),
      onStrike: (strike, number) => log(describe(strike, number)),
    });
    // An actor that fails ends the whole; otherwise none ends before it is asked to.
    const strikes = await Promise.race([haunting, actors.then(() => haunting)]);
    stopping.abort();
    await actors;
    recorder.history.finalHistories = await settle(
      { people, lanes },
      { recorder, log, aborted: aborting.signal },
    );
    return { strikes, ...summary(recorder), logs };
  } finally {
    stopping.abort();
    aborting.abort();
    await Promise.allSettled(people.map((person) => person.goOffline()));
    await Promise.allSettled([...lives, ...sending]);
  }
};

const describe = ({ at, fault, lastedMs, recoveryMs }: Strike, number: number): string =>
  `${new Date(at).toISOString()}  ${number}. ${fault}: ${lastedMs} ms, next 202 after ${recoveryMs} ms`;

/** A port that is free now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/**
 * Starts a stack of its own, lets things go wrong under load and checks the promises.
 * @throws Error when a service does not come back or an answer is wrong; it says where the logs are
 */
export const runCampaign = async (options: CampaignOptions): Promise<Outcome> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
  const logs = join(dataDir, 'logs');
  const unexpected: string[] = [];
  const serviceBus = await freePort();
  const broker = await BrokerProxy.start(serviceBus);
  const inspectionKey = randomBytes(24).toString('base64url');
  const { instances = 1 } = options;
  const stack = await startTestStack({
    ...{ dataDir, inspectionKey, ports: { serviceBus } },
    ...(instances > 1 && { workers: instances, serviceBusConfig: withShortLocks(dataDir) }),
    settings: { ServiceBusConnection: connectionOf(broker) },
    onUnexpectedExit: (_, message) => unexpected.push(message),
  });
  let isWell = false;
  try {
    const outcome = await play({ stack, broker, inspectionKey }, options, logs);
    if (unexpected.length > 0) throw new Error(unexpected.join('\n'));
    isWell = outcome.violations.length === 0;
    return outcome;
  } catch (error) {
    throw new Error([`Seed ${options.seed}: ${String(error)}`, ...unexpected, `Logs: ${logs}`].join('\n'), {
      cause: error,
    });
  } finally {
    await stack.stop();
    await broker.stop();
    if (isWell) rmSync(dataDir, { recursive: true, force: true });
  }
};

/** @returns a file with the app's queues, whose locks are short */
const withShortLocks = (folder: string): string => {
  const file = join(folder, 'service-bus.json');
  const config = readFileSync('infra/service-bus.json', 'utf8');
  writeFileSync(file, config.replaceAll(/"LockDuration": "\w+"/g, `"LockDuration": "${shortLock}"`));
  return file;
};

/** @returns the connection string of what is behind a proxy */
export const connectionOf = ({ port }: BrokerProxy): string =>
  `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
