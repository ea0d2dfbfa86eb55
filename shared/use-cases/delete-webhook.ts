import { ChatError } from '../domain/errors.ts';
import type { Caller } from '../domain/user.ts';
import type { Webhooks } from '../ports/webhooks.ts';
import { requireAdmin } from './require-admin.ts';

/**
 * Tells a URL of nothing any more: at the latest from ten seconds later on. What waits for it is forgotten.
 * @throws ChatError `not-permitted`, `not-found`
 */
export const deleteWebhook =
  ({ webhooks }: { webhooks: Pick<Webhooks, 'remove'> }) =>
  async (caller: Caller, webhookId: string): Promise<void> => {
    requireAdmin(caller);
    if (!(await webhooks.remove(webhookId))) throw new ChatError('not-found', 'There is no such webhook.');
  };
