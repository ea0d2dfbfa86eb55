import { randomBytes } from 'node:crypto';
import { afterEach, expect, inject, it } from 'vitest';
import {
  type ConnectOptions,
  type Conversation,
  type Message,
  MemoryStore,
  ParleyClient,
  ParleyError,
} from '../../client/index.ts';
import { eventually, silencingProxy, tokenFor } from '../support/chat.ts';

const open: ParleyClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((chat) => chat.close()));
});

const aName = (name: string): string => `${name}-${randomBytes(5).toString('hex')}`;

const connect = async (userId: string, options: Partial<ConnectOptions> = {}): Promise<ParleyClient> => {
  const baseUrl = inject('stack').urls.functions;
  const chat = await ParleyClient.connect({ baseUrl, token: () => tokenFor(userId), ...options });
  open.push(chat);
  return chat;
};

const texts = (messages: readonly Message[]): (string | null)[] =>
  messages.map(({ messageText }) => messageText);

/** A conversation as soon as it shows something. */
const until = (conversation: Conversation, isThere: (conversation: Conversation) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const stop = conversation.subscribe(look);
    function look(): void {
      if (!isThere(conversation)) return;
      queueMicrotask(() => stop());
      resolve();
    }
    look();
  });

it('two people talk: in order, each message once, with its echo, receipts, typing and unread count', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const [ann, bo] = await Promise.all([connect(annId), connect(boId)]);
  const heard: string[] = [];
  bo.on('message', ({ messageText }) => heard.push(messageText ?? ''));
  const said = Array.from({ length: 20 }, (_, index) => `message ${index}`);
  const receipts = await Promise.all(said.map((text) => ann.send({ to: boId, text })));
  const conversationId = receipts[0]?.conversationId ?? '';
  const [mine, theirs] = [ann.conversation(conversationId), bo.conversation(conversationId)];
  await until(theirs, ({ snapshot }) => snapshot.messages.length === said.length);
  await until(
    mine,
    ({ snapshot }) => snapshot.messages.length === said.length && snapshot.pending.length === 0,
  );
  expect(heard).toEqual(said);
  expect(texts(theirs.snapshot.messages)).toEqual(said);
  expect(texts(mine.snapshot.messages)).toEqual(said);
  expect(theirs.unreadCount).toBe(said.length);

  await mine.open();
  await until(mine, ({ snapshot }) => snapshot.messages.every(({ status }) => status === 'delivered'));
  theirs.markRead();
  expect(theirs.unreadCount).toBe(0);
  await until(mine, ({ snapshot }) => snapshot.messages.every(({ status }) => status === 'read'));

  theirs.typing();
  await until(mine, ({ snapshot }) => snapshot.typingUserIds.includes(boId));
  const answer = await theirs.send('An answer');
  await until(mine, ({ snapshot }) => snapshot.messages.length === 21 && snapshot.typingUserIds.length === 0);

  await theirs.edit(answer.messageId, 'A better answer');
  await mine.react(answer.messageId, '👍');
  await until(mine, ({ snapshot }) => snapshot.messages.at(-1)?.reactions.length === 1);
  expect(mine.snapshot.messages.at(-1)).toMatchObject({ messageText: 'A better answer' });
  await mine.unreact(answer.messageId, '👍');
  await theirs.delete(answer.messageId);
  await until(mine, ({ snapshot }) => snapshot.messages.at(-1)?.deletedAt !== null);
  expect(mine.snapshot.messages.at(-1)).toMatchObject({ messageText: null, reactions: [], seq: 21 });
});

it('who was away gets everything at the next connection, once', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const ann = await connect(annId);
  const first = await ann.send({ to: boId, text: 'one' });
  await ann.send({ to: boId, text: 'two' });
  await until(ann.conversation(first.conversationId), ({ snapshot }) => snapshot.messages.length === 2);
  const heard: (string | null)[] = [];
  const bo = await connect(boId);
  const conversation = bo.conversation(first.conversationId);
  bo.on('message', ({ messageText }) => heard.push(messageText));
  expect(texts(conversation.snapshot.messages)).toEqual(['one', 'two']);
  expect(conversation.unreadCount).toBe(2);
  await ann.send({ to: boId, text: 'three' });
  await until(conversation, ({ snapshot }) => snapshot.messages.length === 3);
  expect(heard).toEqual(['three']);
  await eventually(async () => {
    const { items } = await bo.conversation(first.conversationId).history();
    return items.every(({ status }) => status === 'delivered') ? true : undefined;
  });
  await bo.close();
  const again = await connect(boId);
  expect(texts(again.conversation(first.conversationId).snapshot.messages)).toEqual([]);
  const { messages, hasEarlier } = await again.conversation(first.conversationId).open();
  expect(texts(messages)).toEqual(['one', 'two', 'three']);
  expect(hasEarlier).toBe(false);
});

