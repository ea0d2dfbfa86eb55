import { randomBytes } from 'node:crypto';
import { afterEach, expect, inject, it } from 'vitest';
import { type Conversation, ParleyClient, ParleyError } from '../../client/index.ts';
import { eventually, tokenFor } from '../support/chat.ts';

const open: ParleyClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((chat) => chat.close()));
});

const aName = (name: string): string => `${name}-${randomBytes(5).toString('hex')}`;
const baseUrl = inject('stack').urls.functions;

const connect = async (userId: string): Promise<ParleyClient> => {
  const chat = await ParleyClient.connect({ baseUrl, token: () => tokenFor(userId) });
  open.push(chat);
  return chat;
};

const until = (conversation: Conversation, isSo: (conversation: Conversation) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const stop = conversation.subscribe(look);
    function look(): void {
      if (!isSo(conversation)) return;
      queueMicrotask(() => stop());
      resolve();
    }
    look();
  });

it('a file is uploaded with its progress, sent, seen to be available and downloaded by the other', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const [ann, bo] = await Promise.all([connect(annId), connect(boId)]);
  const conversation = await ann.direct(boId);
  const bytes = new TextEncoder().encode('the plan '.repeat(10_000));
  const progress: [number, number][] = [];
  const { attachmentId } = await conversation.upload(new Blob([bytes], { type: 'text/plain' }), {
    fileName: 'plan.txt',
    onProgress: (sent, total) => progress.push([sent, total]),
  });
  expect(progress.at(-1)).toEqual([bytes.length, bytes.length]);
  await conversation.send({ text: 'Here it is', attachmentId });

  const theirs = bo.conversation(conversation.id);
  await until(theirs, ({ snapshot }) => typeof snapshot.messages[0]?.attachment?.availableAt === 'string');
  expect(theirs.snapshot.messages[0]).toMatchObject({
    messageText: 'Here it is',
    attachment: { attachmentId, fileName: 'plan.txt', contentType: 'text/plain', size: bytes.length },
  });
  const { downloadUrl } = await bo.attachment(attachmentId);
  const downloaded = await (await fetch(downloadUrl)).arrayBuffer();
  expect(Buffer.from(downloaded).equals(bytes)).toBe(true);
  const stranger = await connect(aName('cy'));
  await expect(stranger.attachment(attachmentId)).rejects.toBeInstanceOf(ParleyError);
});

it('an upload is given up by its signal, and what is not allowed is refused by its code', async () => {
  const ann = await connect(aName('ann'));
  const conversation = await ann.direct(aName('bo'));
  const file = new Blob([new Uint8Array(5_000_000)], { type: 'image/png' });
  const early = conversation.upload(file, { signal: AbortSignal.abort() });
  await expect(early).rejects.toMatchObject({ code: 'aborted' });
  const given = new AbortController();
  const late = await ParleyClient.connect({
    baseUrl,
    token: () => tokenFor(ann.userId),
    environment: {
      fetch: (url, init) => {
        if (init.method === 'PUT') given.abort(); // while the bytes are on their way
        return fetch(url, init);
      },
    },
  });
  open.push(late);
  const uploading = late.conversation(conversation.id).upload(file, { signal: given.signal });
  await expect(uploading).rejects.toMatchObject({ code: 'aborted' });
  const program = new Blob(['MZ'], { type: 'application/x-msdownload' });
  await expect(conversation.upload(program)).rejects.toMatchObject({ name: 'ParleyError', status: 400 });
});

it('typing and presence are told to the other as they change', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const ann = await connect(annId);
  const conversation = await ann.direct(boId);
  expect(await ann.presence(boId)).toMatchObject({ online: false });
  const came = new Promise<void>((resolve) =>
    ann.on('presence', ({ userId, online }) => {
      if (userId === boId && online) resolve();
    }),
  );
  const bo = await connect(boId);
  await came;
  await eventually(async () => ((await ann.presence(boId)).online ? true : undefined));
  expect(await conversation.presence()).toContainEqual(
    expect.objectContaining({ userId: boId, online: true }),
  );
  const typing: boolean[] = [];
  const stopped = new Promise<void>((resolve) =>
    ann.on('typing', ({ userId, isTyping }) => {
      if (userId === boId) typing.push(isTyping);
      if (!isTyping) resolve();
    }),
  );
  const theirs = bo.conversation(conversation.id);
  theirs.typing();
  theirs.typing(); // at each key
  await until(conversation, ({ snapshot }) => snapshot.typingUserIds.includes(boId));
  theirs.typing(false);
  await stopped;
  expect(typing).toEqual([true, false]);
  const went = new Promise<void>((resolve) =>
    ann.on('presence', ({ userId, online }) => {
      if (userId === boId && !online) resolve();
    }),
  );
  await bo.close();
  await went;
});

it('what was said is found by its words, by members only', async () => {
  const [annId, boId] = [aName('ann'), aName('bo')];
  const [ann, bo, cy] = await Promise.all([connect(annId), connect(boId), connect(aName('cy'))]);
  const word = `w${randomBytes(6).toString('hex')}`;
  const { conversationId, messageId } = await ann.send({ to: boId, text: `The ${word} is here` });
  const found = await eventually(async () => {
    const { items } = await bo.search(word);
    return items.length > 0 ? items : undefined;
  });
  expect(found).toMatchObject([{ messageId, conversationId, messageText: `The ${word} is here` }]);
  expect((await bo.conversation(conversationId).search(word)).items).toHaveLength(1);
  expect((await cy.search(word)).items).toEqual([]);
});

it('a session that was ended elsewhere goes on with the next token, and misses nothing', async () => {
  const [username, boId] = [aName('ann'), aName('bo')];
  const password = 'open sesame';
  await ParleyClient.register({ baseUrl, username, password });
  const given: string[] = [];
  const ann = await ParleyClient.connect({
    baseUrl,
    token: async () => {
      const { token } = await ParleyClient.login({ baseUrl, username, password });
      given.push(token);
      return token;
    },
  });
  open.push(ann);
  const bo = await connect(boId);
  const conversation = await ann.direct(boId);
  expect(given).toHaveLength(1);
  const reached = (wanted: string): Promise<void> =>
    new Promise((resolve) => ann.on('connection', (state) => state === wanted && resolve()));
  const [lost, back] = [reached('offline'), reached('online')];
  const headers = { authorization: `Bearer ${given[0] ?? ''}` };
  expect((await fetch(`${baseUrl}/api/users/logout`, { method: 'POST', headers })).status).toBe(204);
  await lost; // the service closes what was opened with the token
  await bo.send({ to: username, text: 'Are you still there?' });
  await until(conversation, ({ snapshot }) => snapshot.messages.length === 1);
  await conversation.send('I am');
  await until(bo.conversation(conversation.id), ({ snapshot }) => snapshot.messages.length === 2);
  await back;
  expect(given.length).toBeGreaterThan(1);
});
