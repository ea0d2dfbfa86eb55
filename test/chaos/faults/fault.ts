import type { Stack } from '../../../local/stack.ts';
import type { ServiceName } from '../../../local/stack/services.ts';
import type { AppClock } from '../app-clock.ts';
import type { Network } from '../network.ts';
import type { QueueTap } from '../queue-tap.ts';
import type { Random } from '../random.ts';
import type { Upstream } from '../upstream.ts';

/** Where faults happen. */
export interface Stage {
  stack: Pick<Stack, 'kill' | 'restart' | 'inspection' | 'pid' | 'urls'>;
  /** Between the app and its broker. */
  broker: Pick<Network, 'lose' | 'slow' | 'refuse' | 'cut' | 'next'>;
  /** Between devices and Web PubSub. */
  sockets: Pick<Network, 'lose' | 'cut' | 'forget' | 'port'>;
  /** Between Web PubSub and the app: what connections do. */
  upstream: Pick<Upstream, 'mode'>;
  clock: Pick<AppClock, 'shift'>;
  queue: Pick<QueueTap, 'collect' | 'copy'>;
  /** Says very much at once in one conversation. */
  flood: () => Promise<void>;
  /** Puts into the queue, among the messages of a conversation, what can never be worked off. */
  poison: () => Promise<void>;
  /** Where somebody of a crowd connects. */
  crowdUrl: (userId: string) => Promise<string>;
  random: Random;
  inspectionKey: string;
}

/** All that is needed of it where services and the network to the broker fail. */
export type ServiceStage = Pick<Stage, 'stack' | 'broker' | 'random' | 'inspectionKey'>;

/** Something that goes wrong. `crash` counts as a kill of the app or a service at one point. */
export interface Fault<Needed = Stage> {
  name: string;
  isCrash: boolean;
  /** Begins it. @returns what ends it, after which all serves again */
  strike: (stage: Needed) => Promise<() => Promise<void>>;
}

/** Has a service that is open for inspection do something. */
export const ask = async (
  stage: Pick<ServiceStage, 'stack' | 'inspectionKey'>,
  service: ServiceName,
  path: string,
  body?: object,
): Promise<void> => {
  const [place = ''] = stage.stack.inspection(service);
  const response = await fetch(`${place}/${path}`, {
    headers: { authorization: `Bearer ${stage.inspectionKey}` },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${service} answered ${response.status}: ${await response.text()}`);
  await response.text();
};

/** Calls of one kind that the app makes while many messages are on their way. */
export const callsUnderWay = 40;
