import type { InboundFrame } from './inbound-queue.ts';
import type { Session } from './session.ts';

/** Who is told what happens to connections, to show it to a person; nothing depends on it. */
export interface Witness {
  opened(session: Session): void;
  ended(session: Session, reason: string): void;
  /** A client has sent a frame; it has not been looked at yet. */
  said(session: Session, frame: InboundFrame): void;
}
