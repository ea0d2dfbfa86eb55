/**
 * `npm run demo`: two people chat, one of them offline for a while. Against a running stack (PARLEY_URL, or
 * http://127.0.0.1:7071), or one of its own on free ports. Prints each step with its time; exit code 1 if anything is
 * lost, repeated or out of order.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import type { ServerEvent } from '../../shared/domain/event.ts';
import type { Message } from '../../shared/domain/message.ts';

interface Inbox {
  items: { inboxId: string; message: Message }[];
  nextCursor: string | null;
}

interface SendAnswer {
  messageId: string;
  conversationId: string;
  attachment?: { attachmentId: string; uploadUrl: string };
}

const startedAt = performance.now();
const say = (text: string): void => {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(2).padStart(6)} s  ${text}`);
};

const isUp = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/api/health/ready`)).ok;
  } catch {
    return false;
  }
};

/** A stack on free ports with data of its own. */
const startStack = async (): Promise<{ url: string; stop: () => Promise<void> }> => {
  const data = await mkdtemp(join(tmpdir(), 'parley-demo-'));
  const anyPort = {
    FUNCTIONS_PORT: '0',
    SERVICE_BUS_PORT: '0',
    WEB_PUBSUB_PORT: '0',
    BLOB_PORT: '0',
    TABLE_PORT: '0',
  };
  const child: ChildProcess = spawn(
    process.execPath,
    ['local/start.ts', '--data', data, '--settings', join(data, 'settings.json')],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...anyPort } },
  );
  const ended = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /(http:\/\/\S+)\/api\/sendMessage/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`The local stack did not start:\n${output}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  return { url, stop };
};

/** One person: an account and what can be done with it. */
class Person {
  readonly name: string;
  readonly #url: string;
  readonly #token: string;
  readonly received: Message[] = [];
  #client: WebPubSubClient | undefined;
  #onMessage: () => void = () => undefined;

  private constructor(url: string, name: string, token: string) {
    this.#url = url;
    this.name = name;
    this.#token = token;
  }

  static async register(url: string, name: string): Promise<Person> {
    const username = `${name}-${randomBytes(4).toString('hex')}`;
    const password = randomBytes(12).toString('base64url');
    await call(url, 'POST', '/users/register', { username, password }, undefined, 201);
    const { token } = await call<{ token: string }>(url, 'POST', '/users/login', { username, password });
    return new Person(url, username, token);
  }

  send(body: object): Promise<SendAnswer> {
    return call(this.#url, 'POST', '/sendMessage', body, this.#token, 202);
  }

  get<T>(path: string): Promise<T> {
    return call(this.#url, 'GET', path, undefined, this.#token);
  }

  post<T>(path: string, body: object): Promise<T> {
    return call(this.#url, 'POST', path, body, this.#token);
  }

  async goOnline(): Promise<void> {
    const negotiate = async (): Promise<string> =>
      (await call<{ url: string }>(this.#url, 'POST', '/negotiate', undefined, this.#token)).url;
    const client = new WebPubSubClient({ getClientAccessUrl: negotiate });
    const welcomed = new Promise<void>((resolve) => {
      client.on('server-message', ({ message }) => {
        const event = message.data as unknown as ServerEvent;
        if (event.type === 'connected') resolve();
        if (event.type !== 'message.created' || event.message.senderId === this.name) return;
        this.received.push(event.message);
        void client.sendEvent(
          'receipt.delivered',
          { conversationId: event.conversationId, seqs: [event.seq] },
          'json',
        );
        this.#onMessage();
      });
    });
    await client.start();
    await welcomed;
    this.#client = client;
  }

  goOffline(): void {
    this.#client?.stop();
    this.#client = undefined;
  }

  /** Resolves once so many messages have come. */
  async has(count: number): Promise<void> {
    const timeout = AbortSignal.timeout(20_000);
    while (this.received.length < count) {
      await new Promise<void>((resolve, reject) => {
        this.#onMessage = resolve;
        timeout.addEventListener('abort', () =>
          reject(new Error(`${this.name} has ${this.received.length} of ${count} messages after 20 s.`)),
        );
      });
    }
  }
}

const call = async <T>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
  expected = 200,
): Promise<T> => {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.equal(response.status, expected, `${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
};

