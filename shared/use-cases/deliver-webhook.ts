import { newWakeId } from '../domain/identifiers.ts';
import type { Webhook } from '../domain/webhook.ts';
import { retryWaitMs } from '../domain/webhook-retries.ts';
import type { Clock } from '../ports/clock.ts';
import type { Outbox, Tracing } from '../ports/outbox.ts';
import type { Lane, LaneName, WaitingEvent, WaitingEvents, WakeUp } from '../ports/waiting-events.ts';
import type { EventTask, WakeTask, WebhookTasks } from '../ports/webhook-tasks.ts';
import type { Webhooks } from '../ports/webhooks.ts';
import type { callWebhook, Telling } from './call-webhook.ts';

export interface DeliverWebhookParts {
  webhooks: Pick<Webhooks, 'list' | 'note'>;
  waiting: WaitingEvents;
  tasks: WebhookTasks;
  outbox: Pick<Outbox, 'park'>;
  call: ReturnType<typeof callWebhook>;
  clock: Clock;
  /** 0 ≤ x < 1 */
  random: () => number;
  /** How long an event is tried. */
  giveUpMs: number;
}

/** What became of a task, for the log. */
export interface WebhookDelivery {
  webhookId: string;
  conversationId: string;
  told: number;
  /** Events that wait because of it. */
  kept: number;
  parked: number;
  /** Why the last call failed. */
  failure: string | null;
}

/** Waiting events that one task sends: with its calls it must come to an end well before its function does. */
const batch = 20;
const budgetMs = 60_000;
/** A wake-up so late is taken for lost, and made again by the next event. */
const overdueMs = 10 * 60_000;

type Disappointment = Exclude<Telling, { result: 'told' }>;

/** The webhook of a task; undefined: it was deleted. One that is new may be unknown to a list that is not. */
export const findWebhook = async (
  webhooks: Pick<Webhooks, 'list'>,
  webhookId: string,
): Promise<Webhook | undefined> => {
  const isIt = (webhook: Webhook): boolean => webhook.webhookId === webhookId;
  return (await webhooks.list('cached')).find(isIt) ?? (await webhooks.list('now')).find(isIt);
};

/** When to try again what could not be sent. @param tries failures in a row before */
const wakeAfter = (
  { clock, random }: Pick<DeliverWebhookParts, 'clock' | 'random'>,
  telling: Disappointment,
  tries: number,
): WakeUp => {
  const isFailed = telling.result === 'failed';
  const waitMs = isFailed
    ? Math.max(retryWaitMs(tries + 1, random()), telling.retryAfterMs)
    : telling.waitMs * (1 + random());
  return {
    wakeId: newWakeId(),
    at: new Date(clock.now().getTime() + waitMs).toISOString(),
    tries: isFailed ? tries + 1 : tries,
  };
};

const nothing = ({ webhookId, conversationId }: LaneName): WebhookDelivery => ({
  ...{ webhookId, conversationId },
  ...{ told: 0, kept: 0, parked: 0, failure: null },
});

/** Puts an event aside for operators: it can be told again from there, or by a replay. */
const park = (
  { outbox }: DeliverWebhookParts,
  webhookId: string,
  { event, traceparent }: Pick<WaitingEvent, 'event' | 'traceparent'>,
  code: 'webhook-disabled' | 'webhook-failed',
): Promise<void> => {
  const detail = `The webhook ${webhookId} was not told of ${event.type} in ${event.conversationId}.`;
  const body = { v: 1, kind: 'webhook', traceparent, task: { kind: 'event', webhookId, event } };
  return outbox.park(body, { code, detail }, { traceparent });
};

/** The wake-up is in the queue before the lane points to it: one too many is a leftover, one too few a lane forgotten. */
const schedule = ({ tasks }: DeliverWebhookParts, lane: LaneName, { wakeId, at }: WakeUp, tracing: Tracing) =>
  tasks.enqueue(
    { kind: 'wake', webhookId: lane.webhookId, conversationId: lane.conversationId, wakeId },
    tracing,
    new Date(at),
  );

/**
 * Tells a webhook of an event, or puts it behind those of its conversation that wait already. An event that fails makes
 * those behind it wait, so that they stay in order, and nobody else.
 */
