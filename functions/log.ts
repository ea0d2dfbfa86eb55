import type { InvocationContext } from '@azure/functions';
import { traceIdOf } from '../shared/domain/trace.ts';
import { redact } from './redact.ts';

/** A field of a log line. Never a token, key, SAS URL or message text. */
type Field = string | number | boolean | null | undefined | readonly string[] | Error;

/** The W3C trace context that the host gave this invocation. */
export const traceOf = (context: InvocationContext): { traceparent: string; traceId: string } => {
  const traceparent = context.traceContext?.traceParent ?? '';
  return { traceparent, traceId: traceIdOf(traceparent) };
};

/** Whatever was thrown, as an Error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

const plain = (value: unknown): unknown =>
  value instanceof Error
    ? {
        name: value.name,
        message: value.message,
        stack: value.stack,
        ...(value.cause !== undefined && { cause: plain(value.cause) }),
      }
    : value;

/** One line, in which keys, tokens, signatures and passwords are struck out. */
const lineOf = (first: Record<string, Field>, fields: Record<string, Field>): string => {
  const told = Object.entries(fields).map(([name, value]) => [name, plain(value)] as const);
  return redact(JSON.stringify({ ...first, ...Object.fromEntries(told) }));
};

/**
 * Writes one structured line, without anything that lets somebody in: what happened, and the trace id that joins the request, the queue and the push.
 * @param traceId of the request that caused this, when it is not this invocation's own
 */
export const logEvent = (
  context: InvocationContext,
  level: 'info' | 'warn' | 'error',
  event: string,
  fields: Record<string, Field> = {},
  traceId: string = traceOf(context).traceId,
): void => context[level](lineOf({ event, function: context.functionName, traceId }, fields));

/** Warns of what belongs to no invocation: the worker passes on what is written to the console. */
export const logApart = (event: string, fields: Record<string, Field>): void =>
  // eslint-disable-next-line no-console -- there is no invocation to log by
  console.warn(lineOf({ event }, fields));
