import type { Faults } from './ledger.ts';

interface Sent {
  readonly sender: number;
  /** When the system promised to keep it, in milliseconds; NaN until then. */
  acceptedAt: number;
  readonly sentAt: number;
  /** When it came to each member; NaN: not yet. */
  readonly arrivals: Float64Array;
  missing: number;
}

/** Times of what came, in milliseconds; each message counts once for every member it came to. */
export interface GroupTimes {
  readonly fromAcceptance: readonly number[];
  readonly fromCall: readonly number[];
}

/**
 * Knows of each message of a group to which members it has come: to all but its sender, once each, and in the order of
 * its sender. Messages are told apart by the number at the beginning of their text.
 */
export class GroupLedger {
  readonly #mark: string;
  readonly #padding: string;
  readonly #members: number;
  readonly #sent: Sent[] = [];
  /** By member and sender, the number of the last message that came. */
  readonly #last = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #arrived = 0;
  #lastArrivalAt = 0;
  #faults = { duplicates: 0, reordered: 0, unknown: 0 };

  /**
   * @param mark tells this ledger's messages from those of others
   * @param members how many there are; they are known by their numbers
   * @param bytes length of a text
   */
  constructor(mark: string, members: number, bytes = 200) {
    this.#mark = `${mark}-`;
    this.#members = members;
    this.#padding = 'x'.repeat(Math.max(0, bytes - mark.length - 8));
  }

  /** Messages that have not come to everybody. */
  get open(): number {
    return this.#open;
  }

  /** Messages that were noted, so far. */
  get sent(): number {
    return this.#sent.length;
  }

  /** Deliveries so far. */
  get arrived(): number {
    return this.#arrived;
  }

  /** When the last delivery was, in milliseconds. */
  get lastArrivalAt(): number {
    return this.#lastArrivalAt;
  }

  /** Notes a message that is about to be sent. */
  expect(sender: number, sentAt: number): { number: number; text: string } {
    const number = this.#sent.length;
    const arrivals = new Float64Array(this.#members).fill(NaN);
    this.#sent.push({ sender, sentAt, acceptedAt: NaN, arrivals, missing: this.#members - 1 });
    this.#open++;
    return { number, text: `${this.#mark}${number}|${this.#padding}` };
  }

  /** Notes when the system promised to keep a message. */
  accept(number: number, at: number): void {
    const message = this.#sent[number];
    if (message) message.acceptedAt = at;
  }

  /** Notes that a text came to a member. */
  arrive(member: number, text: string, at: number): void {
    const number = text.startsWith(this.#mark)
      ? Number(text.slice(this.#mark.length, text.indexOf('|')))
      : NaN;
    const message = this.#sent[number];
    if (message === undefined || message.sender === member || member >= this.#members) {
      this.#faults.unknown++;
    } else if (Number.isNaN(message.arrivals[member])) {
      message.arrivals[member] = at;
      this.#arrived++;
      this.#lastArrivalAt = at;
      const lane = `${member}|${message.sender}`;
      if ((this.#last.get(lane) ?? -1) > number) this.#faults.reordered++;
      else this.#last.set(lane, number);
      if (--message.missing === 0) this.#close();
    } else this.#faults.duplicates++;
  }

  /** Waits until fewer than so many messages are on their way. @returns false when the time was up before */
  async room(count: number, timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    while (this.#open >= count) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await this.#change(left);
    }
    return true;
  }

  /** What went wrong so far; what has not come is lost. */
  faults(): Faults {
    const lost = this.#sent.reduce((sum, { missing }) => sum + missing, 0);
    return { lost, late: 0, ...this.#faults };
  }

  /**
   * How long messages took to each member, from the one of this number on.
   * A delivery that is there before its sender knows that it is kept took no time from acceptance.
   */
  times(from: number): GroupTimes {
    const fromAcceptance: number[] = [];
    const fromCall: number[] = [];
    for (const { acceptedAt, sentAt, arrivals } of this.#sent.slice(from)) {
      for (const at of arrivals) {
        if (Number.isNaN(at)) continue;
        fromCall.push(at - sentAt);
        if (!Number.isNaN(acceptedAt)) fromAcceptance.push(Math.max(0, at - acceptedAt));
      }
    }
    return { fromAcceptance, fromCall };
  }

  #close(): void {
    this.#open--;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #change(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(resolve);
    });
    clearTimeout(timer);
  }
}
