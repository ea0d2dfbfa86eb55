import type { AcceptedChange, ChangeAction } from '../domain/change.ts';
import type { ChangeReceipt } from '../contract/changes.ts';
import { decideChange } from '../domain/decide-change.ts';
import { notAMember } from '../domain/errors.ts';
import { changeIdOf } from '../domain/identifiers.ts';
import type { Blocks } from '../ports/blocks.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Directory } from '../ports/directory.ts';
import type { Moderator } from '../ports/moderator.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import { requireMember } from './membership.ts';
import { requireAccepted } from './require-accepted.ts';
import { requireUnblocked } from './require-unblocked.ts';
import { requireUsers } from './require-users.ts';

export interface RequestChangeParts {
  log: Pick<ConversationLog, 'member'>;
  changes: Pick<ChangeLog, 'ground'>;
  outbox: Pick<Outbox, 'enqueueChange'>;
  moderator: Moderator;
  rateLimiter: RateLimiter;
  directory: Directory;
  blocks: Pick<Blocks, 'blockersIn'>;
  clock: Clock;
  /** Members that a group may have. */
  maxMembers: number;
  /** A fresh id that nobody can guess. */
  newId: () => string;
}

/** What somebody asks to be changed. */
export interface ChangeRequest {
  /** The client's own id for it, so that it can ask again. */
  clientChangeId: string | undefined;
  action: ChangeAction;
}

/** What says something to the other, who may have blocked who says it. To take something back is nobody's harm. */
const telling: ReadonlySet<ChangeAction['type']> = new Set<ChangeAction['type']>([
  'edit',
  'restore',
  'pin',
  'react',
]);

/** Who is added has to be there, under the id as it is. @throws ChatError `not-found` naming one that is not */
const known = async (directory: Directory, action: ChangeAction): Promise<ChangeAction> =>
  action.type === 'add-members'
    ? { ...action, userIds: await requireUsers(directory, action.userIds) }
    : action;

/** What an action lets others see. What has no letters, in whatever form, says nothing: `👍`. */
const textIn = (action: ChangeAction): string | null | undefined => {
  if (action.type === 'edit') return action.messageText;
  if (action.type === 'update') return action.settings.title;
  return action.type === 'react' && /\p{L}/u.test(action.emoji.normalize('NFKC')) ? action.emoji : undefined;
};

/**
 * Accepts a change of what is already in a conversation: resolves once the queue holds it durably, behind the messages
 * and changes that were accepted before. Repeating it with the same `clientChangeId` names the same change, for ever.
 * What cannot be done as things stand is refused at once; what cannot be done any more when its turn has come, the caller
 * is told by `change.rejected`.
 * @param read gives what; it is asked after the caller is known to be a member
 * @throws ChatError `not-a-member` before anything else; what `read` throws; `not-found`, `not-permitted`, `blocked`,
 * `message-deleted`, `not-a-group`, `last-owner`, `group-full`, `message-rejected`, `rate-limited`; `unavailable`, after
 * which the change may have been accepted all the same
 */
export const requestChange =
  (parts: RequestChangeParts) =>
  async (
    userId: string,
    conversationId: string,
    read: () => Promise<ChangeRequest>,
    tracing: Tracing,
  ): Promise<ChangeReceipt> => {
    await requireMember(parts.log, conversationId, userId);
    const { clientChangeId = parts.newId(), action: asked } = await read();
    await parts.rateLimiter.take('send', userId);
    const action = await known(parts.directory, asked);
    if (telling.has(action.type)) await requireUnblocked(parts.blocks, conversationId, userId);
    const ground = await parts.changes.ground(conversationId, userId, action);
    if (!ground) throw notAMember();
    const now = parts.clock.now();
    decideChange({ action }, ground, { now, maxMembers: parts.maxMembers });
    await requireAccepted(parts.moderator, { text: textIn(action), userId });
    const change: AcceptedChange = {
      changeId: changeIdOf(conversationId, userId, clientChangeId),
      conversationId,
      userId,
      acceptedAt: now.toISOString(),
      action,
    };
    await parts.outbox.enqueueChange(change, tracing);
    const { changeId, acceptedAt } = change;
    return { changeId, conversationId, acceptedAt };
  };
