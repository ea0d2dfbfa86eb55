import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus';
import type { z } from 'zod';
import { envelopeVersion, type webhookEnvelope } from '../../contract/queue.ts';
import { traceIdOf } from '../../domain/trace.ts';
import type { Tracing } from '../../ports/outbox.ts';
import type { WebhookTask, WebhookTasks } from '../../ports/webhook-tasks.ts';
import { ServiceBusConnections } from './service-bus-connections.ts';

const queue = 'chat-webhooks';

export interface ServiceBusWebhookTasksOptions {
  /** How long one try may take; a second one follows over a new connection. Default: three seconds. */
  tryMs?: number;
}

/** The same task has the same MessageId, so the queue drops repeats; another try is another task. */
const messageIdOf = (task: WebhookTask): string => {
  if (task.kind === 'event') return `${task.webhookId}|${task.event.id}`;
  if (task.kind === 'wake') return task.wakeId;
  return `${task.replayId}|${task.fromSeq}|${task.tries}`;
};

/** Tasks of a session are done one by one, in order. */
export const sessionIdOf = (task: WebhookTask): string => {
  if (task.kind === 'replay') return task.replayId;
  const conversationId = task.kind === 'event' ? task.event.conversationId : task.conversationId;
  return `${task.webhookId}|${conversationId}`;
};

/** Work for webhooks goes through a queue with sessions. */
export class ServiceBusWebhookTasks implements WebhookTasks {
  readonly #connections: ServiceBusConnections;

  /** @param open makes a client; called again whenever a connection has failed */
  constructor(open: () => ServiceBusClient, { tryMs = 3000 }: ServiceBusWebhookTasksOptions = {}) {
    this.#connections = new ServiceBusConnections(open, tryMs);
  }

  async enqueue(task: WebhookTask, tracing: Tracing, at?: Date): Promise<void> {
    const message: ServiceBusMessage = {
      body: { v: envelopeVersion, kind: 'webhook', ...tracing, task } satisfies z.input<
        typeof webhookEnvelope
      >,
      contentType: 'application/json',
      messageId: messageIdOf(task),
      sessionId: sessionIdOf(task),
      correlationId: traceIdOf(tracing.traceparent),
    };
    await this.#connections.run<unknown>(queue, (sender, options) =>
      at === undefined
        ? sender.sendMessages(message, options)
        : sender.scheduleMessages(message, at, options),
    );
  }

  /** Finishes what is under way and closes all connections. */
  close(): Promise<void> {
    return this.#connections.close();
  }
}
