import { odata } from '@azure/data-tables';
import type { AuditEntry, AuditPlace, AuditRecord } from '../../domain/audit.ts';
import { auditIdOf } from '../../domain/identifiers.ts';
import type { Audit, AuditRange } from '../../ports/audit.ts';
import { deleteTogether } from './delete-rows.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey, newestFirst } from './keys.ts';
import { listRows, type Tables } from './tables.ts';

const dayMs = 86_400_000;

/** Entries that one run takes away; the next one goes on. */
const maxForgotten = 2000;

/** What no one is called: ids of users are never empty. */
const nobody = '';

interface AuditRow extends Omit<AuditRecord, 'at' | 'actorId'> {
  /** When it happened, under a name that Azure has no meaning for. */
  at: string;
  actorId: string;
}

/** Days, the newest first, each with its name for whoever looks at the table. */
const partitionOf = (at: number): string =>
  `${newestFirst(Math.floor(at / dayMs), 6)}|${new Date(at).toISOString().slice(0, 10)}`;

const timeKey = (at: number): string => newestFirst(at, 15);

const keysOf = ({ at, auditId }: AuditPlace): { partitionKey: string; rowKey: string } => {
  const time = Date.parse(at);
  return { partitionKey: partitionOf(time), rowKey: `${timeKey(time)}|${encodeKey(auditId)}` };
};

/** Row keys alone are in the order of time as well; `}` sorts behind all that one has. */
const within = ({ from, to, after }: AuditRange): string => {
  const newest = after ? Date.parse(after.at) : to.getTime();
  const first = after ? keysOf(after).rowKey : timeKey(newest);
  const days = odata`PartitionKey ge ${partitionOf(newest)} and PartitionKey le ${partitionOf(from.getTime())}`;
  return days + odata` and RowKey gt ${first} and RowKey lt ${`${timeKey(from.getTime())}}`}`;
};

const recordOf = (row: AuditRow): AuditRecord => {
  const names = [
    'userId',
    'conversationId',
    'messageId',
    'role',
    'jobId',
    'webhookId',
    'deadLetterId',
    'code',
  ] as const;
  const { auditId, action, at, actorId } = row;
  const rest = names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]] as const]));
  return { auditId, action, at, actorId: actorId === nobody ? null : actorId, ...Object.fromEntries(rest) };
};

/**
 * The table `Audit`: a partition for each day in UTC. Its keys begin with what is left of time, so that a query over many
 * days reads newest first, as tables are kept. Rows are inserted only; days that are too old go as a whole.
 */
export class TableAudit implements Audit {
  readonly #table: Tables['audit'];

  constructor(tables: Pick<Tables, 'audit'>) {
    this.#table = tables.audit;
  }

  async record(entry: AuditEntry, key: string): Promise<void> {
    const auditId = auditIdOf(entry.action, key);
    const row: AuditRow = { ...entry, auditId, actorId: entry.actorId ?? nobody };
    try {
      await guard(() => this.#table.createEntity({ ...keysOf({ ...entry, auditId }), ...row }));
    } catch (error) {
      // It is there already: recorded before, or by a try whose answer was lost.
      if (!isStatus(error, 409)) throw error;
    }
  }

  async list(range: AuditRange): Promise<AuditRecord[]> {
    const { userId, limit } = range;
    const about = userId === undefined ? '' : odata` and (actorId eq ${userId} or userId eq ${userId})`;
    const filter = within(range) + about;
    const rows = await listRows(this.#table, filter, { limit });
    return rows.map((row) => recordOf(row as unknown as AuditRow));
  }

  async forgetBefore(time: Date): Promise<number> {
    // Days of the past sort behind this one: their names begin with more of what is left of time.
    const filter = odata`PartitionKey gt ${partitionOf(time.getTime())}`;
    const select = ['partitionKey', 'rowKey'];
    const found = await listRows(this.#table, filter, { limit: maxForgotten, select });
    const rows = found.map(({ partitionKey = '', rowKey = '' }) => ({ partitionKey, rowKey }));
    for (const [, day] of Map.groupBy(rows, ({ partitionKey }) => partitionKey))
      await deleteTogether(this.#table, day);
    return rows.length;
  }
}
