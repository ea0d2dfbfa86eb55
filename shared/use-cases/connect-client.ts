import { fingerprintOf, isGroup } from '../domain/identifiers.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Presence } from '../ports/presence.ts';

export interface AdmitClientParts {
  log: Pick<ConversationLog, 'conversationsOf'>;
}

export interface ConnectClientParts extends AdmitClientParts {
  presence: Pick<Presence, 'connected'>;
  broadcaster: Pick<Broadcaster, 'toConnection' | 'close'>;
  clock: Clock;
}

/** What a device is let in with. */
export interface Admission {
  /** The group conversations whose events it gets. */
  groups: string[];
  /** Names this set of groups; `connectClient` compares it. */
  fingerprint: string;
}

/** The groups of a device that is about to connect. */
export const admitClient =
  ({ log }: AdmitClientParts) =>
  async (userId: string): Promise<Admission> => {
    const groups = (await log.conversationsOf(userId)).filter(isGroup);
    return { groups, fingerprint: fingerprintOf(groups) };
  };

/**
 * A device is there: from now on its user is online. Memberships are read again: whoever was added or removed between
 * admission and connection would otherwise miss, or get, what is sent to a group; such a device is asked to connect anew.
 * The others are told their conversations, so that they can ask each for what they missed.
 */
export const connectClient =
  ({ presence, log, broadcaster, clock }: ConnectClientParts) =>
  async (userId: string, connectionId: string, fingerprint: string): Promise<void> => {
    const now = clock.now();
    await presence.connected(userId, connectionId, now);
    const conversations = await log.conversationsOf(userId);
    if (fingerprintOf(conversations.filter(isGroup)) !== fingerprint) {
      await broadcaster.close(connectionId, 'Your conversations changed while you connected. Connect again.');
      return;
    }
    await broadcaster.toConnection(connectionId, {
      type: 'connected',
      at: now.toISOString(),
      userId,
      conversations,
    });
  };
