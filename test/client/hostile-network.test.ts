import { expect, test } from 'vitest';
import { MemoryStore, type Message, ParleyClient, type Store } from '../../client/index.ts';
import { historyQuery } from '../../shared/contract/lists.ts';
import { directConversationId, groupConversationId } from '../../shared/domain/identifiers.ts';
import { aGroup } from '../support/builders.ts';
import { HostileService } from './hostile-service.ts';

const group = groupConversationId('hostile');
const direct = directConversationId('ann', 'bo');
const steps = 30;
const calmMs = 600_000;

/** `npm run hostile` plays more of them, and others. */
const { HOSTILE_SEED: first = '1', HOSTILE_RUNS: runs = '100' } = process.env;
const seeds = Array.from({ length: Number(runs) }, (_, index) => Number(first) + index);

/** What all must show alike. */
const shown = ({
  seq,
  messageId,
  senderId,
  messageText,
  pinned,
  deletedAt,
  reactions,
  editedAt,
}: Message) => ({
  ...{ seq, messageId, senderId, messageText, pinned, deletedAt, editedAt },
  reactions: reactions.flatMap(({ emoji, userIds }) => userIds.map((id) => `${emoji} ${id}`)).sort(),
});

/** A device of a user, which may be started again. */
class Device {
  readonly userId: string;
  chat!: ParleyClient;
  /** By conversation, what was told since it started. */
  told = new Map<string, number[]>();
  readonly #service: HostileService;
  readonly #store: Store;

  constructor(service: HostileService, userId: string, store: Store) {
    this.#service = service;
    this.userId = userId;
    this.#store = store;
  }

  async start(): Promise<void> {
    const token = `h.${btoa(JSON.stringify({ sub: this.userId }))}.s`;
    const environment = this.#service.environment(this.userId);
    this.told = new Map();
    const { told } = this;
    this.chat = await ParleyClient.connect({
      ...{ baseUrl: 'http://test', token, environment, store: this.#store, isPatient: true },
    });
    this.chat.on('message', ({ conversationId, seq }) => {
      told.set(conversationId, [...(told.get(conversationId) ?? []), seq]);
    });
  }

  async restart(): Promise<void> {
    await this.chat.close();
    await this.start();
  }
}

/** What was said, by whom and where, in the order in which one device said it. */
interface Said {
  conversationId: string;
  text: string;
}

const play = async (seed: number): Promise<void> => {
  const service = new HostileService(seed);
  const { random, time, backend, chat } = service;
  await backend.log.create(aGroup('ann', ['bo', 'cy'], { conversationId: group }), backend.clock.now());
  // The first two of Bo's are tabs of one browser, which keeps what waits for both; the third is his phone.
  const browser = new MemoryStore();
  const stores = {
    ann: new MemoryStore(),
    bo: browser,
    'bo ': browser,
    'bo  ': new MemoryStore(),
    cy: new MemoryStore(),
  };
  const devices = Object.entries(stores).map(([name, store]) => new Device(service, name.trim(), store));
  for (const device of devices) await device.start();
  const said = new Map<Device, Said[]>(devices.map((device) => [device, []]));
  const any = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];

  for (let step = 0; step < steps; step++) {
    const device = any(devices);
    if (!device) continue;
    const choice = random();
    const conversationId = device.userId !== 'cy' && random() < 0.4 ? direct : group;
    const conversation = device.chat.conversation(conversationId);
    const message = any(conversation.snapshot.messages);
    const ignore = (): void => undefined; // refused, or closed before it was answered
    if (choice < 0.45) {
      const text = `${device.userId} ${step}`;
      said.get(device)?.push({ conversationId, text });
      const to = device.userId === 'ann' ? 'bo' : 'ann';
      device.chat.send(conversationId === direct ? { to, text } : { conversationId, text }).catch(ignore);
    } else if (choice < 0.5 && message) conversation.edit(message.messageId, `edit ${step}`).catch(ignore);
    else if (choice < 0.55 && message) conversation.delete(message.messageId).catch(ignore);
    else if (choice < 0.62 && message)
      conversation.react(message.messageId, any(['👍', '🎉']) ?? '').catch(ignore);
    else if (choice < 0.66 && message) conversation.unreact(message.messageId, '👍').catch(ignore);
    else if (choice < 0.7 && message) conversation.pin(message.messageId).catch(ignore);
    else if (choice < 0.75) conversation.markRead();
    else if (choice < 0.8) conversation.open().catch(ignore);
    else if (choice < 0.88) any([...service.lines])?.cut();
    else if (choice < 0.93) {
      const line = any([...service.lines]);
      if (line) line.isDead = true;
    } else if (choice < 0.96) {
      const restarted = device.restart();
      let isDone = false;
      void restarted.then(() => (isDone = true));
      expect(await time.run(calmMs, () => isDone)).toBe(true);
    } else await time.run(15_000);
    if (random() < 0.7) await time.run(Math.floor(random() * 2_000));
  }

