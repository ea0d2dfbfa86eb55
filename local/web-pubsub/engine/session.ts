import { connectedFrame, disconnectedFrame } from '../codec/control-frames.ts';
import type { FilterSubject } from '../codec/filter/types.ts';
import { RELIABLE_JSON_SUBPROTOCOL } from '../codec/names.ts';
import type { OutgoingMessage } from '../codec/outgoing-message.ts';
import type { Limits } from './limits.ts';
import { Permission, type PermissionName } from './permissions.ts';
import { RecentAcks } from './recent-acks.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { CloseCode, type Transport } from './transport.ts';

/** What is settled about a connection before its session begins. */
export interface SessionIdentity {
  readonly connectionId: string;
  readonly hub: string;
  readonly userId: string | null;
  /** null for a plain WebSocket client. */
  readonly subprotocol: string | null;
  readonly roles: readonly string[];
  /** What the event handler keeps with the connection (`ce-connectionState`). */
  readonly state: string | null;
  /** Proves, at a recovery, that the client is the one this session was made for. */
  readonly reconnectionToken: string;
}

/** What a session tells the hub that it belongs to. */
export interface SessionOwner {
  joined(session: Session, group: string): void;
  left(session: Session, group: string): void;
  ended(session: Session, reason: string): void;
}

/**
 * One client connection. A reliable session outlives its socket: it keeps what was sent and not acknowledged, and takes
 * up where it was when the client returns with its token in time.
 */
export class Session implements FilterSubject {
  readonly connectionId: string;
  readonly hub: string;
  readonly userId: string | null;
  readonly subprotocol: string | null;
  readonly groups = new Set<string>();
  readonly acks = new RecentAcks();
  readonly permissions: Readonly<Record<PermissionName, Permission>>;
  readonly reconnectionToken: string;
  /** Set by answers of the event handler, given back to it with each event. */
  state: string | null;
  /** Runs when the session is over. */
  readonly cleanups = new Set<() => void>();

  readonly #owner: SessionOwner;
  readonly #limits: Limits;
  readonly #replay: ReplayBuffer | null;
  #transport: Transport | null = null;
  #recoveryTimer: NodeJS.Timeout | undefined;
  #isOver = false;
  #lastEventId = 0; // the connect event's, whether it was told or not

  constructor(identity: SessionIdentity, owner: SessionOwner, limits: Limits) {
    this.connectionId = identity.connectionId;
    this.hub = identity.hub;
    this.userId = identity.userId;
    this.subprotocol = identity.subprotocol;
    this.state = identity.state;
    this.reconnectionToken = identity.reconnectionToken;
    this.permissions = {
      joinLeaveGroup: new Permission('joinLeaveGroup', identity.roles),
      sendToGroup: new Permission('sendToGroup', identity.roles),
    };
    this.#owner = owner;
    this.#limits = limits;
    this.#replay = identity.subprotocol === RELIABLE_JSON_SUBPROTOCOL ? new ReplayBuffer(limits) : null;
  }

  get isReliable(): boolean {
    return this.#replay !== null;
  }

  /** False while a reliable session waits for its client to come back. */
  get isConnected(): boolean {
    return this.#transport !== null;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Number of the next event told to the event handler, counted per connection. */
  nextEventId(): number {
    return ++this.#lastEventId;
  }

  /** Gives the session a socket, the first or a new one; what is unacknowledged follows `connected`. */
  attach(transport: Transport): void {
    clearTimeout(this.#recoveryTimer);
    const previous = this.#transport;
    this.#transport = transport;
    previous?.terminate();
    if (this.subprotocol === null) return;
    const token = this.isReliable ? { reconnectionToken: this.reconnectionToken } : {};
    // Sent at a recovery too: the client SDK resumes its streams on this frame only.
    transport.send(connectedFrame({ userId: this.userId, connectionId: this.connectionId, ...token }));
    for (const frame of this.#replay?.frames() ?? []) transport.send(frame);
  }

  isAttachedTo(transport: Transport): boolean {
    return this.#transport === transport;
  }

  /** The socket is gone. A reliable session waits for its client to return, unless the client closed for good. */
  detach(transport: Transport, code: number, reason: string): void {
    if (this.#transport !== transport) return;
    this.#transport = null;
    // The client SDK's stop() closes without a code (1005), a page that is left with 1001.
    const isFinal = code === CloseCode.normal || code === CloseCode.goingAway || code === CloseCode.none;
    if (!this.isReliable || isFinal) {
      this.#end(reason);
      return;
    }
    this.#recoveryTimer = setTimeout(() => {
      this.#end('The connection was lost and not recovered in time.');
    }, this.#limits.recoverySeconds * 1000);
    this.#recoveryTimer.unref();
  }

  /** Sends a frame that is no message: it is not numbered, and lost if there is no socket. */
  control(frame: string): void {
    if (this.subprotocol !== null) this.#transport?.send(frame);
  }

  /** Sends a message; a client that has fallen too far behind loses its session instead, and is told so. */
  deliver(message: OutgoingMessage): void {
    if (this.#isOver) return;
    if (this.#transport && this.#transport.bufferedBytes > this.#limits.sendBufferBytes) {
      this.close('The outbound message queue is full.', CloseCode.policyViolation);
    } else if (this.#replay) {
      this.#deliverReliably(message, this.#replay);
    } else if (this.subprotocol === null) {
      this.#transport?.send(message.raw(), message.payload.dataType === 'binary');
    } else {
      this.#transport?.send(message.plain());
    }
  }

  #deliverReliably(message: OutgoingMessage, replay: ReplayBuffer): void {
    const sequenceId = replay.add(message);
    if (sequenceId === null) {
      this.close('The reliable message buffer is full.', CloseCode.policyViolation);
      return;
    }
    this.#transport?.send(message.reliable(sequenceId));
  }

  acknowledge(sequenceId: number): void {
    this.#replay?.acknowledge(sequenceId);
  }

  join(group: string): void {
    if (this.#isOver || this.groups.has(group)) return;
    this.groups.add(group);
    this.#owner.joined(this, group);
  }

  leave(group: string): void {
    if (this.groups.delete(group)) this.#owner.left(this, group);
  }

  leaveAll(): void {
    for (const group of [...this.groups]) this.leave(group);
  }

  pause(): void {
    this.#transport?.pause();
  }

  resume(): void {
    this.#transport?.resume();
  }

  /** Cuts the socket as a network does that fails: a reliable client can come back. */
  drop(): void {
    this.#transport?.terminate();
  }

  /**
   * Ends the session from the service's side. A client of a subprotocol is told the reason before its socket is closed.
   * After 1008 the client SDK does not try to recover; after any other code it does, and is refused.
   */
  close(reason: string, code: number = CloseCode.normal): void {
    if (this.#isOver) return;
    const transport = this.#transport;
    this.control(disconnectedFrame(reason));
    this.#transport = null;
    this.#end(reason);
    transport?.close(code, reason);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#recoveryTimer);
    this.#replay?.clear();
    for (const cleanup of this.cleanups) cleanup();
    this.cleanups.clear();
    this.leaveAll();
    this.#owner.ended(this, reason);
  }
}
