import type { ServiceName } from '../../../local/stack/services.ts';
import { ask, callsUnderWay, type Fault } from './fault.ts';

/** A service that ends at once. Azurite writes its tables every five seconds and is therefore stopped in good order. */
const kill = (service: ServiceName, signal: NodeJS.Signals = 'SIGKILL'): Fault => ({
  name: `${signal === 'SIGKILL' ? 'kill' : 'stop'} ${service}`,
  isCrash: true,
  strike: async ({ stack }) => {
    await stack.kill(service, signal);
    return () => stack.restart(service);
  },
});

/** Two services at once. The app needs its storage when it starts. */
const killBoth = (a: ServiceName, b: ServiceName): Fault => ({
  name: `kill ${a} and ${b}`,
  isCrash: true,
  strike: async ({ stack }) => {
    await Promise.all([stack.kill(a, 'SIGKILL'), stack.kill(b, 'SIGKILL')]);
    return async () => {
      await stack.restart(a);
      await stack.restart(b);
    };
  },
});

/**
 * The app ends at one of its calls: before it has had its effect, or when it has and the app does not know. What lies
 * between two calls has no effect that outlives the app, so these are all the points at which it can end.
 */
const crashAtCall = (
  service: 'azurite' | 'web-pubsub',
  what: string,
  choice: object,
  isServed: boolean,
): Fault => ({
  name: `crash ${isServed ? 'behind' : 'before'} ${what}`,
  isCrash: true,
  strike: async (stage) => {
    const { stack, random } = stage;
    const skip = random.between(0, callsUnderWay);
    // Asked for first: the call may come at once.
    const reached = ask(stage, service, 'faults/next');
    await ask(stage, service, 'faults', { ...choice, skip, hangs: true, isServed });
    await reached;
    await stack.kill('functions', 'SIGKILL');
    await ask(stage, service, 'faults', { count: 0 });
    return () => stack.restart('functions');
  },
});

/** The app ends when it has sent to the broker what it sends, or when it is about to hear that the broker has it. */
const crashAtBroker = (way: 'up' | 'down'): Fault => ({
  name: way === 'up' ? 'crash before the broker hears' : 'crash before the broker is heard',
  isCrash: true,
  strike: async ({ stack, broker, random }) => {
    for (let n = random.between(1, callsUnderWay); n > 0; n--) await broker.next(way);
    broker.lose(way);
    await broker.next(way);
    await stack.kill('functions', 'SIGKILL');
    broker.lose(undefined);
    return () => stack.restart('functions');
  },
});

const services = { storage: 'azurite', push: 'web-pubsub' } as const;

/** What ends services, and the app at each of its calls. */
export const crashes: readonly Fault[] = [
  kill('service-bus'),
  kill('web-pubsub'),
  kill('functions'),
  kill('functions', 'SIGTERM'),
  kill('azurite', 'SIGTERM'),
  killBoth('service-bus', 'functions'),
  killBoth('web-pubsub', 'functions'),
  crashAtCall(services.storage, 'a storage call', {}, false),
  crashAtCall(services.storage, 'a storage call', {}, true),
  crashAtCall(services.push, 'a push', {}, false),
  crashAtCall(services.push, 'a push', {}, true),
  crashAtBroker('up'),
  crashAtBroker('down'),
];
