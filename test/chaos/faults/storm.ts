import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Fault, Stage } from './fault.ts';

const crowd = { users: 100, socketsEach: 10 };
const protocol = 'json.webpubsub.azure.v1';

/** Resolves when a socket of the crowd is let in, however often that takes. */
const letIn = async (urlOf: () => Promise<string>): Promise<WebSocket> => {
  for (;;) {
    const socket = new WebSocket(await urlOf(), protocol);
    try {
      await once(socket, 'open');
      socket.on('error', () => socket.terminate());
      return socket;
    } catch {
      socket.terminate(); // too many at once: again
    }
  }
};

const everybody = ({ crowdUrl }: Stage): Promise<WebSocket[]> =>
  Promise.all(
    Array.from({ length: crowd.users * crowd.socketsEach }, (_, index) =>
      letIn(() => crowdUrl(`crowd-${index % crowd.users}`)),
    ),
  );

/** Too much for a machine that has something else to do: only by its name. */
export const storm: readonly Fault[] = [
  {
    name: 'a thousand sockets come back at once',
    isCrash: false,
    strike: async (stage) => {
      await everybody(stage);
      stage.sockets.cut();
      return async () => {
        for (const socket of await everybody(stage)) socket.terminate();
      };
    },
  },
];
