/**
 * One AMQP connection to a local broker, with the parts of rhea that its typings leave out. rhea's own reconnecting is
 * off: whoever uses a connection makes a new one, and so knows which deliveries are gone with the old.
 */
import { createRequire } from 'node:module';
import rhea, { type Connection, type Delivery, type Receiver, type Session } from 'rhea';
import { messageOf } from '../../errors.ts';

const require = createRequire(import.meta.url);

interface Frames {
  disposition(fields: { role: boolean; first: number; settled: boolean; state: unknown }): unknown;
}

const frames = require('rhea/lib/frames.js') as Frames;

const outcomes = rhea.message as unknown as {
  accepted(): { described(): unknown };
  modified(fields: { delivery_failed: boolean; undeliverable_here: boolean }): { described(): unknown };
};

const accepted: unknown = outcomes.accepted().described();
const abandoned: unknown = outcomes
  .modified({ delivery_failed: true, undeliverable_here: false })
  .described();

/** A disposition must not wait for the broker's delayed TCP acknowledgement. rhea's typings leave the option out. */
const noDelay: object = { tcp_no_delay: true };

/** An open connection. */
export interface AmqpConnection {
  connection: Connection;
  /** Whether the broker's open frame offered this capability. */
  offers(capability: string): boolean;
  /** Resolves with the reason once the connection is gone, however that came about. */
  closed: Promise<string>;
}

/**
 * Connects without TLS and SASL credentials, as local brokers take it.
 *
 * @throws Error when there is no AMQP peer to be had
 */
export function connectAmqp(host: string, port: number, id: string): Promise<AmqpConnection> {
  return new Promise((resolve, reject) => {
    const container = rhea.create_container({ id });
    const connection = container.connect({
      host,
      port,
      reconnect: false,
      ...noDelay,
      max_frame_size: 65_536,
      // A peer that is silent for twice as long is gone, even if its socket is not.
      idle_time_out: 15_000,
    });
    let gone: (reason: string) => void = () => undefined;
    const closed = new Promise<string>((settle) => (gone = settle));
    const fail = (context: { error?: unknown; connection?: { error?: unknown } }): void => {
      const reason = describe(context.error ?? context.connection?.error ?? 'the connection was closed');
      gone(reason);
      reject(new Error(reason));
      connection.removeAllListeners('connection_open');
    };
    for (const event of ['connection_close', 'disconnected', 'connection_error', 'protocol_error', 'error']) {
      connection.on(event, fail);
    }
    connection.once('connection_open', () => {
      const offered = offeredCapabilities(connection);
      resolve({ connection, closed, offers: (capability) => offered.includes(capability) });
    });
  });
}

function offeredCapabilities(connection: Connection): string[] {
  const { remote } = connection as unknown as { remote: { open?: { offered_capabilities?: unknown } } };
  const offered = remote.open?.offered_capabilities;
  return (Array.isArray(offered) ? (offered as unknown[]) : [offered]).map(String);
}

/** The text of an AMQP error, or of anything thrown. */
export function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'condition' in error) {
    const { condition, description } = error as { condition: string; description?: string };
    return description === undefined ? condition : `${condition}: ${description}`;
  }
  return messageOf(error);
}

/**
 * rhea keeps deliveries in a ring, where one that stays open stops all that come behind it from being forgotten, and
 * the 2,048th is the last. Sessions are independent of each other, so each delivery is forgotten on its own.
 */
export function forgetDeliveriesSingly(receiver: Receiver): void {
  const open = new Map<number, Delivery>();
  const { incoming } = receiver.session as unknown as { incoming: { deliveries: unknown } } & Session;
  incoming.deliveries = {
    push: (delivery: Delivery) => open.set(delivery.id, delivery),
    by_id: (id: number) => open.get(id),
    available: () => 2048,
    get_head: () => undefined,
    get_tail: () => undefined,
    pop_if: () => 0,
  };
  receiver.on('settled', ({ delivery }: { delivery?: Delivery }) => {
    if (delivery !== undefined) open.delete(delivery.id);
  });
}

/** Takes back what the broker may still send. rhea's `add_credit` only adds, and a drain would fetch even more. */
export function withdrawCredit(receiver: Receiver): void {
  Object.assign(receiver, { credit: 0, issue_flow: true });
  (receiver.connection as unknown as { _register(): void })._register();
}

/**
 * Completes or abandons a message; the broker's answer comes as the link's `settled` event. The frame is written here:
 * rhea joins neighbouring dispositions of one turn into a range with the first one's state, which would complete the
 * message behind a completed one although it was abandoned.
 */
export function sendDisposition(delivery: Delivery, complete: boolean): void {
  const { session, connection } = delivery.link as unknown as {
    session: { output(frame: unknown): void };
    connection: { _register(): void };
  };
  const state = complete ? accepted : abandoned;
  session.output(frames.disposition({ role: true, first: delivery.id, settled: false, state }));
  connection._register();
}

/** Why the broker refused a settlement; undefined if it took it. */
export function refusalOf(delivery: Delivery): string | undefined {
  const outcome = delivery.remote_state;
  if (outcome === undefined || !rhea.message.is_rejected(outcome)) return undefined;
  return describe((outcome as { error?: unknown }).error ?? 'rejected');
}
