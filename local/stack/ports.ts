import { createServer } from 'node:net';

/** Everything listens here and nowhere else. */
export const loopback = '127.0.0.1';

/** What listens on a port, in the order people think of them. */
export const portNames = ['functions', 'serviceBus', 'webPubSub', 'blob', 'table'] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Record<PortName, number>;

export const defaultPorts: Readonly<Ports> = {
  functions: 7071,
  serviceBus: 5672,
  webPubSub: 8080,
  blob: 10_000,
  table: 10_002,
};

/** What a port is called in messages, and the environment variable that moves it. */
export const portLabels: Readonly<Record<PortName, { title: string; variable: string }>> = {
  functions: { title: 'the Functions host', variable: 'FUNCTIONS_PORT' },
  serviceBus: { title: 'the Service Bus broker', variable: 'SERVICE_BUS_PORT' },
  webPubSub: { title: 'the Web PubSub service', variable: 'WEB_PUBSUB_PORT' },
  blob: { title: 'Azurite (blobs)', variable: 'BLOB_PORT' },
  table: { title: 'Azurite (tables)', variable: 'TABLE_PORT' },
};

/**
 * The ports an environment asks for.
 *
 * @throws Error naming the variable that is not a port
 */
export function portsFromEnvironment(env: NodeJS.ProcessEnv): Ports {
  const ports = { ...defaultPorts };
  for (const name of portNames) {
    const { variable } = portLabels[name];
    const text = env[variable];
    if (text === undefined || text === '') continue;
    if (!/^\d+$/.test(text) || Number(text) > 65_535) {
      throw new Error(`${variable} is "${text}", but must be a number from 0 (any free port) to 65535.`);
    }
    ports[name] = Number(text);
  }
  return ports;
}

/** Whether nobody listens on the port yet. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, loopback, () => probe.close(() => resolve(true)));
  });
}

/** A free port below the ones systems hand out to outgoing connections, so that none of those can take it meanwhile. */
async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
}

/**
 * Replaces each 0 by a free port and makes sure that the others are free.
 *
 * @param waitMs how long to wait for a busy port: a stack that was killed takes a moment to leave
 * @throws Error naming the port, who wanted it and the variable that moves it
 */
export async function claimPorts(
  wanted: Readonly<Ports>,
  used: readonly PortName[],
  waitMs: number,
): Promise<Ports> {
  const ports = { ...wanted };
  const taken = new Set(Object.values(wanted));
  const deadline = Date.now() + waitMs;
  for (const name of used) {
    if (ports[name] === 0) {
      ports[name] = await freePort(taken);
      taken.add(ports[name]);
      continue;
    }
    while (!(await isFree(ports[name]))) {
      if (Date.now() < deadline) {
        await new Promise((later) => setTimeout(later, 100));
        continue;
      }
      const { title, variable } = portLabels[name];
      throw new Error(
        `Port ${ports[name]} on ${loopback} is already in use, and ${title} needs it. ` +
          `Stop what holds it, or choose another port with ${variable}=….`,
      );
    }
  }
  return ports;
}
