/** What a service holds back, and for how long, before it gives a client up. */
export interface Limits {
  /** Messages that a reliable client may leave unacknowledged; one more closes its session. Azure: 1,000. */
  readonly replayMessages: number;
  /** Bytes that a reliable client may leave unacknowledged. Azure: 16 MiB. */
  readonly replayBytes: number;
  /** How long a reliable session outlives its socket, in seconds. */
  readonly recoverySeconds: number;
  /** Bytes that may wait in the socket of a client that reads too slowly. */
  readonly sendBufferBytes: number;
}

export const defaultLimits: Limits = {
  replayMessages: 1000,
  replayBytes: 16 * 1024 * 1024,
  recoverySeconds: 60,
  sendBufferBytes: 16 * 1024 * 1024,
};
