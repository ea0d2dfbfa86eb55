import { setTimeout as delay } from 'node:timers/promises';
import { type ChatClient, seen } from './chat-client.ts';
import type { Rendering } from './change-history.ts';
import { Device } from './device.ts';
import { Follower } from './follower.ts';
import { takeInbox } from './inbox.ts';
import type { Random } from './random.ts';
import { readHistory } from './reading.ts';
import type { Recorder } from './recorder.ts';

/** Whether a person is connected all the time, never, or comes and goes. */
export const habits = ['online', 'offline', 'roaming'] as const;
export type Habit = (typeof habits)[number];

export interface PersonOptions {
  habit: Habit;
  /** The conversations that this person is in, now and then or always. */
  conversationIds: readonly string[];
  /** Where devices find Web PubSub. */
  socketPort: number;
  recorder: Recorder;
  random: Random;
  /** When the coming and going ends, and everybody gets what there is. */
  stopping: AbortSignal;
  /** When to give everything up. */
  aborted: AbortSignal;
}

/** How often an app goes down between reading the inbox and acknowledging it. */
const forgetShare = 0.2;
/** How often, behind anything else, a conversation is read. */
const readShare = 0.3;
/** Waits between looks into the inbox once everything is to come to rest. */
const settleMs = 250;

/** Somebody who receives: connected devices acknowledge what they are pushed; the inbox is read now and then. */
export class Person {
  readonly #client: ChatClient;
  readonly #options: PersonOptions;
  readonly #follower: Follower | undefined;
  #device: Device | undefined;
  /** One reading at a time, as an app would do it. */
  #reading: Promise<unknown> = Promise.resolve();
  /** Up to where conversations were read. */
  readonly #read = new Map<string, number>();
  #failed: unknown;

  constructor(client: ChatClient, options: PersonOptions) {
    this.#client = client;
    this.#options = options;
    if (options.habit === 'online') this.#follower = new Follower(client, options.aborted);
  }

  get userId(): string {
    return this.#client.userId;
  }

  /** Lives by its habit until `stopping`. @throws Error when the app answers what it must not */
  async live(): Promise<void> {
    const { habit, random, stopping } = this.#options;
    if (habit === 'online') await this.#goOnline();
    while (!stopping.aborted) {
      await this.#pause(random.between(300, 3_000));
      if (habit === 'roaming') await (this.#device ? this.#goOffline() : this.#goOnline());
      else await this.#lookIntoInbox();
      if (random.chance(readShare)) await this.#readOne();
    }
    if (this.#failed !== undefined) throw this.#failed as Error;
  }

  /** Comes to rest: resolves when all that was accepted for this person has come and the inbox is empty. */
  async settle(): Promise<void> {
    const { habit, recorder, aborted } = this.#options;
    if (habit === 'roaming' && !this.#device) await this.#goOnline();
    for (;;) {
      aborted.throwIfAborted();
      const found = await this.#lookIntoInbox(true);
      if (found === 0 && recorder.missing(this.userId).length === 0) return;
      await delay(settleMs);
    }
  }

  /** What the device shows of its conversations that was connected all the time. */
  renderings(): Promise<Rendering[]> {
    return this.#follower?.renderings() ?? Promise.resolve([]);
  }

  async goOffline(): Promise<void> {
    await this.#goOffline();
    await this.#reading;
  }

  async #goOnline(): Promise<void> {
    const { recorder, aborted, socketPort } = this.#options;
    const onConnected = (): void => {
      // Looks into the inbox as soon as the app has noted the connection; a failure ends the whole at the next occasion.
      this.#lookIntoInbox().catch((error: unknown) => (this.#failed ??= error));
    };
    this.#device = new Device(this.#client, {
      ...{ recorder, aborted, onConnected, socketPort },
      follower: this.#follower,
    });
    await this.#device.start();
  }

  async #goOffline(): Promise<void> {
    await this.#device?.stop();
    this.#device = undefined;
  }

  /** Opens a conversation, reads what is new in it, and says so. */
  async #readOne(): Promise<void> {
    const { recorder, random, aborted, conversationIds } = this.#options;
    if (conversationIds.length === 0) return;
    const conversationId = random.pick(conversationIds);
    const path = `/conversations/${conversationId}`;
    const at = Date.now();
    const after = this.#read.get(conversationId) ?? 0;
    // A conversation of two begins with its first message; a guest may be away.
    const history = await readHistory(this.#client, conversationId, after, aborted);
    const messages = history?.messages ?? [];
    const upToSeq = messages.at(-1)?.seq;
    if (upToSeq === undefined) return;
    for (const message of messages)
      if (message.senderId !== this.userId) recorder.shown(this.userId, 'history', seen(message), at);
    const call = { method: 'PUT', path: `${path}/read`, body: { upToSeq } } as const;
    const { status } = await this.#client.call(call, aborted);
    if (status === 403) return;
    if (status !== 204) throw new Error(`PUT ${call.path} was answered ${status}.`);
    recorder.read(this.userId, conversationId, upToSeq);
    this.#read.set(conversationId, upToSeq);
  }

  #lookIntoInbox(always = false): Promise<number> {
    const { recorder, random, aborted } = this.#options;
    const acknowledges = always || !random.chance(forgetShare);
    const reading = this.#reading.then(() =>
      takeInbox(this.#client, recorder, { acknowledges, signal: aborted }),
    );
    this.#reading = reading.catch(() => undefined); // whoever asked is told
    return reading;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#options.stopping }).catch(() => undefined);
  }
}
