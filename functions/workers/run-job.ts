import { app, type ServiceBusQueueHandler } from '@azure/functions';
import { traceIdOf } from '../../shared/domain/trace.ts';
import { logEvent } from '../log.ts';
import type { Services } from '../services.ts';

type RunJobServices = Pick<Services, 'runJob'>;

/** Does one step of a job, and has the next one done. One job's steps come one by one (session = job). Safe to repeat. */
export const runJob =
  (services: RunJobServices): ServiceBusQueueHandler =>
  async (body, context) => {
    const outcome = await services.runJob(body);
    const traceId = traceIdOf(outcome.traceparent);
    if (outcome.parked)
      logEvent(context, 'warn', 'job.parked', { code: outcome.code, detail: outcome.detail }, traceId);
    else if (outcome.result.isFinished) {
      // Who knows a job's id may read its report: it is not for the log.
      const { kind, step } = outcome.result;
      logEvent(context, 'info', 'job.finished', { kind, step }, traceId);
    }
  };

export const registerRunJob = (services: RunJobServices): void =>
  app.serviceBusQueue('runJob', {
    connection: 'ServiceBusConnection',
    queueName: 'chat-jobs',
    isSessionsEnabled: true,
    handler: runJob(services),
  });
