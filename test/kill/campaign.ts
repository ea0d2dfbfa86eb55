import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../local/stack.ts';
import { directConversationId } from '../../shared/domain/identifiers.ts';
import type { Message } from '../../shared/domain/message.ts';
import { startTestStack } from '../support/test-stack.ts';
import { ChatClient, seen } from './chat-client.ts';
import { check, type Violation } from './check.ts';
import type { FinalHistory } from './history.ts';
import { type Fault, haunt, type Victim } from './nemesis.ts';
import { habits, Person } from './person.ts';
import { Random } from './random.ts';
import { Recorder } from './recorder.ts';
import { keepSending, type Lane } from './sender.ts';

export interface CampaignOptions {
  seed: string;
  kills: number;
  victims: readonly Victim[];
  /** Direct conversations, written in from both sides. */
  conversations: number;
  users: number;
  /** Messages per second, all senders together, while nothing is down. */
  rate: number;
  log: (line: string) => void;
}

export interface Outcome {
  faults: Fault[];
  accepted: number;
  /** Messages given to their receivers, by the way they came. */
  shown: { live: number; inbox: number };
  /** From the last fault's end until everybody had everything. */
  convergedMs: number;
  /** Longest time from a message's first try to its 202. */
  slowestSendMs: number;
  violations: Violation[];
  /** Folder of the services' logs, kept when a promise was broken. */
  logs: string;
}

/** How long everybody may take to get everything once all services serve again, on a machine that has much else to do. */
const convergenceLimitMs = 120_000;

interface Cast {
  people: Person[];
  lanes: Lane[];
}

const userName = (index: number): string => `user-${String(index + 1).padStart(2, '0')}`;

const pairs = (users: string[]): [string, string][] =>
  users.flatMap((a, index) => users.slice(index + 1).map((b): [string, string] => [a, b]));

const cast = async (
  stack: Stack,
  { users, conversations }: CampaignOptions,
  options: { recorder: Recorder; random: Random; stopping: AbortSignal; aborted: AbortSignal },
): Promise<Cast> => {
  const key = stack.settings.AUTH_SIGNING_KEY ?? '';
  const names = Array.from({ length: users }, (_, index) => userName(index));
  const clients = new Map<string, ChatClient>();
  for (const name of names) clients.set(name, await ChatClient.create(stack.urls.functions, name, key));
  const clientOf = (name: string): ChatClient => {
    const client = clients.get(name);
    if (!client) throw new Error(`There is no ${name}.`);
    return client;
  };
  const people = names.map(
    (name, index) =>
      new Person(clientOf(name), {
        ...options,
        habit: habits[index % habits.length] ?? 'offline',
        random: options.random.fork(name),
      }),
  );
  const chosen = options.random.fork('pairs').shuffled(pairs(names)).slice(0, conversations);
  const lanes = chosen.flatMap(([a, b]): Lane[] => {
    const conversationId = directConversationId(a, b);
    return [
      { conversationId, from: clientOf(a), to: b },
      { conversationId, from: clientOf(b), to: a },
    ];
  });
  return { people, lanes };
};

const placed = (message: Message): FinalHistory['messages'][number] => ({
  ...seen(message),
  isDelivered: message.status === 'delivered' || message.status === 'read',
});

/** The whole of a conversation, as one of its members reads it. */
const readHistory = async (
  client: ChatClient,
  conversationId: string,
  signal: AbortSignal,
): Promise<FinalHistory> => {
  const messages: Message[] = [];
  let headSeq = 0;
  for (let query: string | null = 'after=0'; query !== null;) {
    const path = `/conversations/${conversationId}/messages?limit=200&${query}`;
    const page: { items: Message[]; nextCursor: string | null; headSeq: number } = await client.expect(
      { method: 'GET', path },
      200,
      signal,
    );
    messages.push(...page.items);
    headSeq = page.headSeq;
    query = page.nextCursor === null ? null : `cursor=${page.nextCursor}`;
  }
  return { conversationId, userId: client.userId, headSeq, messages: messages.map(placed) };
};

