import type { Timetable } from './timetable.ts';

/** A message whose content is to be taken away for good. */
export interface Expiry {
  conversationId: string;
  seq: number;
  /** When that is due; ISO 8601. */
  at: string;
}

/** Which messages have to be looked at when. */
export type Expiries = Timetable<Expiry>;
