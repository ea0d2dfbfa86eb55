import type { Caller } from '../domain/user.ts';
import type { Webhook } from '../domain/webhook.ts';
import type { Webhooks } from '../ports/webhooks.ts';
import { requireAdmin } from './require-admin.ts';

/** All webhooks, oldest first, each with how it stands with its endpoint. @throws ChatError `not-permitted` */
export const listWebhooks =
  ({ webhooks }: { webhooks: Pick<Webhooks, 'list'> }) =>
  async (caller: Caller): Promise<Webhook[]> => {
    requireAdmin(caller);
    return webhooks.list('now');
  };
