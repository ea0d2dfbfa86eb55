import type { HostConfig } from '../config/host-json.ts';
import type { Settings } from '../config/settings.ts';
import type { RegisteredFunction } from '../core-api.ts';
import { HostStartError } from '../errors.ts';
import type { Invoker } from '../invoker.ts';
import type { Listener } from '../lifecycle.ts';
import type { HostLog } from '../log.ts';
import { createListener } from './create-listener.ts';

/** What listens for one function; nothing while it is paused. */
interface Trigger {
  readonly make: () => Listener;
  listener: Listener | undefined;
  /** Pausing and resuming, one after the other. */
  changing: Promise<void>;
}

/** All that calls functions other than by HTTP, each of which can be paused. */
export class Triggers {
  readonly #triggers = new Map<string, Trigger>();
  #isStopping = false;

  /** @throws HostStartError saying all that is wrong with the functions' triggers at once */
  constructor(
    functions: readonly RegisteredFunction[],
    services: { settings: Settings; config: HostConfig; invoker: Invoker; log: HostLog },
  ) {
    const problems: string[] = [];
    for (const fn of functions) {
      const make = (): Listener => createListener({ fn, ...services });
      try {
        this.#triggers.set(fn.name, { make, listener: make(), changing: Promise.resolve() });
      } catch (error) {
        if (!(error instanceof HostStartError)) throw error;
        problems.push(`"${fn.name}": ${error.message}`);
      }
    }
    if (problems.length > 0) throw new HostStartError(`The app cannot run here:\n- ${problems.join('\n- ')}`);
  }

  async start(): Promise<void> {
    await Promise.all([...this.#triggers.values()].map(async ({ listener }) => listener?.start()));
  }

  /** Takes nothing new; resolves when all that had begun is finished and settled. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const stopOne = async (trigger: Trigger): Promise<void> => {
      await trigger.changing;
      await trigger.listener?.stop();
    };
    await Promise.all([...this.#triggers.values()].map(stopOne));
  }

  has(name: string): boolean {
    return this.#triggers.has(name);
  }

  isPaused(name: string): boolean {
    const trigger = this.#triggers.get(name);
    return trigger !== undefined && trigger.listener === undefined;
  }

  /**
   * Takes nothing new for this function until it is resumed; resolves when what had begun is finished. Nothing happens
   * if it is paused already. @throws HostStartError if it is no function of this host, or one that HTTP calls
   */
  async pause(name: string): Promise<void> {
    await this.#change(name, async (trigger) => {
      const { listener } = trigger;
      trigger.listener = undefined;
      await listener?.stop();
    });
  }

  /** Listens again. Nothing happens if it does. @throws HostStartError as {@link pause} */
  async resume(name: string): Promise<void> {
    await this.#change(name, async (trigger) => {
      if (trigger.listener !== undefined || this.#isStopping) return;
      trigger.listener = trigger.make();
      await trigger.listener.start();
    });
  }

  /** Calls a function at once whose name is this, whatever its case. @returns false if it is none that can be */
  fire(name: string): boolean {
    for (const [each, { listener }] of this.#triggers) {
      if (each.toLowerCase() !== name.toLowerCase() || listener?.fire === undefined) continue;
      listener.fire();
      return true;
    }
    return false;
  }

  async #change(name: string, action: (trigger: Trigger) => Promise<void>): Promise<void> {
    const trigger = this.#triggers.get(name);
    if (trigger === undefined) throw new HostStartError(`There is no trigger "${name}" that can be paused.`);
    const changed = trigger.changing.then(() => action(trigger));
    trigger.changing = changed.catch(() => undefined); // told to whoever asked for it
    await changed;
  }
}
