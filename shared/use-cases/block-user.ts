import { malformed } from '../domain/errors.ts';
import { isUserId } from '../domain/user.ts';
import type { Block, Blocks } from '../ports/blocks.ts';
import type { Clock } from '../ports/clock.ts';
import { noSuchUser, type Directory } from '../ports/directory.ts';
import type { PageQuery } from '../contract/lists.ts';
import { decodeCursor, pageFrom, type Page } from './page.ts';

export interface BlockUserParts {
  blocks: Pick<Blocks, 'block' | 'unblock'>;
  directory: Directory;
  clock: Clock;
}

/**
 * Blocks a user, or no longer. Repeating it changes nothing; it is in effect everywhere within seconds, for direct
 * conversations only.
 * @throws ChatError `not-found` (nobody has that id), `malformed-request` (oneself), `unavailable`
 */
export const blockUser =
  ({ blocks, directory, clock }: BlockUserParts) =>
  async (callerId: string, userId: string, isBlocked: boolean): Promise<void> => {
    const other = isUserId(userId) ? await directory.find(userId) : undefined;
    if (other === callerId) throw malformed('/userId', 'must be somebody else than you');
    if (!isBlocked) {
      // Also of somebody who is gone.
      if (isUserId(userId)) await blocks.unblock(callerId, other ?? userId);
      return;
    }
    if (other === undefined) throw noSuchUser(userId);
    await blocks.block(callerId, other, clock.now());
  };

/** Whom a user has blocked. @throws ChatError `malformed-request`, `unavailable` */
export const listBlocks =
  ({ blocks }: { blocks: Pick<Blocks, 'blockedBy'> }) =>
  async (userId: string, { limit, cursor }: PageQuery): Promise<Page<Block>> => {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = await blocks.blockedBy(userId, limit + 1, after);
    return pageFrom(found, limit, ({ userId: blocked }) => blocked);
  };
