import { setTimeout as delay } from 'node:timers/promises';
import { bodyFromPayload, type Payload, payloadFromBody, ProtocolError } from '../../codec/payload.ts';
import { type EventHandlerSettings, type HubSettings, type Settings, settingsOfHub } from '../../config.ts';
import type { EventHandler, EventOutcome } from '../../engine/event-handler.ts';
import type { Session } from '../../engine/session.ts';
import { AbuseCheck, OriginRefused } from './abuse-check.ts';
import { cloudEventHeaders, type EventName, type EventSource } from './cloud-event.ts';
import { type HttpAnswer, HttpCaller } from './http-call.ts';

const JSON_CONTENT = 'application/json; charset=utf-8';

/** The parts of an event pattern, in lower case. */
const partsOf = (pattern: string): ReadonlySet<string> =>
  new Set(pattern.split(',').map((part) => part.trim().toLowerCase()));

/** An event handler with what is to be known of it at each event. */
interface Subscriber {
  readonly settings: EventHandlerSettings;
  readonly userEvents: ReadonlySet<string>;
}

const matches = ({ settings, userEvents }: Subscriber, { kind, name }: EventName): boolean =>
  kind === 'user'
    ? userEvents.has('*') || userEvents.has(name.toLowerCase())
    : settings.systemEvents.some((event) => event === name);

const fill = (template: string, hub: string, event: string): string =>
  template
    .replaceAll(/\{hub\}/gi, encodeURIComponent(hub))
    .replaceAll(/\{event\}/gi, encodeURIComponent(event));

const isWorthRetrying = ({ status }: HttpAnswer): boolean => status === 408 || status >= 500;

export const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

const replyIn = (answer: HttpAnswer): Payload | null => {
  if (answer.body.length === 0) return null;
  const contentType = answer.header('content-type');
  return payloadFromBody(contentType, answer.body) ?? { dataType: 'binary', bytes: answer.body };
};

interface Delivery {
  readonly source: EventSource;
  readonly event: EventName;
  readonly id: number;
  readonly contentType: string;
  readonly body: Buffer | string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers events to the application as CloudEvents over HTTP. 408, 5xx and network errors are tried again after 1, 3 and
 * 5 seconds, so a handler must bear the same event twice; any other answer is final.
 */
export class Upstream implements EventHandler {
  readonly #settings: Settings;
  readonly #accessKey: string;
  readonly #origin: string;
  readonly #log: (line: string) => void;
  readonly #caller = new HttpCaller();
  readonly #abuseCheck: AbuseCheck;
  readonly #stopping = new AbortController();
  readonly #notifications = new Set<Promise<void>>();
  readonly #lastNotification = new WeakMap<Session, Promise<void>>();
  readonly #subscribers = new WeakMap<HubSettings, readonly Subscriber[]>();

  /** @param origin - host name and port under which this service is known */
  constructor(settings: Settings, accessKey: string, origin: string, log: (line: string) => void) {
    this.#settings = settings;
    this.#accessKey = accessKey;
    this.#origin = origin;
    this.#log = log;
    this.#abuseCheck = new AbuseCheck(this.#caller, origin);
  }

