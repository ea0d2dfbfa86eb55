import type { Faults, Ledger } from './ledger.ts';
import { type CpuUse, cpuBetween, type CpuSnapshot, type ProcessMeter } from './process-meter.ts';
import { type Summary, summarize } from './statistics.ts';
import type { ChatUser } from './system.ts';

/** One sender and one receiver. */
export interface Lane {
  readonly sender: ChatUser;
  readonly receiverId: string;
}

export interface OpenLoopOptions {
  readonly lanes: readonly Lane[];
  readonly ledger: Ledger;
  readonly meter: ProcessMeter;
  /** Messages per second over all lanes, which take turns. */
  readonly rate: number;
  /** How long latencies are measured. */
  readonly seconds: number;
  /** How long the same load runs before. */
  readonly warmUpSeconds: number;
  /**
   * From when a latency counts: from the call of `send`, or from the time at which the message was due. The latter
   * leaves nothing out when the system makes the generator wait.
   */
  readonly latencyFrom: 'call' | 'schedule';
}

export interface OpenLoopResult {
  readonly rate: number;
  /** Measured messages that arrived. */
  readonly delivered: number;
  /** Measured messages that arrived, per second of the measured time. */
  readonly perSecond: number;
  /** From sender to receiver, in milliseconds. */
  readonly latency: Summary;
  /** Until the sender was promised that the message is kept, in milliseconds. */
  readonly accepted: Summary;
  readonly faults: Faults;
  readonly refused: number;
  /** It was given up because messages piled up. */
  readonly isGivenUp: boolean;
  /** By how much the generator was behind its schedule at most, in milliseconds. */
  readonly generatorLagMs: number;
  readonly cpu: CpuUse;
}

const tickMs = 1;
const drainMs = 10_000;
/** After the last message, how long to look out for some that come again. */
const watchMs = 300;
/** Given up when more messages are under way than are sent in this time, and some. */
const backlogSeconds = 2;
const backlogMin = 50;

/** State of one load while it runs. */
class Run {
  readonly options: OpenLoopOptions;
  readonly accepted: number[] = [];
  refused = 0;
  /** Why the first one was refused. */
  refusal: string | undefined;
  sent = 0;
  lagMs = 0;
  isGivenUp = false;
  measuredFrom: CpuSnapshot | undefined;
  readonly #warmUp: number;
  readonly #total: number;
  readonly #gapMs: number;
  readonly #startAt = performance.now() + 20;
  readonly #sends: Promise<void>[] = [];

  constructor(options: OpenLoopOptions) {
    this.options = options;
    const { rate, seconds, warmUpSeconds } = options;
    this.#warmUp = Math.round(rate * warmUpSeconds);
    this.#total = this.#warmUp + Math.round(rate * seconds);
    this.#gapMs = 1000 / rate;
  }

  get measured(): number {
    return this.#total - this.#warmUp;
  }

  /** Sends everything at its time. */
  async send(): Promise<void> {
    const { ledger, rate } = this.options;
    while (this.sent < this.#total && !this.isGivenUp) {
      const now = performance.now();
      while (this.sent < this.#total && this.#dueAt(this.sent) <= now) this.#sendNext(now);
      this.isGivenUp = ledger.open > rate * backlogSeconds + backlogMin;
      await new Promise((later) => setTimeout(later, tickMs));
    }
  }

  /** Waits until every send has been answered, for a time. */
  async allAnswered(timeoutMs: number): Promise<void> {
    const { promise: timeUp, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    await Promise.race([Promise.all(this.#sends), timeUp]);
    clearTimeout(timer);
  }

  #dueAt(number: number): number {
    return this.#startAt + number * this.#gapMs;
  }

  #sendNext(now: number): void {
    const { lanes, ledger, latencyFrom, meter } = this.options;
    const number = this.sent++;
    const laneNumber = number % lanes.length;
    const lane = lanes[laneNumber];
    if (lane === undefined) throw new Error('There is nobody to send.');
    const isMeasured = number >= this.#warmUp;
    if (number === this.#warmUp) this.measuredFrom = meter.cpu();
    this.lagMs = Math.max(this.lagMs, now - this.#dueAt(number));
    const since = latencyFrom === 'call' ? performance.now() : this.#dueAt(number);
    const text = ledger.expect(laneNumber, lane.receiverId, isMeasured ? since : undefined);
    const answered = lane.sender.send(lane.receiverId, text).then(
      () => {
        if (isMeasured) this.accepted.push(performance.now() - since);
      },
      (error: unknown) => {
        this.refused++;
        this.refusal ??= String(error);
      },
    );
    this.#sends.push(answered);
  }
}

/**
 * Sends at a steady rate, whatever the system does (an open loop), and waits until all has arrived.
 * @throws Error when every message was refused
 */
export const runOpenLoop = async (options: OpenLoopOptions): Promise<OpenLoopResult> => {
  const { ledger, meter, seconds } = options;
  const run = new Run(options);
  const began = meter.cpu();
  await run.send();
  await ledger.allArrived(drainMs);
  await run.allAnswered(drainMs);
  if (run.refused === run.sent) throw new Error(`Every message was refused. ${run.refusal ?? ''}`);
  const cpu = cpuBetween(run.measuredFrom ?? began, meter.cpu());
  await new Promise((later) => setTimeout(later, watchMs));
  const { latencies } = ledger;
  return {
    rate: options.rate,
    delivered: latencies.length,
    // Later than the measured time when messages piled up at its end.
    perSecond: latencies.length / Math.max(seconds, cpu.elapsedMs / 1000 - drainToleranceSeconds),
    latency: summarize(latencies),
    accepted: summarize(run.accepted),
    faults: ledger.settle(),
    refused: run.refused,
    isGivenUp: run.isGivenUp,
    generatorLagMs: run.lagMs,
    cpu,
  };
};

/** What a last message may take without making the rate smaller. */
const drainToleranceSeconds = 0.25;

/** Nothing lost, doubled, strayed or late, nothing refused, and not given up. */
export const isFlawless = ({ faults, refused, isGivenUp }: OpenLoopResult): boolean =>
  !isGivenUp && refused + faults.lost + faults.duplicates + faults.unknown + faults.late === 0;
