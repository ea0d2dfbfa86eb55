/**
 * The parts of rhea that a server needs and its typings leave out. rhea is made for clients; as a server it needs its
 * insides adjusted per connection, which `connection.ts` does, never for the whole process: the SDK under test may run in
 * the same one.
 */
import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import rhea from 'rhea';

const require = createRequire(import.meta.url);

/** A performative: the fields of an AMQP frame. */
interface Performative {
  handle?: number;
  message_format?: number | null;
  delivery_id?: number | null;
  aborted?: boolean | null;
}

export interface Frame {
  channel: number;
  performative: Performative;
  payload?: Buffer;
}

/** An AMQP error as rhea takes it. */
export interface AmqpError {
  condition: string;
  description: string;
}

export interface Delivery {
  readonly id: number;
  readonly tag: Buffer;
  readonly link: Link;
  settled: boolean;
  remote_settled: boolean;
  readonly remote_state?: unknown;
}

interface EndpointState {
  local_open: boolean;
  remote_open: boolean;
  open_requests: number;
}

interface Terminus {
  address?: string | null;
  filter?: Record<string, unknown> | null;
}

export interface Link extends EventEmitter {
  readonly name: string;
  readonly connection: Connection;
  readonly session: Session;
  readonly source?: Terminus | null;
  readonly target?: Terminus | null;
  readonly properties?: Record<string, unknown> | null;
  readonly snd_settle_mode?: number | null;
  readonly rcv_settle_mode?: number | null;
  readonly state: EndpointState;
  readonly local: {
    handle: number;
    attach: {
      source?: unknown;
      target?: unknown;
      snd_settle_mode?: number | null | undefined;
      rcv_settle_mode?: number | null | undefined;
      max_message_size?: number;
      properties?: Record<string, unknown>;
    };
  };
  is_sender(): boolean;
  is_open(): boolean;
  open(): void;
  close(error?: AmqpError): void;
  set_source(terminus: Terminus): void;
  set_target(terminus: Terminus): void;
}

/** A link on which the peer receives. */
export interface SenderLink extends Link {
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  _draining: boolean;
  _get_drain: () => boolean;
  send(payload: Buffer, tag: Buffer, format: number): Delivery;
  send(message: object): Delivery;
}

/** A link on which the peer sends. */
export interface ReceiverLink extends Link {
  /** A delivery of which frames are still to come. */
  _incomplete?: { settled: boolean } | undefined;
  add_credit(credit: number): void;
  set_credit_window(credit: number): void;
}

export interface Session {
  readonly connection: Connection;
  readonly links: Record<string, Link>;
  readonly remote: { handles: Record<number, Link | undefined>; channel?: number };
  readonly incoming: { next_transfer_id: number; next_delivery_id: number | undefined };
  readonly outgoing: {
    available(): number;
    transfer_window(): number;
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
  };
  output(performative: unknown): void;
  on_transfer(frame: Frame): void;
  on_flow(frame: Frame): void;
  on_detach(frame: Frame): void;
  is_open(): boolean;
}

export interface Connection {
  readonly local_channel_map: Record<string, Session>;
  readonly remote_channel_map: Record<number, Session | undefined>;
  readonly transport: { peek_size(bytes: Buffer): number | undefined };
  /** What the peer takes, from its open frame. */
  readonly max_frame_size?: number | null;
  on(event: string, listener: (context: unknown) => void): void;
  _disconnected(): void;
  accept(socket: Socket): void;
  close(error?: AmqpError): void;
  is_open(): boolean;
  create_session(bufferSize: unknown): Session;
  _process(): void;
  _register(): void;
}

export interface Container extends EventEmitter {
  readonly sasl_server_mechanisms: {
    enable_anonymous(): void;
    enable_plain(check: () => boolean): void;
  };
}

export interface MessageContext {
  readonly receiver: ReceiverLink;
  readonly delivery: Delivery;
  readonly message: Buffer;
  readonly format: number;
}

type ConnectionClass = new (options: object, container: Container) => Connection;

/** rhea's own Connection class: `container.listen` would take the socket away from us. */
export const ConnectionClass = require('rhea/lib/connection.js') as ConnectionClass;

interface Frames {
  disposition(fields: {
    role: boolean;
    first: number;
    last: number;
    settled: boolean;
    state: unknown;
  }): unknown;
}

export const frames = require('rhea/lib/frames.js') as Frames;

interface MessageModule {
  decode(bytes: Buffer): DecodedMessage;
  accepted(): { described(): unknown };
  rejected(fields: { error: AmqpError }): { described(): unknown };
}

/** A request as rhea decodes it. */
export interface DecodedMessage {
  message_id?: unknown;
  reply_to?: string;
  application_properties?: Record<string, unknown>;
  body?: unknown;
}

export const messages = rhea.message as unknown as MessageModule;

export function createContainer(id: string): Container {
  return rhea.create_container({ id });
}

/** Elements without width take no bytes, so a few bytes could ask for billions of them. */
const maxEmptyElements = 65_536;

interface ReaderPrototype {
  read_array_items: (this: ReaderPrototype, count: number, type: { width: number }) => unknown[];
}

/**
 * The one thing that is changed for the whole process, for rhea reads frames with it: an array that announces more
 * elements than memory holds is refused.
 */
function refuseEndlessArrays(): void {
  const { Reader } = rhea.types as unknown as { Reader: { prototype: ReaderPrototype } };
  const read = Reader.prototype.read_array_items;
  Reader.prototype.read_array_items = function (count, type) {
    if (type.width === 0 && count > maxEmptyElements)
      throw new RangeError(`An array of ${count} elements is refused.`);
    return read.call(this, count, type);
  };
}

refuseEndlessArrays();
