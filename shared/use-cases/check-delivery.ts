import { isDelivered, type Head, type Member } from '../domain/conversation.ts';
import { ChatError } from '../domain/errors.ts';
import { createdEvent } from '../domain/event.ts';
import type { LoggedMessage } from '../domain/message.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryCheck, Outbox, Tracing } from '../ports/outbox.ts';
import type { Presence } from '../ports/presence.ts';
import { forEach } from '../domain/chunks.ts';

export interface CheckDeliveryParts {
  log: Pick<ConversationLog, 'head' | 'member' | 'members' | 'read' | 'noteChecked'>;
  inbox: Pick<Inbox, 'keep' | 'forget'>;
  presence: Pick<Presence, 'isOnline'>;
  broadcaster: Pick<Broadcaster, 'toUser'>;
  outbox: Pick<Outbox, 'scheduleCheck'>;
  clock: Clock;
  /** A message younger than this may well be acknowledged yet: it is left to the next check. */
  minAgeMs: number;
}

/** Messages read and kept at a time. */
const batch = 100;

/** Members worked on at once. */
const concurrency = 32;

/** Messages pushed again to one user; whoever misses more sees by their seq that there are more to fetch. */
const pushes = 20;

const firstUnchecked = ({ deliveredSeq, checkedSeq }: Member): number =>
  Math.max(deliveredSeq, checkedSeq) + 1;

const missingOf = (member: Member, messages: LoggedMessage[]): LoggedMessage[] =>
  messages.filter(
    ({ seq, senderId }) =>
      seq >= firstUnchecked(member) && senderId !== member.userId && !isDelivered(member, seq),
  );

/** Whether it was noted: of one who left meanwhile there is nothing to note, and the others have to be looked at all the same. */
const noted = async (
  log: CheckDeliveryParts['log'],
  conversationId: string,
  userId: string,
  seq: number,
): Promise<boolean> => {
  try {
    await log.noteChecked(conversationId, userId, seq);
    return true;
  } catch (error) {
    if (error instanceof ChatError && error.code === 'not-a-member') return false;
    throw error;
  }
};

/**
 * Whether a message came so lately that its acknowledgement may be under way. One that seems to come from the future was
 * dated by a clock that is ahead: its age is unknown, so it is not spared.
 */
const isYoung = ({ clock, minAgeMs }: CheckDeliveryParts, { createdAt }: LoggedMessage): boolean =>
  Math.abs(clock.now().getTime() - Date.parse(createdAt)) < minAgeMs;

/**
 * The push may have been lost, or the user have read the inbox before the row came: a client that is there is told now.
 * One that cannot be told finds the rows.
 */
const pushAgain = async (
  { presence, broadcaster, clock }: CheckDeliveryParts,
  userId: string,
  messages: readonly LoggedMessage[],
): Promise<void> => {
  if (!(await presence.isOnline(userId, 'now'))) return;
  for (const message of messages) {
    try {
      await broadcaster.toUser(userId, createdEvent(message, clock.now()));
    } catch {
      return; // live delivery is away; the inbox has it
    }
  }
};

/** Who erased a message meanwhile looked into the inboxes, perhaps before its row came: this look comes behind that. */
const forgetDeleted = async (
  { log, inbox }: CheckDeliveryParts,
  { conversationId, headRev }: Head,
  members: readonly Member[],
  messages: readonly LoggedMessage[],
): Promise<void> => {
  const [from, to] = [messages[0]?.seq, messages.at(-1)?.seq];
  if (from === undefined || to === undefined) return;
  if ((await log.head(conversationId))?.headRev === headRev) return;
  const gone = (await log.read(conversationId, { from, to })).filter(({ deletedAt }) => deletedAt !== null);
  await forEach(members, concurrency, (member) => inbox.forget(member.userId, gone));
};

/**
 * Looks whether what was pushed to a user, or to all members, was acknowledged, and keeps in the inbox what was not. Each
 * message is looked at once: whoever is online is pushed it again, and a client that never acknowledges costs no more the
 * longer it stays silent. The youngest are left to another check.
 * @returns how many inbox rows were written
 */
export const checkDelivery =
  (parts: CheckDeliveryParts) =>
  async (check: DeliveryCheck, tracing: Tracing): Promise<number> => {
    const { conversationId, userId } = check;
    const { log, inbox } = parts;
    const [head, members] = await Promise.all([
      log.head(conversationId),
      userId === null
        ? log.members(conversationId)
        : log.member(conversationId, userId).then((found) => (found ? [found] : [])),
    ]);
    if (!head || members.length === 0) return 0;
    const kept = new Map<string, LoggedMessage[]>();
    let count = 0;
    let isLeft = false;
    for (let from = Math.min(...members.map(firstUnchecked)); from <= head.headSeq; from += batch) {
      const read = await log.read(conversationId, { from, to: Math.min(from + batch - 1, head.headSeq) });
      const young = read.findIndex((message) => isYoung(parts, message));
      const messages = young < 0 ? read : read.slice(0, young);
      const left = young < 0 ? [] : read.slice(young);
      isLeft = members.some((member) => missingOf(member, left).length > 0);
      const to = messages.at(-1)?.seq;
      if (to === undefined) break;
      await forEach(members, concurrency, async (member) => {
        const missing = missingOf(member, messages);
        if (missing.length === 0) return;
        await inbox.keep(member.userId, missing, head.headRev);
        // Noted after each batch: what stops half way goes on from there.
        if (!(await noted(log, conversationId, member.userId, to))) return;
        kept.set(member.userId, [...(kept.get(member.userId) ?? []), ...missing].slice(-pushes));
        count += missing.length;
      });
      if (count > 0) await forgetDeleted(parts, head, members, messages);
      if (young >= 0) break;
    }
    if (isLeft) await parts.outbox.scheduleCheck(check, tracing);
    await forEach([...kept], concurrency, ([member, messages]) => pushAgain(parts, member, messages));
    return count;
  };
