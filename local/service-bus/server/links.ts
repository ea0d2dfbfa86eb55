/** What becomes of the links that peers attach. */
import { BrokerError, entityNotFound, notAllowed, notImplemented } from '../engine/errors.ts';
import type { Namespace } from '../engine/namespace.ts';
import { MessageQueue } from '../engine/queue.ts';
import { accept, toAmqpError } from './answers.ts';
import { ConsumerLink } from './consumer-link.ts';
import { handleManagement } from './management/index.ts';
import { startProducer } from './producer-link.ts';
import { ReplyLinks } from './request-reply.ts';
import type { Reply } from './request-reply.ts';
import { messages } from './rhea.ts';
import type {
  Connection,
  DecodedMessage,
  Link,
  MessageContext,
  ReceiverLink,
  SenderLink,
  Session,
} from './rhea.ts';
import {
  attachToNextSession,
  attachToSession,
  holdAttach,
  refuse,
  requestedSession,
} from './session-attach.ts';

const requestCredit = 100;
const refusalDelayMs = 500;

/** The links of all connections. */
export class Links {
  readonly #namespace: Namespace;
  readonly #replyLinks = new WeakMap<Connection, ReplyLinks>();
  /** Our own list: rhea forgets half-open links when it sees a connection end. */
  readonly #links = new WeakMap<Connection, Set<Link>>();
  readonly #consumers = new Map<Link, ConsumerLink>();
  readonly #waiting = new Map<Link, () => void>();
  /** What to do when a sender's link is gone. */
  readonly #ending = new Map<Link, () => void>();

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** The peer wants to receive. */
  attachReceiver(link: SenderLink): void {
    this.#linksOf(link.connection).add(link);
    const address = link.source?.address ?? '';
    link.set_source({ address });
    link.set_target({ address: link.target?.address ?? null });
    link.local.attach.snd_settle_mode = link.snd_settle_mode;
    link.local.attach.rcv_settle_mode = link.rcv_settle_mode;
    if (address === '') {
      this.#refuseLater(link);
      return;
    }
    if (address === '$cbs' || isManagement(address)) {
      link.local.attach.snd_settle_mode = 1;
      this.#replyLinksOf(link.connection).add(link);
      return;
    }
    this.#refuseOnError(link, () => {
      this.#attachConsumer(link, address);
    });
  }

  /** The peer wants to send. */
  attachSender(link: ReceiverLink): void {
    this.#linksOf(link.connection).add(link);
    const address = link.target?.address ?? '';
    link.set_target({ address });
    link.set_source({ address: link.source?.address ?? null });
    if (address === '') {
      this.#refuseLater(link);
      return;
    }
    this.#refuseOnError(link, () => {
      if (address === '$cbs') this.#serveRequests(link, () => ({ statusCode: 202, description: 'Accepted' }));
      else if (isManagement(address)) this.#attachManagement(link, address);
      else this.#attachProducer(link, address);
    });
  }

  /** The peer, or we, ended a link. */
  closed(link: Link): void {
    this.#forget(link);
  }

  sessionClosed(session: Session): void {
    for (const link of this.#linksOf(session.connection)) {
      if (link.session === session) this.#forget(link);
    }
  }

  connectionLost(connection: Connection): void {
    for (const link of this.#linksOf(connection)) this.#forget(link, { connectionLost: true });
    this.#links.delete(connection);
  }

  /** There is credit, or room in the session's window: receivers may take more. */
  windowOpened(session: Session): void {
    for (const link of Object.values(session.links)) this.#consumers.get(link)?.wantMore();
  }

  #attachConsumer(link: SenderLink, address: string): void {
    const queue = this.#namespace.get(address);
    // A topic is received from through its subscriptions.
    if (!(queue instanceof MessageQueue)) throw entityNotFound(address);
    const session = requestedSession(link);
    const manySessions = link.properties?.['local:multi-session'] === true;
    checkKind(queue, session !== undefined, manySessions);
    const consumer = new ConsumerLink(link, queue, { manySessions });
    this.#consumers.set(link, consumer);
    if (session === undefined) consumer.start();
    else if (session === null) this.#awaitSession(link, consumer, queue);
    else attachToSession(link, consumer, queue, session);
  }

  #awaitSession(link: SenderLink, consumer: ConsumerLink, queue: MessageQueue): void {
    const stopWaiting = attachToNextSession(link, consumer, queue, () => this.#waiting.delete(link));
    this.#waiting.set(link, stopWaiting);
  }

  #attachProducer(link: ReceiverLink, address: string): void {
    const target = this.#namespace.get(address);
    const isSubscription = this.#namespace.findSubscription(address) !== undefined;
    if (isSubscription || (target instanceof MessageQueue && !target.deadLetters)) {
      throw notAllowed(`Messages cannot be sent to '${address}'.`);
    }
    this.#ending.set(link, startProducer(link, target));
  }

  #attachManagement(link: ReceiverLink, address: string): void {
    const path = address.replace(/\/?\$management$/i, '');
    this.#namespace.get(path);
    const { turn } = this.#namespace.services;
    this.#serveRequests(
      link,
      (request) => handleManagement(this.#namespace, path, request),
      turn.afterCommit.bind(turn),
    );
  }

  #serveRequests(
    link: ReceiverLink,
    handle: (request: DecodedMessage) => Reply,
    whenDurable: (answer: () => void) => void = (answer) => {
      answer();
    },
  ): void {
    link.set_credit_window(requestCredit);
    link.add_credit(requestCredit);
    link.on('message', ({ message, delivery }: MessageContext) => {
      const request = messages.decode(message);
      const reply = handle(request);
      whenDurable(() => {
        accept(delivery);
        this.#replyLinksOf(link.connection).send(request, reply);
      });
    });
  }

  /**
   * A link without an address may be rhea's answer to an attach of ours that came after its own detach. Refusing it at
   * once would be answered in the same way, without end; its own detach is behind it.
   */
  #refuseLater(link: Link): void {
    holdAttach(link);
    const { clock, deadlines } = this.#namespace.services;
    const refusal = deadlines.at(clock.now() + refusalDelayMs, () => {
      this.#waiting.delete(link);
      link.open();
      refuse(link, toAmqpError(notImplemented('A link without an address (transactions, dynamic nodes)')));
    });
    this.#waiting.set(link, () => {
      refusal.cancel();
    });
  }

  #refuseOnError(link: Link, attach: () => void): void {
    try {
      attach();
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#forget(link);
      refuse(link, toAmqpError(error));
    }
  }

  #forget(link: Link, options = { connectionLost: false }): void {
    // An attach that was held back and is detached again is forgotten without an answer: rhea, and so the SDK, takes an
    // attach that comes after its own detach for a new link, and would attach it anew.
    this.#waiting.get(link)?.();
    this.#waiting.delete(link);
    this.#consumers.get(link)?.stop(options);
    this.#consumers.delete(link);
    this.#ending.get(link)?.();
    this.#ending.delete(link);
    this.#replyLinksOf(link.connection).delete(link);
    this.#linksOf(link.connection).delete(link);
  }

  #linksOf(connection: Connection): Set<Link> {
    let links = this.#links.get(connection);
    if (!links) this.#links.set(connection, (links = new Set()));
    return links;
  }

  #replyLinksOf(connection: Connection): ReplyLinks {
    let links = this.#replyLinks.get(connection);
    if (!links) this.#replyLinks.set(connection, (links = new ReplyLinks()));
    return links;
  }
}

const isManagement = (address: string) => /(?:^|\/)\$management$/i.test(address);

/** A receiver of a session entity names a session, asks for the next, or takes many; others do none of that. */
function checkKind(queue: MessageQueue, asksForSession: boolean, manySessions: boolean): void {
  if (queue.sessions && !asksForSession && !manySessions) {
    throw notAllowed(
      'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
    );
  }
  if (!queue.sessions && (asksForSession || manySessions)) {
    throw notAllowed(
      'A sessionful message receiver cannot be created on an entity that does not require sessions.',
    );
  }
}
