/** Everything that happens by the clock (locks, time to live, schedules) behind one timer. */

/** Where time comes from, so that tests can turn it. Times are ms since 1970. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`; returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** One thing to happen; cancelling it twice, or after it happened, does nothing. */
export interface Deadline {
  cancel(): void;
}

interface Entry {
  at: number;
  run: (() => void) | undefined;
}

/** Node's timers take at most 2^31 − 1 ms. */
const longestTimerMs = 2_147_483_647;

/** A binary heap of deadlines. Cancelled ones stay until they surface, or until they are the larger half. */
export class Deadlines {
  readonly #clock: Clock;
  #heap: Entry[] = [];
  #cancelled = 0;
  #armedFor = Infinity;
  #disarm: (() => void) | undefined;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs at `time` (ms since 1970), or in the next turn if that is past. */
  at(time: number, run: () => void): Deadline {
    const entry: Entry = { at: time, run };
    this.#push(entry);
    this.#arm();
    return {
      cancel: () => {
        if (entry.run === undefined) return;
        entry.run = undefined;
        this.#cancelled++;
        if (this.#cancelled > 1_000 && this.#cancelled * 2 > this.#heap.length) this.#compact();
      },
    };
  }

  /** Nothing happens after this. */
  stop(): void {
    this.#stopped = true;
    this.#disarm?.();
    this.#heap = [];
  }

  #arm(): void {
    const next = this.#heap[0]?.at ?? Infinity;
    if (this.#stopped || next >= this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = next;
    const wait = Math.min(Math.max(next - this.#clock.now(), 0), longestTimerMs);
    this.#disarm = this.#clock.after(wait, () => {
      this.#armedFor = Infinity;
      this.#runDue();
      this.#arm();
    });
  }

  #runDue(): void {
    const now = this.#clock.now();
    for (let head = this.#heap[0]; head && head.at <= now; head = this.#heap[0]) {
      this.#pop();
      const run = head.run;
      head.run = undefined;
      if (run) run();
      else this.#cancelled--;
    }
  }

  #compact(): void {
    const live = this.#heap.filter((entry) => entry.run !== undefined);
    this.#cancelled = 0;
    this.#heap = live.sort((a, b) => a.at - b.at); // a sorted array is a heap
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = left && right && right.at < left.at ? right : left;
      if (child === undefined || child.at >= last.at) break;
      heap[at] = child;
      at = child === left ? 2 * at + 1 : 2 * at + 2;
    }
    heap[at] = last;
  }
}
