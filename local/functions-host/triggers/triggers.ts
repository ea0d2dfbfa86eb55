import type { HostConfig } from '../config/host-json.ts';
import type { Settings } from '../config/settings.ts';
import type { RegisteredFunction } from '../core-api.ts';
import { HostStartError } from '../errors.ts';
import type { Invoker } from '../invoker.ts';
import type { Listener } from '../lifecycle.ts';
import type { HostLog } from '../log.ts';

/** What a trigger needs to call its function. */
export interface TriggerContext {
  fn: RegisteredFunction;
  settings: Settings;
  config: HostConfig;
  invoker: Invoker;
  log: HostLog;
}

/**
 * Makes the listener for a function that is not called by HTTP.
 *
 * @throws HostStartError when its binding is not valid
 */
export function createListener(context: TriggerContext): Listener {
  const { type } = context.fn.trigger.binding;
  throw new HostStartError(`trigger "${type}" is not supported.`);
}
