import type { Fault, ServiceStage } from './fault.ts';

const ofBroker = (
  how: string,
  begin: (stage: ServiceStage) => void,
  end: (stage: ServiceStage) => void,
): Fault<ServiceStage> => ({
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

/** The network between the app and its broker. */
export const brokerFaults: readonly Fault<ServiceStage>[] = [
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
];
