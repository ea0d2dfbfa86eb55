import { setImmediate } from 'node:timers/promises';
import { ChatError } from '../../shared/domain/errors.ts';

/**
 * What goes wrong with a process at one of its calls and those that follow: the call fails, or it does its work and its
 * answer is lost, or the process dies before or after it.
 */
export interface Fault {
  kind: 'fails' | 'loses its answer' | 'dies before' | 'dies after';
  /** The call that it begins with, counted from 0. */
  at: number;
  calls: number;
}

/** A generator of numbers; the seed 0 gives nothing but zeros: everything in the order in which it was asked for. */
const numbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

/** Lets one call at a time do its work: of all that wait any may be next. */
export class Turns {
  readonly #next: () => number;
  readonly #waiting: (() => void)[] = [];

  constructor(seed: number) {
    this.#next = numbers(seed);
  }

  take(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all that was started is done or dead, and nothing waits. */
  async run(started: readonly Promise<unknown>[]): Promise<void> {
    let left = started.length;
    const ends = Promise.all(started.map((one) => one.finally(() => left--)));
    ends.catch(() => undefined);
    for (;;) {
      await setImmediate(); // whoever had the turn has done all that needs no other turn
      const [next] = this.#waiting.splice(this.#next() % Math.max(1, this.#waiting.length), 1);
      if (next) next();
      else if (left === 0) break;
    }
    await ends;
  }
}

/** A call of a process through a port, when it has done its work. */
export interface Done {
  port: string;
  name: string;
  args: unknown[];
  /** Undefined when it threw. */
  result: unknown;
}

/** A request or a try of a worker: it meets the world only through ports, where each call waits for its turn. */
export class Process {
  readonly #turns: Turns;
  readonly #fault: Fault | undefined;
  readonly #onDone: (done: Done) => void;
  readonly #onBegin: () => void;
  #calls = 0;
  isDead = false;
  /** Rejects when it dies. */
  readonly death: Promise<never>;
  #die: (reason: Error) => void = () => undefined;

  constructor(
    turns: Turns,
    fault: Fault | undefined,
    onDone: (done: Done) => void,
    onBegin: () => void = () => undefined,
  ) {
    this.#onBegin = onBegin;
    this.#turns = turns;
    this.#fault = fault;
    this.#onDone = onDone;
    this.death = new Promise((_, reject) => (this.#die = reject));
    this.death.catch(() => undefined);
  }

  /** A port as this process sees it. */
  through<T extends object>(port: string, target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.#call({ port, name: String(name), args, result: undefined }, () =>
            Promise.resolve(Reflect.apply(method, target, args)),
          );
      },
    });
  }

  /** Runs until it is done, or dead. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return Promise.race([work(), this.death]);
  }

  async #call(done: Done, work: () => Promise<unknown>): Promise<unknown> {
    await this.#turns.take();
    const kind = this.isDead ? undefined : this.#faultOf(this.#calls++);
    if (kind === 'dies before') this.#end();
    if (this.isDead) return new Promise(() => undefined);
    if (kind === 'fails') throw new ChatError('unavailable', 'This call fails.');
    this.#onBegin();
    try {
      done.result = await work();
    } finally {
      this.#onDone(done);
    }
    if (kind === 'dies after') {
      this.#end();
      return new Promise(() => undefined);
    }
    if (kind === 'loses its answer') throw new ChatError('unavailable', 'The answer is lost.');
    return done.result;
  }

  #faultOf(call: number): Fault['kind'] | undefined {
    const fault = this.#fault;
    return fault && call >= fault.at && call < fault.at + fault.calls ? fault.kind : undefined;
  }

  #end(): void {
    this.isDead = true;
    this.#die(new Death());
  }
}

/** Why a process gave no answer. */
export class Death extends Error {}
