import type { Expiries, Expiry } from '../../ports/expiries.ts';
import { MemoryTimetable } from './memory-timetable.ts';

/** Expiries, in memory. */
export class MemoryExpiries extends MemoryTimetable<Expiry> implements Expiries {
  constructor() {
    super(({ conversationId, seq, at }) => `${at}|${conversationId}|${seq}`);
  }
}
