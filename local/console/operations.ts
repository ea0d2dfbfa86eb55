import type { Broker } from './broker.ts';
import { ConsoleError } from './errors.ts';
import type { Inspected, Places } from './inspected.ts';
import type { Storage } from './storage.ts';
import { findWay } from './way.ts';

export interface Sources {
  readonly inspected: Inspected;
  readonly places: Places;
  readonly broker: Broker;
  readonly storage: Storage;
}

export interface Asked {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type Operation = (asked: Asked) => Promise<unknown>;

interface FunctionRow {
  readonly name: string;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
}

const maxInvocations = 200;

/** All that the page, or a person with curl, can ask of the console, by method and path below `/dev/api/`. */
export function consoleOperations(sources: Sources): Record<string, Operation> {
  return { ...hostOperations(sources), ...brokerOperations(sources), ...otherOperations(sources) };
}

function hostOperations({ inspected, places }: Sources): Record<string, Operation> {
  const change = async (path: string, body: unknown): Promise<object> => {
    await inspected.askAll(some(places.functions()), path, body);
    return {};
  };
  return {
    'GET functions': async () => ({
      items: sumUp(await inspected.askAll<{ items: FunctionRow[] }>(places.functions(), 'functions')),
    }),
    'POST functions/pause': ({ body }) => change('functions/pause', body),
    'POST functions/resume': ({ body }) => change('functions/resume', body),
    'GET invocations': async ({ query }) => {
      const path = `invocations?${query.toString()}`;
      const all = await inspected.askAll<{ items: { startedAt: string }[] }>(places.functions(), path);
      const items = all.flatMap((each) => each.items);
      return {
        items: items.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, maxInvocations),
      };
    },
    'GET invocations/one': async ({ query }) => {
      const asks = some(places.functions()).map((place) =>
        inspected.ask(place, `invocations/one?${query.toString()}`),
      );
      return Promise.any(asks).catch((error: unknown) => {
        throw error instanceof AggregateError ? error.errors[0] : error; // all say the same
      });
    },
  };
}

/** The rows of several workers as one. */
function sumUp(workers: readonly { items: FunctionRow[] }[]): FunctionRow[] {
  const rows = new Map<string, FunctionRow>();
  for (const row of workers.flatMap(({ items }) => items)) {
    const { running = 0, succeeded = 0, failed = 0 } = rows.get(row.name) ?? {};
    const sums = {
      running: running + row.running,
      succeeded: succeeded + row.succeeded,
      failed: failed + row.failed,
    };
    rows.set(row.name, { ...row, ...sums });
  }
  return [...rows.values()];
}

function brokerOperations({ broker }: Sources): Record<string, Operation> {
  const isDead = (query: URLSearchParams): boolean => query.get('dead') === 'true';
  return {
    'GET entities': async () => ({ items: await broker.list() }),
    'GET messages': async ({ query }) => ({ items: await broker.peek(needed(query, 'path'), isDead(query)) }),
    'GET messages/one': ({ query }) =>
      broker.read(needed(query, 'path'), isDead(query), needed(query, 'sequenceNumber')),
    'POST messages/resubmit': ({ body }) => {
      const { path, sequenceNumber } = (body ?? {}) as Record<string, unknown>;
      if (typeof path !== 'string' || typeof sequenceNumber !== 'string') {
        throw new ConsoleError(400, 'Say which: {"path": "…", "sequenceNumber": "…"}.');
      }
      return broker.resubmit(path, sequenceNumber);
    },
  };
}

function otherOperations(sources: Sources): Record<string, Operation> {
  const { inspected, places, storage } = sources;
  const webPubSub = (path: string, body?: unknown): Promise<object> =>
    inspected.ask(places.webPubSub()[0], path, body);
  return {
    'GET connections': () => webPubSub('connections'),
    'POST connections/end': ({ body }) => webPubSub('connections/end', body),
    'GET traffic': ({ query }) => webPubSub(`traffic?${query.toString()}`),
    'GET traffic/content': ({ query }) => webPubSub(`traffic/content?${query.toString()}`),
    'GET tables': async () => ({ items: await storage.tables() }),
    'GET rows': ({ query }) =>
      storage.rows(needed(query, 'table'), query.get('filter') ?? '', query.get('continuation') ?? undefined),
    'GET containers': async () => ({ items: await storage.containers() }),
    'GET blobs': ({ query }) =>
      storage.blobs(needed(query, 'container'), query.get('continuation') ?? undefined),
    'GET blob': ({ query }) => storage.blob(needed(query, 'container'), needed(query, 'name')),
    'GET faults': () => inspected.ask(places.storage()[0], 'faults'),
    'POST faults': ({ body }) => inspected.ask(places.storage()[0], 'faults', body ?? {}),
    'GET way': async ({ query }) => ({ items: await findWay(needed(query, 'traceId'), sources) }),
  };
}

function needed(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new ConsoleError(400, `Say which ${name}.`);
  return value;
}

function some(places: readonly string[]): readonly string[] {
  if (places.length === 0) throw new ConsoleError(503, 'The Functions host is not running.');
  return places;
}
