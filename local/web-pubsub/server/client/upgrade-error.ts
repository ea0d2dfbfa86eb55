import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A connection that is refused before it becomes a WebSocket. */
export class UpgradeError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Answers the upgrade request with a status and a text, and closes. */
export const refuseUpgrade = (socket: Duplex, { status, message }: UpgradeError): void => {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(message)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${message}`);
};
