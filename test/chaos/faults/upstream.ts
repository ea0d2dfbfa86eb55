import type { UpstreamMode } from '../upstream.ts';
import type { Fault } from './fault.ts';

const modes: readonly Exclude<UpstreamMode, 'well'>[] = [
  'repeats',
  'disorders',
  'loses',
  'loses its answers',
];

/** What Web PubSub tells the app of connections: that they come and go, and what clients say. */
export const upstreamFaults: readonly Fault[] = modes.map((mode) => ({
  name: `events: the way to the app ${mode}`,
  isCrash: false,
  strike: ({ upstream }) => {
    upstream.mode = mode;
    return Promise.resolve(() => {
      upstream.mode = 'well';
      return Promise.resolve();
    });
  },
}));
