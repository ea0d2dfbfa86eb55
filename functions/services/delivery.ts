import type { Config } from '../../shared/config.ts';
import { checkEnvelope, conversationEnvelope } from '../../shared/contract/queue.ts';
import { announcePresence } from '../../shared/use-cases/announce-presence.ts';
import { applyChange } from '../../shared/use-cases/apply-change.ts';
import { checkDelivery } from '../../shared/use-cases/check-delivery.ts';
import { deliverMessage } from '../../shared/use-cases/deliver-message.ts';
import { eraseInConversation } from '../../shared/use-cases/erase-in-conversation.ts';
import { purgeMessages } from '../../shared/use-cases/purge-messages.ts';
import { rejectChange, rejectMessage } from '../../shared/use-cases/reject-message.ts';
import { workOff } from '../../shared/use-cases/work-off.ts';
import { tracedCheck, tracedDelivery } from '../telemetry/observed.ts';
import type { Adapters } from './adapters.ts';

/** What is to be done in a conversation, in its order: messages, changes, pieces of an erasure. */
const conversationWork = (adapters: Adapters, { inboxGroupSize, maxMembers, restoreDays }: Config) => {
  const { log, presence, broadcaster, inbox, outbox, expiries, events, clock, blocks } = adapters;
  const { audit, changes, search, attachments, telemetry, work } = adapters;
  const bringing = { log, presence, broadcaster, inbox, outbox, expiries, events, clock, inboxGroupSize };
  const changing = { ...bringing, audit, changes, search, maxMembers, restoreDays };
  const deliver = tracedDelivery(deliverMessage({ ...bringing, blocks }), telemetry, clock);
  const apply = applyChange(changing);
  const erasePiece = eraseInConversation({ ...changing, blocks, attachments });
  const reject = rejectMessage({ broadcaster, inbox, clock });
  const rejectTheChange = rejectChange({ broadcaster, inbox, clock });
  return workOff(work, conversationEnvelope, {
    handle: async (envelope) => {
      const tracing = { traceparent: envelope.traceparent };
      if (envelope.kind === 'change') return { change: await apply(envelope.change, tracing) };
      if (envelope.kind === 'erasure') return { piece: await erasePiece(envelope.piece, tracing) };
      return { message: await deliver(envelope.message, tracing) };
    },
    refused: async (envelope, code) => {
      if (envelope.kind === 'change') await rejectTheChange(envelope.change, code);
      if (envelope.kind === 'message') {
        await reject(envelope.message, code);
        telemetry.count('rejected', { code });
      }
    },
  });
};

/** What is looked at later: whether messages have arrived, and whether somebody is gone. */
const laterLooks = (adapters: Adapters, { deliveryCheckSeconds, presenceGroupSize }: Config) => {
  const { log, inbox, presence, broadcaster, outbox, blocks, clock, telemetry, work } = adapters;
  const checking = { log, inbox, presence, broadcaster, outbox, clock };
  const minAgeMs = (deliveryCheckSeconds * 1000) / 4;
  const check = tracedCheck(checkDelivery({ ...checking, minAgeMs }), telemetry);
  const announce = announcePresence({ log, blocks, presence, broadcaster, clock, presenceGroupSize });
  return workOff(work, checkEnvelope, {
    handle: async (envelope) => {
      if (envelope.kind === 'check')
        return { kept: await check(envelope.check, { traceparent: envelope.traceparent }) };
      return { told: await announce(envelope.userId) };
    },
  });
};

/** The way of what was accepted, to its end. */
export const deliveryServices = (adapters: Adapters, config: Config) => {
  const { expiries, changes, log, inbox, attachments, search, clock } = adapters;
  const purging = { expiries, changes, log, inbox, attachments, search, clock };
  return {
    deliverMessage: conversationWork(adapters, config),
    checkDelivery: laterLooks(adapters, config),
    purgeMessages: purgeMessages({ ...purging, restoreDays: config.restoreDays }),
  };
};
