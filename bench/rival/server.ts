/**
 * `node bench/rival/server.ts --redis-port PORT --redis-pid PID`: what one would run on one machine instead. A chat server of Socket.IO 4
 * and Redis: a JWT at connecting, zod on every message, a message in a Redis stream before it is delivered and before
 * its sender is answered, and `sync` by cursor for what came while a user was offline. Accounts, limits, repeats,
 * receipts, moderation and attachments are left out: that is in its favour. The secret is in RIVAL_SECRET.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { jwtVerify } from 'jose';
import { type DefaultEventsMap, Server, type Socket } from 'socket.io';
import { z } from 'zod';
import type { RivalMessage, SendAnswer, SyncAnswer } from './protocol.ts';

const userId = z.string().regex(/^[\w.-]{1,64}$/);
const sendRequest = z.strictObject({ to: userId, text: z.string().min(1).max(8192) });
const syncRequest = z.strictObject({
  cursors: z.record(z.string(), z.string()),
  limit: z.int().min(1).max(1000),
});

const groupRequest = z.strictObject({ members: z.array(userId).max(1000) });
const groupMessage = z.strictObject({ group: z.string().max(64), text: z.string().min(1).max(8192) });

type Answer<T> = (answer: T) => void;
interface ClientEvents {
  send: (request: unknown, answer: Answer<SendAnswer>) => void;
  sendToGroup: (request: unknown, answer: Answer<SendAnswer>) => void;
  createGroup: (request: unknown, answer: Answer<SendAnswer>) => void;
  sync: (request: unknown, answer: Answer<SyncAnswer | SendAnswer>) => void;
}
interface ServerEvents {
  ready: () => void;
  message: (message: RivalMessage) => void;
}
interface SocketData {
  user: string;
}
type ChatSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>;

const conversationOf = (a: string, b: string): string => (a < b ? `${a}:${b}` : `${b}:${a}`);
const streamOf = (conversation: string): string => `messages:${conversation}`;
const indexOf = (user: string): string => `conversations:${user}`;
const roomOf = (user: string): string => `user:${user}`;
/** The room and the conversation of a group. */
const groupPrefix = 'group:';

