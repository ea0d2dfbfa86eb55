import { type ConnectOptions, MemoryStore, ParleyClient } from '../../client/index.ts';
import { HostileService } from './hostile-service.ts';

/** A service over a network that does what it should. */
export const aCalmService = (): HostileService => {
  const service = new HostileService(1);
  service.calmDown();
  return service;
};

/** What says who somebody is, unsigned. */
export const tokenOf = (userId: string): string => `h.${btoa(JSON.stringify({ sub: userId }))}.s`;

/** A client of a user, which does not wait for its connection. */
export const connectTo = (
  service: HostileService,
  userId: string,
  options: Partial<ConnectOptions> = {},
): Promise<ParleyClient> =>
  ParleyClient.connect({
    baseUrl: 'http://test',
    token: tokenOf(userId),
    environment: service.environment(userId),
    store: new MemoryStore(),
    isPatient: true,
    ...options,
  });

/** A client that is connected, and has what it missed. */
export const onlineAt = async (
  service: HostileService,
  userId: string,
  options: Partial<ConnectOptions> = {},
): Promise<ParleyClient> => {
  const chat = await connectTo(service, userId, options);
  if (!(await service.time.run(600_000, () => chat.connection === 'online')))
    throw new Error(`${userId} is ${chat.connection}.`);
  return chat;
};

/** What a promise came to: the code of what it was rejected with, or `done`. */
export const outcomeOf = (promise: Promise<unknown>): { value: string | undefined } => {
  const outcome: { value: string | undefined } = { value: undefined };
  promise.then(
    () => (outcome.value = 'done'),
    (error: unknown) => (outcome.value = (error as { code?: string }).code ?? String(error)),
  );
  return outcome;
};

/** Runs something, and tells what was thrown meanwhile where nobody catches it. */
export const uncaughtIn = async (work: () => Promise<void>): Promise<string[]> => {
  const names = ['uncaughtException', 'unhandledRejection'] as const;
  const uncaught: string[] = [];
  const note = (error: unknown): void => void uncaught.push(String(error));
  const others = names.map((name) => [name, process.listeners(name as 'uncaughtException')] as const);
  for (const name of names) process.removeAllListeners(name).on(name, note);
  try {
    await work();
  } finally {
    for (const name of names) process.removeAllListeners(name);
    for (const [name, listeners] of others) for (const listener of listeners) process.on(name, listener);
  }
  return uncaught;
};
