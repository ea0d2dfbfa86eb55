import type { InboxPage } from '../../shared/contract/lists.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import { HttpPool } from '../clients/http-pool.ts';
import { LastParsed } from '../clients/last-parsed.ts';
import { signToken } from '../clients/token.ts';
import { LightWebSocket } from '../clients/web-socket.ts';
import type { ChatUser } from '../system.ts';

interface ParleyClientsOptions {
  /** Where the app answers, `http://127.0.0.1:7071`. */
  readonly url: string;
  readonly signingKey: string;
  /** Seconds between receipts of a device; 0: it acknowledges nothing. */
  readonly receiptSeconds: number;
}

/** What the Web PubSub service sends with the subprotocol `json.reliable.webpubsub.azure.v1`. */
type Frame =
  | { type: 'system'; event: string }
  | { type: 'message'; sequenceId: number; data: ServerEvent }
  | { type: 'ack' };

/** As often as Microsoft's client does it. */
const sequenceAckMs = 1000;
/** How long the app may take to say that it knows of a connection. */
const greetingMs = 60_000;
const httpSockets = 64;
const inboxPage = 100;
/** Messages that one receipt can name. */
const receiptSize = 100;
/** In groups of more than a hundred the SDK takes its time with receipts, each member another. */
const largeGroup = 100;
const receiptSecondsOfLarge = { from: 15, to: 45 };

/** Devices of Parley's users: they send over HTTP and receive over a WebSocket, as the README describes it. */
export class ParleyClients {
  readonly #options: ParleyClientsOptions;
  readonly #http: HttpPool;
  readonly #largeGroups = new Set<string>();
  #repeats = 0;

  constructor(options: ParleyClientsOptions) {
    this.#options = options;
    this.#http = new HttpPool(options.url, httpSockets);
  }

