import type { Config } from '../../shared/config.ts';
import { checkPresence } from '../../shared/use-cases/check-presence.ts';
import { admitClient, connectClient } from '../../shared/use-cases/connect-client.ts';
import { disconnectClient } from '../../shared/use-cases/disconnect-client.ts';
import type { Adapters } from './adapters.ts';

/** Clients that come and go. */
export const connectionServices = (adapters: Adapters, { maxConnectionsPerUser }: Config) => {
  const { log, presence, broadcaster, outbox, rateLimiter, requireGoodToken, clock } = adapters;
  const admitting = { presence, log, broadcaster, outbox, rateLimiter, requireGoodToken, clock };
  return {
    clientUrl: async (userId: string) => {
      await rateLimiter.take('negotiate', userId);
      return broadcaster.clientUrl(userId);
    },
    requireGoodToken,
    closeConnection: (connectionId: string, reason: string) => broadcaster.close(connectionId, reason),
    admitClient: admitClient({ ...admitting, maxConnections: maxConnectionsPerUser }),
    connectClient: connectClient({ log, broadcaster, clock }),
    disconnectClient: disconnectClient({ presence, outbox, clock }),
    checkPresence: checkPresence({ presence, broadcaster, outbox, clock }),
  };
};
