import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { aBroker, aClient, cutConnection, receiveOne } from './support.ts';

const sessionIds = Array.from({ length: 300 }, (_, i) => `s${i}`);

test(
  'after 300 receivers have waited beyond their time-out and clients have died, every message is delivered',
  { timeout: 120_000 },
  async () => {
    const broker = await aBroker({ queues: [{ name: 'chats', RequiresSession: true }] });
    const options = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };
    const idle = new ServiceBusClient(broker.connectionString, options);
    const holding = new ServiceBusClient(broker.connectionString, options);
    const surviving = Array.from({ length: 4 }, () => aClient(broker, options.retryOptions));
    const delivered: unknown[] = [];
    const all = Promise.withResolvers<undefined>();
    const held = Promise.withResolvers<undefined>();
    const complete = (body: unknown) => {
      if (delivered.push(body) === sessionIds.length) all.resolve(undefined);
    };
    const groups = [
      new Waiting(idle),
      new Waiting(holding, () => held.resolve(undefined)),
      ...surviving.map((client) => new Waiting(client, undefined, complete)),
    ];
    await Promise.all(groups.map((group) => group.timedOut));
    die(idle); // while its receivers wait again
    const messages = sessionIds.map((sessionId) => ({ sessionId, body: sessionId }));
    await aClient(broker).createSender('chats').sendMessages(messages);
    await held.promise;
    die(holding); // with sessions that it has not released
    await all.promise;
    expect(delivered.sort()).toEqual([...sessionIds].sort());
  },
);

/** Fifty receivers of one client, each waiting for a next session again and again. */
class Waiting {
  /** When each receiver has waited in vain once. */
  readonly timedOut: Promise<unknown>;
  readonly #client: ServiceBusClient;
  #ended = false;

  /**
   * @param onHeld sessions that come are held, nothing of them completed, and this called
   * @param onCompleted what comes is completed and given to this
   */
  constructor(client: ServiceBusClient, onHeld?: () => void, onCompleted?: (body: unknown) => void) {
    this.#client = client;
    onTestFinished(() => {
      this.#ended = true;
    });
    this.timedOut = Promise.all(
      Array.from({ length: 50 }, async () => {
        expect(await this.#next()).toBeUndefined();
        void this.#receive(onHeld, onCompleted);
      }),
    );
  }

  async #receive(onHeld?: () => void, onCompleted?: (body: unknown) => void): Promise<void> {
    while (!this.#ended) {
      const session = await this.#next();
      if (!session) continue;
      if (!onCompleted) return onHeld?.();
      const message = await receiveOne(session);
      await session.completeMessage(message);
      await session.close();
      onCompleted(message.body);
    }
  }

  /** The next session, or undefined if the broker has said that there is none. */
  async #next() {
    try {
      return await this.#client.acceptNextSession('chats');
    } catch (error) {
      if ((error as { code?: string }).code === 'ServiceTimeout') return undefined;
      this.#ended = true; // the client has died, or the test is over
      return undefined;
    }
  }
}

/** Ends a client as a crash would: without a word to the broker. */
function die(client: ServiceBusClient): void {
  cutConnection(client);
  client.close().catch(() => undefined); // it waits for answers that cannot come
}