/** Messages in one Redis stream per conversation, and a set of conversations per user. */
class Store {
  readonly #redis: Redis;
  /** Conversations whose members' sets have it already. */
  readonly #indexed = new Set<string>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async append(from: string, to: string, text: string): Promise<RivalMessage> {
    const conversation = conversationOf(from, to);
    const appended = this.#write(conversation, from, text);
    if (!this.#indexed.has(conversation)) {
      await Promise.all([from, to].map((user) => this.#redis.sadd(indexOf(user), conversation)));
      this.#indexed.add(conversation);
    }
    return appended;
  }

  appendToGroup(group: string, from: string, text: string): Promise<RivalMessage> {
    return this.#write(group, from, text);
  }

  async createGroup(members: readonly string[]): Promise<string> {
    const group = `${groupPrefix}${randomUUID()}`;
    await Promise.all(members.map((user) => this.#redis.sadd(indexOf(user), group)));
    return group;
  }

  async groupsOf(user: string): Promise<string[]> {
    const all = await this.#redis.smembers(indexOf(user));
    return all.filter((conversation) => conversation.startsWith(groupPrefix));
  }

  async #write(conversation: string, from: string, text: string): Promise<RivalMessage> {
    const at = Date.now();
    const id = await this.#redis.xadd(streamOf(conversation), '*', 'from', from, 'text', text, 'at', at);
    if (id === null) throw new Error('Redis did not append.');
    return { id, conversation, from, text, at };
  }

  async sync(user: string, { cursors, limit }: z.infer<typeof syncRequest>): Promise<SyncAnswer> {
    const messages: RivalMessage[] = [];
    let more = false;
    for (const conversation of await this.#redis.smembers(indexOf(user))) {
      const start = `(${cursors[conversation] ?? '0-0'}`;
      const rows = await this.#redis.xrange(streamOf(conversation), start, '+', 'COUNT', limit);
      more ||= rows.length === limit;
      for (const [id, [, from = '', , text = '', , at = '']] of rows) {
        messages.push({ id, conversation, from, text, at: Number(at) });
      }
    }
    return { messages, more };
  }
}

const serve = async (socket: ChatSocket, store: Store): Promise<void> => {
  const { user } = socket.data;
  void socket.join(roomOf(user));

  const send = async (request: unknown): Promise<SendAnswer> => {
    const { data } = sendRequest.safeParse(request);
    if (data === undefined) return { ok: false, error: 'invalid' };
    const message = await store.append(user, data.to, data.text);
    // The receiver's devices, and the sender's others.
    socket.to([roomOf(data.to), roomOf(user)]).emit('message', message);
    return { ok: true, id: message.id };
  };
  socket.on('send', (request, answer) => {
    send(request).then(answer, () => answer({ ok: false, error: 'unavailable' }));
  });

  const sendToGroup = async (request: unknown): Promise<SendAnswer> => {
    const { data } = groupMessage.safeParse(request);
    if (data === undefined) return { ok: false, error: 'invalid' };
    if (!socket.rooms.has(data.group)) return { ok: false, error: 'not a member' };
    const message = await store.appendToGroup(data.group, user, data.text);
    socket.to(data.group).emit('message', message);
    return { ok: true, id: message.id };
  };
  socket.on('sendToGroup', (request, answer) => {
    sendToGroup(request).then(answer, () => answer({ ok: false, error: 'unavailable' }));
  });

  const createGroup = async (request: unknown): Promise<SendAnswer> => {
    const { data } = groupRequest.safeParse(request);
    if (data === undefined) return { ok: false, error: 'invalid' };
    const id = await store.createGroup([user, ...data.members]);
    for (const member of [user, ...data.members]) io.in(roomOf(member)).socketsJoin(id);
    return { ok: true, id };
  };
  socket.on('createGroup', (request, answer) => {
    createGroup(request).then(answer, () => answer({ ok: false, error: 'unavailable' }));
  });

  socket.on('sync', (request, answer) => {
    const { data } = syncRequest.safeParse(request);
    if (data === undefined) answer({ ok: false, error: 'invalid' });
    else store.sync(user, data).then(answer, () => answer({ ok: false, error: 'unavailable' }));
  });
  await socket.join(await store.groupsOf(user));
  socket.emit('ready');
};

const { values } = parseArgs({
  options: { 'redis-port': { type: 'string', default: '6379' }, 'redis-pid': { type: 'string' } },
});
const redisUrl = `redis://127.0.0.1:${values['redis-port']}`;
const secret = Buffer.from(process.env.RIVAL_SECRET ?? '');
const store = new Store(new Redis(redisUrl, { enableAutoPipelining: true }));
const publisher = new Redis(redisUrl);
const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
  'verify',
]);

const http = createServer((_, response) => response.writeHead(404).end());
const io = new Server<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>(http, {
  transports: ['websocket'],
  serveClient: false,
  maxHttpBufferSize: 64 * 1024,
  adapter: createAdapter(publisher, publisher.duplicate()),
});
io.use((socket, next) => {
  jwtVerify(String(socket.handshake.auth.token), key, { algorithms: ['HS256'] }).then(
    ({ payload }) => {
      socket.data.user = payload.sub ?? '';
      next();
    },
    () => next(new Error('unauthorized')),
  );
});
io.on('connection', (socket) => {
  serve(socket, store).catch(() => socket.disconnect(true));
});

await publisher.ping(); // waits until Redis serves
http.listen(0, '127.0.0.1', 4096, () => {
  process.send?.({ type: 'ready', port: (http.address() as AddressInfo).port });
});
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => {
  // The benchmark has died: nobody else would end Redis.
  if (values['redis-pid'] !== undefined) process.kill(Number(values['redis-pid']), 'SIGTERM');
  process.exit(0);
});
