import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { ChatError } from '../../shared/domain/errors.ts';
import type { Authenticator } from '../../shared/ports/authenticator.ts';
import { asError, logEvent, traceOf } from '../log.ts';
import { internalError, problem } from './problems.ts';

export interface HttpSettings {
  maxBodyBytes: number;
}

export interface HttpServices {
  authenticator: Authenticator;
  http: HttpSettings;
}

/** The token of a request. @throws ChatError `unauthenticated` */
export const bearer = (request: HttpRequest): string => {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (!token)
    throw new ChatError('unauthenticated', 'Send a token in the header: Authorization: Bearer <JWT>.');
  return token;
};

/** Runs a handler and answers what it throws: a ChatError as its problem, anything else as a bare 500, logged whole. */
export const answer = async (
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
