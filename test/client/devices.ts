import { type ConnectOptions, MemoryStore, ParleyClient } from '../../client/index.ts';
import type { HostileService } from './hostile-service.ts';

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
