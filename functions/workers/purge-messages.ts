import { app, type TimerHandler } from '@azure/functions';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';
import { logErrors } from './outcome.ts';

type PurgeMessagesServices = Pick<Services, 'purgeMessages' | 'forgetLimits' | 'forgetAudit'>;

/** Takes away for good what has expired, or was deleted long ago, limits that nobody is near any more, and old days of the audit. Safe to repeat. */
export const purgeMessages =
  (services: PurgeMessagesServices): TimerHandler =>
  async (_timer, context) => {
    const { purged, errors } = await services.purgeMessages();
    if (purged > 0) logEvent(context, 'info', 'messages.purged', { purged });
    logErrors(context, 'messages.unpurged', errors);
    const forgotten = await services.forgetLimits();
    if (forgotten > 0) logEvent(context, 'info', 'limits.forgotten', { forgotten });
    const entries = await services.forgetAudit();
    if (entries > 0) logEvent(context, 'info', 'audit.forgotten', { entries });
  };

export const registerPurgeMessages = (services: PurgeMessagesServices): void =>
  app.timer('purgeMessages', {
    schedule: '30 * * * * *', // between the looks after connections
    handler: purgeMessages(services),
  });
