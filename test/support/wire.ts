import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A network between a client and a server of this machine that can fail. */
export interface Wire {
  readonly port: number;
  /**
   * What new connections meet: the server; nobody, so that they are reset; or somebody who takes all and answers nothing.
   */
  leadsTo: 'server' | 'nobody' | 'silence';
  /** Resets all connections. */
  cut(): void;
  /** From now on the connections there are carry nothing, and stay open. */
  silence(): void;
  /** From now on the connections there are carry nothing back: what is sent arrives, and no answer does. */
  silenceAnswers(): void;
  /** Connections that are open. */
  readonly open: number;
}

/** A wire for one test. @param toPort where the server listens; none: only for wires that lead nowhere */
export const aWire = async (toPort?: number): Promise<Wire> => {
  const pairs = new Set<[Socket, Socket | undefined]>();
  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    if (wire.leadsTo === 'nobody') {
      near.resetAndDestroy();
      return;
    }
    const far = wire.leadsTo === 'server' && toPort ? connect(toPort, '127.0.0.1') : undefined;
    const pair: [Socket, Socket | undefined] = [near, far];
    pairs.add(pair);
    near.on('close', () => {
      pairs.delete(pair);
      far?.destroy();
    });
    far?.on('error', () => far.destroy()).on('close', () => near.destroy());
    if (far) near.pipe(far).pipe(near);
    else near.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wire: Wire = {
    port: (server.address() as AddressInfo).port,
    leadsTo: 'server',
    cut: () => pairs.forEach(([near]) => near.resetAndDestroy()),
    silence: () => pairs.forEach(([near, far]) => [near, far].forEach((end) => end?.unpipe().resume())),
    silenceAnswers: () => pairs.forEach(([, far]) => far?.unpipe().resume()),
    get open() {
      return pairs.size;
    },
  };
  onTestFinished(async () => {
    wire.cut();
    server.close();
    await once(server, 'close');
  });
  return wire;
};
