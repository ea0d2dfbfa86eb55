import { randomBytes } from 'node:crypto';
import { afterEach, expect, inject, it } from 'vitest';
import { type ConnectionState, type Environment, ParleyClient } from '../../client/index.ts';
import { standardEnvironment } from '../../client/standard-environment.ts';
import { silencingProxy, tokenFor } from '../support/chat.ts';

const open: ParleyClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((chat) => chat.close()));
});

const aName = (name: string): string => `${name}-${randomBytes(5).toString('hex')}`;

const connect = async (userId: string, environment: Partial<Environment> = {}): Promise<ParleyClient> => {
  const baseUrl = inject('stack').urls.functions;
  const chat = await ParleyClient.connect({ baseUrl, token: () => tokenFor(userId), environment });
  open.push(chat);
  return chat;
};

const states = (chat: ParleyClient): { until: (state: ConnectionState) => Promise<void> } => ({
  until: (state) =>
    new Promise((resolve) => {
      const stop = chat.on('connection', (now) => {
        if (now !== state) return;
        stop();
        resolve();
      });
    }),
});

it('a connection that died without a word is replaced, also if nobody does anything', async () => {
  const proxy = await silencingProxy();
  const [annId, boId] = [aName('ann'), aName('bo')];
  const ann = await connect(annId);
  const bo = await connect(boId, {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (!url.endsWith('/negotiate')) return response;
      const offer = (await response.json()) as { url: string };
      return Response.json({ ...offer, url: proxy.through(offer.url) });
    },
    onWake: () => () => undefined,
  });
  const heard: (string | null)[] = [];
  const hearing = new Promise<void>((resolve) =>
    bo.on('message', ({ messageText }) => {
      heard.push(messageText);
      if (messageText === 'while nobody listens') resolve();
    }),
  );
  await ann.send({ to: boId, text: 'before' });
  const offline = states(bo).until('offline');
  proxy.silence();
  const startedAt = Date.now();
  await ann.send({ to: boId, text: 'while nobody listens' });
  await offline;
  await hearing;
  expect(Date.now() - startedAt).toBeLessThan(45_000);
  expect(heard.filter((text) => text === 'while nobody listens')).toHaveLength(1);
  await proxy.stop();
});

it('many messages are acknowledged together, at most once a second', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const told: { name: string; data: Record<string, unknown> }[] = [];
  const ann = await connect(annId);
  const bo = await connect(boId, {
    openSocket: async (options) => {
      const socket = await standardEnvironment.openSocket(options);
      return {
        close: () => socket.close(),
        send: (name, data) => {
          told.push({ name, data });
          return socket.send(name, data);
        },
      };
    },
  });
  const count = 60;
  const delivered = new Promise<void>((resolve) =>
    ann.on('receipt', ({ userId, upToSeq }) => {
      if (userId === boId && upToSeq === count) resolve();
    }),
  );
  const startedAt = Date.now();
  await Promise.all(
    Array.from({ length: count }, (_, index) => ann.send({ to: boId, text: `message ${index}` })),
  );
  await delivered;
  const seconds = (Date.now() - startedAt) / 1000;
  const receipts = told.filter(({ name }) => name === 'receipt.delivered');
  expect(receipts.at(-1)?.data).toMatchObject({ upToSeq: count });
  expect(receipts.length).toBeLessThanOrEqual(Math.ceil(seconds));
  await bo.close();
});

it('two tabs of a user show the same list, whichever of them says it', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const [first, second, bo] = await Promise.all([connect(annId), connect(annId), connect(boId)]);
  const { conversationId } = await first.send({ to: boId, text: 'from the first' });
  await Promise.all([
    second.send({ to: boId, text: 'from the second' }),
    first.send({ conversationId, text: 'from the first again' }),
    bo.send({ to: annId, text: 'an answer' }),
  ]);
  const lists = await Promise.all(
    [first, second, bo].map(async (chat) => {
      const conversation = chat.conversation(conversationId);
      await new Promise<void>((resolve) => {
        const stop = conversation.subscribe(look);
        function look(): void {
          const { messages, pending } = conversation.snapshot;
          if (messages.length < 4 || pending.length > 0) return;
          queueMicrotask(() => stop());
          resolve();
        }
        look();
      });
      return conversation.snapshot.messages.map(({ seq, messageId, messageText }) => ({
        ...{ seq, messageId, messageText },
      }));
    }),
  );
  expect(lists[0]?.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(lists[1]).toEqual(lists[0]);
  expect(lists[2]).toEqual(lists[0]);
});
