import { messageOf } from '../../errors.ts';
import type { Listener } from '../../lifecycle.ts';
import type { TriggerContext } from '../context.ts';
import { type AmqpConnection, connectAmqp } from './amqp.ts';
import { Backoff } from './backoff.ts';
import { localEndpoint, type ServiceBusBinding } from './binding.ts';
import { Dispatcher } from './dispatcher.ts';
import { multiSession, MultiSessionLink } from './multi-session-link.ts';
import { SdkSessionListener } from './sdk-session-listener.ts';

/**
 * Listens to an entity with sessions: over one link for all of them where the broker offers it, with the SDK's session
 * receivers otherwise. Lost connections are made again for as long as it runs; what was not settled comes again then.
 */
export class SessionListener implements Listener {
  readonly #context: TriggerContext;
  readonly #binding: ServiceBusBinding;
  readonly #dispatcher: Dispatcher;
  readonly #backoff = new Backoff();
  readonly #stopped = new AbortController();
  #link: MultiSessionLink | undefined;
  #fallback: SdkSessionListener | undefined;
  #loop: Promise<void> | undefined;
  #running = 0;

  constructor(context: TriggerContext, binding: ServiceBusBinding) {
    this.#context = context;
    this.#binding = binding;
    this.#dispatcher = new Dispatcher(context, binding);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#backoff.stop();
    await this.#link?.stop();
    await this.#fallback?.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const endpoint = localEndpoint(this.#binding.connectionString);
    if (endpoint === undefined) {
      this.#useSdk();
      return;
    }
    while (!this.#isStopping()) {
      try {
        const connection = await connectAmqp(
          endpoint.host,
          endpoint.port,
          `functions-host-${this.#context.fn.name}`,
        );
        if (!connection.offers(multiSession)) {
          connection.connection.close();
          this.#useSdk();
          return;
        }
        const reason = await this.#listen(connection);
        if (!this.#isStopping())
          this.#dispatcher.trouble(`Lost the link to "${this.#binding.address}": ${reason}`);
      } catch (error) {
        this.#dispatcher.trouble(
          `Cannot reach the broker at ${endpoint.host}:${endpoint.port}: ${messageOf(error)}`,
        );
      }
      await this.#backoff.wait();
    }
  }

  async #listen(connection: AmqpConnection): Promise<string> {
    const { maxConcurrentSessions, maxAutoLockRenewalMs } = this.#context.config.serviceBus;
    const link = new MultiSessionLink(connection, {
      address: this.#binding.address,
      // Calls that a lost link has left running hold their slots until they end.
      slots: Math.max(0, maxConcurrentSessions - this.#running),
      maxLockRenewalMs: maxAutoLockRenewalMs,
      handle: async (message) => {
        this.#backoff.reset();
        this.#running++;
        const outcome = await this.#dispatcher.handle(message);
        this.#running--;
        if (this.#link !== link) this.#link?.addSlot();
        return outcome;
      },
      warn: this.#dispatcher.warn,
    });
    this.#link = link;
    if (this.#isStopping()) await link.stop();
    return link.ended;
  }

  #isStopping(): boolean {
    return this.#stopped.signal.aborted;
  }

  #useSdk(): void {
    if (this.#isStopping()) return;
    this.#dispatcher.inform(
      'The broker does not offer one link for many sessions: using one receiver per session.',
    );
    this.#fallback = new SdkSessionListener(this.#context, this.#binding);
    this.#fallback.start();
  }
}
