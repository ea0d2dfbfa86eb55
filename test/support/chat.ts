import { randomBytes } from 'node:crypto';
import { connect as tcpConnect, createServer, type AddressInfo, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { SignJWT } from 'jose';
import { inject } from 'vitest';
import type { ApiDocument } from '../../functions/openapi/document.ts';
import { serverEvent } from '../../shared/contract/server-events.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import type { Message } from '../../shared/domain/message.ts';
import { Contract } from './contract.ts';

/** What the chat answers, as far as tests look at it. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface SendAnswer {
  messageId: string;
  conversationId: string;
  clientMessageId: string;
  acceptedAt: string;
  attachment?: { attachmentId: string; uploadUrl: string; expiresAt: string };
}

export interface InboxAnswer {
  items: { inboxId: string; message: Message }[];
  nextCursor: string | null;
}

export interface HistoryAnswer {
  items: Message[];
  nextCursor: string | null;
  headSeq: number;
}

let published: Promise<Contract> | undefined;

/** What the running stack says of itself. */
export const contract = (): Promise<Contract> =>
  (published ??= fetch(`${inject('stack').urls.functions}/api/openapi.json`)
    .then((response) => response.json())
    .then((document) => new Contract(document as ApiDocument)));

/** Calls the running stack, and holds each answer to what the stack documents. */
export const request = async <T = Record<string, unknown>>(
  method: string,
  path: string,
  { body, token, headers = {} }: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer<T>> => {
  const response = await fetch(`${inject('stack').urls.functions}/api${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const answered = text === '' ? undefined : (JSON.parse(text) as unknown);
  const contentType = response.headers.get('content-type') ?? '';
  await (await contract()).check({ method, path, status: response.status, contentType, body: answered });
  return {
    status: response.status,
    headers: response.headers,
    body: (answered ?? {}) as T,
  };
};

export const signingKey = (): Uint8Array => Buffer.from(inject('stack').settings.AUTH_SIGNING_KEY ?? '');

/** A token as the app itself would issue it. */
export const tokenFor = (userId: string): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(signingKey());

/** Asks until there is an answer, or the test's time is up. */
export const eventually = async <T>(ask: () => Promise<T | undefined>, seconds = 40): Promise<T> => {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`There was no answer within ${seconds} s.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** A user of the running stack. */
export class User {
  readonly id: string;
  readonly token: string;

  private constructor(id: string, token: string) {
    this.id = id;
    this.token = token;
  }

  static async create(name = 'user'): Promise<User> {
    const id = `${name}-${randomBytes(5).toString('hex')}`;
    return new User(id, await tokenFor(id));
  }

  post<T = Record<string, unknown>>(path: string, body: unknown): Promise<Answer<T>> {
    return request<T>('POST', path, { body, token: this.token });
  }

  get<T = Record<string, unknown>>(path: string): Promise<Answer<T>> {
    return request<T>('GET', path, { token: this.token });
  }

  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return request<T>(method, path, { token: this.token, ...(body !== undefined && { body }) });
  }

  async send(to: User, messageText: string, rest: object = {}): Promise<SendAnswer> {
    const { status, body } = await this.post<SendAnswer>('/sendMessage', {
      receiverId: to.id,
      messageText,
      ...rest,
    });
    if (status !== 202) throw new Error(`sendMessage answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  async inbox(): Promise<InboxAnswer['items']> {
    const { body } = await this.get<InboxAnswer>('/inbox');
    return body.items;
  }

  /** The inbox as soon as it has so many messages. */
  inboxWith(count: number): Promise<InboxAnswer['items']> {
    return eventually(async () => {
      const items = await this.inbox();
      return items.length >= count ? items : undefined;
    });
  }

  /** The history as soon as it has so many messages. */
  historyWith(conversationId: string, count: number): Promise<HistoryAnswer> {
    return eventually(async () => {
      const { status, body } = await this.get<HistoryAnswer>(
        `/conversations/${conversationId}/messages?limit=200`,
      );
      return status === 200 && body.headSeq >= count ? body : undefined;
    });
  }

  async negotiate(): Promise<string> {
    return (await this.post<{ url: string }>('/negotiate', {})).body.url;
  }

  /** Connects a device through the official client; `url` may lead through a proxy. */
  async goOnline(through: (url: string) => string = (url) => url): Promise<Device> {
    const device = new Device(async () => through(await this.negotiate()));
    await device.start();
    return device;
  }
}

/** A connected device of a user. */
export class Device {
  readonly client: WebPubSubClient;
  readonly events: ServerEvent[] = [];
  #waiting: (() => void)[] = [];
  #fault: Error | undefined;

  constructor(getClientAccessUrl: () => Promise<string>) {
    this.client = new WebPubSubClient({ getClientAccessUrl });
    // What goes to a user comes from the server, what goes to a conversation's members from its group.
    this.client.on('server-message', ({ message }) => this.#take(message.data as unknown as ServerEvent));
    this.client.on('group-message', ({ message }) => this.#take(message.data as unknown as ServerEvent));
  }

  #take(event: ServerEvent): void {
    this.events.push(event);
    const { data, error } = serverEvent.safeParse(event);
    // Fields that are not described are left out by the schema.
    if (error || !isDeepStrictEqual(data, event))
      this.#fault ??= new Error(`This event is not what the contract says: ${JSON.stringify(event)}`, {
        cause: error,
      });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async start(): Promise<void> {
    await this.client.start();
    await this.event('connected');
  }

  stop(): void {
    this.client.stop();
  }

  /** The messages that came, each once: what is not acknowledged is pushed again. */
  messages(): Message[] {
    const messages = new Map<string, Message>();
    for (const event of this.events)
      if (event.type === 'message.created' && !messages.has(event.message.messageId))
        messages.set(event.message.messageId, event.message);
    return [...messages.values()];
  }

  /** The first event of a type that satisfies a condition, which may still come. */
  event<T extends ServerEvent['type']>(
    type: T,
    matches: (event: Extract<ServerEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ServerEvent, { type: T }>> {
    return this.until(() =>
      this.events.find(
        (event): event is Extract<ServerEvent, { type: T }> =>
          event.type === type && matches(event as Extract<ServerEvent, { type: T }>),
      ),
    );
  }

  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#fault) throw this.#fault;
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Sends an event and answers its ack. */
  async ask(name: string, data: Record<string, unknown>): Promise<Extract<ServerEvent, { type: 'ack' }>> {
    const ref = randomBytes(6).toString('hex');
    await this.client.sendEvent(name, { ...data, ref }, 'json');
    return this.event('ack', (event) => event.ref === ref);
  }
}

/** A TCP proxy that can cut connections, or go silent without closing anything, as a network does when a laptop's lid is shut. */
export const silencingProxy = async (): Promise<{
  through: (url: string) => string;
  silence: () => void;
  /** Cuts all connections; new ones may be made. */
  cut: () => void;
  stop: () => Promise<void>;
}> => {
  const sockets = new Set<Socket>();
  const target = new URL(inject('stack').urls.webPubSub);
  const server = createServer((client) => {
    const upstream = tcpConnect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    through: (url) => url.replace(target.host, `127.0.0.1:${port}`),
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
