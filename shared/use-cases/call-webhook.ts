import { asCloudEvent } from '../contract/cloud-event.ts';
import type { ChatEvent } from '../domain/chat-event.ts';
import type { EndpointGate } from '../domain/endpoint-gate.ts';
import { failed, healthy, webhookSignature, type Webhook } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Tracing } from '../ports/outbox.ts';
import type { CallOutcome, WebhookEndpoint } from '../ports/webhook-endpoint.ts';
import type { Webhooks } from '../ports/webhooks.ts';

export interface CallWebhookParts {
  webhooks: Pick<Webhooks, 'secretOf' | 'note'>;
  endpoint: Pick<WebhookEndpoint, 'call'>;
  gate: EndpointGate;
  clock: Clock;
}

/** What came of telling a webhook of an event. */
export type Telling =
  | { result: 'told' }
  | { result: 'failed'; detail: string; retryAfterMs: number }
  /** Not tried: the endpoint has all the calls that it may have. */
  | { result: 'deferred'; waitMs: number };

/** How old the last error may be that is shown. */
const errorAgeMs = 60_000;
/** However long an endpoint asks not to be called. */
const longestRetryAfterMs = 60 * 60_000;

const noteOutcome = async (
  { webhooks, clock }: CallWebhookParts,
  webhook: Webhook,
  outcome: CallOutcome,
): Promise<void> => {
  if (outcome.isDelivered) {
    if (webhook.status === 'failing') await webhooks.note(webhook.webhookId, healthy);
    return;
  }
  const now = clock.now();
  const isKnown =
    webhook.status === 'failing' && now.getTime() - Date.parse(webhook.lastError?.at ?? '') < errorAgeMs;
  const health = failed(webhook, now.toISOString(), outcome.detail);
  // Standard Webhooks: an endpoint that is gone for good says so by 410.
  if (outcome.status === 410) await webhooks.note(webhook.webhookId, { ...health, status: 'disabled' });
  else if (!isKnown) await webhooks.note(webhook.webhookId, health);
};

/**
 * Tells a webhook of an event: signed as Standard Webhooks wants it, under the event's id, which is the same whenever it
 * is told. Notes how it stands with the endpoint.
 */
export const callWebhook =
  (parts: CallWebhookParts) =>
  async (webhook: Webhook, event: ChatEvent, { traceparent }: Tracing): Promise<Telling> => {
    const { webhooks, endpoint, gate, clock } = parts;
    const secret = await webhooks.secretOf(webhook.webhookId);
    if (secret === undefined) return { result: 'told' }; // it was deleted a moment ago
    const entry = gate.begin(webhook.webhookId, clock.now().getTime());
    if (!entry.mayCall) return { result: 'deferred', waitMs: entry.waitMs };
    const body = JSON.stringify(asCloudEvent(event, traceparent));
    const seconds = Math.floor(clock.now().getTime() / 1000);
    const outcome = await endpoint.call({
      url: webhook.url,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'Parley-Webhooks',
        'webhook-id': event.id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': webhookSignature(secret, event.id, seconds, body),
      },
      body,
    });
    gate.end(webhook.webhookId, outcome.isDelivered || outcome.status !== undefined, clock.now().getTime());
    await noteOutcome(parts, webhook, outcome);
    if (outcome.isDelivered) return { result: 'told' };
    const retryAfterMs = Math.min((outcome.retryAfterSeconds ?? 0) * 1000, longestRetryAfterMs);
    return { result: 'failed', detail: outcome.detail, retryAfterMs };
  };
