import { ChatError } from '../../shared/domain/errors.ts';
import type { ServerEvent } from '../../shared/domain/event.ts';
import type { Broadcaster } from '../../shared/ports/broadcaster.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Inbox } from '../../shared/ports/inbox.ts';
import type { Outbox, Tracing } from '../../shared/ports/outbox.ts';
import type { RateLimiter } from '../../shared/ports/rate-limiter.ts';
import type { acknowledgeMessages } from '../../shared/use-cases/acknowledge-messages.ts';
import type { checkDelivery } from '../../shared/use-cases/check-delivery.ts';
import type { deliverMessage } from '../../shared/use-cases/deliver-message.ts';
import type { recordReceipt } from '../../shared/use-cases/record-receipt.ts';
import type { Telemetry } from './telemetry.ts';

/** The same thing, with some of its methods done otherwise. */
const withMethods = <T extends object>(target: T, methods: Partial<T>): T =>
  new Proxy(target, {
    get: (object, name) => {
      const own = (methods as Record<string | symbol, unknown>)[name];
      const value: unknown = own ?? Reflect.get(object, name, object);
      return typeof value === 'function' ? (value.bind(object) as unknown) : value;
    },
  });

/** What is accepted begins its way here; what it causes goes on under this stage. */
export const observedOutbox = <T extends Outbox>(outbox: T, telemetry: Telemetry): T => {
  if (!telemetry.isOn) return outbox;
  const methods: Partial<Outbox> = {
    enqueue: async (message, tracing) => {
      const { messageId, conversationId } = message;
      await telemetry.stage(
        'accept',
        { messageId, conversationId },
        (traceparent) => outbox.enqueue(message, traceparent === '' ? tracing : { traceparent }),
        tracing.traceparent,
      );
      telemetry.count('accepted');
    },
    park: async (body, reason, tracing) => {
      await outbox.park(body, reason, tracing);
      telemetry.count('dead-letters', { code: reason.code });
    },
  };
  return withMethods(outbox, methods as Partial<T>);
};

/** A message that is pushed tells under which trace: whoever acknowledges it may say so. */
const underTrace = (event: ServerEvent, traceparent: string): ServerEvent =>
  event.type === 'message.created' && traceparent !== '' ? { ...event, traceparent } : event;

export const observedBroadcaster = <T extends Broadcaster>(broadcaster: T, telemetry: Telemetry): T => {
  if (!telemetry.isOn) return broadcaster;
  const push = (event: ServerEvent, send: (event: ServerEvent) => Promise<void>): Promise<void> =>
    telemetry.stage('push', { event: event.type }, (traceparent) => send(underTrace(event, traceparent)));
  const methods: Partial<Broadcaster> = {
    toUser: (userId, event) => push(event, (own) => broadcaster.toUser(userId, own)),
    toGroup: (conversationId, event) => push(event, (own) => broadcaster.toGroup(conversationId, own)),
  };
  return withMethods(broadcaster, methods as Partial<T>);
};

export const observedInbox = <T extends Inbox>(inbox: T, telemetry: Telemetry): T => {
  if (!telemetry.isOn) return inbox;
  const methods: Partial<Inbox> = {
    keep: (userId, messages, headRev) =>
      telemetry.stage('inbox', { messages: messages.length }, () => inbox.keep(userId, messages, headRev)),
  };
  return withMethods(inbox, methods as Partial<T>);
};

export const observedRateLimiter = <T extends RateLimiter>(rateLimiter: T, telemetry: Telemetry): T => {
  if (!telemetry.isOn) return rateLimiter;
  const methods: Partial<RateLimiter> = {
    take: async (kind, key, count) => {
      try {
        await rateLimiter.take(kind, key, count);
      } catch (error) {
        if (error instanceof ChatError && error.code === 'rate-limited')
          telemetry.count('throttled', { kind });
        throw error;
      }
    },
  };
  return withMethods(rateLimiter, methods as Partial<T>);
};

type Deliver = ReturnType<typeof deliverMessage>;

/** Where an accepted message is worked off. What was delivered before and comes again is counted once. */
export const tracedDelivery =
  (deliver: Deliver, telemetry: Telemetry, clock: Clock): Deliver =>
  (accepted, tracing) => {
    const { messageId, conversationId, acceptedAt } = accepted;
    telemetry.measure('queue-age', clock.now().getTime() - Date.parse(acceptedAt));
    const work = async () => {
      const delivery = await deliver(accepted, tracing);
      if (delivery.isNew) {
        telemetry.count('delivered');
        telemetry.measure('acceptance-to-push', delivery.sinceAcceptedMs);
      }
      return delivery;
    };
    return telemetry.stage('deliver', { messageId, conversationId }, work, tracing.traceparent);
  };

type Check = ReturnType<typeof checkDelivery>;

/** Where what was pushed and not acknowledged goes into the inbox. */
export const tracedCheck =
  (check: Check, telemetry: Telemetry): Check =>
  (asked, tracing) =>
    telemetry.stage(
      'check',
      { conversationId: asked.conversationId },
      () => check(asked, tracing),
      tracing.traceparent,
    );

type RecordReceipt = ReturnType<typeof recordReceipt>;
type Acknowledge = ReturnType<typeof acknowledgeMessages>;

/** Receipts, each under the trace that it says, or that of the call it came by. */
export const tracedReceipts = (record: RecordReceipt, acknowledge: Acknowledge, telemetry: Telemetry) => ({
  recordReceipt: (
    ...[userId, kind, conversationId, upTo, tracing]: [...Parameters<RecordReceipt>, Tracing?]
  ) =>
    telemetry.stage(
      'receipt',
      { conversationId, kind },
      () => record(userId, kind, conversationId, upTo),
      tracing?.traceparent,
    ),
  acknowledgeMessages: (...[userId, conversationId, seqs, tracing]: [...Parameters<Acknowledge>, Tracing?]) =>
    telemetry.stage(
      'receipt',
      { conversationId, kind: 'delivered' },
      () => acknowledge(userId, conversationId, seqs),
      tracing?.traceparent,
    ),
});
