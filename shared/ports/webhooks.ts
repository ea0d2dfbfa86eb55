import type { Webhook, WebhookHealth } from '../domain/webhook.ts';

/** Who wants to be told of events over HTTP. */
export interface Webhooks {
  /** @throws ChatError `too-many-webhooks`, also of several at once; `unavailable` */
  add(webhook: Webhook, secret: string): Promise<void>;

  /**
   * All of them, oldest first.
   * @param freshness `cached` may be ten seconds old; `now` asks again.
   * @throws ChatError `unavailable`
   */
  list(freshness: 'cached' | 'now'): Promise<Webhook[]>;

  /** What its calls are signed with; for that only. */
  secretOf(webhookId: string): Promise<string | undefined>;

  /** Notes how it stands with its endpoint; of one that is gone nothing. */
  note(webhookId: string, health: WebhookHealth): Promise<void>;

  /** Whether there was one. Repeating it is harmless. */
  remove(webhookId: string): Promise<boolean>;
}