/** Every conversation as each of its members reads it. */
const readHistories = (lanes: readonly Lane[], signal: AbortSignal): Promise<FinalHistory[]> => {
  return Promise.all(lanes.map(({ conversationId, from }) => readHistory(from, conversationId, signal)));
};

/** Waits until everybody has everything; if that takes too long, the checker says what is missing. */
const settle = async (
  { people, lanes }: Cast,
  log: (line: string) => void,
  aborted: AbortSignal,
): Promise<{ histories: FinalHistory[]; restedAt: number }> => {
  const limit = AbortSignal.timeout(convergenceLimitMs);
  const late = new Promise<'late'>((resolve) => limit.addEventListener('abort', () => resolve('late')));
  for (;;) {
    const settled = Promise.all(people.map((person) => person.settle()));
    const isLate = (await Promise.race([settled, late])) === 'late';
    const restedAt = Date.now();
    const histories = await readHistories(lanes, aborted);
    // A device that went offline does not know whether its last receipt arrived: if not, the inbox has the message soon.
    if (histories.every(({ messages }) => messages.every(({ isDelivered }) => isDelivered)))
      return { histories, restedAt };
    if (!isLate) continue;
    log(`Not everybody has everything after ${convergenceLimitMs / 1000} s.`);
    return { histories, restedAt };
  }
};

const slowest = ({ history }: Recorder): number =>
  history.sent.reduce((most, { begunAt, accepted }) => Math.max(most, (accepted[0]?.at ?? 0) - begunAt), 0);

/** Runs people and senders on a stack while services are killed, and holds what they saw against the promises. */
const play = async (stack: Stack, options: CampaignOptions, logs: string): Promise<Outcome> => {
  const { seed, kills, victims, rate, log } = options;
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
    const faulting = haunt({
      ...common,
      stack,
      victims,
      faults: kills,
      random: random.fork('nemesis'),
      onFault: (fault, number) => log(describeFault(fault, number, kills)),
    });
    // An actor that fails ends the whole; otherwise none ends before it is asked to.
    const faults = await Promise.race([faulting, actors.then(() => faulting)]);
    const endedAt = Date.now();
    stopping.abort();
    await actors;
    const { histories, restedAt } = await settle({ people, lanes }, log, aborting.signal);
    const convergedMs = restedAt - endedAt;
    recorder.history.finalHistories = histories;
    const { history } = recorder;
    const count = (by: 'live' | 'inbox'): number => history.shown.filter((shown) => shown.by === by).length;
    return {
      faults,
      accepted: recorder.acceptedCount,
      shown: { live: count('live'), inbox: count('inbox') },
      convergedMs,
      slowestSendMs: slowest(recorder),
      violations: check(history),
      logs,
    };
  } finally {
    stopping.abort();
    aborting.abort();
    await Promise.allSettled(people.map((person) => person.goOffline()));
    await Promise.allSettled([...lives, ...sending]);
  }
};

const describeFault = (fault: Fault, number: number, of: number): string =>
  `${new Date(fault.at).toISOString()}  ${String(number).padStart(String(of).length)}/${of}  ` +
  `${fault.victims.join(' and ')} down for ${fault.downMs} ms, next 202 after ${fault.recoveryMs} ms`;

/**
 * Starts a stack of its own, kills its services under load and checks the promises.
 * @throws Error when a service does not come back or an answer is wrong; it says where the logs are
 */
export const runCampaign = async (options: CampaignOptions): Promise<Outcome> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-kill-'));
  const logs = join(dataDir, 'logs');
  const unexpected: string[] = [];
  const stack = await startTestStack({
    dataDir,
    onUnexpectedExit: (_, message) => unexpected.push(message),
  });
  let isWell = false;
  try {
    const outcome = await play(stack, options, logs);
    if (unexpected.length > 0) throw new Error(unexpected.join('\n'));
    isWell = outcome.violations.length === 0;
    return outcome;
  } catch (error) {
    throw new Error([`Seed ${options.seed}: ${String(error)}`, ...unexpected, `Logs: ${logs}`].join('\n'), {
      cause: error,
    });
  } finally {
    await stack.stop();
    if (isWell) rmSync(dataDir, { recursive: true, force: true });
  }
};
