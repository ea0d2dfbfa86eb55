import type { Stage } from './stage.ts';

/** Requests that services have served since they were started: of tables, blobs and Web PubSub's REST API. */
export type Requests = Readonly<Record<string, number>>;

/** @returns nothing where the services are not open for inspection */
export const countRequests = async ({ stack, inspectionKey }: Stage): Promise<Requests> => {
  const places = [...stack.inspection('azurite'), ...stack.inspection('web-pubsub')];
  const counts = await Promise.all(
    places.map(async (place) => {
      const answer = await fetch(`${place}/requests`, {
        headers: { authorization: `Bearer ${inspectionKey}` },
      });
      if (!answer.ok) throw new Error(`${place} answered ${answer.status}.`);
      return (await answer.json()) as Requests;
    }),
  );
  return Object.assign({}, ...counts) as Requests;
};

export const requestsBetween = (before: Requests, after: Requests): Requests =>
  Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));
