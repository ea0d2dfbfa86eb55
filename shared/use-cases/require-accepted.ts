import { ChatError } from '../domain/errors.ts';
import type { Moderator, Submission } from '../ports/moderator.ts';

/** A text that others are going to see; one that there is not is fine. */
type Shown = Omit<Submission, 'text'> & { text: string | null | undefined };

/** @throws ChatError `message-rejected` with the reason, `unavailable` */
export const requireAccepted = async (moderator: Moderator, ...shown: readonly Shown[]): Promise<void> => {
  for (const { text, ...more } of shown) {
    if (text === null || text === undefined || text === '') continue;
    const verdict = await moderator.review({ text, ...more });
    if (!verdict.allowed) throw new ChatError('message-rejected', verdict.detail, { reason: verdict.reason });
  }
};
