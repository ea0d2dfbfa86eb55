import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { InspectionError, type Operation } from './inspection.ts';
import { Recent } from './recent.ts';

/** Answers a request with an error, as the service would. */
export type ErrorAnswer = (request: IncomingMessage, response: ServerResponse, status: number) => void;

/** A request that was made to fail, and how. */
interface Failure {
  readonly at: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** 0: it got no answer. */
  readonly status: number;
}

const maxCount = 100_000;
const maxDelayMs = 600_000;

/** Whose user agent begins so is let through: a console that shows what a service holds. */
const exempt = 'local-console';

const whole = (max: number, name: string) =>
  z
    .int({ error: `${name} must be a whole number from 0 to ${max}.` })
    .min(0, { error: `${name} must be a whole number from 0 to ${max}.` })
    .max(max, { error: `${name} must be a whole number from 0 to ${max}.` });

const isStatus = (status: number): boolean => status === 0 || (status >= 400 && status < 600);

const faultOf = (services: readonly string[]) =>
  z.strictObject({
    /** Which service; any if left out. */
    service: z
      .string()
      .refine((name) => services.includes(name), { error: `service must be ${services.join(' or ')}.` })
      .optional(),
    /** Any if left out. */
    method: z
      .string({ error: 'method must be like GET.' })
      .regex(/^[A-Z]{1,10}$/, { error: 'method must be like GET.' })
      .optional(),
    /** Requests that match and go through before the first that fails. */
    skip: whole(maxCount, 'skip').default(0),
    /** Requests that fail. */
    count: whole(maxCount, 'count').default(1),
    /** What they are answered with; 0: nothing, the connection is cut. */
    status: z
      .int({ error: 'status must be from 400 to 599, or 0 to cut the connection.' })
      .refine(isStatus, { error: 'status must be from 400 to 599, or 0 to cut the connection.' })
      .default(503),
    /** How long they wait before that; without a status of its own, a request that waited is served. */
    delayMs: whole(maxDelayMs, 'delayMs').optional(),
    /** They are served first, and only their answer is lost. */
    isServed: z.boolean({ error: 'isServed must be true or false.' }).default(false),
    /** They get no answer while this lasts. */
    hangs: z.boolean({ error: 'hangs must be true or false.' }).default(false),
  });

type Fault = Omit<z.infer<ReturnType<typeof faultOf>>, 'status'> & { status: number | 'served' };

/** Makes the next requests to a service fail, as a person or a test says. See README.md. */
export class Faults {
  readonly failures = new Recent<Failure>(100);
  readonly #answers: Readonly<Record<string, ErrorAnswer>>;
  readonly #hanging = new Set<IncomingMessage>();
  /** Requests that came, by service. */
  readonly #requests: Record<string, number>;
  #fault: Fault | undefined;

  /** @param answers how each service says that something went wrong */
  constructor(answers: Readonly<Record<string, ErrorAnswer>>) {
    this.#answers = answers;
    this.#requests = Object.fromEntries(Object.keys(answers).map((service) => [service, 0]));
  }

  /**
   * Looks at a request before its service does.
   * @param serve hands it to the service
   */
  pass(service: string, request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    this.#requests[service] = (this.#requests[service] ?? 0) + 1;
    const fault = this.#faultFor(service, request);
    if (fault === undefined) serve();
    else void this.#fail(fault, service, request, response, serve);
  }

  #faultFor(service: string, request: IncomingMessage): Fault | undefined {
    const fault = this.#fault;
    if (fault === undefined || (fault.service ?? service) !== service) return undefined;
    if (request.headers['user-agent']?.startsWith(exempt) === true) return undefined;
    if ((fault.method ?? methodOf(request)) !== methodOf(request)) return undefined;
    if (fault.skip > 0) {
      fault.skip--;
      return undefined;
    }
    if (--fault.count === 0) this.#fault = undefined;
    return fault;
  }

  async #fail(
    { status, delayMs = 0, isServed, hangs }: Fault,
    service: string,
    request: IncomingMessage,
    response: ServerResponse,
    serve: () => void,
  ): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const failure = { at: new Date().toISOString(), service, method: methodOf(request), path };
    const note = (): unknown =>
      this.failures.add({ ...failure, status: typeof status === 'number' && !hangs ? status : 0 });
    if (isServed) {
      // The service has done all that it was asked for when it begins its answer.
      loseAnswer(response, () => {
        note();
        if (hangs) this.#hold(request);
        else request.socket.destroy();
      });
      serve();
      return;
    }
    note();
    if (delayMs > 0) await delay(delayMs, undefined, { ref: false });
    if (hangs) this.#hold(request);
    else if (status === 'served') serve();
    else if (status === 0) request.socket.destroy();
    else this.#answers[service]?.(request, response, status);
  }

  #hold(request: IncomingMessage): void {
    this.#hanging.add(request);
    request.socket.once('close', () => this.#hanging.delete(request));
  }

  /** What can be asked of a service under inspection. */
  operations(): Record<string, Operation> {
    return {
      'GET faults': () => ({ fault: this.#fault, failures: [...this.failures.newestFirst()] }),
      'GET requests': () => this.#requests,
      'GET faults/next': () =>
        new Promise((resolve) => {
          const end = this.failures.watch(() => {
            const [newest] = this.failures.newestFirst();
            end();
            resolve(newest);
          });
        }),
      'POST faults': ({ body }) => {
        this.#fault = this.#read(body);
        for (const request of this.#hanging) request.socket.destroy();
      },
    };
  }

  /** No fault at all for a count of 0. */
  #read(body: unknown): Fault | undefined {
    const read = faultOf(Object.keys(this.#answers)).safeParse(body ?? {});
    if (!read.success) throw new InspectionError(400, read.error.issues[0]?.message ?? 'That is no fault.');
    const { count, delayMs } = read.data;
    const isDelay = delayMs !== undefined && (body as { status?: unknown }).status === undefined;
    return count === 0 ? undefined : { ...read.data, ...(isDelay && { status: 'served' as const }) };
  }
}

/** Of a batch of Table Storage, and of what tunnels its method. */
const methodOf = (request: IncomingMessage): string =>
  String(request.headers['x-http-method'] ?? request.method ?? '');

/** @param onAnswer called in place of the answer */
function loseAnswer(response: ServerResponse, onAnswer: () => void): void {
  let isLost = false;
  const lose = (): void => {
    if (isLost) return;
    isLost = true;
    onAnswer();
  };
  Object.assign(response, {
    writeHead: () => (lose(), response),
    flushHeaders: lose,
    write: () => (lose(), true),
    end: () => (lose(), response),
  });
}
