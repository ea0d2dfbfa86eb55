import type { ChatEvent } from '../domain/chat-event.ts';
import { isFor } from '../domain/webhook.ts';
import type { Tracing } from '../ports/outbox.ts';
import type { WebhookTasks } from '../ports/webhook-tasks.ts';
import type { Webhooks } from '../ports/webhooks.ts';

export interface FanOutEventParts {
  webhooks: Pick<Webhooks, 'list'>;
  tasks: WebhookTasks;
}

/**
 * Makes of an event one task for each webhook that wants it, so that no endpoint waits for another. Repeating it is
 * harmless.
 * @returns for how many
 */
export const fanOutEvent =
  ({ webhooks, tasks }: FanOutEventParts) =>
  async (event: ChatEvent, tracing: Tracing): Promise<number> => {
    const wanted = (await webhooks.list('cached')).filter((webhook) => isFor(webhook, event));
    await Promise.all(
      wanted.map(({ webhookId }) => tasks.enqueue({ kind: 'event', webhookId, event }, tracing)),
    );
    return wanted.length;
  };
