import type { Clock, Deadlines } from './deadlines.ts';
import type { Journal } from './journal.ts';
import type { Turn } from './turn.ts';

/** What every part of the engine uses. */
export interface EngineServices {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly turn: Turn;
  readonly journal: Journal;
}
