import { streamAckFrame, streamClosedFrame, streamNackFrame } from '../codec/control-frames.ts';
import type { ClientMessage } from '../codec/client-message.ts';
import type { StreamPosition } from '../codec/outgoing-message.ts';
import type { Payload } from '../codec/payload.ts';
import type { Hub } from './hub.ts';
import type { Session } from './session.ts';

interface GroupStream {
  readonly streamId: string;
  readonly group: string;
  readonly noEcho: boolean;
  readonly idleTimer: NodeJS.Timeout;
  nextSequenceId: number;
}

type MessageOf<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>;

const NOTHING: Payload = { dataType: 'text', text: '' };

/**
 * The streams that one session publishes to groups. Each chunk has a sequence id: one that was published before is
 * acknowledged again and not repeated, one that leaves a gap is refused with the id that was expected.
 */
export class GroupStreams {
  readonly #hub: Hub;
  readonly #session: Session;
  readonly #streams = new Map<string, GroupStream>();

  constructor(hub: Hub, session: Session) {
    this.#hub = hub;
    this.#session = session;
    session.cleanups.add(() => {
      this.#abandon();
    });
  }

  start(message: MessageOf<'streamStart'>): void {
    const { streamId, group, noEcho, idleTimeoutMs } = message;
    if (!this.#session.permissions.sendToGroup.allows(group)) {
      this.#closed(streamId, 'Forbidden', `The client does not have permission to send to group '${group}'.`);
    } else if (this.#streams.has(streamId)) {
      this.#closed(streamId, 'BadRequest', `Stream '${streamId}' already exists.`);
    } else if (idleTimeoutMs === 0 || idleTimeoutMs > 2 ** 31 - 1) {
      this.#closed(streamId, 'BadRequest', "'idleTimeoutMs' is out of range.");
    } else {
      const idleTimer = setTimeout(() => {
        this.#end(streamId, { name: 'IdleTimeout', message: 'The stream was idle for too long.' });
      }, idleTimeoutMs).unref();
      this.#streams.set(streamId, { streamId, group, noEcho, idleTimer, nextSequenceId: 1 });
      this.#session.control(streamAckFrame(streamId, 1));
    }
  }

  keepAlive({ streamId }: MessageOf<'streamKeepAlive'>): void {
    const stream = this.#find(streamId);
    stream?.idleTimer.refresh();
  }

  data({ streamId, sequenceId, payload }: MessageOf<'streamData'>): void {
    const stream = this.#find(streamId);
    if (!stream) return;
    stream.idleTimer.refresh();
    if (sequenceId > stream.nextSequenceId) {
      this.#session.control(streamNackFrame(streamId, stream.nextSequenceId));
      return;
    }
    if (sequenceId === stream.nextSequenceId) {
      stream.nextSequenceId++;
      this.#publish(stream, payload, { streamId, streamSequenceId: sequenceId, endOfStream: false });
    }
    this.#session.control(streamAckFrame(streamId, stream.nextSequenceId));
  }

  end({ streamId, error }: MessageOf<'streamEnd'>): void {
    if (!this.#find(streamId)) return;
    this.#end(streamId, error && { name: 'UserError', ...error });
  }

  #find(streamId: string): GroupStream | undefined {
    const stream = this.#streams.get(streamId);
    if (!stream) this.#closed(streamId, 'StreamNotFound', `Stream '${streamId}' does not exist.`);
    return stream;
  }

  #closed(streamId: string, name: string, message: string): void {
    this.#session.control(streamClosedFrame(streamId, { name, message }));
  }

  #publish(stream: GroupStream, payload: Payload, position: StreamPosition): void {
    const excluded = stream.noEcho ? new Set([this.#session.connectionId]) : undefined;
    this.#hub.sendToGroup(stream.group, payload, this.#session.userId, { excluded }, position);
  }

  #end(streamId: string, error: StreamPosition['error']): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    clearTimeout(stream.idleTimer);
    this.#streams.delete(streamId);
    const last = { streamId, streamSequenceId: stream.nextSequenceId, endOfStream: true };
    this.#publish(stream, NOTHING, error ? { ...last, error } : last);
    // The sender's own error is no news to it: its stream has ended as it asked.
    const isOwn = error === undefined || error.name === 'UserError';
    this.#session.control(
      streamClosedFrame(streamId, isOwn ? undefined : { name: error.name, message: error.message ?? '' }),
    );
  }

  /** The session is over: the receivers of its streams must not wait for more. */
  #abandon(): void {
    for (const streamId of [...this.#streams.keys()]) {
      this.#end(streamId, { name: 'ConnectionClosed', message: 'The sender has disconnected.' });
    }
  }
}
