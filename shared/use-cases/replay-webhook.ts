import { messageSent } from '../domain/chat-event.ts';
import { ChatError, malformed } from '../domain/errors.ts';
import { newReplayId } from '../domain/identifiers.ts';
import { shownAt, type LoggedMessage } from '../domain/message.ts';
import type { Caller } from '../domain/user.ts';
import { healthy, isFor, type Webhook } from '../domain/webhook.ts';
import { retryWaitMs } from '../domain/webhook-retries.ts';
import type { Audit } from '../ports/audit.ts';
import type { ConversationLog } from '../ports/conversation-log.ts';
import type { Tracing } from '../ports/outbox.ts';
import type { ReplayTask } from '../ports/webhook-tasks.ts';
import type { Telling } from './call-webhook.ts';
import { findWebhook, type DeliverWebhookParts, type WebhookDelivery } from './deliver-webhook.ts';
import { requireAdmin } from './require-admin.ts';

export interface ReplayWebhookParts extends Omit<DeliverWebhookParts, 'waiting'> {
  log: Pick<ConversationLog, 'head' | 'memberIds' | 'read'>;
  audit: Pick<Audit, 'record'>;
  tellsEvents: boolean;
}

/** From where on; without `fromSeq` from the first message on. */
export interface ReplayRequest {
  conversationId: string;
  fromSeq?: number | undefined;
}

export interface Replay {
  replayId: string;
  conversationId: string;
  fromSeq: number;
  /** The newest message when it was asked for: later ones are told as they come. */
  toSeq: number;
}

/** Messages of one step. */
const batch = 50;
const budgetMs = 60_000;

const requireFit = (webhook: Webhook, conversationId: string): void => {
  if (!isFor({ ...webhook, status: 'active' }, { type: 'message.sent', conversationId }))
    throw malformed('/conversationId', 'must be one whose messages this webhook is told of');
};

/**
 * Tells a webhook of a conversation's messages again, as they are now, under the ids that they had. Goes on in the
 * background; a webhook that was disabled is switched on again.
 * @param read gives the request; it is asked after the caller is known to be an admin
 * @throws ChatError `not-permitted` before anything else, `events-disabled`, what `read` throws, `not-found`,
 * `malformed-request`, `unavailable`
 */
export const replayWebhook =
  ({ log, webhooks, audit, tasks, clock, tellsEvents }: ReplayWebhookParts) =>
  async (
    caller: Caller,
    webhookId: string,
    read: () => Promise<ReplayRequest>,
    tracing: Tracing,
  ): Promise<Replay> => {
    requireAdmin(caller);
    if (!tellsEvents) throw new ChatError('events-disabled', 'Events are switched off here (CHAT_EVENTS).');
    const { conversationId, fromSeq = 1 } = await read();
    const webhook = (await webhooks.list('now')).find((known) => known.webhookId === webhookId);
    if (!webhook) throw new ChatError('not-found', 'There is no such webhook.');
    requireFit(webhook, conversationId);
    const head = await log.head(conversationId);
    if (!head) throw new ChatError('not-found', 'There is no such conversation.');
    const replay = { replayId: newReplayId(), conversationId, fromSeq, toSeq: head.headSeq };
    const at = clock.now().toISOString();
    const entry = {
      action: 'webhook.replayed',
      at,
      actorId: caller.userId,
      webhookId,
      conversationId,
    } as const;
    await audit.record(entry, replay.replayId);
    if (webhook.status === 'disabled') await webhooks.note(webhookId, healthy);
    if (fromSeq <= head.headSeq)
      await tasks.enqueue({ kind: 'replay', webhookId, ...replay, tries: 0, failingSince: null }, tracing);
    return replay;
  };

/** Sends messages in order until one fails or the time is up. */
const tellInOrder = async (
  { call, clock }: ReplayWebhookParts,
  webhook: Webhook,
  messages: readonly LoggedMessage[],
  memberCount: number,
  tracing: Tracing,
): Promise<{ told: number; telling: Telling }> => {
  const end = clock.now().getTime() + budgetMs;
  let told = 0;
  for (const message of messages) {
    const shown = shownAt(message, clock.now());
    const telling = await call(webhook, messageSent(shown, memberCount), tracing);
    if (telling.result !== 'told') return { told, telling };
    told++;
    if (clock.now().getTime() > end) break;
  }
  return { told, telling: { result: 'told' } };
};

/** The task that goes on where this one ended, and when. Nothing is behind it in its session, so it may come later. */
const nextTask = (
  { clock, random }: ReplayWebhookParts,
  task: ReplayTask,
  told: number,
  telling: Telling,
): { next: ReplayTask; at: Date | undefined } => {
  const now = clock.now();
  const fromSeq = task.fromSeq + told;
  const before = told > 0 ? { tries: 0, failingSince: null } : task;
  if (telling.result === 'told')
    return { next: { ...task, fromSeq, tries: 0, failingSince: null }, at: undefined };
  const isFailed = telling.result === 'failed';
  const waitMs = isFailed
    ? Math.max(retryWaitMs(before.tries + 1, random()), telling.retryAfterMs)
    : telling.waitMs * (1 + random());
  const failingSince = before.failingSince ?? (isFailed ? now.toISOString() : null);
  const next = { ...task, fromSeq, tries: before.tries + 1, failingSince };
  return { next, at: new Date(now.getTime() + waitMs) };
};

/** One step of a replay: sends what it can, and leaves the rest to a task of its own. */
export const continueReplay =
  (parts: ReplayWebhookParts) =>
  async (task: ReplayTask, tracing: Tracing): Promise<WebhookDelivery> => {
    const { log, clock, giveUpMs } = parts;
    const { webhookId, conversationId, fromSeq, toSeq } = task;
    const nothing = { webhookId, conversationId, told: 0, kept: 0, parked: 0, failure: null };
    const webhook = await findWebhook(parts.webhooks, webhookId);
    const head = await log.head(conversationId);
    if (!webhook || !head) return nothing;
    const isOld =
      task.failingSince !== null && clock.now().getTime() - Date.parse(task.failingSince) >= giveUpMs;
    if (webhook.status === 'disabled' || isOld) {
      const detail = `The webhook ${webhookId} was not told of ${conversationId} from ${fromSeq} to ${toSeq}.`;
      const body = { v: 1, kind: 'webhook', ...tracing, task: { ...task, tries: 0, failingSince: null } };
      const code = webhook.status === 'disabled' ? 'webhook-disabled' : 'webhook-failed';
      await parts.outbox.park(body, { code, detail }, tracing);
      return { ...nothing, parked: 1 };
    }
    const memberCount = (await log.memberIds(head)).length;
    const messages = await log.read(conversationId, {
      from: fromSeq,
      to: Math.min(fromSeq + batch - 1, toSeq),
    });
    const { told, telling } = await tellInOrder(parts, webhook, messages, memberCount, tracing);
    const { next, at } = nextTask(parts, task, told, telling);
    const isLeft = next.fromSeq <= toSeq && messages.length > 0;
    if (isLeft) await parts.tasks.enqueue(next, tracing, at);
    const failure = telling.result === 'failed' ? telling.detail : null;
    return { ...nothing, told, kept: isLeft ? toSeq - next.fromSeq + 1 : 0, failure };
  };
