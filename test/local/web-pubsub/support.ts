import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient, type WebPubSubClientOptions } from '@azure/web-pubsub-client';
import { inject, onTestFinished } from 'vitest';
import { type RawData, WebSocket } from 'ws';
import { startWebPubSub, type WebPubSub, type WebPubSubConfig } from '../../../local/web-pubsub/index.ts';

/** A service for this test; it is stopped with it. */
export const aService = async (
  config: WebPubSubConfig = {},
  log: (line: string) => void = () => undefined,
): Promise<WebPubSub> => {
  const service = await startWebPubSub({ port: 0, config, log });
  onTestFinished(() => service.stop());
  return service;
};

/** A service of which a suite knows no more than its connection string, with a hub of its own for this test. */
export interface AnyService {
  connectionString: string;
  endpoint: URL;
  accessKey: string;
  hub: string;
}

/** The service that the run was given (project `azure`), otherwise ours with nothing configured. */
export const anyService = async (): Promise<AnyService> => {
  const connectionString = inject('given')?.webPubSub ?? (await aService()).connectionString;
  return {
    connectionString,
    endpoint: new URL(serverOf({ connectionString }).endpoint),
    accessKey: /AccessKey=([^;]+)/i.exec(connectionString)?.[1] ?? '',
    hub: `test_${randomUUID().replaceAll('-', '')}`,
  };
};

/** Where clients of a service connect to. */
export const socketUrl = ({ endpoint }: AnyService, path: string): string =>
  `${endpoint.origin.replace(/^http/, 'ws')}${path}`;

/** Microsoft's service client. It does not retry, so each test sees the first answer. */
export const serverOf = (
  service: { connectionString: string; hub?: string },
  hub = service.hub ?? 'chat',
): WebPubSubServiceClient =>
  new WebPubSubServiceClient(service.connectionString, hub, {
    allowInsecureConnection: /Endpoint=http:/i.test(service.connectionString),
    retryOptions: { maxRetries: 0 },
  });

export interface TokenOptions {
  userId?: string;
  roles?: string[];
  groups?: string[];
}

/** Rights to join and publish to every group. */
export const allRoles = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];

/** Things that arrive, to be waited for in their order. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  /** The next one, as soon as it is there. */
  next(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async take(count: number): Promise<T[]> {
    const items: T[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }

  /** Arrived and not taken yet. */
  get size(): number {
    return this.#items.length;
  }
}

export interface OfficialClient {
  client: WebPubSubClient;
  connectionId: string;
  /** Data of messages from the server and from groups, in the order of their arrival. */
  messages: Inbox<unknown>;
  connected: Inbox<string>;
  disconnected: Inbox<string | undefined>;
}

/** Microsoft's client, connected; stopped with the test. */
export const aClient = async (
  server: WebPubSubServiceClient,
  token: TokenOptions = {},
  options: WebPubSubClientOptions = {},
  rewriteUrl: (url: string) => string = (url) => url,
): Promise<OfficialClient> => {
  const client = new WebPubSubClient(
    { getClientAccessUrl: async () => rewriteUrl((await server.getClientAccessToken(token)).url) },
    { messageRetryOptions: { maxRetries: 0 }, ...options },
  );
  const messages = new Inbox<unknown>();
  const connected = new Inbox<string>();
  const disconnected = new Inbox<string | undefined>();
  client.on('server-message', ({ message }) => messages.push(message.data));
  client.on('group-message', ({ message }) => messages.push(message.data));
  client.on('connected', (event) => connected.push(event.connectionId));
  client.on('disconnected', (event) => disconnected.push(event.message?.message));
  onTestFinished(() => {
    client.stop();
  });
  await client.start();
  return { client, connectionId: await connected.next(), messages, connected, disconnected };
};

/** What a client sees of the streams of its groups: chunks, then END or the error. */
export const watchStreams = ({ client }: OfficialClient): Inbox<unknown> => {
  const seen = new Inbox<unknown>();
  client.onGroupStream(async (stream) => {
    try {
      for await (const message of stream) seen.push(message.data);
      seen.push('END');
    } catch (error) {
      seen.push((error as Error).name);
    }
  });
  return seen;
};

export interface RawClient {
  socket: WebSocket;
  /** Frames as they came: text as text, binary as bytes. */
  frames: Inbox<string | Buffer>;
  closed: Promise<{ code: number; reason: string }>;
  send: (frame: object | string | Buffer) => void;
}

const toBuffer = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
};

