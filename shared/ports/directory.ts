import { ChatError } from '../domain/errors.ts';
import { truncate } from '../domain/text.ts';

/** Who there is to write to. */
export interface Directory {
  /**
   * The id of a user as it is, for an id as somebody has written it; undefined when there is no such user.
   * @throws ChatError `unavailable`
   */
  find(userId: string): Promise<string | undefined>;
}

export const noSuchUser = (userId: string): ChatError =>
  new ChatError('not-found', `There is no user '${truncate(userId, 64)}'.`);