  service.calmDown();
  const whole = new Map<string, Message[]>();
  const isSettled = (): boolean =>
    [...backend.queues.sessions.values()].every((items) => items.length === 0) &&
    devices.every(({ chat: { pending, connection } }) => pending.length === 0 && connection === 'online');
  expect(await time.run(calmMs, isSettled), 'everything is sent').toBe(true);
  await time.run(60_000);
  service.calmDown(); // somebody looks at each
  await time.run(60_000);
  for (const id of [group, direct]) {
    if (!(await backend.log.head(id))) continue;
    const query = historyQuery.parse({ limit: '200' });
    whole.set(id, (await chat.history('ann', id, () => query)).items);
  }

  for (const device of devices) {
    const { userId } = device;
    for (const [id, history] of whole) {
      if (userId === 'cy' && id === direct) continue;
      const conversation = device.chat.conversation(id);
      const told = device.told.get(id) ?? [];
      // Told since it started: each once, in order, to the end.
      expect(told, `${userId} is told of ${id}`).toEqual(
        history
          .map(({ seq }) => seq)
          .slice(told.length === 0 ? history.length : history.length - told.length),
      );
      let isLoaded = false;
      const load = async (): Promise<void> => {
        await conversation.open();
        while (conversation.snapshot.hasEarlier) await conversation.loadEarlier();
        isLoaded = true;
      };
      const loading = load();
      expect(await time.run(calmMs, () => isLoaded), 'the history is loaded').toBe(true);
      await loading;
      expect(conversation.snapshot.messages.map(shown), `${userId} shows ${id}`).toEqual(history.map(shown));
    }
    const unread = await chat.unread(userId);
    const counts = device.chat.known.filter(({ unreadCount }) => unreadCount > 0);
    expect(
      Object.fromEntries(counts.map(({ id, unreadCount }) => [id, unreadCount])),
      `${userId} has unread`,
    ).toEqual(
      Object.fromEntries(
        unread.conversations.map(({ conversationId, unreadCount }) => [conversationId, unreadCount]),
      ),
    );
  }

  // What somebody said is there once, in the order in which they said it.
  const first = [...whole.values()].flat();
  expect(new Set(first.map(({ messageId }) => messageId)).size).toBe(first.length);
  for (const [{ userId }, all] of said)
    for (const id of [group, direct]) {
      const ids = whole.get(id)?.filter(({ senderId }) => senderId === userId) ?? [];
      expect(all.filter(({ conversationId }) => conversationId === id).length).toBeLessThanOrEqual(
        ids.length,
      );
    }
  for (const [id, history] of whole) {
    const total = [...said.values()].flat().filter(({ conversationId }) => conversationId === id).length;
    expect(history, `all that was said in ${id} is there once`).toHaveLength(total);
    for (const all of said.values()) {
      const order = all.filter(({ conversationId }) => conversationId === id).map(({ text }) => text);
      const untouched = history.flatMap(({ messageText, editedAt, deletedAt }) =>
        messageText !== null && editedAt === null && deletedAt === null ? [messageText] : [],
      );
      const mine = untouched.filter((text) => order.includes(text));
      expect(mine).toEqual(order.filter((text) => mine.includes(text)));
    }
  }
  let isClosed = false;
  void Promise.all(devices.map((device) => device.chat.close())).then(() => (isClosed = true));
  expect(await time.run(calmMs, () => isClosed), 'all are closed').toBe(true);
};

test(
  'chats over a network that loses, delays, repeats and reorders end alike on all devices',
  { timeout: 600_000 },
  async () => {
    for (const seed of seeds) {
      try {
        await play(seed);
      } catch (error) {
        throw new Error(`It fails: npm run hostile -- --runs 1 --seed ${seed}`, { cause: error });
      }
    }
  },
);
