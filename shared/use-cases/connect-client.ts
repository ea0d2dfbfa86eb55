import { fingerprintOf, isGroup } from '../domain/identifiers.ts';
import type { Standing } from '../domain/presence.ts';
import type { TokenMark } from '../domain/token.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';

export interface AdmitClientParts {
  log: Pick<ConversationLog, 'conversationsOf'>;
  presence: Pick<Presence, 'connected' | 'standing'>;
  broadcaster: Pick<Broadcaster, 'close'>;
  outbox: Pick<Outbox, 'scheduleLook'>;
  rateLimiter: RateLimiter;
  /** @throws ChatError `unauthenticated`, `unavailable` */
  requireGoodToken: (userId: string, token: TokenMark) => Promise<void>;
  clock: Timer;
  /** Connections that a user may have at once. */
  maxConnections: number;
}

export interface ConnectClientParts {
  log: Pick<ConversationLog, 'conversationsOf'>;
  broadcaster: Pick<Broadcaster, 'toConnection' | 'close'>;
  clock: Clock;
}

/** What a device is let in with. */
export interface Admission {
  /** The group conversations whose events it gets, and the group of its token, by which it can be closed. */
  groups: string[];
  /** Names the set of conversations; `connectClient` compares it. */
  fingerprint: string;
}

/** Closes the oldest connections of a user beyond the limit. One that could not be closed is closed with the next. */
const closeOldest = async (
  { broadcaster, maxConnections }: AdmitClientParts,
  { connections }: Standing,
  newest: string,
): Promise<void> => {
  const others = connections.filter((connectionId) => connectionId !== newest);
  const tooMany = others.slice(0, Math.max(0, others.length + 1 - maxConnections));
  const reason = `You are connected on more than ${maxConnections} devices; the oldest connection was closed.`;
  await Promise.allSettled(tooMany.map((connectionId) => broadcaster.close(connectionId, reason)));
};

/** How long a device waits at most for the look that tells others of it, in ms. */
const lookWaitMs = 1000;

/** Others are told of the first device. One that cannot be arranged is left out: a device is not kept out for that. */
const tellOthers = async (
  { outbox, clock }: AdmitClientParts,
  { isToldOnline }: Standing,
  userId: string,
  connectionId: string,
): Promise<void> => {
  if (isToldOnline) return;
  const look = outbox.scheduleLook({ userId, connectionId, occasion: 'came' }, 0).catch(() => undefined);
  await Promise.race([look, clock.sleep(lookWaitMs)]);
};

/**
 * A device is about to connect: its user is online from now on, though it is not there yet, and perhaps never will be.
 * A user who is online in vain costs a delivery check; one who is there and not online would get nothing live for as
 * long as the connection lasts. So this stands before the device is let in.
 * @param token that the device was given its URL for
 * @throws ChatError `unauthenticated`: the token was taken back meanwhile; `rate-limited`: a device that is closed for being one too many may come back at once and close
 * another; `unavailable`
 */
export const admitClient =
  (parts: AdmitClientParts) =>
  async (userId: string, connectionId: string, token: TokenMark): Promise<Admission> => {
    await parts.requireGoodToken(userId, token);
    await parts.rateLimiter.take('connect', userId);
    const [conversations] = await Promise.all([
      parts.log.conversationsOf(userId),
      parts.presence.connected(userId, connectionId, parts.clock.now()),
    ]);
    const standing = await parts.presence.standing(userId, 'now');
    await Promise.all([
      closeOldest(parts, standing, connectionId),
      tellOthers(parts, standing, userId, connectionId),
    ]);
    const groups = conversations.filter(isGroup);
    return { groups: [...groups, token.id], fingerprint: fingerprintOf(groups) };
  };

/**
 * A device is there. Memberships are read again: whoever was added or removed between admission and connection would
 * otherwise miss, or get, what is sent to a group; such a device is asked to connect anew. The others are told their
 * conversations, so that they can ask each for what they missed.
 */
export const connectClient =
  ({ log, broadcaster, clock }: ConnectClientParts) =>
  async (userId: string, connectionId: string, fingerprint: string): Promise<void> => {
    const conversations = await log.conversationsOf(userId);
    if (fingerprintOf(conversations.filter(isGroup)) !== fingerprint) {
      await broadcaster.close(connectionId, 'Your conversations changed while you connected. Connect again.');
      return;
    }
    const at = clock.now().toISOString();
    await broadcaster.toConnection(connectionId, { type: 'connected', at, userId, conversations });
  };
