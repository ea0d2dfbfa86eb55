import type { ServerEvent } from '../shared/domain/event.ts';
import { ParleyError } from './errors.ts';
import { openWebPubSubSocket } from './web-pubsub-socket.ts';

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
  /** Whether there may be a network. */
  isOnline: () => boolean;
  /** Calls when the network or the user is back, or was away without anybody noticing. */
  onWake: (run: () => void) => Cancel;
}

interface Target {
  addEventListener?: (name: string, run: () => void) => void;
  removeEventListener?: (name: string, run: () => void) => void;
}

interface Page extends Target {
  document?: Target & { visibilityState?: string };
  navigator?: { onLine?: boolean };
}

const page = globalThis as unknown as Page;

const listen = (target: Target | undefined, name: string, run: () => void): Cancel => {
  target?.addEventListener?.(name, run);
  return () => target?.removeEventListener?.(name, run);
};

const lookMs = 5_000;

/** A timer that comes much too late: the machine slept. */
const onSleep = (run: () => void): Cancel => {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > 3 * lookMs) run();
    last = now;
  }, lookMs);
  (timer as { unref?: () => void }).unref?.();
  return () => clearInterval(timer);
};

/** Browsers, and Node from version 22 on. @internal */
export const standardEnvironment: Environment = {
  fetch: (url, init) => fetch(url, init),
  openSocket: openWebPubSubSocket,
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
  newId: () => crypto.randomUUID(),
  isOnline: () => page.navigator?.onLine !== false,
  onWake: (run) => {
    const { document } = page;
    const stops = [
      listen(page, 'online', run),
      listen(document, 'visibilitychange', () => {
        if (document?.visibilityState === 'visible') run();
      }),
      onSleep(run),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  },
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
