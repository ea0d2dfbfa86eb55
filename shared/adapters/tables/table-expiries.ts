import type { Expiries, Expiry } from '../../ports/expiries.ts';
import { encodeKey, seqKey } from './keys.ts';
import type { Tables } from './tables.ts';
import { TableTimetable } from './table-timetable.ts';

/** The table `Expiries`. */
export class TableExpiries extends TableTimetable<Expiry> implements Expiries {
  constructor({ expiries }: Pick<Tables, 'expiries'>) {
    super(expiries, {
      shardOf: ({ conversationId }) => conversationId,
      keyOf: ({ conversationId, seq }) => `${encodeKey(conversationId)}|${seqKey(seq)}`,
      entryOf: ({ conversationId, seq, at }) => ({ conversationId, seq, at }),
    });
  }
}
