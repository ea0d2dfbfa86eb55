import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import { ChatError } from '../../shared/domain/errors.ts';
import type { Caller } from '../../shared/domain/user.ts';
import type { Authenticator } from '../../shared/ports/authenticator.ts';
import { asError, logEvent, traceOf } from '../log.ts';
import { parse, readJson } from './body.ts';
import { internalError, problem } from './problems.ts';

/** What an HTTP function is given besides its services. */
export interface Exchange {
  request: HttpRequest;
  context: InvocationContext;
  /** W3C trace context of this request; travels with what it causes. */
  traceparent: string;
  /** The JSON body, validated. @throws ChatError 4xx */
  body: <T extends z.ZodType>(schema: T) => Promise<z.infer<T>>;
  /** The JSON body as it came. @throws ChatError 4xx */
  rawBody: () => Promise<unknown>;
  /** Validates a value that came with the request. @throws ChatError 400 */
  parse: <T extends z.ZodType>(schema: T, value: unknown) => z.infer<T>;
  /** The query string, validated; the last of repeated parameters counts. @throws ChatError 400 */
  query: <T extends z.ZodType>(schema: T) => z.infer<T>;
  /** A route parameter. */
  param: (name: string) => string;
}

export interface AuthenticatedExchange extends Exchange {
  caller: Caller;
}

export interface HttpSettings {
  maxBodyBytes: number;
}

export interface HttpServices {
  authenticator: Authenticator;
  http: HttpSettings;
}

type Handle<E> = (exchange: E) => Promise<HttpResponseInit>;

const bearer = (request: HttpRequest): string => {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (!token)
    throw new ChatError('unauthenticated', 'Send a token in the header: Authorization: Bearer <JWT>.');
  return token;
};

const exchangeOf = (services: HttpServices, request: HttpRequest, context: InvocationContext): Exchange => ({
  request,
  context,
  traceparent: traceOf(context).traceparent,
  rawBody: () => readJson(request, services.http.maxBodyBytes),
  parse,
  body: async (schema) => parse(schema, await readJson(request, services.http.maxBodyBytes)),
  query: (schema) => parse(schema, Object.fromEntries(request.query)),
  param: (name) => request.params[name] ?? '',
});

/** Runs a handler and answers what it throws: a ChatError as its problem, anything else as a bare 500, logged whole. */
const answer = async (
  context: InvocationContext,
  handle: () => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> => {
  const { traceId } = traceOf(context);
  try {
    return await handle();
  } catch (error) {
    if (!(error instanceof ChatError)) {
      logEvent(context, 'error', 'request.failed', { error: asError(error) });
      return internalError(traceId, context.invocationId);
    }
    const level = error.code === 'unavailable' ? 'warn' : 'info';
    logEvent(context, level, 'request.refused', { code: error.code, ...(level === 'warn' && { error }) });
    return problem(error, traceId, context.invocationId);
  }
};

/** An HTTP function for callers with a token: authenticates first, then hands over. */
export const respond =
  (services: HttpServices, handle: Handle<AuthenticatedExchange>): HttpHandler =>
  (request, context) =>
    answer(context, async () => {
      const caller = await services.authenticator.authenticate(bearer(request));
      return handle({ ...exchangeOf(services, request, context), caller });
    });

/** An HTTP function that anybody may call. */
export const respondToAnyone =
  (services: HttpServices, handle: Handle<Exchange>): HttpHandler =>
  (request, context) =>
    answer(context, () => handle(exchangeOf(services, request, context)));
