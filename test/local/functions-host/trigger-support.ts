import { onTestFinished } from 'vitest';
import { parseHostConfig } from '../../../local/functions-host/config/host-json.ts';
import type { Settings } from '../../../local/functions-host/config/settings.ts';
import type { RegisteredFunction } from '../../../local/functions-host/core-api.ts';
import type { Invocation } from '../../../local/functions-host/invocation.ts';
import type { Listener } from '../../../local/functions-host/lifecycle.ts';
import { HostLog, type LogEntry } from '../../../local/functions-host/log.ts';
import type { TypedData } from '../../../local/functions-host/rpc-data.ts';
import type { TriggerContext } from '../../../local/functions-host/triggers/context.ts';

/** One call of a function, as its handler would see it. */
export interface Call {
  input: unknown;
  metadata: Record<string, unknown>;
  reason: string;
  traceParent: string | undefined;
  retryCount: number;
}

interface TriggerOptions {
  binding: Record<string, unknown>;
  serviceBus?: Record<string, unknown>;
  settings?: Settings;
  handler: (call: Call) => unknown;
  /** Is told what is logged, too. */
  log?: (entry: LogEntry) => void;
}

function valueOf({ string, json, bytes }: TypedData): unknown {
  return bytes ?? (json === undefined ? string : JSON.parse(json));
}

function toCall({ inputData, triggerMetadata, reason, traceParent }: Invocation): Call {
  const metadata = Object.entries(triggerMetadata).map(([name, data]) => [name, valueOf(data)] as const);
  return {
    input: valueOf(inputData[0]?.data ?? {}),
    metadata: Object.fromEntries(metadata),
    reason,
    traceParent,
    retryCount: 0,
  };
}

/** Surroundings of a trigger whose function is the handler; what is logged is in `entries`, and can be waited for. */
export function aTriggerContext(
  options: TriggerOptions,
): TriggerContext & { entries: LogEntry[]; logged: Recorder<LogEntry> } {
  const binding = { type: 'trigger', direction: 'in', ...options.binding };
  const fn: RegisteredFunction = {
    id: 'fn',
    name: 'fn',
    metadata: { name: 'fn', bindings: { item: binding } },
    callback: () => undefined,
    trigger: { name: 'item', binding },
  };
  const logged = new Recorder<LogEntry>();
  const invoke = async (_: RegisteredFunction, invocation: Invocation) => {
    await options.handler(toCall(invocation));
    return {};
  };
  return {
    fn,
    settings: options.settings ?? {},
    config: parseHostConfig({ version: '2.0', extensions: { serviceBus: options.serviceBus ?? {} } }),
    invoker: {
      invoke,
      invokeWithRetries: async (_, invocation) => {
        await invoke(_, invocation);
      },
    },
    log: new HostLog(new Map(), (entry) => {
      logged.add(entry);
      options.log?.(entry);
    }),
    entries: logged.items,
    logged,
  };
}

/** Starts a listener. */
export async function start(listener: Listener): Promise<void> {
  await listener.start();
}

/** Starts a listener that is stopped when the test is over. */
export async function started<T extends Listener>(listener: T): Promise<T> {
  onTestFinished(() => listener.stop());
  await start(listener);
  return listener;
}

/** A list that can be waited for. */
export class Recorder<T> {
  readonly items: T[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    for (const { count, resolve } of this.#waiting) if (this.items.length >= count) resolve();
  }

  /** Resolves with all items once there are so many. */
  async reaching(count: number): Promise<T[]> {
    if (this.items.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.items;
  }
}
