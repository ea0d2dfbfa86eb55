import { types } from '../../codec/values.ts';
import { invalidRequest } from '../../engine/errors.ts';
import { renewSessionLock } from '../../engine/session-lock.ts';
import { getSessionState, listSessions, setSessionState } from '../../engine/session-state.ts';
import { asInteger, asTime, requireInteger, requireString } from '../narrow.ts';
import { queueOf } from './operation.ts';
import type { Operation } from './operation.ts';

/** A `last-updated-time` from the year 10000 on asks for all sessions. */
const allSessions = 253_402_300_800_000;

/** `com.microsoft:renew-session-lock` */
export const renewSession: Operation = (request) => ({
  expiration: types.wrap_timestamp(
    renewSessionLock(queueOf(request), requireString(request.body, 'session-id')),
  ),
});

/** `com.microsoft:get-session-state` */
export const getState: Operation = (request) => ({
  'session-state': getSessionState(queueOf(request), requireString(request.body, 'session-id')) ?? null,
});

/** `com.microsoft:set-session-state`; null clears it. */
export const setState: Operation = (request) => {
  const state = request.body['session-state'] ?? undefined;
  if (state !== undefined && !Buffer.isBuffer(state))
    throw invalidRequest("'session-state' must be binary or null.");
  setSessionState(queueOf(request), requireString(request.body, 'session-id'), state && Buffer.from(state));
  return {};
};

/** `com.microsoft:get-message-sessions`: pages by `skip` and `top`; an empty page ends the listing. */
export const listMessageSessions: Operation = (request) => {
  const { body } = request;
  const time = asTime(body['last-updated-time']) ?? allSessions;
  const skip = asInteger(body.skip) ?? 0;
  const top = requireInteger(body, 'top');
  const page = listSessions(queueOf(request), time >= allSessions ? undefined : time).slice(skip, skip + top);
  return page.length > 0 ? { skip: types.wrap_int(skip + page.length), 'sessions-ids': page } : undefined;
};
