import { app, type TimerHandler } from '@azure/functions';
import { logEvent, traceOf } from '../log.ts';
import type { Services } from '../services.ts';
import { logErrors } from './outcome.ts';

type SweepAttachmentsServices = Pick<Services, 'sweepAttachments'>;

/** Completes what was uploaded and not completed, and takes away what nobody wants. Safe to repeat. */
export const sweepAttachments =
  (services: SweepAttachmentsServices): TimerHandler =>
  async (_timer, context) => {
    const { traceparent } = traceOf(context);
    const { looked, removed, errors } = await services.sweepAttachments({ traceparent });
    if (looked > 0) logEvent(context, 'info', 'attachments.swept', { looked, removed });
    logErrors(context, 'attachments.unswept', errors);
  };

export const registerSweepAttachments = (services: SweepAttachmentsServices): void =>
  app.timer('sweepAttachments', {
    schedule: '45 * * * * *', // between the other timers
    handler: sweepAttachments(services),
  });
