import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { messageOf } from '../../errors.ts';
import { endedWithin } from '../../time-limit.ts';

/**
 * How long the broker may take to answer a settlement. An answer that went with its connection never comes, and the SDK
 * would ask and wait for it for more than a minute; the message comes again when its lock is over.
 */
const settleMs = 3_000;

/** How long a receiver or client may take to close; with a silent peer, or one that goes meanwhile, the SDK waits for ever. */
const farewellMs = 1_000;

/** Completes or abandons a message. Never rejects: what was not settled is warned of, and comes again. */
export async function settle(
  receiver: Pick<ServiceBusReceiver, 'completeMessage' | 'abandonMessage'>,
  message: ServiceBusReceivedMessage,
  complete: boolean,
  warn: (message: string) => void,
): Promise<void> {
  const warnOf = (reason: string): void =>
    warn(
      `Message "${String(message.messageId ?? '')}" could not be ${complete ? 'completed' : 'abandoned'}: ${reason}`,
    );
  try {
    const settled = complete ? receiver.completeMessage(message) : receiver.abandonMessage(message);
    if (!(await endedWithin(settleMs, settled)))
      warnOf(`the broker has not answered within ${settleMs / 1000} s.`);
  } catch (error) {
    warnOf(messageOf(error));
  }
}

/** Closes what is no longer needed. Never rejects: what cannot say farewell is gone all the same. */
export async function close(...closeables: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const closeable of closeables) await endedWithin(farewellMs, closeable.close()).catch(() => undefined);
}
