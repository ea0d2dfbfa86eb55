import { messageSent } from '../domain/chat-event.ts';
import { forEach } from '../domain/chunks.ts';
import type { Head } from '../domain/conversation.ts';
import { createdEvent, type ServerEvent } from '../domain/event.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type { Expiries } from '../ports/expiries.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';
import { thoseWhoSee } from './those-who-see.ts';

export interface BringMessageParts {
  log: Pick<ConversationLog, 'memberIds' | 'members'>;
  presence: Pick<Presence, 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser' | 'toGroup'>;
  inbox: Pick<Inbox, 'keep'>;
  outbox: Pick<Outbox, 'scheduleCheck'>;
  expiries: Pick<Expiries, 'note'>;
  /** Tells other services. */
  events: EventFeed;
  clock: Clock;
  /** Members of larger groups have no inbox rows: they catch up from the log. */
  inboxGroupSize: number;
}

/** A message that has its place. */
export interface Placed {
  message: LoggedMessage;
  head: Head;
  /** False when it had its place already. */
  isNew: boolean;
}

/** What became of a message, for the log. */
export interface Delivery {
  messageId: string;
  conversationId: string;
  seq: number;
  isNew: boolean;
  /** Users, or the group, that it was pushed to. */
  pushed: string[];
  /** Users whose inbox keeps it. */
  kept: string[];
  /** Why pushes failed; whoever they were for has the message in the inbox. */
  pushErrors: unknown[];
}

/** Presence look-ups and inbox rows under way at once. */
const concurrency = 32;

/** One message on its way to the members of its conversation. */
class Journey {
  readonly #parts: BringMessageParts;
  readonly #message: LoggedMessage;
  readonly #head: Head;
  readonly #event: ServerEvent;
  readonly #tracing: Tracing;
  readonly delivery: Delivery;

  constructor(parts: BringMessageParts, { message, head, isNew }: Placed, tracing: Tracing) {
    const { messageId, conversationId, seq } = message;
    this.#parts = parts;
    this.#message = message;
    this.#head = head;
    this.#event = createdEvent(message, parts.clock.now());
    this.#tracing = tracing;
    this.delivery = { messageId, conversationId, seq, isNew, pushed: [], kept: [], pushErrors: [] };
  }

  /** To one member, live or into the inbox; when in doubt both. */
  async toMember(userId: string): Promise<void> {
    const isSender = userId === this.#message.senderId;
    if (await this.#parts.presence.isOnline(userId, 'cached')) {
      // A push is not a delivery: the socket may be half open. The check finds out, and keeps what was not acknowledged.
      const [wasPushed] = await Promise.all([this.#push(userId), isSender ? undefined : this.#check(userId)]);
      if (wasPushed) return;
    }
    if (!isSender) await this.#keep(userId); // the sender has the message
  }

  /** To all members at once, and into the inboxes of those who are offline. */
  async toGroup(userIds: readonly string[]): Promise<void> {
    const wasPushed = await this.#push(this.#message.conversationId);
    if (userIds.length > this.#parts.inboxGroupSize) return;
    const others = userIds.filter((userId) => userId !== this.#message.senderId);
    const offline: string[] = [];
    await forEach(others, concurrency, async (userId) => {
      if (!wasPushed || !(await this.#parts.presence.isOnline(userId, 'cached'))) offline.push(userId);
    });
    if (offline.length < others.length) await this.#check(null);
    await forEach(offline, concurrency, (userId) => this.#keep(userId));
  }

  async #keep(userId: string): Promise<void> {
    await this.#parts.inbox.keep(userId, [this.#message], this.#head.headRev);
    this.delivery.kept.push(userId);
    // Whoever connected between the look at presence and the row has read the inbox without it.
    if (await this.#parts.presence.isOnline(userId, 'now')) await this.#push(userId);
  }

  #check(userId: string | null): Promise<void> {
    const { conversationId } = this.#message;
    return this.#parts.outbox.scheduleCheck({ conversationId, userId }, this.#tracing);
  }

  async #push(to: string): Promise<boolean> {
    const { broadcaster } = this.#parts;
    try {
      if (to === this.#message.conversationId) await broadcaster.toGroup(to, this.#event);
      else await broadcaster.toUser(to, this.#event);
      this.delivery.pushed.push(to);
      return true;
    } catch (error) {
      this.delivery.pushErrors.push(error);
      return false;
    }
  }
}

/** A message that comes again may be history by now, which those who joined later may not see. */
const againTo = (
  { log }: BringMessageParts,
  { head, message, isNew }: Placed,
): Promise<string[] | undefined> =>
  isNew || head.type === 'direct' ? Promise.resolve(undefined) : thoseWhoSee(log, head, message.seq);

const toAll = async (
  parts: BringMessageParts,
  journey: Journey,
  placed: Placed,
  userIds: readonly string[],
): Promise<void> => {
  const some = await againTo(parts, placed);
  if (placed.head.type === 'group' && !some) await journey.toGroup(userIds);
  // Of larger groups whoever missed it sees by the next seq what to ask for.
  else if ((some ?? userIds).length <= parts.inboxGroupSize)
    await forEach(some ?? userIds, concurrency, (userId) => journey.toMember(userId));
};

/**
 * Brings a message that has its place to every member and tells other services. Bringing it again is harmless: a push may
 * be repeated, an inbox row is written once, and the event has the same id.
 * @throws ChatError `unavailable`
 */
export const bringMessage = async (
  parts: BringMessageParts,
  placed: Placed,
  tracing: Tracing,
): Promise<Delivery> => {
  const { message, head } = placed;
  const { conversationId, seq, expiresAt } = message;
  if (expiresAt !== null) await parts.expiries.note({ conversationId, seq, at: expiresAt });
  const journey = new Journey(parts, placed, tracing);
  const userIds = await parts.log.memberIds(head);
  // Both to their ends: a failure returns the message to the queue, and its next try must not meet this one.
  const ends = await Promise.allSettled([
    toAll(parts, journey, placed, userIds),
    parts.events.publish(messageSent(message, userIds.length), tracing),
  ]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return journey.delivery;
};
