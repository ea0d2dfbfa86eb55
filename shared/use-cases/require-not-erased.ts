import { ChatError } from '../domain/errors.ts';
import type { Jobs } from '../ports/jobs.ts';

/** Refuses who has been erased, whatever token they have. @throws ChatError `unauthenticated`, `unavailable` */
export const requireNotErased =
  ({ jobs }: { jobs: Pick<Jobs, 'erasureOf'> }) =>
  async (userId: string): Promise<void> => {
    if ((await jobs.erasureOf(userId)) !== undefined)
      throw new ChatError('unauthenticated', 'This user was erased.');
  };
