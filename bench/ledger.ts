import { Emptiness } from './emptiness.ts';
/** What went wrong with messages; all zero when nothing did. */
export interface Faults {
  /** Never arrived. */
  readonly lost: number;
  /** Arrived again. */
  readonly duplicates: number;
  /** Arrived behind a later message of the same lane. */
  readonly reordered: number;
  /** Arrived though nobody sent it, or at somebody it was not for. */
  readonly unknown: number;
  /** Arrived after they had been given up as lost. */
  readonly late: number;
}

export const noFaults: Faults = { lost: 0, duplicates: 0, reordered: 0, unknown: 0, late: 0 };

export const addFaults = (left: Faults, right: Faults): Faults => ({
  lost: left.lost + right.lost,
  duplicates: left.duplicates + right.duplicates,
  reordered: left.reordered + right.reordered,
  unknown: left.unknown + right.unknown,
  late: left.late + right.late,
});

interface Expected {
  readonly lane: number;
  readonly receiver: string;
  /** From when its latency counts, in milliseconds; undefined: it is not measured. */
  readonly since: number | undefined;
  hasArrived: boolean;
}

/**
 * Knows of each message who it is for and whether it came: once, and in order within its lane (one sender and one
 * receiver). Messages are told apart by the number at the beginning of their text.
 */
export class Ledger {
  readonly #empty = new Emptiness();
  readonly #mark: string;
  readonly #padding: string;
  /** Number of the first message of `#expected`; those before have been settled. */
  #first = 0;
  #expected: Expected[] = [];
  #lastOfLane = new Map<number, number>();
  readonly #givenUp = new Set<number>();
  #open = 0;
  #faults = { duplicates: 0, reordered: 0, unknown: 0, late: 0 };
  #latencies: number[] = [];

  /**
   * @param mark tells this ledger's messages from those of others
   * @param bytes length of a text
   */
  constructor(mark: string, bytes = 200) {
    this.#mark = `${mark}-`;
    this.#padding = 'x'.repeat(Math.max(0, bytes - mark.length - 8));
  }

  /** Messages that have not arrived yet. */
  get open(): number {
    return this.#open;
  }

  /** Latencies of measured messages that have arrived since the last `settle`, in milliseconds. */
  get latencies(): readonly number[] {
    return this.#latencies;
  }

  /** Notes a message that is about to be sent, and makes its text. */
  expect(lane: number, receiver: string, since: number | undefined): string {
    const number = this.#first + this.#expected.length;
    this.#expected.push({ lane, receiver, since, hasArrived: false });
    this.#open++;
    return `${this.#mark}${number}|${this.#padding}`;
  }

  /** Notes that a text arrived at somebody. */
  arrive(receiver: string, text: string, at: number): void {
    const number = this.#numberOf(text);
    if (number < this.#first) {
      if (this.#givenUp.delete(number)) this.#faults.late++;
      else this.#faults.duplicates++;
      return;
    }
    const message = this.#expected[number - this.#first];
    if (message?.receiver !== receiver) {
      this.#faults.unknown++;
      return;
    }
    if (message.hasArrived) {
      this.#faults.duplicates++;
      return;
    }
    message.hasArrived = true;
    if (message.since !== undefined) this.#latencies.push(at - message.since);
    if ((this.#lastOfLane.get(message.lane) ?? -1) > number) this.#faults.reordered++;
    else this.#lastOfLane.set(message.lane, number);
    if (--this.#open === 0) this.#empty.reached();
  }

  /** Waits until all messages have arrived. @returns false when the time was up before */
  async allArrived(timeoutMs: number): Promise<boolean> {
    return this.#open === 0 || (await this.#empty.within(timeoutMs));
  }

  /** Draws the line: what has not arrived is lost. Begins anew; a message that comes again later still counts, then. */
  settle(): Faults {
    const lost = this.#open;
    this.#expected.forEach(({ hasArrived }, index) => {
      if (!hasArrived) this.#givenUp.add(this.#first + index);
    });
    const faults = { lost, ...this.#faults };
    this.#first += this.#expected.length;
    this.#expected = [];
    this.#open = 0;
    this.#latencies = [];
    this.#faults = { duplicates: 0, reordered: 0, unknown: 0, late: 0 };
    return faults;
  }

  /** NaN for a text of somebody else's. */
  #numberOf(text: string): number {
    const end = text.indexOf('|');
    return text.startsWith(this.#mark) && end > 0 ? Number(text.slice(this.#mark.length, end)) : NaN;
  }
}
