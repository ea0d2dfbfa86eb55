import { ask, type Fault } from './fault.ts';

/** Storage takes its time meanwhile, so that there is something in the queues to look at. */
const slowly = { delayMs: 100, count: 2_000 };

export const queueFaults: readonly Fault[] = [
  {
    name: 'the queue brings copies',
    isCrash: false,
    strike: async (stage) => {
      await ask(stage, 'azurite', 'faults', slowly);
      const looked = new AbortController();
      const collecting = stage.queue.collect(looked.signal);
      return async () => {
        looked.abort();
        // While the originals are still being worked on.
        await stage.queue.copy(await collecting);
        await ask(stage, 'azurite', 'faults', { count: 0 });
      };
    },
  },
  {
    name: 'the queue brings poison',
    isCrash: false,
    strike: async ({ poison }) => {
      await poison();
      return () => poison();
    },
  },
  {
    name: 'one conversation is flooded',
    isCrash: false,
    strike: ({ flood }) => {
      const flooding = flood();
      return Promise.resolve(() => flooding);
    },
  },
];
