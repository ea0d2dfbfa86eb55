import { setTimeout as delay } from 'node:timers/promises';
import { ChatClient } from '../../test/chaos/chat-client.ts';
import { check, type PromiseName, type Violation } from '../../test/chaos/check.ts';
import type { FinalHistory } from '../../test/chaos/history.ts';
import { readAll } from '../../test/chaos/reading.ts';
import { inParallel } from '../scenarios/lanes.ts';
import type { Crowd } from './crowd.ts';
import { type Deeds, withoutEdits } from './deeds.ts';
import { noteText, type Person, type Room, type World } from './person.ts';

export interface SettleOptions {
  readonly crowd: Crowd;
  readonly world: World;
  readonly deeds: Deeds;
  readonly url: string;
  readonly signingKey: string;
  /** More was asked of the system than it can do: then nothing is promised of how soon all comes. */
  readonly isOverload: boolean;
  readonly log: (line: string) => void;
}

export interface Settled {
  readonly accepted: number;
  /** From the last deed until everybody had everything, in ms. */
  readonly convergedMs: number;
  readonly violations: readonly (Omit<Violation, 'promise'> & { readonly promise: string })[];
}

/** Held by what each change was asked for, which nobody notes here. */
const notNoted: ReadonlySet<PromiseName> = new Set<PromiseName>(['changes-once']);

const liveMs = 15_000;
/** So long receipts that are under way may take before everybody is sent to look. */
const byThemselvesMs = 25_000;
const convergenceLimitMs = 150_000;
const againMs = 2000;
const atOnce = 16;
/** Of a large group's members so many read its history in the end. */
const readersOfLarge = 40;
const largeGroup = 100;

class Settling {
  readonly #options: SettleOptions;
  readonly #clients = new Map<string, Promise<ChatClient>>();
  readonly #signal = new AbortController().signal;

  constructor(options: SettleOptions) {
    this.#options = options;
  }

  /** A conversation as one of its members reads it, and the last edit of each of its messages. */
  async read(room: Room, userId: string): Promise<FinalHistory & { edits: Map<string, number> }> {
    const { url, signingKey } = this.#options;
    const client = this.#clients.get(userId) ?? ChatClient.create(url, userId, signingKey);
    this.#clients.set(userId, client);
    const history = await readAll(await client, room.id, this.#signal);
    if (!history) throw new Error(`${userId} is not let into ${room.id}.`);
    const edits = new Map<string, number>();
    const messages = history.messages.map((message) => {
      if (this.#options.world.notes.has(message.messageId)) return { ...message, text: noteText };
      if (message.text === null) return message;
      const { text, edits: count } = withoutEdits(message.text);
      edits.set(message.messageId, count);
      return { ...message, text };
    });
    return { ...history, messages, edits };
  }

  /** Of these conversations those in which not everything has come to everybody. */
  async unsettled(rooms: readonly Room[]): Promise<Room[]> {
    const { world, deeds } = this.#options;
    const { deleted } = world.recorder.history;
    const taken = new Map(deleted.map(({ messageId, confirmedAt }) => [messageId, confirmedAt]));
    const left = await inParallel(rooms.length, atOnce, async (index) => {
      const [room] = rooms.slice(index);
      if (room === undefined) return [];
      const { messages, edits } = await this.read(room, room.memberIds[0] ?? '');
      const isAtRest = messages.every(({ text, messageId, isDelivered }) =>
        text === null
          ? true
          : taken.has(messageId)
            ? taken.get(messageId) === undefined
            : isDelivered && (edits.get(messageId) ?? 0) >= (deeds.edits.get(messageId) ?? 0),
      );
      return isAtRest ? [] : [room];
    });
    return left.flat();
  }

  /** Every conversation as all its members read it. */
  async readAll(rooms: readonly Room[]): Promise<(FinalHistory & { edits: Map<string, number> })[]> {
    const readings = rooms.flatMap((room) => {
      const step = room.memberIds.length > largeGroup ? Math.ceil(room.memberIds.length / readersOfLarge) : 1;
      return room.memberIds.filter((_, index) => index % step === 0).map((userId) => ({ room, userId }));
    });
    const all = await inParallel(readings.length, atOnce, async (index) => {
      const reading = readings[index];
      return reading === undefined ? [] : [await this.read(reading.room, reading.userId)];
    });
    return all.flat();
  }
}

/** Edits that were accepted and are not there. */
const lostEdits = function* (
  histories: readonly { edits: Map<string, number> }[],
  { edits: accepted }: Deeds,
): Generator<Settled['violations'][number]> {
  for (const { edits } of histories)
    for (const [messageId, count] of edits) {
      const last = accepted.get(messageId) ?? 0;
      const words = `${messageId} was edited ${last} times, and shows edit ${count}.`;
      if (count < last) yield { promise: 'edits-are-kept', words, at: 0 };
    }
};

/** Everybody who may miss something in these conversations looks for it. */
const look = async (
  people: readonly Person[],
  rooms: readonly Room[],
  { recorder }: World,
): Promise<void> => {
  const waiting = people.filter(
    (person) =>
      person.rooms.some((room) => rooms.includes(room)) || recorder.missing(person.userId).length > 0,
  );
  await inParallel(waiting.length, atOnce, (index) => waiting[index]?.catchUp() ?? Promise.resolve());
};

/** Waits until everybody has everything, and holds what they saw against the promises. */
export const settle = async (options: SettleOptions): Promise<Settled> => {
  const { crowd, world, deeds, isOverload, log } = options;
  const { people, rooms } = crowd;
  const settling = new Settling(options);
  const began = performance.now();
  await world.deliveries.allArrived(liveMs);
  for (const { device } of people) device.sendReceipts();
  let left: readonly Room[] = rooms;
  for (;;) {
    left = await settling.unsettled(left);
    const isLate = performance.now() - began > convergenceLimitMs;
    if ((left.length === 0 && world.deliveries.open === 0) || isLate) break;
    if (performance.now() - began > byThemselvesMs) await look(people, left, world);
    await delay(againMs);
  }
  const convergedMs = performance.now() - began;
  if (left.length > 0) log(`Not everybody has everything after ${convergenceLimitMs / 1000} s.`);
  const histories = await settling.readAll(rooms);
  const { history } = world.recorder;
  history.finalHistories = histories;
  for (const one of history.shown) if (one.text !== null) one.text = withoutEdits(one.text).text;
  const broken = check(history).filter(
    ({ promise }) => !notNoted.has(promise) && !(isOverload && promise === 'converges-in-time'),
  );
  return {
    accepted: world.recorder.acceptedCount,
    convergedMs,
    violations: [...broken, ...lostEdits(histories, deeds)],
  };
};
