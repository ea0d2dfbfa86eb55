import type { ChatClient } from './chat-client.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';

/** What one member says in a conversation. */
export interface Lane {
  conversationId: string;
  from: ChatClient;
  /** The others. */
  to: readonly string[];
  isGroup: boolean;
  /** Whether what was said may be pinned by who says it. */
  mayPin: boolean;
  /** How often something was said. */
  said: number;
  /** How often something was said without waiting for what was said before. */
  flooded: number;
}

export interface SayOptions {
  recorder: Recorder;
  random: Random;
  /** When to give everything up. */
  aborted: AbortSignal;
}

export interface SenderOptions extends SayOptions {
  /** Mean pause between two sends. */
  pauseMs: number;
  /** When to begin no further send; the one under way is still brought to its 202. */
  stopping: AbortSignal;
}
