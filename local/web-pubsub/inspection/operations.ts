import { z } from 'zod';
import { InspectionError, type Operation } from '../../inspection/inspection.ts';
import { take } from '../../inspection/recent.ts';
import type { Session } from '../engine/session.ts';
import type { Hubs } from '../server/hubs.ts';
import { showEntry, type Traffic } from './traffic.ts';

const maxConnections = 1000;
const maxGroupsEach = 100;
const maxEntries = 500;

const ending = z.object({ hub: z.string(), connectionId: z.string(), how: z.enum(['drop', 'close']) });

function show(session: Session): object {
  const { hub, connectionId, userId, subprotocol, isReliable, isConnected, groups } = session;
  const shown = { hub, connectionId, userId, subprotocol, isReliable, isConnected };
  return { ...shown, groups: take(groups, maxGroupsEach), groupCount: groups.size };
}

function endConnection(hubs: Hubs, body: unknown): object {
  const asked = ending.safeParse(body);
  if (!asked.success) throw new InspectionError(400, z.prettifyError(asked.error));
  const { hub, connectionId, how } = asked.data;
  const session = hubs.find(hub)?.connection(connectionId);
  if (session === undefined) throw new InspectionError(404, `There is no connection ${connectionId}.`);
  if (how === 'drop') session.drop();
  else session.close('Closed by the developer.');
  return {};
}

/** What can be asked of a service under inspection. See README.md. */
export const inspectionOperations = (hubs: Hubs, traffic: Traffic): Record<string, Operation> => ({
  'GET connections': () => {
    const all = hubs.all().flatMap((hub) => hub.connections());
    return { total: all.length, items: all.slice(0, maxConnections).map(show) };
  },
  'POST connections/end': ({ body }) => endConnection(hubs, body),
  'GET traffic': ({ query }) => {
    const [traceId, connectionId] = [query.get('traceId'), query.get('connectionId')];
    const matches = (entry: { traceId?: string | undefined; connectionId?: string | undefined }): boolean =>
      (traceId === null || entry.traceId === traceId) &&
      (connectionId === null || entry.connectionId === connectionId);
    return { items: take(traffic.recent.newestFirst(), maxEntries, matches).map(showEntry) };
  },
  'GET traffic/content': ({ query }) => {
    const content = traffic.content(Number(query.get('number')));
    if (content === undefined)
      throw new InspectionError(404, 'It is no longer kept, or was too large, or has none.');
    return { content };
  },
});