it('a bot reads messages one by one, from any place on', async () => {
  const [annId, botId] = [aName('ann'), aName('bot')];
  const [ann, bot] = await Promise.all([connect(annId), connect(botId)]);
  const { conversationId } = await ann.send({ to: botId, text: 'one' });
  await ann.send({ to: botId, text: 'two' });
  const read: (string | null)[] = [];
  const conversation = bot.conversation(conversationId);
  await until(conversation, ({ snapshot }) => snapshot.messages.length === 2);
  const later = ann.send({ to: botId, text: 'three' });
  for await (const message of conversation.messages({ after: 0 })) {
    read.push(message.messageText);
    if (message.messageText === 'three') break;
  }
  await later;
  expect(read).toEqual(['one', 'two', 'three']);
  const signal = AbortSignal.timeout(50);
  for await (const message of conversation.messages({ signal })) read.push(message.messageText);
  expect(read).toHaveLength(3);
});

it('a group: members come and go, and whoever was removed has it no more', async () => {
  const [annId, boId, cyId] = [aName('ann'), aName('bo'), aName('cy')];
  const [ann, bo, cy] = await Promise.all([connect(annId), connect(boId), connect(cyId)]);
  const group = await ann.createGroup({ memberIds: [boId], title: 'Trip' });
  const added = new Promise<Conversation>((resolve) => cy.on('conversation.added', resolve));
  await group.addMembers([cyId]);
  const theirs = await added;
  expect(theirs.id).toBe(group.id);
  await group.send('Welcome');
  await until(theirs, ({ snapshot }) =>
    snapshot.messages.some(({ messageText }) => messageText === 'Welcome'),
  );
  await until(group, ({ info }) => info?.members.length === 3);
  await group.update({ title: 'Trip to Rome' });
  await until(bo.conversation(group.id), ({ info }) => info?.title === 'Trip to Rome');
  const removed = new Promise<Conversation>((resolve) => cy.on('conversation.removed', resolve));
  await group.removeMember(cyId);
  expect((await removed).snapshot.isMember).toBe(false);
  expect(cy.known).toEqual([]);
  await expect(theirs.send('Hello?')).rejects.toMatchObject({ code: 'not-a-member' });
  expect(theirs.snapshot.pending).toMatchObject([{ text: 'Hello?', state: 'failed', code: 'not-a-member' }]);
});

it('a connection that died without a word is noticed, and what came meanwhile is there', async () => {
  const proxy = await silencingProxy();
  const [annId, boId] = [aName('ann'), aName('bo')];
  const ann = await connect(annId);
  let wake = (): void => undefined;
  const bo = await connect(boId, {
    environment: {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (!url.endsWith('/negotiate')) return response;
        const offer = (await response.json()) as { url: string };
        return Response.json({ ...offer, url: proxy.through(offer.url) });
      },
      onWake: (run) => {
        wake = run;
        return () => undefined;
      },
    },
  });
  const { conversationId } = await ann.send({ to: boId, text: 'before' });
  const conversation = bo.conversation(conversationId);
  await until(conversation, ({ snapshot }) => snapshot.messages.length === 1);
  proxy.silence();
  await ann.send({ to: boId, text: 'while nobody listens' });
  wake(); // the lid is opened
  await until(conversation, ({ snapshot }) => snapshot.messages.length === 2);
  expect(texts(conversation.snapshot.messages)).toEqual(['before', 'while nobody listens']);
  await proxy.stop();
});

it('what was not sent is sent by the next client, as one message', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const store = new MemoryStore();
  const away = await connect(annId, {
    store,
    isPatient: true,
    environment: { fetch: () => Promise.reject(new TypeError('There is no network.')) },
  });
  const lost = [away.send({ to: boId, text: 'one' }), away.send({ to: boId, text: 'two' })];
  expect(away.pending).toMatchObject([{ text: 'one' }, { text: 'two' }]);
  await away.close();
  for (const one of lost) await expect(one).rejects.toMatchObject({ code: 'closed' });

  const ann = await connect(annId, { store });
  const conversation = await ann.direct(boId);
  await until(conversation, ({ snapshot }) => snapshot.messages.length === 2);
  expect(texts(conversation.snapshot.messages)).toEqual(['one', 'two']);
  expect(await store.list('')).toEqual([]);
});

it('a token that is refused is told by its code; one that has ended is asked for again', async () => {
  const userId = aName('ann');
  const baseUrl = inject('stack').urls.functions;
  const refused = ParleyClient.connect({ baseUrl, token: 'a.b.c' });
  await expect(refused).rejects.toBeInstanceOf(ParleyError);
  await expect(refused).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
  const tokens = ['a.b.c', await tokenFor(userId)];
  const chat = await connect(userId, { token: () => tokens.shift() ?? '' });
  expect(chat).toMatchObject({ userId, connection: 'online' });
});

it('accounts are opened, and used', async () => {
  const baseUrl = inject('stack').urls.functions;
  const [username, password] = [aName('ann'), 'open sesame'];
  expect(await ParleyClient.register({ baseUrl, username, password, fullName: 'Ann' })).toMatchObject({
    userId: username,
    fullName: 'Ann',
  });
  await expect(ParleyClient.register({ baseUrl, username, password })).rejects.toMatchObject({
    code: 'username-taken',
    status: 409,
  });
  const { token } = await ParleyClient.login({ baseUrl, username, password });
  const chat = await connect(username, { token });
  expect(await chat.me()).toMatchObject({ username });
  await chat.logOut();
  await expect(ParleyClient.connect({ baseUrl, token })).rejects.toMatchObject({ code: 'unauthenticated' });
});
