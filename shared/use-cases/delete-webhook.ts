import { ChatError } from '../domain/errors.ts';
import type { Caller } from '../domain/user.ts';
import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Webhooks } from '../ports/webhooks.ts';
import { requireAdmin } from './require-admin.ts';

export interface DeleteWebhookParts {
  webhooks: Pick<Webhooks, 'list' | 'remove'>;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
  newId: () => string;
}

/**
 * Tells a URL of nothing any more: at the latest from ten seconds later on. What waits for it is forgotten.
 * @throws ChatError `not-permitted`, `not-found`
 */
export const deleteWebhook =
  ({ webhooks, audit, clock, newId }: DeleteWebhookParts) =>
  async (caller: Caller, webhookId: string): Promise<void> => {
    requireAdmin(caller);
    const known = (await webhooks.list('now')).some((webhook) => webhook.webhookId === webhookId);
    if (!known) throw new ChatError('not-found', 'There is no such webhook.');
    const at = clock.now().toISOString();
    await audit.record({ action: 'webhook.deleted', at, actorId: caller.userId, webhookId }, newId());
    await webhooks.remove(webhookId);
  };
