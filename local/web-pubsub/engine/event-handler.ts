import type { Payload } from '../codec/payload.ts';
import type { Session } from './session.ts';

/** What came of an event: the handler's reply, if it had one, or why there is none. */
export type EventOutcome =
  { readonly ok: true; readonly reply: Payload | null } | { readonly ok: false; readonly reason: string };

/** Takes the events of connections to the application. Its methods never reject. */
export interface EventHandler {
  /** Waits for the application's answer. Aborting gives the wait up; the application may still have got the event. */
  userEvent(session: Session, event: string, payload: Payload, signal?: AbortSignal): Promise<EventOutcome>;
}
