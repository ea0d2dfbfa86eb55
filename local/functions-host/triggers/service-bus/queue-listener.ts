import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { messageOf } from '../../errors.ts';
import type { Listener } from '../../lifecycle.ts';
import type { TriggerContext } from '../context.ts';
import type { ServiceBusBinding } from './binding.ts';
import { Dispatcher } from './dispatcher.ts';
import { fromSdk } from './sdk-message.ts';
import { close, settle } from './sdk-settlement.ts';
import { SettleQueue } from './settle-queue.ts';

/** Makes the SDK look for the broker every half a second for as long as it is gone. */
export const patientRetries = {
  maxRetries: 3,
  retryDelayInMs: 500,
  maxRetryDelayInMs: 500,
  timeoutInMs: 20_000,
};

/** Listens to a queue or subscription without sessions: `maxConcurrentCalls` messages at once, in no order. */
export class QueueListener implements Listener {
  readonly #context: TriggerContext;
  readonly #client: ServiceBusClient;
  readonly #receiver: ServiceBusReceiver;
  readonly #dispatcher: Dispatcher;
  readonly #settleQueue = new SettleQueue();
  readonly #inWork = new Set<Promise<void>>();
  #subscription: { close(): Promise<void> } | undefined;
  #isStopping = false;

  constructor(context: TriggerContext, binding: ServiceBusBinding) {
    this.#context = context;
    this.#dispatcher = new Dispatcher(context, binding);
    this.#client = new ServiceBusClient(binding.connectionString, { retryOptions: patientRetries });
    const options = {
      receiveMode: 'peekLock',
      maxAutoLockRenewalDurationInMs: context.config.serviceBus.maxAutoLockRenewalMs,
      skipParsingBodyAsJson: true,
    } as const;
    const [name, subscription] = binding.entity;
    this.#receiver =
      subscription === undefined
        ? this.#client.createReceiver(name, options)
        : this.#client.createReceiver(name, subscription, options);
  }

  start(): void {
    this.#subscription = this.#receiver.subscribe(
      {
        processMessage: (message) => this.#onMessage(message),
        // The SDK goes on trying by itself, whatever the error.
        processError: ({ error, errorSource }) => {
          if (!this.#isStopping) this.#dispatcher.trouble(`${errorSource}: ${messageOf(error)}`);
          return Promise.resolve();
        },
      },
      { autoCompleteMessages: false, maxConcurrentCalls: this.#context.config.serviceBus.maxConcurrentCalls },
    );
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    // In this order: a receiver closed first could no longer settle.
    if (this.#subscription !== undefined) await close(this.#subscription);
    while (this.#inWork.size > 0) await Promise.all(this.#inWork);
    await close(this.#receiver, this.#client);
  }

  async #onMessage(message: ServiceBusReceivedMessage): Promise<void> {
    const work = this.#work(message).finally(() => this.#inWork.delete(work));
    this.#inWork.add(work);
    await work;
  }

  async #work(message: ServiceBusReceivedMessage): Promise<void> {
    const complete = await this.#dispatcher.handle(fromSdk(message));
    if (complete === undefined) return;
    await this.#settleQueue.ready(complete);
    await settle(this.#receiver, message, complete, this.#dispatcher.warn);
  }
}
