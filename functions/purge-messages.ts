import { app, type TimerHandler } from '@azure/functions';
import { logEvent } from './log.ts';
import type { Services } from './services.ts';

type PurgeMessagesServices = Pick<Services, 'purgeMessages' | 'forgetLimits'>;

/** Takes away for good what has expired, or was deleted long ago, and limits that nobody is near any more. Safe to repeat. */
export const purgeMessages =
  (services: PurgeMessagesServices): TimerHandler =>
  async (_timer, context) => {
    const { purged, errors } = await services.purgeMessages();
    if (purged > 0) logEvent(context, 'info', 'messages.purged', { purged });
    if (errors.length > 0)
      logEvent(context, 'warn', 'messages.unpurged', { count: errors.length, first: errors[0] });
    const forgotten = await services.forgetLimits();
    if (forgotten > 0) logEvent(context, 'info', 'limits.forgotten', { forgotten });
  };

export const registerPurgeMessages = (services: PurgeMessagesServices): void =>
  app.timer('purgeMessages', {
    schedule: '30 * * * * *', // between the looks after connections
    handler: purgeMessages(services),
  });