/** Reads the whole inbox and acknowledges it, until everything expected is there. */
const emptyInbox = async (person: Person, count: number): Promise<Message[]> => {
  const messages: Message[] = [];
  const end = performance.now() + 20_000;
  while (messages.length < count) {
    const { items } = await person.get<Inbox>('/inbox?limit=100');
    messages.push(...items.map(({ message }) => message));
    if (items.length > 0) await person.post('/inbox/ack', { inboxIds: items.map(({ inboxId }) => inboxId) });
    assert.ok(
      performance.now() < end,
      `The inbox of ${person.name} has ${messages.length} of ${count} messages.`,
    );
  }
  return messages;
};

const texts = (messages: Message[]): (string | null)[] => messages.map(({ messageText }) => messageText);

const demo = async (url: string): Promise<void> => {
  const [ann, bo] = [await Person.register(url, 'ann'), await Person.register(url, 'bo')];
  say(`${ann.name} and ${bo.name} have registered and logged in.`);

  await ann.goOnline();
  say('Ann is online, Bo is not.');
  const whileAway = ['Are you there?', 'I have a picture for you.', '(it is of the mountains)'];
  for (const messageText of whileAway.slice(0, 1)) await ann.send({ receiverId: bo.name, messageText });

  const picture = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(20_000)]);
  const { attachment, conversationId } = await ann.send({
    receiverId: bo.name,
    messageText: whileAway[1],
    attachment: { fileName: 'mountains.png', contentType: 'image/png', size: picture.length },
  });
  assert.ok(attachment, 'A message with an attachment is answered with an upload URL.');
  const put = await fetch(attachment.uploadUrl, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'image/png' },
    body: picture,
  });
  assert.equal(put.status, 201, `The upload was answered ${put.status}: ${await put.text()}`);
  await ann.post(`/attachments/${attachment.attachmentId}/complete`, {});
  await ann.send({ receiverId: bo.name, messageText: whileAway[2] });
  say(`Ann has sent ${whileAway.length} messages, one with an attachment of ${picture.length} bytes.`);

  const kept = await emptyInbox(bo, whileAway.length);
  assert.deepEqual(texts(kept), whileAway);
  assert.deepEqual((await bo.get<Inbox>('/inbox')).items, []);
  say('Bo comes back and finds them in the inbox: all, once, in order. Acknowledged, they are gone from it.');

  const { downloadUrl } = await bo.get<{ downloadUrl: string }>(`/attachments/${attachment.attachmentId}`);
  const downloaded = Buffer.from(await (await fetch(downloadUrl)).arrayBuffer());
  assert.ok(downloaded.equals(picture), 'The attachment comes back as it was sent.');
  say('Bo has downloaded the attachment, byte for byte.');

  await bo.goOnline();
  const live = ['Beautiful!', 'Where is it?', 'Can we go there?'];
  for (const messageText of live) await ann.send({ receiverId: bo.name, messageText });
  const sentAt = performance.now();
  await bo.has(live.length);
  assert.deepEqual(texts(bo.received), live);
  say(
    `Bo is online and has got ${live.length} more, live (the last ${(performance.now() - sentAt).toFixed(0)} ms after its 202).`,
  );

  const same = { receiverId: ann.name, messageText: 'Yes!', clientMessageId: 'the-same' };
  const ids = await Promise.all(Array.from({ length: 5 }, () => bo.send(same)));
  assert.equal(new Set(ids.map(({ messageId }) => messageId)).size, 1);
  await ann.has(1);
  say('Bo has sent one message five times at once: it is one message.');

  const total = whileAway.length + live.length + 1;
  const history = await ann.get<{ items: Message[]; headSeq: number }>(
    `/conversations/${conversationId}/messages`,
  );
  assert.deepEqual(texts(history.items), [...whileAway, ...live, 'Yes!']);
  assert.deepEqual(
    history.items.map(({ seq }) => seq),
    Array.from({ length: total }, (_, index) => index + 1),
  );
  assert.deepEqual((await bo.get<Inbox>('/inbox')).items, []);
  say(`The history has all ${total} messages in order, seq 1 to ${total} without a hole.`);
  ann.goOffline();
  bo.goOffline();
};

const url = process.env.PARLEY_URL ?? 'http://127.0.0.1:7071';
const isRunning = await isUp(url);
if (!isRunning && process.env.PARLEY_URL !== undefined) {
  console.error(`Nothing answers at ${url}. Start the stack with npm start, or leave PARLEY_URL unset.`);
  process.exit(1);
}
if (!isRunning) say('Nothing runs at http://127.0.0.1:7071; starting a stack of its own.');
const stack = isRunning ? { url, stop: () => Promise.resolve() } : await startStack();
try {
  say(`Talking to ${stack.url}.`);
  await demo(stack.url);
  say('Done: nothing lost, nothing twice, everything in order.');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stack.stop();
}
process.exit();
