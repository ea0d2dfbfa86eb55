import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that is up. */
export interface Served {
  readonly url: string;
  /** Ends it with all of its connections. */
  close(): Promise<void>;
}

/** Opens a server on this machine, to nobody else. @param port 0 takes any free one */
export async function serve(server: Server, port = 0): Promise<Served> {
  // Exclusive: workers of a cluster would otherwise share one port, and each has its own to tell.
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
