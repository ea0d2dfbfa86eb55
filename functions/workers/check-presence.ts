import { app, type TimerHandler } from '@azure/functions';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';
import { logErrors } from './outcome.ts';

type CheckPresenceServices = Pick<Services, 'checkPresence'>;

/** Asks Web PubSub about connections that have been there for long, and forgets those that are gone. Safe to repeat. */
export const checkPresence =
  (services: CheckPresenceServices): TimerHandler =>
  async (_timer, context) => {
    const { renewed, doubted, ended, errors } = await services.checkPresence();
    if (renewed + doubted + ended > 0)
      logEvent(context, 'info', 'presence.checked', { renewed, doubted, ended });
    logErrors(context, 'presence.unchecked', errors);
  };

export const registerCheckPresence = (services: CheckPresenceServices): void =>
  app.timer('checkPresence', {
    schedule: '0 * * * * *',
    handler: checkPresence(services),
  });
