import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../../local/stack.ts';
import type { ServiceName } from '../../local/stack/services.ts';
import type { BrokerProxy } from './proxy.ts';
import type { Random } from './random.ts';

/** Where faults happen. */
export interface Stage {
  stack: Pick<Stack, 'kill' | 'restart' | 'inspection' | 'pid'>;
  broker: Pick<BrokerProxy, 'lose' | 'slow' | 'refuse' | 'cut' | 'next'>;
  random: Random;
  inspectionKey: string;
}

/** Something that goes wrong. `crash` counts as a kill of the app or a service at one point. */
export interface Fault {
  name: string;
  isCrash: boolean;
  /** Begins it. @returns what ends it, after which all serves again */
  strike: (stage: Stage) => Promise<() => Promise<void>>;
}

const ask = async (stage: Stage, service: ServiceName, path: string, body?: object): Promise<void> => {
  const [place = ''] = stage.stack.inspection(service);
  const response = await fetch(`${place}/${path}`, {
    headers: { authorization: `Bearer ${stage.inspectionKey}` },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${service} answered ${response.status}: ${await response.text()}`);
  await response.text();
};

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

/** Calls of one kind that the app makes while many messages are on their way. */
const callsUnderWay = 40;

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

/** Calls to a service fail for as long as this lasts, at least one. */
const failing = (service: 'azurite' | 'web-pubsub', how: string, fault: object): Fault => ({
  name: `${service === 'azurite' ? 'storage' : 'web-pubsub'} ${how}`,
  isCrash: false,
  strike: async (stage) => {
    const [skip, count] = [stage.random.between(0, callsUnderWay), stage.random.between(1, 60)];
    const reached = ask(stage, service, 'faults/next');
    await ask(stage, service, 'faults', { skip, count, ...fault });
    await reached;
    return () => ask(stage, service, 'faults', { count: 0 });
  },
});

const services = { storage: 'azurite', push: 'web-pubsub' } as const;

const ofBroker = (how: string, begin: (stage: Stage) => void, end: (stage: Stage) => void): Fault => ({
  name: `broker ${how}`,
  isCrash: false,
  strike: (stage) => {
    begin(stage);
    return Promise.resolve(() => {
      end(stage);
      return Promise.resolve();
    });
  },
});

const statuses = (service: 'azurite' | 'web-pubsub', all: readonly number[]): Fault[] =>
  all.map((status) => failing(service, `answers ${status}`, { status }));

const processOf = (stack: Stage['stack']): number => {
  const pid = stack.pid('functions');
  if (pid === undefined) throw new Error('The app does not run.');
  return pid;
};

/** @returns what wakes it */
const asleep = (pid: number): (() => Promise<void>) => {
  process.kill(pid, 'SIGSTOP');
  return () => {
    process.kill(pid, 'SIGCONT');
    return Promise.resolve();
  };
};

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

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

/** What else goes wrong: calls that fail, are lost or late, and a network that does. */
export const disturbances: readonly Fault[] = [
  ...statuses('azurite', [500, 503, 429, 408]),
  failing('azurite', 'cuts connections', { status: 0 }),
  failing('azurite', 'loses its answers', { status: 0, isServed: true }),
  failing('azurite', 'hangs', { hangs: true, count: 4 }),
  failing('azurite', 'is slow', { delayMs: 300, count: 200 }),
  ...statuses('web-pubsub', [500, 503, 429, 401]),
  failing('web-pubsub', 'cuts connections', { status: 0 }),
  failing('web-pubsub', 'loses its answers', { status: 0, isServed: true }),
  failing('web-pubsub', 'hangs', { hangs: true, count: 4 }),
  failing('web-pubsub', 'is slow', { delayMs: 1000, count: 60 }),
  ofBroker(
    'connections are cut',
    ({ broker }) => broker.cut(),
    ({ broker }) => broker.cut(),
  ),
  ofBroker(
    'lets nobody in',
    ({ broker }) => {
      broker.refuse(true);
      broker.cut();
    },
    ({ broker }) => broker.refuse(false),
  ),
  ofBroker(
    'is slow',
    ({ broker }) => broker.slow(200),
    ({ broker }) => broker.slow(0),
  ),
  // Half a network: what the app settled is delivered again, and what it sent is sent again.
  ofBroker(
    'does not hear',
    ({ broker }) => broker.lose('up'),
    ({ broker }) => {
      broker.lose(undefined);
      broker.cut();
    },
  ),
  ofBroker(
    'is not heard',
    ({ broker }) => broker.lose('down'),
    ({ broker }) => {
      broker.lose(undefined);
      broker.cut();
    },
  ),
  {
    name: 'the app sleeps for a while',
    isCrash: false,
    strike: ({ stack }) => Promise.resolve(asleep(processOf(stack))),
  },
];

/** Locks of messages last so long where `zombies` are about. */
export const shortLock = 'PT5S';
const beyondLocksMs = 7_000;

/**
 * One of several instances of the app sleeps in the middle of its work until its locks are gone, and another does that work;
 * then it goes on where it was, as if nothing had been.
 */
export const zombies: readonly Fault[] = [
  {
    name: 'an instance sleeps beyond its locks',
    isCrash: false,
    strike: async ({ stack, random }) => {
      const wake = asleep(random.pick(childrenOf(processOf(stack))));
      await delay(beyondLocksMs);
      return wake;
    },
  },
];

/** How long a fault lasts: what has crashed is often started again at once. */
export const lasting = ({ isCrash }: Fault, random: Random): Promise<void> => {
  if (isCrash && random.chance(0.5)) return Promise.resolve();
  return delay(random.between(200, 1_500));
};