/** A bare WebSocket, open; `subprotocol` undefined makes it a plain client. */
export const aSocket = async (url: string, subprotocol?: string | string[]): Promise<RawClient> => {
  const socket = new WebSocket(url, subprotocol);
  const frames = new Inbox<string | Buffer>();
  socket.on('message', (data, isBinary) => {
    frames.push(isBinary ? toBuffer(data) : toBuffer(data).toString());
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
  });
  onTestFinished(() => {
    socket.terminate();
  });
  await once(socket, 'open');
  return {
    socket,
    frames,
    closed,
    send: (frame) => {
      socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    },
  };
};

/** Opens a socket that is expected to be refused, and says how. */
export const aRefusal = async (
  url: string,
  subprotocol?: string | string[],
): Promise<{ status: number; text: string }> => {
  const socket = new WebSocket(url, subprotocol);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    AsyncIterable<Buffer> & { statusCode: number },
  ];
  let text = '';
  for await (const chunk of response) text += chunk.toString();
  return { status: response.statusCode, text };
};

/** An event that the application was told of. */
export interface ReceivedEvent {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface EventAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export type Answer = (event: ReceivedEvent) => EventAnswer | Promise<EventAnswer>;

export interface Application {
  url: string;
  port: number;
  events: Inbox<ReceivedEvent>;
  /** Abuse checks that were asked. */
  checks: ReceivedEvent[];
  close(): Promise<void>;
}

const listen = async (server: Server | ReturnType<typeof createTcpServer>, port: number): Promise<number> => {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

/** An event handler over HTTP that says yes to everything, or whatever `answer` says. */
export const anApplication = async (
  answer: Answer = () => ({}),
  options: { port?: number; check?: Answer } = {},
): Promise<Application> => {
  const events = new Inbox<ReceivedEvent>();
  const checks: ReceivedEvent[] = [];
  const handle = async (event: ReceivedEvent): Promise<EventAnswer> => {
    if (event.method === 'OPTIONS') {
      checks.push(event);
      return (await options.check?.(event)) ?? { headers: { 'WebHook-Allowed-Origin': '*' } };
    }
    events.push(event);
    return answer(event);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      void handle({ method, url, headers, body: Buffer.concat(chunks).toString() }).then((result) => {
        response.writeHead(result.status ?? 200, result.headers).end(result.body);
      });
    });
  });
  const port = await listen(server, options.port ?? 0);
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}/events`, port, events, checks, close };
};

/** A hubs file whose only hub tells `url` of everything. Retries follow without delay. */
export const aHubWith = (url: string, systemEvents: ('connect' | 'connected' | 'disconnected')[] = []) =>
  ({
    hubs: { chat: { eventHandlers: [{ urlTemplate: url, userEventPattern: '*', systemEvents }] } },
    upstream: { retryDelaysMs: [1, 1, 1] },
  }) satisfies WebPubSubConfig;

export interface Wire {
  /** The URL of a client, led through here. */
  behind: (url: string) => string;
  /** Cuts all connections the hard way, as a failing network does. */
  cut(): void;
  /** Emits `accepted` for each connection. */
  signals: EventEmitter;
  /** Refuses new connections while true. */
  isDown: boolean;
}

/** A network that can fail, between clients and a service that speaks plain http. */
export const aWire = async (endpoint: URL): Promise<Wire> => {
  const sockets = new Set<Socket>();
  const signals = new EventEmitter();
  const wire = {
    isDown: false,
    signals,
    cut: () => sockets.forEach((socket) => socket.resetAndDestroy()),
  };
  const server = createTcpServer((near) => {
    if (wire.isDown) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(endpoint.port || 80), endpoint.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    signals.emit('accepted');
  });
  const port = await listen(server, 0);
  onTestFinished(async () => {
    wire.cut();
    server.close();
    await once(server, 'close');
  });
  const behind = (url: string): string => {
    const led = new URL(url);
    led.host = `127.0.0.1:${port}`;
    return led.href;
  };
  return Object.assign(wire, { behind });
};

/** Microsoft's client of user `ann`, member of `room`, with a network before it that can fail. */
export const aWiredClient = async (service: { connectionString: string; hub?: string }) => {
  const server = serverOf(service);
  const wire = await aWire(new URL(server.endpoint));
  const token = { userId: 'ann', roles: allRoles, groups: ['room'] };
  const client = await aClient(server, token, {}, wire.behind);
  return { server, wire, ...client };
};
