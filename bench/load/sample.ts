import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { Broker } from '../../local/console/broker.ts';
import { type ServiceName, serviceNames } from '../../local/stack/services.ts';
import { serviceBusConnectionString } from '../../local/stack/settings.ts';
import { familyOf, rssKiBOf } from '../process-meter.ts';
import type { Stage } from './stage.ts';

/** One server at one moment; memory in MiB. */
export interface ServerState {
  readonly rss: number;
  /** What is alive on the heap after a collection, and in buffers beside it; NaN where nobody looks. */
  readonly heap: number;
  readonly buffers: number;
  /** Open files, of them sockets. */
  readonly files: number;
  readonly sockets: number;
  /** Timers that wait, and whatever else keeps a process alive. */
  readonly resources: number;
}

export type Role = ServiceName | 'load';

const mib = 2 ** 20;

const filesOf = (pid: number): string[] => {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(join(folder, name))];
      } catch {
        return []; // it has just been closed
      }
    });
  } catch {
    return []; // the process has ended
  }
};

interface Heap {
  readonly heapUsed: number;
  readonly external: number;
  readonly resources: Readonly<Record<string, number>>;
}

const heapOf = (folder: string, pid: number): Heap | undefined => {
  try {
    return JSON.parse(readFileSync(join(folder, `${pid}.json`), 'utf8')) as Heap;
  } catch {
    return undefined; // it has not looked yet, or is writing
  }
};

const serverState = (pids: readonly number[], heaps: string): ServerState => {
  const files = pids.flatMap(filesOf);
  const states = pids.flatMap((pid) => heapOf(heaps, pid) ?? []);
  const sum = (values: readonly number[]): number =>
    states.length === 0 ? NaN : values.reduce((all, value) => all + value, 0);
  return {
    rss: pids.reduce((all, pid) => all + rssKiBOf(pid), 0) / 1024,
    heap: sum(states.map(({ heapUsed }) => heapUsed / mib)),
    buffers: sum(states.map(({ external }) => external / mib)),
    files: files.length,
    sockets: files.filter((file) => file.startsWith('socket:')).length,
    resources: sum(states.flatMap(({ resources }) => Object.values(resources))),
  };
};

const loadState = (): ServerState => {
  const { rss, heapUsed, external } = process.memoryUsage();
  const files = filesOf(process.pid);
  const sockets = files.filter((file) => file.startsWith('socket:')).length;
  const resources = process.getActiveResourcesInfo().length;
  return {
    rss: rss / mib,
    heap: heapUsed / mib,
    buffers: external / mib,
    files: files.length,
    sockets,
    resources,
  };
};

/** All servers of the stack, and the load's own process. */
export const sampleAll = ({ stack, heaps }: Stage): Partial<Record<Role, ServerState>> => ({
  ...Object.fromEntries(
    serviceNames.flatMap((name) => {
      const pid = stack.pid(name);
      return pid === undefined ? [] : [[name, serverState(familyOf(pid), heaps)]];
    }),
  ),
  load: loadState(),
});

/** Messages that lie in queues and subscriptions, those that are due later, and dead ones. */
export interface Queued {
  readonly active: number;
  readonly scheduled: number;
  readonly deadLetters: number;
}

export class QueueCounter {
  readonly #broker: Broker;

  constructor({ stack }: Stage) {
    this.#broker = new Broker(serviceBusConnectionString(stack.ports.serviceBus));
  }

  async count(): Promise<Queued> {
    const rows = await this.#broker.list();
    const sum = (what: keyof Queued): number => rows.reduce((all, row) => all + row[what], 0);
    return { active: sum('active'), scheduled: sum('scheduled'), deadLetters: sum('deadLetters') };
  }
}

/** Rows of each table. It reads them all, a thousand at a time. */
export const countRows = async ({ stack }: Stage): Promise<Record<string, number>> => {
  const connection = stack.settings.StorageConnection ?? '';
  const options = { allowInsecureConnection: true };
  const counts: Record<string, number> = {};
  for await (const { name } of TableServiceClient.fromConnectionString(connection, options).listTables()) {
    if (name === undefined) continue;
    let rows = 0;
    const query = { queryOptions: { select: ['PartitionKey'] } };
    const client = TableClient.fromConnectionString(connection, name, options);
    for await (const page of client.listEntities(query).byPage({ maxPageSize: 1000 })) rows += page.length;
    counts[name] = rows;
  }
  return counts;
};
