import type { Broker, MessageRow } from './broker.ts';
import type { Inspected, Places } from './inspected.ts';

/** What a host tells of an invocation, as far as it is used here. */
interface Invocation {
  readonly id: string;
  readonly functionName: string;
  readonly startedAt: string;
  readonly ms?: number;
  readonly outcome: string;
  readonly httpStatus?: number;
  readonly request?: string;
  readonly message?: {
    readonly entity: string;
    readonly messageId?: string;
    readonly deliveryCount: number;
    readonly enqueuedAt?: string;
  };
}

interface Push {
  readonly at: string;
  readonly what: string;
  readonly status?: number;
  readonly receivers?: number;
}

/** A station on the way of a message. */
export interface Station {
  readonly at: string;
  readonly kind: 'request' | 'message' | 'invocation' | 'push' | 'waiting' | 'dead-letter';
  readonly what: string;
  readonly detail: string;
  readonly ms?: number | undefined;
  readonly failed?: boolean;
  readonly invocationId?: string;
}

/** The whole way of what has this trace id or correlation id, in the order of time. */
export async function findWay(
  traceId: string,
  { inspected, places, broker }: { inspected: Inspected; places: Places; broker: Broker },
): Promise<Station[]> {
  const query = `traceId=${encodeURIComponent(traceId)}`;
  const [invocations, pushes, lying] = await Promise.all([
    inspected.askAll<{ items: Invocation[] }>(places.functions(), `invocations?limit=500&${query}`),
    inspected.askAll<{ items: Push[] }>(places.webPubSub(), `traffic?${query}`),
    lyingMessages(broker, traceId),
  ]);
  const ran = invocations.flatMap(({ items }) => items);
  const stations = [
    ...ran.flatMap(stationsOf),
    ...pushes.flatMap(({ items }) => items.map(pushStation)),
    ...lying,
  ];
  return unique(stations).toSorted((a, b) => a.at.localeCompare(b.at) || order[a.kind] - order[b.kind]);
}

/** Of what is told of the same millisecond, the cause comes first. */
const order = { request: 0, message: 1, invocation: 2, push: 3, waiting: 4, 'dead-letter': 5 } as const;

function stationsOf(invocation: Invocation): Station[] {
  const { id, functionName, startedAt, ms, outcome, httpStatus, request, message } = invocation;
  const failed = outcome === 'failed';
  const common = { at: startedAt, ms, failed, invocationId: id };
  if (request !== undefined) {
    const status = httpStatus === undefined ? outcome : `${httpStatus}`;
    return [{ ...common, kind: 'request', what: request, detail: `${functionName}: ${status}` }];
  }
  if (message === undefined) return [{ ...common, kind: 'invocation', what: functionName, detail: outcome }];
  const { entity, messageId = '', enqueuedAt = startedAt, deliveryCount } = message;
  return [
    { at: enqueuedAt, kind: 'message', what: entity, detail: messageId },
    { ...common, kind: 'invocation', what: functionName, detail: `${outcome}, delivery ${deliveryCount}` },
  ];
}

function pushStation({ at, what, status, receivers }: Push): Station {
  const reached = receivers === undefined ? '' : `, ${receivers} connected`;
  return { at, kind: 'push', what, detail: `${status ?? ''}${reached}`, failed: (status ?? 0) >= 400 };
}

/** A message that was delivered twice was sent once. */
function unique(stations: Station[]): Station[] {
  const seen = new Set<string>();
  return stations.filter(({ kind, what, detail }) => {
    const key = `${what} ${detail}`;
    const isNew = kind !== 'message' || !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** What has not come on: in a queue, or set aside. */
async function lyingMessages(broker: Broker, traceId: string): Promise<Station[]> {
  const entities = await broker.list();
  const found = await Promise.all(
    entities.map(async ({ path, active, scheduled, deadLetters }) => {
      const waiting = active + scheduled > 0 ? await broker.peek(path, false) : [];
      const dead = deadLetters > 0 ? await broker.peek(path, true) : [];
      return [
        ...waiting.filter(isOf(traceId)).map((row) => lyingStation('waiting', path, row)),
        ...dead.filter(isOf(traceId)).map((row) => lyingStation('dead-letter', path, row)),
      ];
    }),
  );
  return found.flat();
}

const isOf =
  (traceId: string) =>
  ({ correlationId }: MessageRow): boolean =>
    correlationId === traceId;

function lyingStation(kind: 'waiting' | 'dead-letter', path: string, row: MessageRow): Station {
  const { enqueuedAt = '', messageId, deadLetterReason = '', state } = row;
  return {
    at: enqueuedAt,
    kind,
    what: path,
    detail: `${messageId} ${kind === 'waiting' ? state : deadLetterReason}`,
  };
}
