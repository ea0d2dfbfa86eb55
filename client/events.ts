import type { ChatEvents } from './chat-events.ts';
import type { Conversation } from './conversation.ts';

/** What `chat.on` tells, by name. */
export interface ParleyEvents extends ChatEvents {
  /** You are in a new conversation. */
  'conversation.added': Conversation;
  /** Anything of a conversation has changed: its messages, title, members, unread count, who types … */
  'conversation.changed': Conversation;
  /** You have left a conversation, or were removed. */
  'conversation.removed': Conversation;
}
