import type { EventError, ServerEvent } from '../shared/domain/event.ts';
import { backoffMs } from './backoff.ts';
import { type Cancel, type Environment, sleep, type Socket } from './environment.ts';
import { asParleyError, ParleyError } from './errors.ts';

/** `online`: connected, and everything that was missed is here. */
export type ConnectionState = 'connecting' | 'online' | 'offline' | 'closed';

/** What the connection needs, and whom it tells. @internal */
export interface ConnectionParts {
  environment: Environment;
  getUrl: () => Promise<string>;
  onEvent: (event: ServerEvent) => void;
  /** The service has greeted a new connection: catch up. */
  onGreeting: (signal: AbortSignal) => Promise<void>;
  onState: (state: ConnectionState) => void;
  onError: (error: ParleyError) => void;
}

type Ack = Extract<ServerEvent, { type: 'ack' | 'pong' }>;

/** How long the answer to an event may take. */
const answerMs = 10_000;
/** How long the service may take to greet a connection. */
const greetingMs = 30_000;
/** After so long something may have been missed by who was not there. */
const freshMs = 30_000;

/** Keeps a live connection for as long as it is not closed. @internal */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #closed = new AbortController();
  readonly #asked = new Map<string, (answer: Ack) => void>();
  #socket: Socket | undefined;
  /** Ends what belongs to the present connection. */
  #session = new AbortController();
  #wake: (() => void) | undefined;
  #stopListening: Cancel = () => undefined;
  #state: ConnectionState = 'connecting';
  #isChecking = false;
  #caughtUpAt = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Begins, and goes on until `close`. @throws ParleyError when it is refused for good */
  async run(): Promise<void> {
    if (this.#isClosed()) return;
    this.#stopListening = this.#parts.environment.onWake(() => this.#wakeUp());
    for (let attempt = 0; !this.#isClosed(); attempt++) {
      try {
        await this.#connectOnce(() => (attempt = -1));
        // All whose connection ended when the service did shall not come back at once.
        await this.#pause(backoffMs(0, this.#parts.environment.random));
      } catch (thrown) {
        const error = asParleyError(thrown);
        if (this.#isClosed()) return;
        if (error.code === 'unauthenticated') {
          this.close();
          throw error;
        }
        this.#parts.onError(error);
        this.#change('offline');
        await this.#pause(
          backoffMs(Math.max(0, attempt), this.#parts.environment.random, error.retryAfterMs),
        );
      }
    }
  }

  /** Sends an event and answers its ack. @throws ParleyError as the ack says, or `network` */
  async ask(name: string, data: Record<string, unknown>): Promise<Ack> {
    const socket = this.#socket;
    if (!socket) throw new ParleyError('network', 'There is no connection just now.');
    const ref = this.#parts.environment.newId();
    const answered = this.#answerTo(ref);
    answered.catch(() => undefined); // not waited for where it cannot be sent
    try {
      await socket.send(name, { ...data, ref });
    } catch (error) {
      this.#asked.delete(ref);
      throw new ParleyError('network', 'The event could not be sent.', { cause: error });
    }
    const answer = await answered;
    if (answer.type === 'ack' && !answer.ok) throw refusalOf(answer.error);
    return answer;
  }

  /** Sends an event that is not worth waiting for. */
  tell(name: string, data: Record<string, unknown>): void {
    this.#socket?.send(name, data).catch(() => undefined);
  }

  /** Back after a while: what was pushed in vain is looked for, too. */
  #wakeUp(): void {
    this.#wake?.();
    this.check();
    const { environment, onGreeting, onError } = this.#parts;
    if (this.#state !== 'online' || environment.now() - this.#caughtUpAt < freshMs) return;
    this.#caughtUpAt = environment.now();
    onGreeting(this.#session.signal).catch((error: unknown) => onError(asParleyError(error)));
  }

  /** Looks whether the connection is what it seems; makes a new one if not. */
  check(): void {
    const socket = this.#socket;
    if (!socket) return;
    if (this.#isChecking) return;
    this.#isChecking = true;
    void this.ask('ping', {})
      .then(
        () => undefined,
        () => {
          if (this.#socket === socket) this.#drop();
        },
      )
      .finally(() => (this.#isChecking = false));
  }

  close(): void {
    if (this.#isClosed()) return;
    this.#closed.abort();
    this.#stopListening();
    this.#drop();
    this.#change('closed');
  }

  #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  #change(state: ConnectionState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#parts.onState(state);
  }

  /** Resolves when the connection is over. */
  async #connectOnce(onSuccess: () => void): Promise<void> {
    this.#change('connecting');
    const session = (this.#session = new AbortController());
    const greeted = Promise.withResolvers<undefined>();
    const over = new Promise<undefined>((resolve) => {
      session.signal.addEventListener('abort', () => resolve(undefined));
    });
    const cancel = this.#parts.environment.after(greetingMs, () => session.abort());
    const opening = this.#open(session, () => greeted.resolve(undefined));
    try {
      const socket = await Promise.race([opening, over]);
      if (socket) {
        this.#socket = socket;
        await Promise.race([greeted.promise, over]);
      }
      cancel();
      if (isOver(session)) throw new ParleyError('network', 'The connection was not greeted.');
      await Promise.race([this.#parts.onGreeting(session.signal), over]);
      this.#caughtUpAt = this.#parts.environment.now();
      if (!isOver(session)) this.#change('online');
      onSuccess();
      await over;
      this.#change('offline');
    } finally {
      cancel();
      session.abort();
      this.#socket = undefined;
      opening.then(
        (socket) => socket.close(),
        () => undefined,
      );
    }
  }

  #open(session: AbortController, onGreeted: () => void): Promise<Socket> {
    const { environment, getUrl } = this.#parts;
    return environment.openSocket({
      getUrl,
      onEvent: (event) => {
        if (session.signal.aborted) return;
        if (event.type === 'connected') onGreeted();
        this.#take(event);
      },
      onClosed: () => session.abort(),
    });
  }

  #drop(): void {
    this.#session.abort();
  }

  #take(event: ServerEvent): void {
    if (event.type === 'ack' || event.type === 'pong') {
      this.#asked.get(String(event.ref))?.(event);
      return;
    }
    this.#parts.onEvent(event);
  }

  #answerTo(ref: string): Promise<Ack> {
    const { promise, resolve, reject } = Promise.withResolvers<Ack>();
    const { signal } = this.#session;
    const fail = (): void => {
      reject(new ParleyError('network', 'The event was not answered.'));
    };
    const cancel = this.#parts.environment.after(answerMs, fail);
    signal.addEventListener('abort', fail);
    this.#asked.set(ref, resolve);
    return promise.finally(() => {
      cancel();
      signal.removeEventListener('abort', fail);
      this.#asked.delete(ref);
    });
  }

  /** Waits, at most until there is reason to hope. */
  async #pause(ms: number): Promise<void> {
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    const signal = AbortSignal.any([waking.signal, this.#closed.signal]);
    await sleep(this.#parts.environment, ms, signal).catch(() => undefined);
    this.#wake = undefined;
  }
}

/** It may be over after every wait. */
const isOver = (session: AbortController): boolean => session.signal.aborted;

const refusalOf = (error: EventError | undefined): ParleyError =>
  new ParleyError(error?.code ?? 'internal-error', error?.message ?? 'The event was refused.', {
    errors: error?.errors,
    retryAfterMs: error?.retryAfter === undefined ? undefined : error.retryAfter * 1000,
  });
