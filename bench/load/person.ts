import { setTimeout as delay } from 'node:timers/promises';
import type { HistoryPage, InboxPage } from '../../shared/contract/lists.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import type { Message } from '../../shared/domain/message.ts';
import { seen } from '../../test/chaos/chat-client.ts';
import type { Sent } from '../../test/chaos/history.ts';
import type { Random } from '../../test/chaos/random.ts';
import type { Recorder } from '../../test/chaos/recorder.ts';
import type { Deliveries } from './deliveries.ts';
import { Device } from '../parley/device.ts';
import type { Wire } from './wire.ts';

/** A conversation of people in it. */
export interface Room {
  readonly id: string;
  readonly memberIds: readonly string[];
  /** Something to react to. */
  latest: string | undefined;
}

/** A message of one's own that has got its place. */
export interface Said {
  readonly room: Room;
  readonly messageId: string;
  readonly sent: Sent;
  edits: number;
}

/** What all people of a load have in common. */
export interface World {
  readonly wire: Wire;
  readonly recorder: Recorder;
  readonly deliveries: Deliveries;
  /** Ids of messages that the app itself wrote. */
  readonly notes: Set<string>;
  readonly receiptSeconds: number;
  /** Ends what people do by themselves: coming back. */
  readonly closing: AbortSignal;
  /** Told what should not have happened and the checker does not look for. */
  readonly object: (words: string) => void;
}

/** What the checker knows as the text of what the app itself wrote: it has none, and is not deleted. */
export const noteText = '(a note)';

/** Of these own messages one is edited or deleted. */
const remembered = 10;
const pageSize = 100;
/** Between tries to come back, as clients have them: at random up to this, twice as much each time. */
const comeBackMs = { first: 1000, most: 16_000 };

/** Somebody with a device, in some conversations. */
export class Person {
  readonly userId: string;
  readonly rooms: Room[] = [];
  readonly said: Said[] = [];
  readonly device: Device;
  /** By conversation: what waits for the answer to the send before it. */
  readonly lanes = new Map<Room, Promise<void>>();
  /** By conversation: how many messages were begun. */
  readonly begun = new Map<Room, number>();
  readonly #world: World;
  readonly #random: Random;
  /** By conversation: up to where everything has come. */
  readonly #known = new Map<string, number>();
  readonly #own = new Map<string, { room: Room; sent: Sent }>();

  constructor(userId: string, world: World, random: Random) {
    this.userId = userId;
    this.#world = world;
    this.#random = random;
    this.device = new Device({
      ...{ userId, receiptSeconds: world.receiptSeconds },
      negotiate: () => this.#negotiate(),
      onEvent: (event) => this.#hear(event),
      onLost: () => void this.comeBack(),
    });
  }

  /** Notes a message of one's own, to be known again when it has its place. */
  says(room: Room, sent: Sent): void {
    this.#own.set(sent.clientMessageId, { room, sent });
  }

