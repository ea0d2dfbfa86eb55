import type { NewWebhookRequest } from '../contract/webhooks.ts';
import { ChatError, malformed } from '../domain/errors.ts';
import { newWebhookId } from '../domain/identifiers.ts';
import type { Caller } from '../domain/user.ts';
import { healthy, newWebhookSecret, type Webhook } from '../domain/webhook.ts';
import type { Audit } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { WebhookEndpoint } from '../ports/webhook-endpoint.ts';
import type { Webhooks } from '../ports/webhooks.ts';
import { requireAdmin } from './require-admin.ts';

export interface CreateWebhookParts {
  webhooks: Pick<Webhooks, 'add'>;
  audit: Pick<Audit, 'record'>;
  endpoint: Pick<WebhookEndpoint, 'refusalOf'>;
  clock: Clock;
  /** Whether there are events at all. */
  tellsEvents: boolean;
}

/**
 * Lets a URL be told of events from now on: at the latest from ten seconds later on. The secret is answered only where
 * it was made here, and never again.
 * @param read gives the request; it is asked after the caller is known to be an admin
 * @throws ChatError `not-permitted` before anything else, `events-disabled`, what `read` throws, `malformed-request`,
 * `too-many-webhooks`, `unavailable`
 */
export const createWebhook =
  ({ webhooks, audit, endpoint, clock, tellsEvents }: CreateWebhookParts) =>
  async (
    caller: Caller,
    read: () => Promise<NewWebhookRequest>,
  ): Promise<{ webhook: Webhook; secret: string | undefined }> => {
    requireAdmin(caller);
    if (!tellsEvents) throw new ChatError('events-disabled', 'Events are switched off here (CHAT_EVENTS).');
    const { url, events, conversationId, secret: given } = await read();
    const refusal = endpoint.refusalOf(url);
    if (refusal !== undefined) throw malformed('/url', refusal);
    const webhook: Webhook = {
      webhookId: newWebhookId(),
      url,
      events: events ?? null,
      conversationId: conversationId ?? null,
      createdBy: caller.userId,
      createdAt: clock.now().toISOString(),
      ...healthy,
    };
    const made = given === undefined ? newWebhookSecret() : undefined;
    const { webhookId, createdBy: actorId, createdAt: at } = webhook;
    await audit.record({ action: 'webhook.created', at, actorId, webhookId }, webhookId);
    await webhooks.add(webhook, given ?? made ?? '');
    return { webhook, secret: made };
  };
