import type { Fault } from './fault.ts';
import type { Way } from '../network.ts';

/** What goes one way is lost; then the connections break, as they do when somebody has waited too long. */
const halfOpen = (how: string, way: Way): Fault => ({
  name: `sockets ${how}`,
  isCrash: false,
  strike: ({ sockets }) => {
    sockets.lose(way);
    return Promise.resolve(() => {
      sockets.lose(undefined);
      sockets.cut();
      return Promise.resolve();
    });
  },
});

/** The network between devices and Web PubSub. */
export const socketFaults: readonly Fault[] = [
  {
    name: 'all sockets are cut',
    isCrash: false,
    strike: ({ sockets }) => {
      sockets.cut();
      return Promise.resolve(() => Promise.resolve());
    },
  },
  {
    // They stay so: who has one is not told, and finds out when nothing comes for too long.
    name: 'sockets are dead without a word',
    isCrash: false,
    strike: ({ sockets }) => {
      sockets.forget();
      return Promise.resolve(() => Promise.resolve());
    },
  },
  halfOpen('hear nothing', 'down'),
  halfOpen('are not heard', 'up'),
];
