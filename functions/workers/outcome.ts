import type { InvocationContext } from '@azure/functions';
import { traceIdOf } from '../../shared/domain/trace.ts';
import type { Outcome } from '../../shared/use-cases/work-off.ts';
import { logEvent } from '../log.ts';

type Fields = Parameters<typeof logEvent>[3];

/**
 * What came of a queue message, and how to log it: under the trace of the request that it came from. What was put aside is
 * logged already, and has no result.
 * @param parked the event that says so
 */
export const outcomeOf = <T>(context: InvocationContext, parked: string, outcome: Outcome<T>) => {
  const traceId = traceIdOf(outcome.traceparent);
  const log = (level: 'info' | 'warn', event: string, fields: Fields): void =>
    logEvent(context, level, event, fields, traceId);
  if (!outcome.parked) return { result: outcome.result, log };
  log('warn', parked, { code: outcome.code, detail: outcome.detail });
  return { result: undefined, log };
};

/** Warns of what a timer could not do; the next time it tries again. */
export const logErrors = (context: InvocationContext, event: string, errors: readonly string[]): void => {
  if (errors.length > 0) logEvent(context, 'warn', event, { count: errors.length, first: errors[0] });
};
