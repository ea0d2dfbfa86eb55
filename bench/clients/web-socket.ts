import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface WebSocketOptions {
  readonly subprotocol?: string;
}

const openTimeoutMs = 15_000;

/** RFC 6455 §5.2. The mask is zero: it protects proxies, and here are none. */
const frame = (opcode: number, payload: Buffer): Buffer => {
  const length = payload.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + lengthBytes + 4);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(length, 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
};

interface FrameHead {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly start: number;
  readonly end: number;
}

/** The frame at an offset; undefined while a part of it is missing. */
const frameAt = (bytes: Buffer, offset: number): FrameHead | undefined => {
  const first = bytes[offset];
  const second = bytes[offset + 1];
  if (first === undefined || second === undefined) return undefined;
  const code = second & 0x7f;
  const start = offset + (code < 126 ? 2 : code === 126 ? 4 : 10);
  if (bytes.length < start) return undefined;
  const length =
    code < 126
      ? code
      : code === 126
        ? bytes.readUInt16BE(offset + 2)
        : Number(bytes.readBigUInt64BE(offset + 2));
  if (bytes.length < start + length) return undefined;
  return { opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, start, end: start + length };
};

const requestFor = (url: URL, { subprotocol }: WebSocketOptions): string =>
  [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    '\r\n',
  ].join('\r\n');

/** A WebSocket client for ws:// on this machine: so light that the load generator leaves the machine to the servers. */
export class LightWebSocket {
  /** Given each text. */
  onText: (text: string) => void = () => undefined;
  onClosed: () => void = () => undefined;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  readonly #closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.onClosed();
        resolve();
      });
    });
  }

  /**
   * Resolves once the server has agreed. Set `onText` without awaiting anything before, or messages are missed.
   * @throws Error when the server refuses or says nothing for 15 seconds
   */
  static open(address: string, options: WebSocketOptions = {}): Promise<LightWebSocket> {
    const url = new URL(address);
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    const client = new LightWebSocket(socket);
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        reject(new Error(`The WebSocket to ${url.host} ${reason}.`));
        socket.destroy();
      };
      const timer = setTimeout(() => fail('was not opened in time'), openTimeoutMs);
      const onEnd = (): void => fail('was closed before it was open');
      socket.on('error', () => undefined); // "close" follows
      socket.once('close', onEnd);
      socket.once('connect', () => socket.write(requestFor(url, options)));
      let answer = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        answer = Buffer.concat([answer, chunk]);
        const end = answer.indexOf('\r\n\r\n');
        if (end < 0) return;
        const statusLine = answer.toString('latin1', 0, answer.indexOf('\r\n'));
        if (!statusLine.startsWith('HTTP/1.1 101')) {
          fail(`was refused: ${statusLine}`);
          return;
        }
        clearTimeout(timer);
        socket.off('data', onData).off('close', onEnd);
        resolve(client);
        // What came with the answer is read when whoever awaits this has set `onText`.
        socket.pause();
        if (answer.length > end + 4) socket.unshift(answer.subarray(end + 4));
        socket.on('data', (bytes: Buffer) => client.#read(bytes));
        setImmediate(() => socket.resume());
      };
      socket.on('data', onData);
    });
  }

  send(text: string): void {
    this.#socket.write(frame(1, Buffer.from(text)));
  }

  /** Ends the connection without a word, as a network does that fails. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Resolves when the connection is closed. */
  close(): Promise<void> {
    if (!this.#socket.destroyed) this.#socket.write(frame(8, Buffer.from([0x03, 0xe8]))); // 1000: normal closure
    return this.#closed;
  }

  #read(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let offset = 0;
    for (let next = frameAt(all, 0); next !== undefined; next = frameAt(all, offset)) {
      offset = next.end;
      this.#handle(next, all);
    }
    this.#rest = all.subarray(offset);
  }

  #handle({ opcode, isFinal, start, end }: FrameHead, bytes: Buffer): void {
    if (opcode === 8) this.#socket.end();
    else if (opcode === 9) this.#socket.write(frame(10, bytes.subarray(start, end)));
    else if (opcode === 10) return;
    else if (isFinal && this.#parts.length === 0) this.onText(bytes.toString('utf8', start, end));
    else {
      this.#parts.push(Buffer.from(bytes.subarray(start, end)));
      if (!isFinal) return;
      const whole = Buffer.concat(this.#parts).toString('utf8');
      this.#parts = [];
      this.onText(whole);
    }
  }
}
