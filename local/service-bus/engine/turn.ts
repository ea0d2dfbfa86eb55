/**
 * What happens in one turn of the event loop is made durable by one commit. At the end of a turn: messages are handed to
 * receivers, the journal is committed, and only then is anything acknowledged.
 */

interface TurnOptions {
  /** Makes the turn's changes durable. If it throws, nothing is acknowledged. */
  commit(): void;
  /** The journal cannot be written: memory and disk no longer agree, so the broker must stop. */
  fail(error: unknown): void;
}

export class Turn {
  readonly #options: TurnOptions;
  #dispatches = new Set<() => void>();
  #answers: (() => void)[] = [];
  #scheduled = false;
  #stopped = false;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** Runs `dispatch` (once, however often it is asked for) at the end of this turn. */
  wake(dispatch: () => void): void {
    this.#dispatches.add(dispatch);
    this.schedule();
  }

  /** Runs `answer` when what happened so far is durable. */
  afterCommit(answer: () => void): void {
    this.#answers.push(answer);
    this.schedule();
  }

  /** There is something to commit. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#end();
    });
  }

  /** Commits what is still open and stops. */
  stop(): void {
    if (!this.#stopped) this.#end();
    this.#stopped = true;
  }

  #end(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const dispatches = this.#dispatches;
    const answers = this.#answers;
    this.#dispatches = new Set();
    this.#answers = [];
    for (const dispatch of dispatches) dispatch();
    try {
      this.#options.commit();
    } catch (error) {
      this.#stopped = true;
      this.#options.fail(error);
      return;
    }
    for (const answer of answers) answer();
  }
}
