import { ChatError } from '../../domain/errors.ts';
import { maxWebhooks, type Webhook, type WebhookHealth } from '../../domain/webhook.ts';
import type { Webhooks } from '../../ports/webhooks.ts';

/** Webhooks of one process, for tests. */
export class MemoryWebhooks implements Webhooks {
  readonly #webhooks = new Map<string, { webhook: Webhook; secret: string }>();

  add(webhook: Webhook, secret: string): Promise<void> {
    if (this.#webhooks.size >= maxWebhooks) return Promise.reject(new ChatError('too-many-webhooks', 'full'));
    this.#webhooks.set(webhook.webhookId, { webhook: { ...webhook }, secret });
    return Promise.resolve();
  }

  list(): Promise<Webhook[]> {
    return Promise.resolve([...this.#webhooks.values()].map(({ webhook }) => ({ ...webhook })));
  }

  secretOf(webhookId: string): Promise<string | undefined> {
    return Promise.resolve(this.#webhooks.get(webhookId)?.secret);
  }

  note(webhookId: string, health: WebhookHealth): Promise<void> {
    const known = this.#webhooks.get(webhookId);
    if (known) Object.assign(known.webhook, health);
    return Promise.resolve();
  }

  remove(webhookId: string): Promise<boolean> {
    return Promise.resolve(this.#webhooks.delete(webhookId));
  }
}