  /** Messages that were pushed again to a device that had them. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Connects; resolves when the app has said that the user is online. */
  async connect(userId: string, onMessage: (text: string) => void): Promise<ChatUser> {
    const device = new Device(
      this.#http,
      userId,
      this.#headersOf(userId),
      this.#largeGroups,
      onMessage,
      () => this.#repeats++,
    );
    await device.connect(this.#options.receiptSeconds);
    return device;
  }

  /** Notes how many are in a group. */
  noteSize(groupId: string, members: number): void {
    if (members > largeGroup) this.#largeGroups.add(groupId);
  }

  /** Calls the app as a user. @throws Error when it is refused */
  request<T>(userId: string, method: string, path: string, body?: object): Promise<T> {
    return call(this.#http, this.#headersOf(userId), method, path, body);
  }

  close(): void {
    this.#http.close();
  }

  #headersOf(userId: string): Headers {
    const token = signToken(userId, this.#options.signingKey);
    return { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  }
}

type Headers = Readonly<Record<string, string>>;

const call = async <T>(
  http: HttpPool,
  headers: Headers,
  method: string,
  path: string,
  body?: object,
): Promise<T> => {
  const answer = await http.request(method, path, headers, body === undefined ? '' : JSON.stringify(body));
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as T;
};

/** What members of a group are sent differs only in the number at its beginning. */
const numberAtBeginning = /^\{"sequenceId":(\d+),/;
const lastFrame = new LastParsed<Frame>();

/** What a frame of the service says. */
export const frameOf = (text: string): Frame => {
  const [head, number] = numberAtBeginning.exec(text) ?? [];
  if (head === undefined) return JSON.parse(text) as Frame;
  const frame = lastFrame.parse(`{${text.slice(head.length)}`);
  return { ...frame, sequenceId: Number(number) } as Frame;
};

class Device implements ChatUser {
  readonly #http: HttpPool;
  readonly #userId: string;
  readonly #headers: Headers;
  readonly #largeGroups: ReadonlySet<string>;
  readonly #onMessage: (text: string) => void;
  /** By conversation: seqs of messages that have come and have not been acknowledged. */
  readonly #receipts = new Map<string, number[]>();
  readonly #shown = new Map<string, Set<number>>();
  readonly #onRepeat: () => void;
  #socket: LightWebSocket | undefined;
  #sequenceId = 0;
  #acknowledgedId = 0;
  /** Sends go one after the other: that is what the order of messages rests on. */
  #lastSend: Promise<unknown> = Promise.resolve();

  constructor(
    http: HttpPool,
    userId: string,
    headers: Headers,
    largeGroups: ReadonlySet<string>,
    onMessage: (text: string) => void,
    onRepeat: () => void,
  ) {
    this.#http = http;
    this.#userId = userId;
    this.#headers = headers;
    this.#largeGroups = largeGroups;
    this.#onMessage = onMessage;
    this.#onRepeat = onRepeat;
  }

  /** @param receiptSeconds between receipts; 0: none */
  async connect(receiptSeconds: number): Promise<void> {
    const { url } = await this.#call<{ url: string }>('POST', '/api/negotiate');
    const socket = await LightWebSocket.open(url, { subprotocol: 'json.reliable.webpubsub.azure.v1' });
    this.#socket = socket;
    // Timers of its own: devices that connect one after the other do not all speak at the same moment.
    const timers = [setInterval(() => this.#acknowledgeSequence(), sequenceAckMs)];
    if (receiptSeconds > 0) {
      const { from, to } = receiptSecondsOfLarge;
      const ofLarge = Math.max(receiptSeconds, from + Math.random() * (to - from));
      timers.push(setInterval(() => this.#sendReceipts(false), receiptSeconds * 1000));
      timers.push(setInterval(() => this.#sendReceipts(true), ofLarge * 1000));
    }
    const ready = Promise.withResolvers<undefined>();
    const fail = (how: string): void => ready.reject(new Error(`The connection of ${this.#userId} ${how}.`));
    const timer = setTimeout(() => fail('was not greeted in time'), greetingMs);
    socket.onClosed = () => {
      timers.forEach((each) => clearInterval(each));
      fail('was closed');
    };
    socket.onText = (text) => this.#read(frameOf(text), () => ready.resolve(undefined));
    await ready.promise.finally(() => clearTimeout(timer));
  }

  send(to: string, text: string): Promise<void> {
    return this.#send('/api/sendMessage', { receiverId: to, messageText: text });
  }

  sendToGroup(groupId: string, text: string): Promise<void> {
    return this.#send(`/api/conversations/${groupId}/messages`, { messageText: text });
  }

  #send(path: string, message: { messageText: string; receiverId?: string }): Promise<void> {
    const clientMessageId = message.messageText.slice(0, 64);
    const sent = this.#lastSend.then(() => this.#call('POST', path, { ...message, clientMessageId }));
    this.#lastSend = sent.catch(() => undefined);
    return sent.then(() => undefined);
  }

  async fetchMissed(): Promise<string[]> {
    const texts: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: InboxPage = await this.#call(
        'GET',
        `/api/inbox?limit=${inboxPage}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      for (const item of page.items) if ('message' in item) texts.push(item.message.messageText ?? '');
      cursor = page.nextCursor;
    }
    return texts;
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  #acknowledgeSequence(): void {
    if (this.#sequenceId === this.#acknowledgedId) return;
    this.#acknowledgedId = this.#sequenceId;
    this.#socket?.send(JSON.stringify({ type: 'sequenceAck', sequenceId: this.#sequenceId }));
  }

  #sendReceipts(ofLarge: boolean): void {
    for (const [conversationId, all] of this.#receipts) {
      if (this.#largeGroups.has(conversationId) !== ofLarge) continue;
      for (let start = 0; start < all.length; start += receiptSize) {
        const data = { conversationId, seqs: all.slice(start, start + receiptSize) };
        const event = { type: 'event', event: 'receipt.delivered', dataType: 'json', data };
        this.#socket?.send(JSON.stringify(event));
      }
      this.#receipts.delete(conversationId);
    }
  }

  #read(frame: Frame, onReady: () => void): void {
    if (frame.type !== 'message') return;
    this.#sequenceId = frame.sequenceId;
    const event = frame.data;
    if (event.type === 'connected') onReady();
    // A user's own messages come too: other devices of the user want to show them.
    if (event.type !== 'message.created' || event.message.senderId === this.#userId) return;
    const seqs = this.#receipts.get(event.conversationId);
    if (seqs === undefined) this.#receipts.set(event.conversationId, [event.seq]);
    else seqs.push(event.seq);
    if (this.#hasShown(event.conversationId, event.seq)) {
      this.#onRepeat();
      return;
    }
    this.#onMessage(event.message.messageText ?? '');
  }

  /** Pushes come at least once: whatever shows messages goes by their seqs. */
  #hasShown(conversationId: string, seq: number): boolean {
    const shown = this.#shown.get(conversationId) ?? new Set();
    this.#shown.set(conversationId, shown);
    const { size } = shown;
    return shown.add(seq).size === size;
  }

  #call<T>(method: string, path: string, body?: object): Promise<T> {
    return call(this.#http, this.#headers, method, path, body);
  }
}