  /**
   * Asks the application whether a client may connect.
   * @returns its answer, whatever the status; null when it did not ask to be asked
   * @throws Error when no answer could be had
   */
  async connect(source: EventSource, request: object): Promise<HttpAnswer | null> {
    return this.#deliver({
      source,
      event: { kind: 'sys', name: 'connect' },
      id: 0,
      contentType: JSON_CONTENT,
      body: JSON.stringify(request),
    });
  }

  async userEvent(
    session: Session,
    event: string,
    payload: Payload,
    signal?: AbortSignal,
  ): Promise<EventOutcome> {
    try {
      const name: EventName = { kind: 'user', name: event };
      const id = session.nextEventId();
      const answer = await this.#deliver({
        source: session,
        event: name,
        id,
        ...bodyFromPayload(payload),
        signal,
      });
      if (!answer) return { ok: false, reason: 'No event handler is configured.' };
      if (!isSuccess(answer))
        return this.#failed(session, event, `The event handler returned ${answer.status}.`);
      session.state = answer.header('ce-connectionstate') ?? session.state;
      return { ok: true, reply: replyIn(answer) };
    } catch (error) {
      return this.#failed(session, event, 'Dispatching the event failed.', error);
    }
  }

  #failed(session: Session, event: string, reason: string, error?: unknown): EventOutcome {
    const detail = error === undefined ? '' : ` ${messageOf(error)}`;
    const shown = error instanceof ProtocolError ? error.message : reason;
    this.#log(`Event "${event}" of connection ${session.connectionId}: ${reason}${detail}`);
    return { ok: false, reason: shown };
  }

  /** Tells the application that a connection stands; nobody waits for it. */
  connected(session: Session): void {
    this.#notify(session, 'connected', {});
  }

  /** Tells the application that a connection is over, after it has heard of its beginning. */
  disconnected(session: Session, reason: string): void {
    this.#notify(session, 'disconnected', { reason });
  }

  /** Lets notifications that are under way reach the application, without further retries, for a while at most. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const grace = delay(graceMs, undefined, { ref: false });
    await Promise.race([Promise.all(this.#notifications), grace]);
    this.#caller.close();
  }

  #notify(session: Session, name: string, body: object): void {
    const before = this.#lastNotification.get(session) ?? Promise.resolve();
    const notification = before.then(() => this.#sendNotification(session, name, body));
    this.#lastNotification.set(session, notification);
    this.#notifications.add(notification);
    void notification.finally(() => this.#notifications.delete(notification));
  }

  async #sendNotification(session: Session, name: string, body: object): Promise<void> {
    try {
      const answer = await this.#deliver({
        source: session,
        event: { kind: 'sys', name },
        id: session.nextEventId(),
        contentType: JSON_CONTENT,
        body: JSON.stringify(body),
      });
      if (answer && !isSuccess(answer)) {
        this.#log(
          `Event "${name}" of connection ${session.connectionId}: the handler returned ${answer.status}.`,
        );
      }
    } catch (error) {
      this.#log(`Event "${name}" of connection ${session.connectionId} failed: ${messageOf(error)}`);
    }
  }

  async #deliver(delivery: Delivery): Promise<HttpAnswer | null> {
    const { source, event } = delivery;
    const handler = this.#subscribersOf(source.hub).find((candidate) => matches(candidate, event))?.settings;
    if (!handler) return null;
    const { retryDelaysMs } = this.#settings.upstream;
    for (let attempt = 0; ; attempt++) {
      const wait = this.#stopping.signal.aborted ? undefined : retryDelaysMs[attempt];
      try {
        const answer = await this.#attempt(handler, delivery);
        if (wait === undefined || !isWorthRetrying(answer)) return answer;
      } catch (error) {
        const isFinal = error instanceof OriginRefused || delivery.signal?.aborted === true;
        if (wait === undefined || isFinal) throw error;
      }
      await this.#wait(wait, delivery.signal);
    }
  }

  #subscribersOf(hub: string): readonly Subscriber[] {
    const settings = settingsOfHub(this.#settings, hub);
    const known = this.#subscribers.get(settings);
    if (known) return known;
    const subscribers = settings.eventHandlers.map((handler) => ({
      settings: handler,
      userEvents: partsOf(handler.userEventPattern),
    }));
    this.#subscribers.set(settings, subscribers);
    return subscribers;
  }

  async #attempt(handler: EventHandlerSettings, delivery: Delivery): Promise<HttpAnswer> {
    const { source, event, id, contentType, body, signal } = delivery;
    await this.#abuseCheck.pass(fill(handler.urlTemplate, source.hub, 'validate'));
    return this.#caller.call({
      method: 'POST',
      url: fill(handler.urlTemplate, source.hub, event.name),
      headers: {
        'content-type': contentType,
        'WebHook-Request-Origin': this.#origin,
        ...cloudEventHeaders(source, event, id, this.#accessKey),
      },
      body,
      timeoutMs: this.#settings.upstream.timeoutSeconds * 1000,
      signal,
    });
  }

  /** Waits before the next try; cut short when the service stops. */
  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const cuts = [this.#stopping.signal, ...(signal ? [signal] : [])];
    await delay(ms, undefined, { signal: AbortSignal.any(cuts) }).catch(() => undefined);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
