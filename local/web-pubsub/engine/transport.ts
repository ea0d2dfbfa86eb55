/** A client's socket, as the engine sees it. None of its methods throws, whatever state the socket is in. */
export interface Transport {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Sends a text frame, or a binary one. */
  send(frame: Buffer | string, binary?: boolean): void;
  /** Closes in the agreed way, after everything sent before. */
  close(code: number, reason: string): void;
  /** Drops the socket at once. */
  terminate(): void;
  /** Stops and resumes reading from the client. */
  pause(): void;
  resume(): void;
}

/** WebSocket close codes (RFC 6455 §7.4.1) that the service uses. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  none: 1005,
  invalidPayload: 1007,
  policyViolation: 1008,
  internalError: 1011,
} as const;
