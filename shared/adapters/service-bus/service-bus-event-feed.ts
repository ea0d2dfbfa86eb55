import type { ServiceBusClient } from '@azure/service-bus';
import { asCloudEvent } from '../../contract/cloud-event.ts';
import type { ChatEvent } from '../../domain/chat-event.ts';
import { traceIdOf } from '../../domain/trace.ts';
import type { EventFeed } from '../../ports/event-feed.ts';
import type { Tracing } from '../../ports/outbox.ts';
import { BatchingSender } from './batching-sender.ts';
import { ServiceBusConnections } from './service-bus-connections.ts';

const topic = 'chat-events';

export interface ServiceBusEventFeedOptions {
  /** How long one try may take; a second one follows over a new connection. Default: three seconds. */
  tryMs?: number;
}

/**
 * Events go to a topic as CloudEvents, with what subscriptions filter by as application properties. The MessageId is the
 * event's own, so the topic drops repeats; the session is the conversation, for subscriptions that want its order.
 */
export class ServiceBusEventFeed implements EventFeed {
  readonly #connections: ServiceBusConnections;
  readonly #sender: BatchingSender;
  readonly #hasWebhook: (event: ChatEvent) => Promise<boolean>;

  /**
   * @param open makes a client; called again whenever a connection has failed
   * @param hasWebhook whether a webhook may want an event; the subscription for webhooks takes no others
   */
  constructor(
    open: () => ServiceBusClient,
    hasWebhook: (event: ChatEvent) => Promise<boolean>,
    { tryMs = 3000 }: ServiceBusEventFeedOptions = {},
  ) {
    this.#hasWebhook = hasWebhook;
    this.#connections = new ServiceBusConnections(open, tryMs);
    this.#sender = new BatchingSender(
      (messages) =>
        this.#connections.run(topic, (sender, options) => {
          const [only] = messages;
          return sender.sendMessages(messages.length === 1 && only ? only : messages, options);
        }),
      { maxWaitMs: tryMs * 1.2 },
    );
  }

  async publish(event: ChatEvent, { traceparent }: Tracing): Promise<void> {
    const { id, type, conversationId, data } = event;
    // Unknown: then the subscription takes the event, and who handles it asks again.
    const webhooks = await this.#hasWebhook(event).catch(() => true);
    await this.#sender.send({
      body: asCloudEvent(event, traceparent),
      contentType: 'application/cloudevents+json',
      subject: type,
      messageId: id,
      sessionId: conversationId,
      correlationId: traceIdOf(traceparent),
      applicationProperties: { type, conversationId, conversationType: data.conversationType, webhooks },
    });
  }

  /** Finishes what is under way and closes all connections. */
  close(): Promise<void> {
    return this.#connections.close();
  }
}
