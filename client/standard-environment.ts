import type { Cancel, Environment } from './environment.ts';
import { openWebPubSubSocket } from './web-pubsub-socket.ts';

interface Listenable {
  addEventListener?: (name: string, run: () => void) => void;
  removeEventListener?: (name: string, run: () => void) => void;
}

interface Window extends Listenable {
  document?: Listenable & { visibilityState?: string };
}

const window = globalThis as unknown as Window;

const listen = (target: Listenable | undefined, name: string, run: () => void): Cancel => {
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
  onWake: (run) => {
    const { document } = window;
    const stops = [
      listen(window, 'online', run),
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
