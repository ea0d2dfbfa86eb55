import type { ServerEvent } from '../../shared/domain/event.ts';
import { LastParsed } from '../clients/last-parsed.ts';
import { LightWebSocket } from '../clients/web-socket.ts';

/** What the Web PubSub service sends with the subprotocol `json.reliable.webpubsub.azure.v1`. */
type Frame =
  | { type: 'system'; event: string }
  | { type: 'message'; sequenceId: number; data: ServerEvent }
  | { type: 'ack' };

export interface DeviceOptions {
  readonly userId: string;
  /** Where to connect to: asks the app. @throws Error when it refuses */
  readonly negotiate: () => Promise<string>;
  /** Between receipts of what has come; without it they are sent when it is said. */
  readonly receiptSeconds?: number;
  /** How long the app may take to say that it knows of the connection; half a minute if not said. */
  readonly greetingMs?: number;
  readonly onEvent: (event: ServerEvent) => void;
  /** The socket is gone though nobody has closed it. */
  readonly onLost: () => void;
}

/** As often as Microsoft's client does it. */
const sequenceAckMs = 1000;
const usualGreetingMs = 30_000;
/** Messages that one receipt can name. */
const receiptSize = 100;

/** What members of a group are sent differs only in the number at its beginning. */
const numberAtBeginning = /^\{"sequenceId":(\d+),/;
const lastFrame = new LastParsed<Frame>();

/** What a frame of the service says. */
const frameOf = (text: string): Frame => {
  const [head, number] = numberAtBeginning.exec(text) ?? [];
  if (head === undefined) return JSON.parse(text) as Frame;
  const frame = lastFrame.parse(`{${text.slice(head.length)}`);
  return { ...frame, sequenceId: Number(number) } as Frame;
};

/** A user's socket: so cheap that a thousand of them leave the machine to the servers. */
export class Device {
  readonly #options: DeviceOptions;
  #socket: LightWebSocket | undefined;
  #timers: NodeJS.Timeout[] = [];
  #sequenceId = 0;
  #acknowledgedId = 0;
  /** By conversation: places of messages that came and were not acknowledged yet. */
  readonly #receipts = new Map<string, number[]>();

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  get isOnline(): boolean {
    return this.#socket !== undefined;
  }

  /** Connects; resolves when the app has said who is there. @throws Error when it does not come to that */
  async connect(): Promise<void> {
    const { userId, negotiate, receiptSeconds, greetingMs = usualGreetingMs, onLost } = this.#options;
    const url = await negotiate();
    const socket = await LightWebSocket.open(url, { subprotocol: 'json.reliable.webpubsub.azure.v1' });
    const greeted = Promise.withResolvers<undefined>();
    const fail = (how: string): void => greeted.reject(new Error(`The connection of ${userId} ${how}.`));
    const timer = setTimeout(() => fail('was not greeted in time'), greetingMs);
    [this.#sequenceId, this.#acknowledgedId] = [0, 0];
    socket.onText = (text) => this.#read(text, () => greeted.resolve(undefined));
    socket.onClosed = () => {
      fail('was closed');
      if (this.#socket !== socket) return;
      this.#forget();
      onLost();
    };
    await greeted.promise
      .catch((error: unknown) => {
        socket.cut();
        throw error;
      })
      .finally(() => clearTimeout(timer));
    this.#socket = socket;
    this.#timers = [setInterval(() => this.#acknowledgeSequence(), sequenceAckMs)];
    if (receiptSeconds !== undefined)
      this.#timers.push(setInterval(() => this.sendReceipts(), receiptSeconds * 1000));
  }

  /** Cuts the socket as a network does, without a word. */
  cut(): void {
    const socket = this.#socket;
    this.#forget();
    socket?.cut();
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  /** Sends an event, if there is a connection. */
  say(event: string, data: object): void {
    this.#socket?.send(JSON.stringify({ type: 'event', event, dataType: 'json', data }));
  }

  /** Acknowledges what has come in these conversations, if there is a connection. */
  sendReceipts(isMeant: (conversationId: string) => boolean = () => true): void {
    if (!this.isOnline) return;
    for (const [conversationId, seqs] of this.#receipts) {
      if (!isMeant(conversationId)) continue;
      for (let start = 0; start < seqs.length; start += receiptSize)
        this.say('receipt.delivered', { conversationId, seqs: seqs.slice(start, start + receiptSize) });
      this.#receipts.delete(conversationId);
    }
  }

  #forget(): void {
    this.#socket = undefined;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  #acknowledgeSequence(): void {
    if (this.#sequenceId === this.#acknowledgedId) return;
    this.#acknowledgedId = this.#sequenceId;
    this.#socket?.send(JSON.stringify({ type: 'sequenceAck', sequenceId: this.#sequenceId }));
  }

  #read(text: string, onGreeted: () => void): void {
    const frame = frameOf(text);
    if (frame.type !== 'message') return;
    this.#sequenceId = frame.sequenceId;
    const event = frame.data;
    if (event.type === 'connected') onGreeted();
    if (event.type === 'message.created' && event.message.senderId !== this.#options.userId) {
      const seqs = this.#receipts.get(event.conversationId);
      if (seqs === undefined) this.#receipts.set(event.conversationId, [event.seq]);
      else seqs.push(event.seq);
    }
    this.#options.onEvent(event);
  }
}
