import type { HostConfig } from '../config/host-json.ts';
import type { Settings } from '../config/settings.ts';
import type { RegisteredFunction } from '../core-api.ts';
import type { Invoker } from '../invoker.ts';
import type { HostLog } from '../log.ts';

/** What a trigger needs to call its function. */
export interface TriggerContext {
  fn: RegisteredFunction;
  settings: Settings;
  config: HostConfig;
  invoker: Pick<Invoker, 'invoke' | 'invokeWithRetries'>;
  log: HostLog;
}
