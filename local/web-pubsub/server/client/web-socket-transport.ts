import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Transport } from '../../engine/transport.ts';
import { batchWrites } from './write-batch.ts';

const CLOSE_TIMEOUT_MS = 2000;
const MAX_REASON_BYTES = 123; // RFC 6455 §5.5: a control frame carries 125 bytes, two of them the code

/** The longest beginning of a text that fits into a close frame and is still valid UTF-8. */
const closeReason = (text: string): string => {
  let reason = text;
  while (Buffer.byteLength(reason) > MAX_REASON_BYTES) reason = reason.slice(0, -1);
  return reason.isWellFormed() ? reason : reason.slice(0, -1);
};

/** A client's WebSocket, with what finds out that the client is no longer there. */
export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  #isAlive = true;

  /** @param stream - what the WebSocket is written to */
  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    // A socket error is always followed by 'close', which says all there is to do.
    socket.on('error', () => undefined);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Buffer | string, binary = false): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    batchWrites(this.#stream);
    this.#socket.send(frame, { binary });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, closeReason(reason));
    // A client that does not answer the close, or is too slow to get to it, must not keep its socket.
    const timer = setTimeout(() => {
      this.#socket.terminate();
    }, CLOSE_TIMEOUT_MS).unref();
    this.#socket.once('close', () => {
      clearTimeout(timer);
    });
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#isAlive = true; // its pongs could not be heard
    this.#socket.resume();
  }

  /** Pings the client; a client that has not answered the ping before is gone. Nothing can be heard while paused. */
  checkAlive(): void {
    if (this.#socket.isPaused) return;
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }
}
