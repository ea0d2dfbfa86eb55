import { app, type ServiceBusQueueHandler } from '@azure/functions';
import type { Services } from '../services.ts';
import { outcomeOf } from './outcome.ts';

type RunJobServices = Pick<Services, 'runJob'>;

/** Does one step of a job, and has the next one done. One job's steps come one by one (session = job). Safe to repeat. */
export const runJob =
  (services: RunJobServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const { result, log } = outcomeOf(context, 'job.parked', await services.runJob(body));
    // Who knows a job's id may read its report: it is not for the log.
    if (result?.isFinished) log('info', 'job.finished', { kind: result.kind, step: result.step });
  };

export const registerRunJob = (services: RunJobServices): void =>
  app.serviceBusQueue('runJob', {
    connection: 'ServiceBusConnection',
    queueName: 'chat-jobs',
    isSessionsEnabled: true,
    handler: runJob(services),
  });