  /** Connects anew, at growing intervals until it works, and gets what came meanwhile. @returns ms until it was connected */
  async comeBack(): Promise<number> {
    const began = performance.now();
    for (
      let most = comeBackMs.first;
      !this.#world.closing.aborted;
      most = Math.min(most * 2, comeBackMs.most)
    ) {
      await delay(this.#random.between(0, most), undefined, { ref: false });
      try {
        if (!this.device.isOnline) await this.device.connect();
        const connectedMs = performance.now() - began;
        await this.catchUp();
        return connectedMs;
      } catch {
        continue; // it is counted where it was called
      }
    }
    return performance.now() - began;
  }

  /** Empties the inbox, and fills what is missing from the histories. */
  async catchUp(): Promise<void> {
    await this.takeInbox();
    for (const room of this.rooms) await this.readOn(room);
  }

  /** @returns how many messages there were */
  async takeInbox(): Promise<number> {
    const { wire, recorder } = this.#world;
    const reading = {
      userId: this.userId,
      begunAt: Date.now(),
      items: [] as { inboxId: string; message: Message }[],
    };
    for (let cursor: string | null = ''; cursor !== null;) {
      const rest: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await wire.call('inbox', this.userId, 'GET', `/inbox?limit=${pageSize}${rest}`);
      if (answer.status !== 200) return reading.items.length;
      const page = answer.body as InboxPage;
      for (const item of page.items) if ('message' in item) reading.items.push(item);
      cursor = page.nextCursor;
    }
    const items = reading.items.map(({ inboxId, message }) => ({ inboxId, message: seen(message) }));
    recorder.history.inboxReadings.push({ ...reading, items });
    for (const { message } of reading.items) this.#show(message, 'inbox', reading.begunAt);
    for (let start = 0; start < items.length; start += pageSize) {
      const part = items.slice(start, start + pageSize);
      const body = { inboxIds: part.map(({ inboxId }) => inboxId) };
      const { status } = await wire.call('inbox ack', this.userId, 'POST', '/inbox/ack', body);
      if (status !== 200) break;
      const ids = part.map(({ message }) => message.messageId);
      recorder.acknowledged(this.userId, 'inbox', ids);
    }
    return items.length;
  }

  /** Reads a conversation on from where everything is known, and acknowledges it. */
  async readOn(room: Room): Promise<void> {
    const { wire } = this.#world;
    const path = `/conversations/${room.id}`;
    for (let more = true; more;) {
      const [after, at] = [this.#known.get(room.id) ?? 0, Date.now()];
      const query = `/messages?after=${after}&limit=${pageSize}`;
      const answer = await wire.call('catch up', this.userId, 'GET', `${path}${query}`);
      if (answer.status !== 200) return;
      const { items, headSeq } = answer.body as HistoryPage;
      for (const message of items) {
        if (message.senderId !== this.userId) this.#show(message, 'history', at);
        this.#place(message);
      }
      const upToSeq = items.at(-1)?.seq;
      if (upToSeq === undefined) return;
      await wire.call('delivered', this.userId, 'PUT', `${path}/delivered`, { upToSeq });
      more = upToSeq < headSeq;
    }
  }

  async #negotiate(): Promise<string> {
    const { status, body } = await this.#world.wire.call('negotiate', this.userId, 'POST', '/negotiate');
    if (status !== 200) throw new Error(`negotiate answered ${status}.`);
    return (body as { url: string }).url;
  }

  #hear(event: ServerEvent): void {
    const { recorder, object } = this.#world;
    const conversationId = 'conversationId' in event ? event.conversationId : undefined;
    if (conversationId !== undefined && !this.rooms.some(({ id }) => id === conversationId))
      recorder.heard(this.userId, conversationId, event.type);
    if (event.type === 'message.rejected')
      object(`${this.userId} was told that ${event.clientMessageId} is refused: ${event.code}.`);
    if (event.type !== 'message.created') return;
    if (event.message.senderId !== this.userId) this.#show(event.message, 'live', Date.now());
    this.#place(event.message);
  }

  #show(message: Message, by: 'live' | 'inbox' | 'history', at: number): void {
    const { recorder, deliveries, notes } = this.#world;
    const text = notes.has(message.messageId) ? noteText : message.messageText;
    recorder.shown(this.userId, by, { ...seen(message), text }, at);
    deliveries.arrived(message.clientMessageId, this.userId, by === 'live' ? 'live' : 'later');
  }

  /** Notes where a message is. */
  #place({ conversationId, seq, messageId, clientMessageId, senderId }: Message): void {
    if ((this.#known.get(conversationId) ?? 0) === seq - 1) this.#known.set(conversationId, seq);
    const room = this.rooms.find(({ id }) => id === conversationId);
    if (room !== undefined) room.latest = messageId;
    const own = senderId === this.userId ? this.#own.get(clientMessageId) : undefined;
    if (own === undefined) return;
    this.#own.delete(clientMessageId);
    this.said.push({ ...own, messageId, edits: 0 });
    if (this.said.length > remembered) this.said.shift();
  }
}
