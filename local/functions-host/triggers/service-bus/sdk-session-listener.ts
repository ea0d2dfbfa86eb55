import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusSessionReceiver,
} from '@azure/service-bus';
import { messageOf } from '../../errors.ts';
import type { Listener } from '../../lifecycle.ts';
import type { TriggerContext } from '../context.ts';
import { Backoff } from './backoff.ts';
import type { ServiceBusBinding } from './binding.ts';
import { Dispatcher } from './dispatcher.ts';
import { patientRetries } from './queue-listener.ts';
import { fromSdk } from './sdk-message.ts';
import { close, settle } from './sdk-settlement.ts';

/** Requests for a next session that may wait at the broker at once; hundreds that time out together upset the SDK. */
const mostPendingAccepts = 16;

/** A broker answers "no session" within a minute; a session without messages is given back after as long. */
const defaultIdleMs = 60_000;

/**
 * Listens to an entity with sessions by the SDK: `maxConcurrentSessions` sessions at once, each with a receiver of its
 * own that is closed once idle for `sessionIdleTimeout`.
 */
export class SdkSessionListener implements Listener {
  readonly #context: TriggerContext;
  readonly #binding: ServiceBusBinding;
  readonly #dispatcher: Dispatcher;
  readonly #client: ServiceBusClient;
  readonly #sessions = new Set<SessionPump>();
  readonly #backoff = new Backoff();
  readonly #stopped = new AbortController();
  readonly #whenStopped: Promise<undefined>;
  #pendingAccepts = 0;
  #acceptors: Promise<void>[] = [];
  #slotFreed: (() => void)[] = [];

  constructor(context: TriggerContext, binding: ServiceBusBinding) {
    this.#context = context;
    this.#binding = binding;
    this.#dispatcher = new Dispatcher(context, binding);
    this.#whenStopped = new Promise((resolve) => {
      this.#stopped.signal.addEventListener('abort', () => resolve(undefined));
    });
    // A connection of its own: sessions that come and go must not disturb others.
    this.#client = new ServiceBusClient(binding.connectionString, {
      retryOptions: { ...patientRetries, maxRetries: 0, timeoutInMs: 70_000 },
    });
  }

  start(): void {
    const acceptors = Math.min(mostPendingAccepts, this.#context.config.serviceBus.maxConcurrentSessions);
    this.#acceptors = Array.from({ length: acceptors }, () => this.#acceptLoop());
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#backoff.stop();
    this.#wakeAcceptors();
    await Promise.all([...this.#sessions].map((session) => session.close()));
    await Promise.all(this.#acceptors);
    await close(this.#client);
  }

  async #acceptLoop(): Promise<void> {
    const { maxConcurrentSessions, maxAutoLockRenewalMs } = this.#context.config.serviceBus;
    while (!this.#isStopping()) {
      if (this.#sessions.size + this.#pendingAccepts >= maxConcurrentSessions) {
        await new Promise<void>((resolve) => this.#slotFreed.push(resolve));
        continue;
      }
      this.#pendingAccepts++;
      try {
        // The SDK ends a waiting accept neither on an abort signal nor when its client is closed.
        const receiver = await Promise.race([this.#accept(maxAutoLockRenewalMs), this.#whenStopped]);
        this.#backoff.reset();
        if (receiver !== undefined) this.#pump(receiver);
      } catch (error) {
        if (!this.#isStopping() && !isNoSession(error)) {
          this.#dispatcher.trouble(`Cannot accept a session: ${messageOf(error)}`);
          await this.#backoff.wait();
        }
      } finally {
        this.#pendingAccepts--;
        this.#wakeAcceptors();
      }
    }
  }

  #accept(maxAutoLockRenewalDurationInMs: number): Promise<ServiceBusSessionReceiver> {
    const options = { maxAutoLockRenewalDurationInMs, skipParsingBodyAsJson: true };
    const [name, subscription] = this.#binding.entity;
    return subscription === undefined
      ? this.#client.acceptNextSession(name, options)
      : this.#client.acceptNextSession(name, subscription, options);
  }

  #pump(receiver: ServiceBusSessionReceiver): void {
    const idleMs = this.#context.config.serviceBus.sessionIdleTimeoutMs ?? defaultIdleMs;
    const session = new SessionPump(receiver, this.#dispatcher, idleMs, () => {
      this.#sessions.delete(session);
      this.#wakeAcceptors();
    });
    this.#sessions.add(session);
  }

  #isStopping(): boolean {
    return this.#stopped.signal.aborted;
  }

  #wakeAcceptors(): void {
    const waiting = this.#slotFreed;
    this.#slotFreed = [];
    for (const wake of waiting) wake();
  }
}

/** Nobody has a session to give just now. */
function isNoSession(error: unknown): boolean {
  return (
    isServiceBusError(error) && (error.code === 'ServiceTimeout' || error.code === 'SessionCannotBeLocked')
  );
}

/** Works on one session's messages, one after the other, until the session is idle, lost or to be closed. */
class SessionPump {
  readonly #receiver: ServiceBusSessionReceiver;
  readonly #dispatcher: Dispatcher;
  readonly #idleMs: number;
  readonly #onClosed: () => void;
  readonly #subscription: { close(): Promise<void> };
  #work: Promise<void> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    receiver: ServiceBusSessionReceiver,
    dispatcher: Dispatcher,
    idleMs: number,
    onClosed: () => void,
  ) {
    this.#receiver = receiver;
    this.#dispatcher = dispatcher;
    this.#idleMs = idleMs;
    this.#onClosed = onClosed;
    this.#armIdleTimer();
    this.#subscription = receiver.subscribe(
      {
        processMessage: async (message) => {
          clearTimeout(this.#idleTimer);
          this.#work = this.#handle(message);
          await this.#work;
          this.#work = undefined;
          if (this.#closing === undefined) this.#armIdleTimer();
        },
        processError: ({ error }) => {
          // Whatever it is, this receiver is of no more use; the session is accepted anew.
          if (this.#closing === undefined) {
            dispatcher.warn(`Session "${receiver.sessionId}": ${messageOf(error)}`);
            void this.close();
          }
          return Promise.resolve();
        },
      },
      { autoCompleteMessages: false, maxConcurrentCalls: 1 },
    );
  }

  /** In this order: no further messages, the running one settled, then the receiver, which gives the session back. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    await close(this.#subscription);
    await this.#work;
    await close(this.#receiver);
    this.#onClosed();
  }

  #armIdleTimer(): void {
    this.#idleTimer = setTimeout(() => void this.close(), this.#idleMs);
  }

  async #handle(message: ServiceBusReceivedMessage): Promise<void> {
    const complete = await this.#dispatcher.handle(fromSdk(message));
    if (complete === undefined) return;
    await settle(this.#receiver, message, complete, this.#dispatcher.warn);
  }
}
