import { HostStartError } from '../errors.ts';
import type { Listener } from '../lifecycle.ts';
import type { TriggerContext } from './context.ts';
import { BlobListener } from './blob/blob-listener.ts';
import { readServiceBusBinding } from './service-bus/binding.ts';
import { QueueListener } from './service-bus/queue-listener.ts';
import { SessionListener } from './service-bus/session-listener.ts';
import { TimerListener } from './timer/timer-listener.ts';

/**
 * Makes the listener for a function that is not called by HTTP.
 *
 * @throws HostStartError when its binding is not valid
 */
export function createListener(context: TriggerContext): Listener {
  const { type } = context.fn.trigger.binding;
  switch (type.toLowerCase()) {
    case 'servicebustrigger': {
      const binding = readServiceBusBinding(context.fn, context.settings);
      return binding.hasSessions
        ? new SessionListener(context, binding)
        : new QueueListener(context, binding);
    }
    case 'blobtrigger':
      return new BlobListener(context);
    case 'timertrigger':
      return new TimerListener(context);
    default:
      throw new HostStartError(`trigger "${type}" is not supported.`);
  }
}
