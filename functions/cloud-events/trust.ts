import type { HttpRequest } from '@azure/functions';
import { ChatError } from '../../shared/domain/errors.ts';
import type { Authenticator } from '../../shared/ports/authenticator.ts';
import { bearer } from '../http/respond.ts';
import { isSigned } from './signature.ts';

/** How far an event's time may be off: the service tries for a while, and clocks differ. */
const windowMs = 5 * 60_000;

/** The tokens of a service's identity. */
export interface EventTokens {
  authenticator: Authenticator;
  /** The subject of its tokens. */
  caller: string;
}

/** What events are trusted by: tokens, where they are configured; signatures otherwise. */
export interface Trust {
  /** What the service signs its events with. */
  accessKeys: readonly string[];
  tokens?: EventTokens;
}

const hasToken = async (request: HttpRequest, { authenticator, caller }: EventTokens): Promise<boolean> => {
  try {
    return (await authenticator.authenticate(bearer(request))).userId === caller;
  } catch (error) {
    if (error instanceof ChatError && error.code === 'unauthenticated') return false;
    throw error;
  }
};

/**
 * Whether an event comes from our service. @throws ChatError `unavailable`: not to be known just now
 */
export const isFromService = (
  request: HttpRequest,
  connectionId: string,
  { accessKeys, tokens }: Trust,
): Promise<boolean> =>
  tokens
    ? hasToken(request, tokens)
    : Promise.resolve(isSigned(request.headers.get('ce-signature'), connectionId, accessKeys));

/**
 * Whether an event happened about now. One that is told again later is refused; within the time it does no harm, for the
 * service itself tells events again, under the same id, and what they do may be done twice.
 */
export const isCurrent = (request: HttpRequest, now: Date): boolean =>
  Math.abs(Date.parse(request.headers.get('ce-time') ?? '') - now.getTime()) <= windowMs;
