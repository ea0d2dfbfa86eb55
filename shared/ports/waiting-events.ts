import type { ChatEvent } from '../domain/chat-event.ts';

/** Whose events wait: those of one conversation for one webhook. Among them order is kept. */
export interface LaneName {
  webhookId: string;
  conversationId: string;
}

/** When somebody looks at a lane again. */
export interface WakeUp {
  /** Names the task that is to look; others are leftovers. */
  wakeId: string;
  at: string;
  /** Failures in a row of the event in front. */
  tries: number;
}

/** A lane in which events wait; there is none where nothing waits. */
export interface Lane extends LaneName {
  wakeUp: WakeUp;
  /** Of the event kept last: the queue may bring it again. */
  lastEventId: string;
  /** Where the next event goes. */
  nextPlace: number;
  /** Changes with every change, so that of two who look at once only one can go on. */
  version: string;
}

export interface WaitingEvent {
  place: number;
  keptAt: string;
  event: ChatEvent;
  /** Of the request that caused it. */
  traceparent: string;
}

type Kept = Pick<WaitingEvent, 'event' | 'traceparent' | 'keptAt'>;

/** Events that wait for an endpoint which fails. All calls throw ChatError `unavailable`, also when another came first. */
export interface WaitingEvents {
  find(name: LaneName): Promise<Lane | undefined>;

  /** Makes a lane with its first event. */
  open(name: LaneName, kept: Kept, wakeUp: WakeUp): Promise<void>;

  /** Adds an event behind all others of its lane. */
  append(lane: Lane, kept: Kept): Promise<void>;

  /** The first events of a lane, in order. */
  first(lane: Lane, limit: number): Promise<WaitingEvent[]>;

  /** Forgets events, and notes when to look at the others; null: there are none, the lane is over. */
  settle(lane: Lane, places: readonly number[], wakeUp: WakeUp | null): Promise<void>;
}
