import type { ErasureJob, PieceReport } from '../domain/job.ts';
import { nameKeysOf } from '../domain/account.ts';
import { forEach } from '../domain/chunks.ts';
import type { Accounts } from '../ports/accounts.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { Broadcaster } from '../ports/broadcaster.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Inbox } from '../ports/inbox.ts';
import type { Presence } from '../ports/presence.ts';
import type { UserNames } from '../ports/user-names.ts';

export interface EraseStepParts {
  /** Undefined without built-in accounts. */
  accounts: Pick<Accounts, 'erase'> | undefined;
  names: Pick<UserNames, 'remove'>;
  log: Pick<ConversationLog, 'anyOf'>;
  inbox: Pick<Inbox, 'list' | 'remove'>;
  blocks: Pick<Blocks, 'blockedBy' | 'unblock'>;
  presence: Pick<Presence, 'standing' | 'erase'>;
  broadcaster: Pick<Broadcaster, 'close'>;
  clock: Clock;
}

/** What a step makes of the job. */
type Change = Partial<ErasureJob>;
type Step = (parts: EraseStepParts, job: ErasureJob, piece: PieceReport | undefined) => Promise<Change>;

/** Rows removed in one step. */
const pageSize = 100;

/** Rows of blocks, and connections, at once. */
const concurrency = 16;

const endAccount: Step = async ({ accounts, names, presence, broadcaster }, { userId }) => {
  await accounts?.erase(userId, ({ fullName }) => names.remove(userId, nameKeysOf(userId, fullName)));
  const { connections } = await presence.standing(userId, 'now');
  await forEach(connections, concurrency, (id) => broadcaster.close(id, 'The account was erased.'));
  return { stage: 'blocks' };
};

const liftBlocks: Step = async ({ blocks }, { userId, pending, counts }) => {
  await forEach(pending, concurrency, (blockedId) => blocks.unblock(userId, blockedId));
  const found = await blocks.blockedBy(userId, pageSize, undefined);
  const next = { pending: found.map((block) => block.userId) };
  if (found.length === 0) return { ...next, stage: 'conversations' };
  return { ...next, counts: { ...counts, blocks: counts.blocks + found.length } };
};

const nextConversation = async ({ log }: EraseStepParts, { userId }: ErasureJob): Promise<Change> => {
  const conversationId = await log.anyOf(userId);
  if (conversationId === undefined) return { stage: 'inbox', current: null };
  return { current: { conversationId, from: 1, reactions: [] } };
};

const leaveConversations: Step = async (parts, job, piece) => {
  const { current } = job;
  if (!current) return nextConversation(parts, job);
  if (!piece) return {}; // nothing was told of it: the same again
  const counts = {
    ...job.counts,
    messages: job.counts.messages + piece.messages,
    attachments: job.counts.attachments + piece.attachments,
    reactions: job.counts.reactions + piece.reactions.length,
    conversations: job.counts.conversations + (piece.isEnd ? 1 : 0),
  };
  if (piece.isEnd) return { ...(await nextConversation(parts, job)), counts };
  const { conversationId } = current;
  return { counts, current: { conversationId, from: piece.upTo + 1, reactions: piece.reactions } };
};

const emptyInbox: Step = async ({ inbox }, { userId, pending, counts }) => {
  await inbox.remove(userId, pending);
  const found = await inbox.list(userId, pageSize, undefined);
  const next = { pending: found.map(({ inboxId }) => inboxId) };
  if (found.length === 0) return { ...next, stage: 'presence' };
  return { ...next, counts: { ...counts, inboxItems: counts.inboxItems + found.length } };
};

const forgetPresence: Step = async ({ presence, clock }, { userId }) => {
  await presence.erase(userId);
  return { stage: 'done', userId: '', finishedAt: clock.now().toISOString() };
};

const stages: Record<ErasureJob['stage'], Step> = {
  account: endAccount,
  blocks: liftBlocks,
  conversations: leaveConversations,
  inbox: emptyInbox,
  presence: forgetPresence,
  done: () => Promise.resolve({}),
};

/**
 * Does the step of an erasure that is due, and says what is due next. What is removed was counted in the step before, so
 * that a step that died and is done again removes the same, and counts it once.
 * @param piece of the conversation that is being gone through
 * @throws ChatError `unavailable`
 */
export const eraseStep =
  (parts: EraseStepParts) =>
  async (job: ErasureJob, piece: PieceReport | undefined): Promise<ErasureJob> => ({
    ...job,
    ...(await stages[job.stage](parts, job, piece)),
    step: job.step + 1,
  });
