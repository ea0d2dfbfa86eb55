/** A frame as it came from a client. */
export interface InboundFrame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

const PAUSE_AT = 200;

/**
 * The frames of one session, handled one after the other: an event that waits for the application holds back all that
 * the same client sent later. The queue belongs to the session and not to the socket, so that order survives a recovery
 * and a repeated ack id meets its first use.
 */
export class InboundQueue {
  readonly #handle: (frame: InboundFrame) => Promise<void> | undefined;
  readonly #flow: { pause(): void; resume(): void };
  #frames: InboundFrame[] = [];
  #isBusy = false;
  #isPaused = false;

  /** @param flow - reading from the client is paused while many frames wait, so that the queue stays small */
  constructor(
    handle: (frame: InboundFrame) => Promise<void> | undefined,
    flow: { pause(): void; resume(): void },
  ) {
    this.#handle = handle;
    this.#flow = flow;
  }

  push(frame: InboundFrame): void {
    this.#frames.push(frame);
    if (this.#frames.length >= PAUSE_AT) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    if (!this.#isBusy) this.#drain();
  }

  clear(): void {
    this.#frames = [];
  }

  #drain(): void {
    this.#isBusy = false;
    for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) {
      const pending = this.#handle(frame);
      if (pending) {
        this.#isBusy = true;
        void pending.finally(() => this.#drain());
        return;
      }
    }
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#flow.resume();
  }
}
