import { resolveSettings } from '../../config/settings.ts';
import { HostStartError, messageOf } from '../../errors.ts';
import type { Listener } from '../../lifecycle.ts';
import type { TriggerContext } from '../context.ts';
import { ScheduleMonitor, type ScheduleStatus } from './monitor.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

/** setTimeout takes no longer delays. */
const longestDelayMs = 2 ** 31 - 1;

/** More frequent timers are not monitored, as in the real host. */
const leastMonitoredIntervalMs = 60_000;

/** Fires a timer function, one call at a time; what comes due meanwhile is left out. */
export class TimerListener implements Listener {
  readonly #context: TriggerContext;
  readonly #schedule: Schedule;
  readonly #monitor: ScheduleMonitor | undefined;
  readonly #stopped = new AbortController();
  #last = new Date(0);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  /** @throws HostStartError when the schedule is not valid */
  constructor(context: TriggerContext) {
    this.#context = context;
    const { settings, fn } = context;
    const { schedule, useMonitor } = fn.trigger.binding;
    if (typeof schedule !== 'string') throw new HostStartError('a timer needs a schedule.');
    this.#schedule = parseSchedule(resolveSettings(schedule, settings), settings.WEBSITE_TIME_ZONE ?? 'UTC');
    const storage = settings.AzureWebJobsStorage;
    const first = this.#schedule.next(new Date());
    const isFrequent = this.#schedule.next(first).getTime() - first.getTime() < leastMonitoredIntervalMs;
    if (useMonitor !== false && !isFrequent && storage !== undefined && storage !== '') {
      this.#monitor = new ScheduleMonitor(storage, fn.name);
    }
  }

  async start(): Promise<void> {
    const isPastDue = await this.#wasMissed();
    if (isPastDue || this.#context.fn.trigger.binding.runOnStartup === true) this.fire(isPastDue);
    else this.#arm();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Calls the function now, after a call that still runs; then it goes on by its schedule. */
  fire(isPastDue = false): void {
    clearTimeout(this.#timer);
    this.#running = this.#running.then(async () => {
      if (this.#stopped.signal.aborted) return;
      await this.#call(isPastDue);
      this.#arm();
    });
  }

  #arm(): void {
    if (this.#stopped.signal.aborted) return;
    clearTimeout(this.#timer);
    const due = this.#schedule.next(new Date());
    const waitMs = due.getTime() - Date.now();
    this.#timer = setTimeout(
      () => {
        if (Date.now() < due.getTime()) this.#arm();
        else this.fire();
      },
      Math.min(Math.max(waitMs, 1), longestDelayMs),
    );
  }

  async #call(isPastDue: boolean): Promise<void> {
    const { fn, invoker } = this.#context;
    const now = new Date();
    const status: ScheduleStatus = {
      Last: this.#last.toISOString(),
      Next: this.#schedule.next(now).toISOString(),
      LastUpdated: this.#last.toISOString(),
    };
    const info = {
      Schedule: { AdjustForDST: true },
      ...(this.#monitor === undefined ? {} : { ScheduleStatus: status }),
      IsPastDue: isPastDue,
    };
    const call = {
      inputData: [{ name: fn.trigger.name, data: { json: JSON.stringify(info) } }],
      triggerMetadata: {},
      reason: `Timer fired at ${now.toISOString()}`,
    };
    try {
      await invoker.invokeWithRetries(fn, call, this.#stopped.signal);
    } catch {
      // logged by the invoker; the next occurrence is another try
    }
    this.#last = now;
    await this.#remember({ ...status, Last: now.toISOString(), LastUpdated: new Date().toISOString() });
  }

  async #wasMissed(): Promise<boolean> {
    try {
      const status = await this.#monitor?.read();
      if (status === undefined) return false;
      this.#last = new Date(status.Last);
      return new Date(status.Next).getTime() < Date.now();
    } catch (error) {
      this.#warn(`The timer's status cannot be read: ${messageOf(error)}`);
      return false;
    }
  }

  async #remember(status: ScheduleStatus): Promise<void> {
    try {
      await this.#monitor?.write(status);
    } catch (error) {
      this.#warn(`The timer's status cannot be written: ${messageOf(error)}`);
    }
  }

  #warn(message: string): void {
    this.#context.log.write('warning', `Host.Triggers.Timer.${this.#context.fn.name}`, message);
  }
}
