import { odata, type TransactionAction } from '@azure/data-tables';
import type { ChatEvent } from '../../domain/chat-event.ts';
import { ChatError } from '../../domain/errors.ts';
import type { Lane, LaneName, WaitingEvent, WaitingEvents, WakeUp } from '../../ports/waiting-events.ts';
import { guard, isStatus } from './errors.ts';
import { encodeKey, seqKey } from './keys.ts';
import { findRow, listRows, type Tables } from './tables.ts';

type Kept = Omit<WaitingEvent, 'place'>;

interface LaneRow {
  webhookId: string;
  conversationId: string;
  wakeId: string;
  wakeAt: string;
  tries: number;
  lastEventId: string;
  nextPlace: number;
}

const laneKey = 'lane';
const eventKey = (place: number): string => `event|${seqKey(place)}`;
const partitionOf = ({ webhookId, conversationId }: LaneName): string =>
  encodeKey(`${webhookId}|${conversationId}`);

/** UTF-16 units of a property: Azure takes 64 KiB. */
const columnLength = 30_000;

/** Of a lane in which nothing waits any more. */
const over: WakeUp = { wakeId: '', at: '', tries: 0 };

const wakeColumns = ({ wakeId, at, tries }: WakeUp) => ({ wakeId, wakeAt: at, tries });

const eventRow = (partitionKey: string, place: number, { event, traceparent, keptAt }: Kept) => {
  const json = JSON.stringify(event);
  const columns: Record<string, string> = {};
  for (let start = 0; start < json.length; start += columnLength)
    columns[`event${start / columnLength}`] = json.slice(start, start + columnLength);
  return { partitionKey, rowKey: eventKey(place), place, keptAt, traceparent, ...columns };
};

const eventOf = (row: Record<string, unknown>): WaitingEvent => {
  let json = '';
  for (let i = 0; typeof row[`event${i}`] === 'string'; i++) json += row[`event${i}`] as string;
  return {
    place: row.place as number,
    keptAt: row.keptAt as string,
    traceparent: row.traceparent as string,
    event: JSON.parse(json) as ChatEvent,
  };
};

/** The table `WaitingEvents`: a lane is a partition, and each of its changes one transaction under its row's ETag. */
export class TableWaitingEvents implements WaitingEvents {
  readonly #table: Tables['waitingEvents'];

  constructor(tables: Pick<Tables, 'waitingEvents'>) {
    this.#table = tables.waitingEvents;
  }

  async find(name: LaneName): Promise<Lane | undefined> {
    const row = await findRow<LaneRow>(this.#table, partitionOf(name), laneKey);
    if (!row || row.wakeId === over.wakeId) return undefined;
    return {
      webhookId: row.webhookId,
      conversationId: row.conversationId,
      wakeUp: { wakeId: row.wakeId, at: row.wakeAt, tries: row.tries },
      lastEventId: row.lastEventId,
      nextPlace: row.nextPlace,
      version: row.etag,
    };
  }

  async open({ webhookId, conversationId }: LaneName, kept: Kept, wakeUp: WakeUp): Promise<void> {
    const partitionKey = partitionOf({ webhookId, conversationId });
    const lane = { webhookId, conversationId, lastEventId: kept.event.id, nextPlace: 2 };
    await this.#forgetOver(partitionKey);
    await this.#submit([
      ['create', { partitionKey, rowKey: laneKey, ...lane, ...wakeColumns(wakeUp) }],
      ['create', eventRow(partitionKey, 1, kept)],
    ]);
  }

  async append(lane: Lane, kept: Kept): Promise<void> {
    const partitionKey = partitionOf(lane);
    const changed = { lastEventId: kept.event.id, nextPlace: lane.nextPlace + 1 };
    await this.#submit([
      ['update', { partitionKey, rowKey: laneKey, ...changed }, 'Merge', { etag: lane.version }],
      ['create', eventRow(partitionKey, lane.nextPlace, kept)],
    ]);
  }

  async first(lane: Lane, limit: number): Promise<WaitingEvent[]> {
    const filter = odata`PartitionKey eq ${partitionOf(lane)} and RowKey ge 'event|' and RowKey lt 'event}'`;
    return (await listRows(this.#table, filter, { limit })).map(eventOf);
  }

  async settle(lane: Lane, places: readonly number[], wakeUp: WakeUp | null): Promise<void> {
    const partitionKey = partitionOf(lane);
    const row = { partitionKey, rowKey: laneKey, ...wakeColumns(wakeUp ?? over) };
    await this.#submit([
      ['update', row, 'Merge', { etag: lane.version }],
      ...places.map((place): TransactionAction => ['delete', { partitionKey, rowKey: eventKey(place) }]),
    ]);
    if (!wakeUp) await this.#forgetOver(partitionKey);
  }

  /** A transaction deletes whatever the ETag, so the row of a lane that is over goes afterwards. */
  async #forgetOver(partitionKey: string): Promise<void> {
    const row = await findRow<LaneRow>(this.#table, partitionKey, laneKey);
    if (row?.wakeId !== over.wakeId) return;
    try {
      await guard(() => this.#table.deleteEntity(partitionKey, laneKey, { etag: row.etag }));
    } catch (error) {
      if (!isStatus(error, 404, 412)) throw error;
    }
  }

  async #submit(actions: TransactionAction[]): Promise<void> {
    try {
      await guard(() => this.#table.submitTransaction(actions));
    } catch (error) {
      if (!isStatus(error, 404, 409, 412)) throw error;
      throw new ChatError('unavailable', 'Another came first.', { cause: error, retryAfterSeconds: 1 });
    }
  }
}
