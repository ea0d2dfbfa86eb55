import { ChatError } from '../domain/errors.ts';
import { isGroup } from '../domain/identifiers.ts';
import type { Blocks } from '../ports/blocks.ts';

/** Whether the other user of a direct conversation has blocked this one. Groups know no blocks. */
export const isBlockedIn = async (
  blocks: Pick<Blocks, 'blockersIn'>,
  conversationId: string,
  userId: string,
): Promise<boolean> =>
  !isGroup(conversationId) && (await blocks.blockersIn(conversationId)).some((blocker) => blocker !== userId);

/** Whether either of the two users of a direct conversation has blocked the other. */
export const isSilenced = async (
  blocks: Pick<Blocks, 'blockersIn'>,
  conversationId: string,
): Promise<boolean> => !isGroup(conversationId) && (await blocks.blockersIn(conversationId)).length > 0;

/** Says no more than that: not since when, nor by which of the ways somebody may be blocked. */
export const blocked = (): ChatError => new ChatError('blocked', 'You cannot write to this user.');

/** @throws ChatError `blocked` where the other user of a direct conversation has blocked this one; `unavailable` */
export const requireUnblocked = async (
  blocks: Pick<Blocks, 'blockersIn'>,
  conversationId: string,
  userId: string,
): Promise<void> => {
  if (await isBlockedIn(blocks, conversationId, userId)) throw blocked();
};