export const deliverWebhookEvent =
  (parts: DeliverWebhookParts) =>
  async ({ webhookId, event }: EventTask, tracing: Tracing): Promise<WebhookDelivery> => {
    const { waiting, clock } = parts;
    const name = { webhookId, conversationId: event.conversationId };
    const webhook = await findWebhook(parts.webhooks, webhookId);
    if (!webhook) return nothing(name);
    const kept = { event, traceparent: tracing.traceparent, keptAt: clock.now().toISOString() };
    if (webhook.status === 'disabled') {
      await park(parts, webhookId, kept, 'webhook-disabled');
      return { ...nothing(name), parked: 1 };
    }
    const lane = await waiting.find(name);
    if (lane) {
      if (lane.lastEventId !== event.id) await waiting.append(lane, kept);
      if (clock.now().getTime() - Date.parse(lane.wakeUp.at) > overdueMs)
        await schedule(parts, name, { ...lane.wakeUp, at: kept.keptAt }, tracing);
      return { ...nothing(name), kept: 1 };
    }
    const telling = await parts.call(webhook, event, tracing);
    if (telling.result === 'told') return { ...nothing(name), told: 1 };
    const wakeUp = wakeAfter(parts, telling, 0);
    await schedule(parts, name, wakeUp, tracing);
    await waiting.open(name, kept, wakeUp);
    return { ...nothing(name), kept: 1, failure: telling.result === 'failed' ? telling.detail : null };
  };

/** Sends what waits, in order, until one fails or the time is up. */
const tellInOrder = async (
  { call, clock }: DeliverWebhookParts,
  webhook: Webhook,
  events: readonly WaitingEvent[],
): Promise<{ told: number; telling: Disappointment | undefined }> => {
  const end = clock.now().getTime() + budgetMs;
  let told = 0;
  for (const { event, traceparent } of events) {
    const telling = await call(webhook, event, { traceparent });
    if (telling.result !== 'told') return { told, telling };
    told++;
    if (clock.now().getTime() > end) break;
  }
  return { told, telling: undefined };
};

/** Leaves an endpoint alone from now on that has failed for days without one success. */
const disable = ({ webhooks }: DeliverWebhookParts, webhook: Webhook): Promise<void> => {
  const { webhookId, failingSince, lastError } = webhook;
  return webhooks.note(webhookId, { status: 'disabled', failingSince, lastError });
};

const isOld = ({ clock, giveUpMs }: DeliverWebhookParts, since: string): boolean =>
  clock.now().getTime() - Date.parse(since) >= giveUpMs;

/** Settles a step: forgets what is done with; wakes again when something is left. */
const settle = async (
  parts: DeliverWebhookParts,
  lane: Lane,
  done: readonly WaitingEvent[],
  wakeUp: WakeUp | null,
  tracing: Tracing,
): Promise<void> => {
  if (wakeUp) await schedule(parts, lane, wakeUp, tracing);
  await parts.waiting.settle(
    lane,
    done.map(({ place }) => place),
    wakeUp,
  );
};

/**
 * Sends the events of a conversation that wait for a webhook, as many as one step takes. What has been tried for days
 * is parked, and an endpoint without a success for as long is disabled: all that waits for it is parked then.
 */
export const wakeWebhook =
  (parts: DeliverWebhookParts) =>
  async (task: WakeTask, tracing: Tracing): Promise<WebhookDelivery> => {
    const { waiting, clock } = parts;
    const lane = await waiting.find(task);
    if (lane?.wakeUp.wakeId !== task.wakeId) return nothing(task); // a leftover
    const events = await waiting.first(lane, batch);
    const webhook = await findWebhook(parts.webhooks, task.webhookId);
    const atOnce: WakeUp = { wakeId: newWakeId(), at: clock.now().toISOString(), tries: 0 };
    if (!webhook || webhook.status === 'disabled') {
      if (webhook) for (const event of events) await park(parts, task.webhookId, event, 'webhook-disabled');
      await settle(parts, lane, events, events.length < batch ? null : atOnce, tracing);
      return { ...nothing(task), parked: webhook ? events.length : 0 };
    }
    const { told, telling } = await tellInOrder(parts, webhook, events);
    const rest = events.slice(told);
    // An endpoint that takes other events refuses the first one only; of one that takes none, all that is as old is lost.
    const isDead = webhook.failingSince !== null && isOld(parts, webhook.failingSince);
    const blamed = telling?.result === 'failed' ? rest.slice(0, isDead ? rest.length : 1) : [];
    const old = blamed.filter(({ keptAt }) => isOld(parts, keptAt));
    for (const event of old) await park(parts, task.webhookId, event, 'webhook-failed');
    if (old.length > 0 && isDead) await disable(parts, webhook);
    const done = [...events.slice(0, told), ...old];
    const isOver = done.length === events.length && events.length < batch;
    const tries = told > 0 || old.length > 0 ? 0 : lane.wakeUp.tries;
    const wakeUp = telling && old.length === 0 ? wakeAfter(parts, telling, tries) : atOnce;
    await settle(parts, lane, done, isOver ? null : wakeUp, tracing);
    return {
      ...nothing(task),
      ...{ told, parked: old.length, kept: events.length - done.length },
      failure: telling?.result === 'failed' ? telling.detail : null,
    };
  };
