/** Makes rhea serve one socket, with what it lacks as a server. */
import type { Socket } from 'node:net';
import { maxMessageSize } from '../engine/settings.ts';
import { ConnectionClass } from './rhea.ts';
import type { Connection, Container, Frame, ReceiverLink, Session } from './rhea.ts';

/** Message format that makes rhea hand over the bytes of a plain message instead of decoding it. */
const plainMessageFormat = 0x7fff0000;

const maxFrameSize = 65_536;

const connectionOptions = {
  max_frame_size: maxFrameSize,
  idle_time_out: 120_000,
  channel_max: 65_535,
  autoaccept: false,
  treat_modified_as_released: false,
  credit_window: 0,
  reconnect: false,
  session_buffer_size: { incoming: 4_096, outgoing: 1_048_576 },
  offered_capabilities: ['local:multi-session'],
};

/**
 * Serves AMQP on a socket.
 * @param on `gone`: the socket has closed, however that came about; `windowOpened`: a session may have become able to
 *   take more; `failed`: the peer broke the protocol, and the socket is being closed
 */
export function serveConnection(
  socket: Socket,
  container: Container,
  on: {
    gone: (connection: Connection) => void;
    windowOpened: (session: Session) => void;
    failed: (error: unknown) => void;
  },
): Connection {
  const connection = new ConnectionClass({ ...connectionOptions }, container);
  patchSessions(connection, on.windowOpened);
  ignoreLateFrames(connection);
  const failed = (error: unknown) => {
    on.failed(error);
    socket.destroy();
  };
  writeInOnePiece(connection, socket, failed);
  connection.accept(socket);
  limitFrames(connection);
  for (const event of ['error', 'protocol_error']) connection.on(event, failed);
  // rhea does not look at 'close': a destroyed socket would leave its receivers and its timers behind.
  socket.once('close', () => {
    connection._disconnected();
    on.gone(connection);
  });
  return connection;
}

function patchSessions(connection: Connection, windowOpened: (session: Session) => void): void {
  const create = connection.create_session.bind(connection);
  connection.create_session = (bufferSize) => {
    const session = create(bufferSize);
    receiveRaw(session);
    const onFlow = session.on_flow.bind(session);
    const onDetach = session.on_detach.bind(session);
    session.on_flow = (frame) => {
      if (frame.performative.handle != null && !linkOf(session, frame)) return;
      onFlow(frame);
      windowOpened(session);
    };
    session.on_detach = (frame) => {
      const link = linkOf(session, frame);
      if (link?.state.remote_open) onDetach(frame);
    };
    return session;
  };
}

const linkOf = (session: Session, frame: Frame) => session.remote.handles[frame.performative.handle ?? -1];

/** Messages arrive as their bytes; frames that are late, aborted or too many are left out. */
function receiveRaw(session: Session): void {
  const onTransfer = session.on_transfer.bind(session);
  /** Bytes so far of the message that a link is receiving. */
  const sizes = new WeakMap<ReceiverLink, number>();
  session.on_transfer = (frame) => {
    const link = linkOf(session, frame) as ReceiverLink | undefined;
    if (!link?.state.remote_open || !link.state.local_open) {
      skipTransfer(session, frame);
      return;
    }
    const size = (link._incomplete ? (sizes.get(link) ?? 0) : 0) + (frame.payload?.length ?? 0);
    sizes.set(link, size);
    if (size > memoryLimit) link.close(endlessMessage);
    if (size > memoryLimit || frame.performative.aborted) {
      if (link._incomplete) link._incomplete.settled = true;
      link._incomplete = undefined;
      skipTransfer(session, frame);
      return;
    }
    const { message_format: format } = frame.performative;
    if (format === 0 || format == null) frame.performative.message_format = plainMessageFormat;
    onTransfer(frame);
  };
}

/** A message that is a little too large is rejected when it is complete; one that does not end must not fill the memory. */
const memoryLimit = 4 * maxMessageSize;

const endlessMessage = {
  condition: 'amqp:link:message-size-exceeded',
  description: `A message of more than ${maxMessageSize} bytes was sent.`,
};

/** Counts a transfer that rhea does not see: it expects transfers and deliveries without gaps. */
function skipTransfer(session: Session, frame: Frame): void {
  const { incoming } = session;
  incoming.next_transfer_id++;
  const id = frame.performative.delivery_id;
  if (id != null && id === (incoming.next_delivery_id ?? id)) incoming.next_delivery_id = id + 1;
}

/**
 * A peer may still send on a session or link that has just ended: its frames crossed ours. rhea calls that a protocol
 * error and closes the connection, and with it every other link on it.
 */
function ignoreLateFrames(connection: Connection): void {
  type Handler = (frame: Frame) => void;
  const handlers = connection as unknown as Record<string, Handler>;
  for (const name of ['end', 'attach', 'detach', 'transfer', 'disposition', 'flow']) {
    const handle = handlers[`on_${name}`]?.bind(connection);
    handlers[`on_${name}`] = (frame) => {
      if (connection.remote_channel_map[frame.channel]) handle?.(frame);
    };
  }
}

/** rhea writes every frame by itself; what one turn produces goes out in one piece. */
function writeInOnePiece(connection: Connection, socket: Socket, failed: (error: unknown) => void): void {
  const run = connection._process.bind(connection);
  connection._process = () => {
    socket.cork();
    try {
      run();
    } catch (error) {
      // What one peer sends may cost it its connection, never the broker.
      failed(error);
    } finally {
      socket.uncork();
    }
  };
}

/** rhea would collect a frame of any announced size. */
function limitFrames(connection: Connection): void {
  const { transport } = connection;
  const peek = transport.peek_size.bind(transport);
  transport.peek_size = (bytes) => {
    const size = peek(bytes);
    if (size !== undefined && size > maxFrameSize) throw new Error(`A frame of ${size} bytes was announced.`);
    return size;
  };
}
