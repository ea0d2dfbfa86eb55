import type { Cancel, Environment } from './environment.ts';
import { openWebPubSubSocket } from './web-pubsub-socket.ts';

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
