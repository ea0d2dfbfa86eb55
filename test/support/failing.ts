import { ChatError } from '../../shared/domain/errors.ts';

/** Calls to ports, of which one dies: before it does anything, or when it has done it and its answer is lost. */
export class Calls {
  count = 0;
  readonly #dying: number;
  readonly #isAnswerLost: boolean;

  /** @param dying which call, from 1; 0: none */
  constructor(dying = 0, isAnswerLost = false) {
    this.#dying = dying;
    this.#isAnswerLost = isAnswerLost;
  }

  /** A port whose calls are counted. */
  to<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown =>
          this.#call(() => Reflect.apply(method, target, args) as unknown);
      },
    });
  }

  async #call(run: () => unknown): Promise<unknown> {
    const dies = ++this.count === this.#dying;
    if (dies && !this.#isAnswerLost) throw new ChatError('unavailable', 'It died before.');
    const result = await run();
    if (dies) throw new ChatError('unavailable', 'It died behind.');
    return result;
  }
}
