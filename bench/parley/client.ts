import type { InboxPage } from '../../shared/contract/lists.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import { HttpPool } from '../clients/http-pool.ts';
import { signToken } from '../clients/token.ts';
import type { ChatUser } from '../system.ts';
import { Device } from './device.ts';

interface ParleyClientsOptions {
  /** Where the app answers, `http://127.0.0.1:7071`. */
  readonly url: string;
  readonly signingKey: string;
  /** Seconds between receipts of a device; 0: it acknowledges nothing. */
  readonly receiptSeconds: number;
}

/** How long the app may take to say that it knows of a connection. */
const greetingMs = 60_000;
const httpSockets = 64;
const inboxPage = 100;
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
    const user = new User(
      this.#http,
      userId,
      this.#headersOf(userId),
      this.#largeGroups,
      onMessage,
      () => this.#repeats++,
    );
    await user.connect(this.#options.receiptSeconds);
    return user;
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

class User implements ChatUser {
  readonly #http: HttpPool;
  readonly #userId: string;
  readonly #headers: Headers;
  readonly #largeGroups: ReadonlySet<string>;
  readonly #onMessage: (text: string) => void;
  readonly #shown = new Map<string, Set<number>>();
  readonly #onRepeat: () => void;
  readonly #device: Device;
  #timers: NodeJS.Timeout[] = [];
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
    this.#device = new Device({
      userId,
      greetingMs,
      negotiate: async () => (await this.#call<{ url: string }>('POST', '/api/negotiate')).url,
      onEvent: (event) => this.#read(event),
      onLost: () => this.#timers.forEach((each) => clearInterval(each)),
    });
  }

  /** @param receiptSeconds between receipts; 0: none */
  async connect(receiptSeconds: number): Promise<void> {
    await this.#device.connect();
    if (receiptSeconds === 0) return;
    const { from, to } = receiptSecondsOfLarge;
    const ofLarge = Math.max(receiptSeconds, from + Math.random() * (to - from));
    const isLarge = (groupId: string): boolean => this.#largeGroups.has(groupId);
    // Timers of its own: devices that connect one after the other do not all speak at the same moment.
    this.#timers = [
      setInterval(() => this.#device.sendReceipts((id) => !isLarge(id)), receiptSeconds * 1000),
      setInterval(() => this.#device.sendReceipts(isLarge), ofLarge * 1000),
    ];
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
    await this.#device.close();
  }

  #read(event: ServerEvent): void {
    // A user's own messages come too: other devices of the user want to show them.
    if (event.type !== 'message.created' || event.message.senderId === this.#userId) return;
    if (this.#hasShown(event.conversationId, event.seq)) this.#onRepeat();
    else this.#onMessage(event.message.messageText ?? '');
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
