import { ask, callsUnderWay, type Fault, type ServiceStage } from './fault.ts';

/** Calls to a service fail for as long as this lasts, at least one. */
const failing = (service: 'azurite' | 'web-pubsub', how: string, fault: object): Fault<ServiceStage> => ({
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

const statuses = (service: 'azurite' | 'web-pubsub', all: readonly number[]): Fault<ServiceStage>[] =>
  all.map((status) => failing(service, `answers ${status}`, { status }));

/** Calls to services fail, or are lost, or late. */
export const failingCalls: readonly Fault<ServiceStage>[] = [
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
];
