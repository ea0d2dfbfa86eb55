import { type ClientMessage, parseClientMessage } from '../codec/client-message.ts';
import {
  ackFrame,
  type AckErrorName,
  errorAckFrame,
  invokeErrorFrame,
  invokeResponseFrame,
  pongFrame,
} from '../codec/control-frames.ts';
import { OutgoingMessage } from '../codec/outgoing-message.ts';
import { type Payload, ProtocolError } from '../codec/payload.ts';
import type { EventHandler } from './event-handler.ts';
import { GroupStreams } from './group-streams.ts';
import type { Hub } from './hub.ts';
import { type InboundFrame, InboundQueue } from './inbound-queue.ts';
import type { Session } from './session.ts';
import { CloseCode } from './transport.ts';

type MessageOf<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>;

const MAX_INVOCATIONS = 100;

/** Everything that one client says, in the order in which it says it. */
export class ClientConversation {
  readonly #hub: Hub;
  readonly #session: Session;
  readonly #handler: EventHandler;
  readonly #streams: GroupStreams;
  readonly #invocations = new Map<string, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #queue: InboundQueue;

  constructor(hub: Hub, session: Session, handler: EventHandler) {
    this.#hub = hub;
    this.#session = session;
    this.#handler = handler;
    this.#streams = new GroupStreams(hub, session);
    this.#queue = new InboundQueue((frame) => this.#handle(frame), session);
    session.cleanups.add(() => {
      this.#queue.clear();
      for (const invocation of this.#invocations.values()) invocation.abort();
    });
  }

  receive(frame: InboundFrame): void {
    this.#hub.witness?.said(this.#session, frame);
    this.#queue.push(frame);
  }

  #handle(frame: InboundFrame): Promise<void> | undefined {
    if (this.#session.isOver) return undefined;
    if (this.#session.subprotocol === null) return this.#raw(frame);
    if (frame.isBinary) {
      this.#session.close('The JSON subprotocol requires text messages.', CloseCode.unsupportedData);
      return undefined;
    }
    try {
      return this.#message(parseClientMessage(frame.data.toString()));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const reason = `The client message is not a valid JSON protocol message. ${error.message}`;
      this.#session.close(reason, CloseCode.invalidPayload);
      return undefined;
    }
  }

  /** What a plain WebSocket client sends is the event `message`; its only way to learn of a failure is the close. */
  async #raw({ data, isBinary }: InboundFrame): Promise<void> {
    const payload: Payload = isBinary
      ? { dataType: 'binary', bytes: data }
      : { dataType: 'text', text: data.toString() };
    const outcome = await this.#handler.userEvent(this.#session, 'message', payload);
    if (outcome.ok) this.#reply(outcome.reply);
    else this.#session.close(outcome.reason, CloseCode.internalError);
  }

  #message(message: ClientMessage): Promise<void> | undefined {
    if ('ackId' in message && this.#session.acks.has(message.ackId)) {
      this.#refuse(message, 'Duplicate', `Message with ack-id: ${message.ackId} has been processed`);
      return undefined;
    }
    switch (message.type) {
      case 'event':
        return this.#event(message);
      case 'invoke':
        return this.#invoke(message);
      default:
        this.#act(message);
        return undefined;
    }
  }

  /** The messages that need nobody's answer. */
  #act(message: Exclude<ClientMessage, { type: 'event' | 'invoke' }>): void {
    switch (message.type) {
      case 'ping':
        this.#session.control(pongFrame);
        break;
      case 'sequenceAck':
        this.#session.acknowledge(message.sequenceId);
        break;
      case 'joinGroup':
      case 'leaveGroup':
        this.#joinOrLeave(message);
        break;
      case 'sendToGroup':
        this.#sendToGroup(message);
        break;
      case 'cancelInvocation':
        this.#invocations.get(message.invocationId)?.abort();
        break;
      case 'streamStart':
        this.#streams.start(message);
        break;
      case 'streamKeepAlive':
        this.#streams.keepAlive(message);
        break;
      case 'streamData':
        this.#streams.data(message);
        break;
      case 'streamEnd':
        this.#streams.end(message);
        break;
      case 'unsupported':
        this.#refuse(message, 'BadRequest', `'${message.name}' is not supported by the local service.`);
        break;
    }
  }

  #joinOrLeave(message: MessageOf<'joinGroup' | 'leaveGroup'>): void {
    const { type, group } = message;
    if (!this.#session.permissions.joinLeaveGroup.allows(group)) {
      const verb = type === 'joinGroup' ? 'join' : 'leave';
      this.#refuse(message, 'Forbidden', `The client does not have permission to ${verb} group '${group}'.`);
      return;
    }
    if (type === 'joinGroup') this.#session.join(group);
    else this.#session.leave(group);
    this.#confirm(message);
  }

  #sendToGroup(message: MessageOf<'sendToGroup'>): void {
    const { group, payload, noEcho } = message;
    if (!this.#session.permissions.sendToGroup.allows(group)) {
      this.#refuse(message, 'Forbidden', `The client does not have permission to send to group '${group}'.`);
      return;
    }
    const excluded = noEcho ? new Set([this.#session.connectionId]) : undefined;
    this.#hub.sendToGroup(group, payload, this.#session.userId, { excluded });
    this.#confirm(message);
  }

  /** The reply reaches the client before the acknowledgement. */
  async #event(message: MessageOf<'event'>): Promise<void> {
    const outcome = await this.#handler.userEvent(this.#session, message.event, message.payload);
    if (!outcome.ok) {
      this.#refuse(message, 'InternalServerError', outcome.reason);
      return;
    }
    this.#reply(outcome.reply);
    this.#confirm(message);
  }

  /** Invocations have ids of their own, so they run side by side; only when there are too many does the client wait. */
  #invoke(message: MessageOf<'invoke'>): Promise<void> | undefined {
    const running = this.#runInvocation(message);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
    return this.#running.size < MAX_INVOCATIONS ? undefined : Promise.race(this.#running);
  }

  async #runInvocation({ invocationId, event, payload }: MessageOf<'invoke'>): Promise<void> {
    if (this.#invocations.has(invocationId)) {
      const problem = `Invocation '${invocationId}' is already in progress.`;
      this.#session.control(invokeErrorFrame(invocationId, 'BadRequest', problem));
      return;
    }
    const cancellation = new AbortController();
    this.#invocations.set(invocationId, cancellation);
    const outcome = await this.#handler.userEvent(this.#session, event, payload, cancellation.signal);
    this.#invocations.delete(invocationId);
    if (cancellation.signal.aborted) return;
    this.#session.control(
      outcome.ok
        ? invokeResponseFrame(invocationId, outcome.reply)
        : invokeErrorFrame(invocationId, 'InternalServerError', outcome.reason),
    );
  }

  #reply(reply: Payload | null): void {
    if (reply) this.#session.deliver(new OutgoingMessage(reply, { from: 'server' }));
  }

  #confirm({ ackId }: { readonly ackId?: number }): void {
    if (ackId === undefined) return;
    this.#session.acks.add(ackId);
    this.#session.control(ackFrame(ackId));
  }

  #refuse({ ackId }: { readonly ackId?: number }, name: AckErrorName, reason: string): void {
    if (ackId !== undefined) this.#session.control(errorAckFrame(ackId, name, reason));
  }
}
