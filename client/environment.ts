import type { ServerEvent } from '../shared/domain/event.ts';
import { ParleyError } from './errors.ts';

/** A live connection. */
export interface Socket {
  /** Resolves when the service has taken the event; whether it was done, its `ack` tells. Rejects when it cannot be sent. */
  send(name: string, data: Record<string, unknown>): Promise<void>;
  /** Ends it. `onClosed` is not called any more. */
  close(): void;
}

/** How a live connection is made. */
export interface SocketOptions {
  /** Asked at every try. */
  getUrl: () => Promise<string>;
  onEvent: (event: ServerEvent) => void;
  /** It is gone for good: a new one is wanted. */
  onClosed: () => void;
}

/** A timer that can be stopped. */
export type Cancel = () => void;

/** What the client needs of the world around it. Yours to replace where there is none of a kind, and in tests. */
export interface Environment {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  openSocket: (options: SocketOptions) => Promise<Socket>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Runs something later. */
  after: (ms: number, run: () => void) => Cancel;
  /** From 0 to below 1. */
  random: () => number;
  /** Something that no other has. */
  newId: () => string;
  /** Calls when the network or the user is back, or was away without anybody noticing. */
  onWake: (run: () => void) => Cancel;
}

/** A world whose timers end together. @internal */
export interface ClosableEnvironment extends Environment {
  /** No timer runs any more, and none begins: what is still under way cannot keep a program from ending. */
  close(): void;
}

/** @internal */
export const closable = (environment: Environment): ClosableEnvironment => {
  const timers = new Set<Cancel>();
  let isClosed = false;
  const after = (ms: number, run: () => void): Cancel => {
    if (isClosed) return () => undefined;
    const cancel = environment.after(ms, () => {
      timers.delete(stop);
      run();
    });
    const stop = (): void => {
      timers.delete(stop);
      cancel();
    };
    timers.add(stop);
    return stop;
  };
  const close = (): void => {
    isClosed = true;
    for (const stop of [...timers]) stop();
  };
  return { ...environment, after, close };
};

/** Waits. @throws ParleyError `aborted` @internal */
export const sleep = (environment: Environment, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(new ParleyError('aborted', 'It was aborted.', { cause: signal?.reason }));
    };
    const cancel = environment.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
