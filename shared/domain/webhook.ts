import { createHmac, randomBytes } from 'node:crypto';
import type { ChatEventType } from './chat-event.ts';

/** How it stands with the endpoint of a webhook. */
export interface WebhookHealth {
  /** `disabled`: it failed for days, or said that it is gone; nothing is sent until a replay is asked for. */
  status: 'active' | 'failing' | 'disabled';
  /** When the failures began that no success has ended. */
  failingSince: string | null;
  lastError: { at: string; detail: string } | null;
}

/** Where somebody wants to be told of events. Its secret is no part of it: it is not for output. */
export interface Webhook extends WebhookHealth {
  webhookId: string;
  url: string;
  /** Null: all types. */
  events: ChatEventType[] | null;
  /** Null: all conversations. */
  conversationId: string | null;
  createdBy: string;
  createdAt: string;
}

/** How many there may be: each is a copy of every event. */
export const maxWebhooks = 20;

export const healthy: WebhookHealth = { status: 'active', failingSince: null, lastError: null };

/** Whether a webhook is to be told of an event. */
export const isFor = (
  { status, events, conversationId }: Webhook,
  event: { type: ChatEventType; conversationId: string },
): boolean =>
  status !== 'disabled' &&
  (events?.includes(event.type) ?? true) &&
  (conversationId === null || conversationId === event.conversationId);

/** How it stands after a call that failed. */
export const failed = ({ failingSince }: WebhookHealth, at: string, detail: string): WebhookHealth => ({
  status: 'failing',
  failingSince: failingSince ?? at,
  lastError: { at, detail },
});

const prefix = 'whsec_';

/** A secret for signing: 32 random bytes, as Standard Webhooks writes them. */
export const newWebhookSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`;

/** Whether a text is a secret as Standard Webhooks wants it: `whsec_` and 24 to 64 bytes in base64. */
export const isWebhookSecret = (text: string): boolean => {
  if (!/^whsec_[A-Za-z0-9+/]{1,88}={0,2}$/.test(text) || (text.length - prefix.length) % 4 !== 0)
    return false;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64').length;
  return bytes >= 24 && bytes <= 64;
};

/**
 * The value of `webhook-signature`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 * @param seconds since 1970, as in `webhook-timestamp`
 */
export const webhookSignature = (secret: string, id: string, seconds: number, body: string): string => {
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
};
