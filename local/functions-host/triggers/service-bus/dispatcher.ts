import type { TriggerContext } from '../context.ts';
import type { ServiceBusBinding } from './binding.ts';
import { type ReceivedMessage, toInvocation } from './message.ts';

/** Calls the function with a message and says what is to become of the message. */
export class Dispatcher {
  readonly #context: TriggerContext;
  readonly #binding: ServiceBusBinding;
  readonly #autoComplete: boolean;
  #trouble: string | undefined;

  constructor(context: TriggerContext, binding: ServiceBusBinding) {
    this.#context = context;
    this.#binding = binding;
    this.#autoComplete = binding.autoComplete ?? context.config.serviceBus.autoCompleteMessages;
  }

  /**
   * Never rejects.
   *
   * @returns true: complete it; false: the function failed, abandon it; undefined: neither, for auto-completion is off
   */
  readonly handle = async (message: ReceivedMessage): Promise<boolean | undefined> => {
    const { fn, invoker } = this.#context;
    if (this.#trouble !== undefined) this.inform('Messages come again.');
    this.#trouble = undefined;
    try {
      await invoker.invoke(fn, toInvocation(fn, message, this.#binding));
      return this.#autoComplete ? true : undefined;
    } catch {
      return false; // logged by the invoker
    }
  };

  readonly warn = (message: string): void => {
    const { fn, log } = this.#context;
    log.write('warning', `Host.Triggers.ServiceBus.${fn.name}`, message);
  };

  /** Warns of trouble with the connection, which comes again at every attempt to mend it: once. */
  readonly trouble = (message: string): void => {
    if (message !== this.#trouble) this.warn(message);
    this.#trouble = message;
  };

  readonly inform = (message: string): void => {
    const { fn, log } = this.#context;
    log.write('information', `Host.Triggers.ServiceBus.${fn.name}`, message);
  };
}
