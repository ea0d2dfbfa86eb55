import { notAllowed } from './errors.ts';
import type { MessageQueue } from './queue.ts';
import type { SessionIndex } from './session-index.ts';

/** The bytes an application keeps with a session; undefined if it keeps none. */
export function getSessionState(queue: MessageQueue, sessionId: string): Buffer | undefined {
  return sessionsOf(queue).get(sessionId)?.state;
}

/** Keeps a session's state until it is cleared with undefined or no bytes at all. */
export function setSessionState(queue: MessageQueue, sessionId: string, state: Buffer | undefined): void {
  const sessions = sessionsOf(queue);
  const session = sessions.obtain(sessionId);
  session.state = state && state.length > 0 ? state : undefined;
  session.stateChangedAt = queue.services.clock.now();
  const { journal, turn } = queue.services;
  if (session.state) journal.putSessionState(queue.path, sessionId, session.state, session.stateChangedAt);
  else journal.deleteSessionState(queue.path, sessionId);
  turn.schedule();
  sessions.settle(session);
}

/**
 * Session ids in a stable order: those with active messages or a state, or, given a time, those whose state was set
 * after it.
 */
export function listSessions(queue: MessageQueue, stateChangedAfter: number | undefined): string[] {
  const sessions = [...sessionsOf(queue).values()];
  const wanted =
    stateChangedAfter === undefined
      ? sessions.filter((session) => session.active > 0 || session.state)
      : sessions.filter((session) => session.state && session.stateChangedAt > stateChangedAfter);
  return wanted.map((session) => session.id).sort();
}

function sessionsOf(queue: MessageQueue): SessionIndex {
  if (!queue.sessions) throw notAllowed(`The entity '${queue.path}' does not support sessions.`);
  return queue.sessions;
}
