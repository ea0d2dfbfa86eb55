import type { Config } from '../../shared/config.ts';
import { chatEventOf, cloudEvent } from '../../shared/contract/cloud-event.ts';
import { webhookEnvelope } from '../../shared/contract/queue.ts';
import { EndpointGate } from '../../shared/domain/endpoint-gate.ts';
import { callWebhook } from '../../shared/use-cases/call-webhook.ts';
import { createWebhook } from '../../shared/use-cases/create-webhook.ts';
import { deleteWebhook } from '../../shared/use-cases/delete-webhook.ts';
import { deliverWebhookEvent, wakeWebhook } from '../../shared/use-cases/deliver-webhook.ts';
import { fanOutEvent } from '../../shared/use-cases/fan-out-event.ts';
import { listWebhooks } from '../../shared/use-cases/list-webhooks.ts';
import { continueReplay, replayWebhook } from '../../shared/use-cases/replay-webhook.ts';
import { workOff } from '../../shared/use-cases/work-off.ts';
import type { Adapters } from './adapters.ts';

/** What other services are told, and who they are. */
export const webhookServices = (adapters: Adapters, config: Config) => {
  const {
    log,
    audit,
    webhooks,
    waiting,
    webhookTasks: tasks,
    outbox,
    endpoint,
    clock,
    newId,
    work,
  } = adapters;
  const { tellsEvents } = config;
  const giveUpMs = config.webhooks.giveUpHours * 3_600_000;
  const call = callWebhook({ webhooks, endpoint, gate: new EndpointGate(), clock });
  const telling = { log, audit, webhooks, waiting, tasks, outbox, call, clock, random: work.random };
  const parts = { ...telling, giveUpMs, tellsEvents };
  const fanOut = fanOutEvent({ webhooks, tasks });
  const kinds = {
    event: deliverWebhookEvent(parts),
    wake: wakeWebhook(parts),
    replay: continueReplay(parts),
  };
  return {
    createWebhook: createWebhook({ webhooks, audit, endpoint, clock, tellsEvents }),
    listWebhooks: listWebhooks({ webhooks }),
    deleteWebhook: deleteWebhook({ webhooks, audit, clock, newId }),
    replayWebhook: replayWebhook(parts),
    fanOutEvent: workOff(work, cloudEvent, {
      handle: (event) => fanOut(chatEventOf(event), { traceparent: event.traceparent }),
    }),
    deliverWebhook: workOff(work, webhookEnvelope, {
      handle: ({ task, traceparent }) => {
        if (task.kind === 'event') return kinds.event(task, { traceparent });
        if (task.kind === 'wake') return kinds.wake(task, { traceparent });
        return kinds.replay(task, { traceparent });
      },
    }),
  };
};
