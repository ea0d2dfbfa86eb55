import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Job {
  readonly request: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  /** The server may close a connection that rests just when it is used again; then the request is sent once more. */
  mayRetry: boolean;
  /** Cuts the connection that it was sent over; undefined while it waits for one. */
  cut: (() => void) | undefined;
}

const headEnd = '\r\n\r\n';

/** The body of a chunked answer; undefined while the end is missing. */
const unchunk = (text: string): string | undefined => {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return body;
    const chunkEnd = lineEnd + 2 + size;
    if (text.length < chunkEnd + 2) return undefined;
    body += text.slice(lineEnd + 2, chunkEnd);
    at = chunkEnd + 2;
  }
};

/** The answer that some bytes hold, as Latin-1; undefined while it is incomplete. */
const parse = (text: string): Answer | undefined => {
  const end = text.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const rest = text.slice(end + headEnd.length);
  const length = /content-length: *(\d+)/i.exec(head)?.[1];
  const isChunked = /transfer-encoding: *chunked/i.test(head);
  const body = isChunked ? unchunk(rest) : rest.length < Number(length ?? 0) ? undefined : rest;
  if (body === undefined) return undefined;
  return { status: Number(head.slice(9, 12)), body: Buffer.from(body, 'latin1').toString('utf8') };
};

/** A keep-alive connection with one request at a time. */
class Connection {
  readonly socket: Socket;
  #job: Job | undefined;
  #text = '';

  constructor(
    origin: URL,
    onFree: (connection: Connection) => void,
    onClosed: (job: Job | undefined) => void,
  ) {
    this.socket = connect({ host: origin.hostname, port: Number(origin.port), noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('error', () => undefined); // "close" follows
    this.socket.on('connect', () => onFree(this));
    this.socket.on('close', () => onClosed(this.#job));
    this.socket.on('data', (chunk: string) => {
      this.#text += chunk;
      const answer = parse(this.#text);
      if (answer === undefined) return;
      const mustClose = /^connection: *close/im.test(this.#text.slice(0, this.#text.indexOf(headEnd)));
      const job = this.#job;
      this.#text = '';
      this.#job = undefined;
      if (job !== undefined) job.cut = undefined; // the connection is another's now
      if (mustClose) this.socket.destroy();
      else onFree(this);
      job?.resolve(answer);
    });
  }

  start(job: Job): void {
    this.#job = job;
    job.cut = () => this.socket.destroy();
    this.socket.write(job.request, 'latin1');
  }
}

/** A small HTTP/1.1 client for one origin: so light that the load generator leaves the machine to the servers. */
export class HttpPool {
  readonly #origin: URL;
  readonly #size: number;
  readonly #free: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #waiting: Job[] = [];
  #isClosed = false;

  constructor(origin: string, size: number) {
    this.#origin = new URL(origin);
    this.#size = size;
  }

  /**
   * @param signal gives it up: what waits is not sent any more, and what was sent loses its connection
   * @throws Error when the origin cannot be reached, the connection is lost, twice if it rested before, or the pool is closed
   */
  request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body = '',
    signal?: AbortSignal,
  ): Promise<Answer> {
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#origin.host}\r\n`;
    const request = `${head}Content-Length: ${Buffer.byteLength(body)}\r\n${fields.join('')}\r\n${body}`;
    return new Promise((resolve, reject) => {
      const text = Buffer.from(request).toString('latin1');
      const job: Job = { request: text, resolve, reject, mayRetry: true, cut: undefined };
      signal?.addEventListener('abort', () => this.#giveUp(job), { once: true });
      this.#start(job);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const job of this.#waiting.splice(0)) this.#start(job);
    for (const { socket } of this.#all) socket.destroy();
  }

  #start(job: Job): void {
    if (this.#isClosed) {
      job.reject(new Error(`The connections to ${this.#origin.host} are closed.`));
      return;
    }
    const connection = this.#free.pop();
    if (connection !== undefined) {
      connection.start(job);
      return;
    }
    this.#waiting.push(job);
    if (this.#all.size < this.#size) this.#open();
  }

  #giveUp(job: Job): void {
    job.mayRetry = false;
    job.cut?.();
    const place = this.#waiting.indexOf(job);
    if (place >= 0) this.#waiting.splice(place, 1);
    job.reject(new Error('It was given up.'));
  }

  #open(): void {
    let hasConnected = false;
    const connection = new Connection(
      this.#origin,
      (free) => {
        hasConnected = true;
        const job = this.#waiting.shift();
        if (job === undefined) this.#free.push(free);
        else free.start(job);
      },
      (job) => {
        if (job !== undefined) job.cut = undefined;
        this.#all.delete(connection);
        const index = this.#free.indexOf(connection);
        if (index >= 0) this.#free.splice(index, 1);
        if (job !== undefined) this.#lost(job);
        else if (!hasConnected) this.#unreachable();
        if (this.#waiting.length > 0 && this.#all.size < this.#size) this.#open();
      },
    );
    this.#all.add(connection);
  }

  /** One request for each failed try: where nobody listens, none waits for ever. */
  #unreachable(): void {
    this.#waiting.shift()?.reject(new Error(`${this.#origin.host} cannot be reached.`));
  }

  #lost(job: Job): void {
    if (!job.mayRetry) {
      job.reject(new Error(`The connection to ${this.#origin.host} was lost.`));
      return;
    }
    job.mayRetry = false;
    this.#start(job);
  }
}
